package datalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

const everything = `trusting authority, previous, ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189;

right("file1", "read");
ns::fact_123(hex:00ff, 2020-12-21T09:23:12Z, -5, null, {,}, {}, [], {1: "a", "b": {true}});

right($0, "read") <- resource($0), owner($1, $0), $0.starts_with("/") trusting previous;

check if resource($r), $r !== "x" or operation("read");
check all operation($op), {"A", "B"}.contains($op);
reject if test($t), !$t || {1, 2}.any($p -> $p > 1);

allow if true;
deny if group("admin") trusting secp256r1/025e918fd4463832aea2823dfd9716a36b4d9b1377bd53dd82ddf4c0bc75ed6bbf;
`

func TestProgramsPrintAsTheyParse(t *testing.T) {
	p, err := datalog.Parse(everything, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(everything, p.String()); diff != "" {
		t.Errorf("-source +printed:\n%s", diff)
	}
	if diff := cmp.Diff(strings.ReplaceAll(everything, "\n\n", "\n"), p.Compact()); diff != "" {
		t.Errorf("-source +compact:\n%s", diff)
	}
}

func TestSpacesAndCommentsDoNotMatter(t *testing.T) {
	p, err := datalog.Parse("// a comment; with ( signs\n a( 1 ,\n$x\t)<-b($x)/* or /* not */,$x<2;allow if/**/true ;//", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Compact(), "a(1, $x) <- b($x), $x < 2;\nallow if true;\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The parentheses that a reader would add.
func TestOperatorsBindAsSpecified(t *testing.T) {
	shape := func(e *datalog.Expr) string {
		var walk func(*datalog.Expr) string
		walk = func(e *datalog.Expr) string {
			switch {
			case e.Op == datalog.OpValue:
				return e.Term.String()
			case e.Op == datalog.OpClosure || e.Op == datalog.OpParens:
				return walk(e.Left)
			case e.Op == datalog.OpNegate:
				return "!" + walk(e.Left)
			}
			text := (&datalog.Expr{Op: e.Op, Left: &datalog.Expr{}, Right: &datalog.Expr{}}).String()
			sign := strings.Fields(strings.ReplaceAll(text, "<no term>", " "))
			return "(" + walk(e.Left) + sign[0] + walk(e.Right) + ")"
		}
		return walk(e)
	}
	for source, want := range map[string]string{
		"1 + 2 * 3 - 4 / 2":            "((1+(2*3))-(4/2))",
		"1 | 2 & 3 ^ 4 & 5":            "((1|(2&3))^(4&5))",
		"1 + 1 & 3 == 2 && true":       "((((1+1)&3)==2)&&true)",
		"true || false && false":       "(true||(false&&false))",
		"false && false || true":       "((false&&false)||true)",
		"!true && !false || !!true":    "((!true&&!false)||!!true)",
		"1 - 1 - 1":                    "((1-1)-1)",
		"1 <= 2 && 2 >= 1":             "((1<=2)&&(2>=1))",
		"(1 + 2) * 3":                  "((1+2)*3)",
		"1 === 1 && 1 !== 2 || 1 != 3": "(((1===1)&&(1!==2))||(1!=3))",
	} {
		r, err := datalog.ParseRule("q(1) <- "+source, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := shape(r.Expressions[0]); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for source, want := range map[string]string{
		"a(1)":                           `line 1, column 5: expected ";"`,
		"a(1);\nb(":                      "line 2, column 3: expected a term",
		"é($x);":                         "line 1, column 6: expected a fact without variables",
		"a();":                           "line 1, column 4: expected at least one term",
		`a("x`:                           "line 1, column 3: expected a string with its closing quote",
		`a("\x");`:                       `line 1, column 4: expected \", \\ or \n`,
		"a(hex:0);":                      "line 1, column 7: expected pairs of hexadecimal digits",
		"a(9223372036854775808);":        "line 1, column 3: expected an integer of 64 bits",
		"a(2020-13-01T00:00:00Z);":       "line 1, column 3: expected a date",
		"a(1969-12-31T00:00:00Z);":       "line 1, column 3: expected a date",
		"a({$x});":                       "line 1, column 4: expected a term",
		"a([$x]);":                       "line 1, column 4: expected a term",
		"check if 1 < 2 < 3;":            `line 1, column 16: expected ";"`,
		"check if 1.nothing();":          "line 1, column 12: expected the name of a method",
		"check if {1}.any(true);":        `line 1, column 18: expected "$"`,
		"check if true trusting nobody;": "line 1, column 24: expected authority, previous or a public key",
		"check if $;":                    "line 1, column 11: expected the name of a variable",
		"check if;":                      "line 1, column 9: expected a term",
		"1(2);":                          "line 1, column 1: expected a name",
		"a (1);":                         `line 1, column 2: expected "("`,
		"a({p});":                        "line 1, column 4: expected a term",
		"a(true);\ntrusting previous;":   `line 2, column 9: expected "("`,
	} {
		_, err := datalog.Parse(source, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, aura.Invalid) {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
	if _, err := datalog.Parse("a(\"\xff\");", nil); !errors.Is(err, aura.Invalid) {
		t.Errorf("text that is not UTF-8: %v", err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	long := strings.Repeat
	for name, source := range map[string]string{
		"arrays":      "a(" + long("[", 100_000),
		"parentheses": "check if " + long("(", 100_000),
		"negations":   "check if " + long("!", 100_000) + "true",
		"operators":   "check if 1" + long(" + 1", 100_000) + " == 1",
		"methods":     "check if 1" + long(".type()", 100_000),
		"closures":    "check if " + long("{1}.any($x -> ", 100_000),
	} {
		if _, err := datalog.Parse(source, nil); !errors.Is(err, datalog.ErrDepth) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlaceholdersTakeValuesAndNeverText(t *testing.T) {
	evil := datalog.NewString(`x"); admin("eve`)
	p, err := datalog.Parse(`user({name}); check if user($u), $u === {name}; list({1, 2}, { name });`, datalog.Params{"name": evil})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Facts) != 2 || !p.Facts[0].Terms[0].Equal(evil) || !p.Facts[1].Terms[1].Equal(evil) {
		t.Errorf("got %v", p.Facts)
	}
	again, err := datalog.Parse(p.String(), nil)
	if err != nil || again.String() != p.String() {
		t.Errorf("the printed program does not parse to itself: %v", err)
	}
	if _, err := datalog.Parse(`user({name});`, datalog.Params{"name": datalog.NewVariable("x")}); err == nil {
		t.Error("a variable was taken as a value")
	}
}

// A token can carry any string as a name. It must not print as something that it is not.
func TestNamesThatAreNoneArePrintedInQuotes(t *testing.T) {
	evil := datalog.NewVariable("x); // ")
	r := datalog.Rule{
		Head: datalog.Predicate{Name: "ok(1); admin", Terms: []datalog.Term{evil}},
		Body: []datalog.Predicate{{Name: "", Terms: []datalog.Term{evil}}},
		Expressions: []*datalog.Expr{{
			Op: datalog.OpCall1, Function: "f() || true", Left: &datalog.Expr{Op: datalog.OpValue, Term: evil},
		}},
	}
	want := `"ok(1); admin"($"x); // ") <- ""($"x); // "), $"x); // ".extern::"f() || true"()`
	if got := r.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKeysParseAndPrint(t *testing.T) {
	for _, s := range []string{
		"ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189",
		"secp256r1/025e918fd4463832aea2823dfd9716a36b4d9b1377bd53dd82ddf4c0bc75ed6bbf",
	} {
		if k, err := datalog.ParseKey(s); err != nil || k.String() != s {
			t.Errorf("%s: %s, %v", s, k, err)
		}
	}
	for _, s := range []string{"", "ed25519/", "ed25519/00", "rsa/00", "acdd", "ed25519/zz"} {
		if _, err := datalog.ParseKey(s); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// FuzzParse looks for sources that panic, or whose printed form does not parse to the same program.
func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add(`check if "a".extern::f("b").length() * 2 < 3, [1, {"x": null}].get(0) == 1;`)
	f.Add(`a($x) <- b($x), ($x === 1).try_or(false) or c(1);`)
	f.Fuzz(func(t *testing.T, source string) {
		p, err := datalog.Parse(source, datalog.Params{"p": datalog.NewInteger(1)})
		if err != nil {
			return
		}
		text := p.String()
		again, err := datalog.Parse(text, nil)
		if err != nil {
			t.Fatalf("%q does not parse: %v", text, err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatalf("%q parses to another program:\n%s", text, diff)
		}
	})
}

// TestPartsOfAProgramPrintAsInIt: a rule, a check, a policy, a scope and an expression print the same alone as
// in their program.
func TestPartsOfAProgramPrintAsInIt(t *testing.T) {
	const (
		fact    = `a(1, "x")`
		rule    = `b($x) <- a($x, $y), $x + 1 < 2 trusting authority`
		check   = `check if b($x), $x === 1 or a(2, "y") trusting previous`
		checks  = `check all b($x), $x > 0`
		rejects = `reject if a(3, "z")`
		allow   = `allow if b($x), {1, 2}.contains($x)`
		deny    = `deny if true`
		scope   = `ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189`
	)
	source := "trusting " + scope + ";\n" + strings.Join([]string{fact, rule, check, checks, rejects, allow, deny}, ";\n") + ";\n"
	p, err := datalog.Parse(source, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{p.Scopes[0].String(), p.Facts[0].String(), p.Rules[0].String()}
	for i := range p.Checks {
		got = append(got, p.Checks[i].String())
	}
	for i := range p.Policies {
		got = append(got, p.Policies[i].String())
	}
	if diff := cmp.Diff([]string{scope, fact, rule, check, checks, rejects, allow, deny}, got); diff != "" {
		t.Error(diff)
	}
	if e := p.Rules[0].Expressions[0].String(); e != "$x + 1 < 2" {
		t.Errorf("the expression prints %q", e)
	}
}
