package gen_test

import (
	"errors"
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/gen"
)

var update = flag.Bool("update", false, "rewrite the generated code")

const portPath = "github.com/aura-runtime/aura/choreo/gen/internal/port"

func generate(t *testing.T, path, pkg string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := choreo.Load(filepath.Base(path), string(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inst, err := p.Instantiate(p.ProbeBinding())
	if err != nil {
		t.Fatal(err)
	}
	if inst.Global == nil {
		t.Skip("a protocol that can only be reasoned about has no endpoints")
	}
	code, err := gen.Go(inst, gen.Options{
		Package: pkg, Port: portPath, Types: map[string]gen.Type{"shop.Money": {Import: portPath, Name: "Money"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestGeneratedCodeIsCurrent(t *testing.T) {
	got := generate(t, "internal/shop/shop.tell", "shop")
	const path = "internal/shop/shop.gen.go"
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// stubs gives the type checker the few declarations that generated code refers to.
type stubs struct{ std types.Importer }

func (s stubs) Import(path string) (*types.Package, error) {
	source := map[string]string{
		portPath: "package port; type Port[C any] interface { Send(ctx C, to, label string, payload []byte) error; Receive(ctx C, from string) (string, []byte, error) }; " +
			"type Money struct{}; func (Money) MarshalBinary() ([]byte, error) { return nil, nil }; func (*Money) UnmarshalBinary([]byte) error { return nil }",
		"github.com/aura-runtime/aura": "package aura; type Kind uint8; const (Stale Kind = 2; Invalid Kind = 6; Corrupt Kind = 7); " +
			"type Op string; type Error struct { Op Op; Kind Kind; Err error }; func (*Error) Error() string { return \"\" }; " +
			"func KindOf(error) Kind { return 0 }; func Errorf(Op, Kind, string, ...any) *Error { return nil }",
	}[path]
	return check(path, source, s)
}

func check(path, source string, imp types.Importer) (*types.Package, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path+".go", source, 0)
	if err != nil {
		return nil, err
	}
	conf := types.Config{Importer: imp}
	return conf.Check(path, fset, []*ast.File{f}, nil)
}

func TestTheWholeCorpusGivesCodeThatCompiles(t *testing.T) {
	paths, err := filepath.Glob("../testdata/pass/*.tell")
	if err != nil || len(paths) == 0 {
		t.Fatal("no corpus")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".tell"), func(t *testing.T) {
			for _, pkg := range []string{"several", ""} { // with and without the protocol's name in front
				code := generate(t, path, pkg)
				if _, err := check("generated", string(code), stubs{importer.Default()}); err != nil {
					t.Errorf("%v\n%s", err, code)
				}
			}
		})
	}
}

func TestAWrongMessageDoesNotCompile(t *testing.T) {
	code := string(generate(t, "internal/shop/shop.tell", "shop"))
	for _, c := range []struct {
		name, call string
		compiles   bool
	}{
		{"the first message", "StartBuyCust(w).SendAsk(1, BuyAsk{})", true},
		{"without a context", "StartBuyCust(w).SendAsk(BuyAsk{})", false},
		{"with the context of another caller", "StartBuyCust(w).SendAsk(\"\", BuyAsk{})", false},
		{"a later one", "StartBuyCust(w).SendLeave(1, BuyLeave{})", false},
		{"one of another role", "StartBuyCust(w).SendPrice(1, BuyPrice{})", false},
		{"receiving where it is to send", "StartBuyCust(w).ReceivePrice(1)", false},
		{"the right name with the content of another", "StartBuyCust(w).SendAsk(1, BuyLeave{})", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := check("generated", code+"\nfunc use(w port.Port[int]) { "+c.call+" }\n", stubs{importer.Default()})
			if (err == nil) != c.compiles {
				t.Errorf("compiles: %t, want %t: %v", err == nil, c.compiles, err)
			}
		})
	}
}

func TestNamesBeginWithTheProtocolUnlessThePackageBearsItsName(t *testing.T) {
	const path = "../testdata/pass/choice.tell"
	for pkg, want := range map[string]string{"": "func StartInitiator[", "ceremony": "func StartInitiator[", "several": "func StartCeremonyInitiator["} {
		if code := string(generate(t, path, pkg)); !strings.Contains(code, want) {
			t.Errorf("package %q has no %s", pkg, want)
		}
	}
}

func TestTheCommentOfAPackageIsThatOfItsProtocol(t *testing.T) {
	const text = "-- Two\x00 greet.\n{- No other\n\xffrole. -}\n\n-- Not about the protocol.\nmodule m exposing (Greet)\nprotocol Greet =\n  roles A, B\n  A -> B : Hello\n"
	p, problems := choreo.Load("greet.tell", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := `// Code generated from the protocol m.Greet by aura choreo. DO NOT EDIT.

// Package greet lets a role play its part in the protocol m.Greet.
//
// Two greet.
// No other
// role.
//
// Begin with the Start function of the role. The messages and their order are in greet.tell.
package greet
`
	got, err := gen.Doc(p, gen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatCannotRunGivesNoCode(t *testing.T) {
	p, problems := choreo.Load("while.tell", "protocol P =\n  roles A, B\n  loop while \"x\"\n    A -> B : M\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inst, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gen.Go(inst, gen.Options{}); aura.KindOf(err) != aura.Invalid {
		t.Errorf("want invalid, got %v", err)
	}
}

func TestAPayloadsTypeMustBeOneThatTheCodeCanName(t *testing.T) {
	p, problems := choreo.Load("greet.tell", "protocol Greet =\n  roles A, B\n  A -> B : Hello of x.Hello\n  B -> A : Bye of x.Bye\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inst, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		types map[string]gen.Type
		want  error
	}{
		"one":                     {map[string]gen.Type{"x.Hello": {"example.org/x", "Hello"}}, nil},
		"two of one package":      {map[string]gen.Type{"x.Hello": {"example.org/x", "Hello"}, "x.Bye": {"example.org/x", "Bye"}}, nil},
		"one that is not sent":    {map[string]gen.Type{"y.Hello": {"example.org/y", "Hello"}}, nil},
		"two packages of a name":  {map[string]gen.Type{"x.Hello": {"example.org/x", "Hello"}, "x.Bye": {"example.com/x", "Bye"}}, aura.Invalid},
		"the name of the runtime": {map[string]gen.Type{"x.Hello": {"example.org/aura", "Hello"}}, aura.Invalid},
		"the package's own name":  {map[string]gen.Type{"x.Hello": {"example.org/greet", "Hello"}}, aura.Invalid},
		"not exported":            {map[string]gen.Type{"x.Hello": {"example.org/x", "hello"}}, aura.Invalid},
		"no name":                 {map[string]gen.Type{"x.Hello": {"example.org/x", ""}}, aura.Invalid},
	} {
		code, err := gen.Go(inst, gen.Options{Types: c.types})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if imported := strings.Contains(string(code), `"example.org/y"`); imported {
			t.Errorf("%s: a package is imported for nothing", name)
		}
	}
}
