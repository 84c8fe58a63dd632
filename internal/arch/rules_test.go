package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// These tests plant what the rules must find: a rule that finds nothing in the tree may also be blind.

func planted(t *testing.T, file, code string) *source {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, code, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return &source{path: file, dir: "guard", ast: parsed, fset: fset}
}

func TestPlantedDoorsAreFound(t *testing.T) {
	for want, code := range map[string]string{
		"a go statement":            `func f() { go f() }`,
		"a select statement":        `func f() { select {} }`,
		"a channel":                 `func f() { _ = make(chan int) }`,
		"a send to a channel":       `func f() { c <- 1 }`,
		"a receive from a channel":  `func f() { <-c }`,
		"recover":                   `func f() { defer func() { recover() }() }`,
		"time.Now":                  `import "time"; func f() { time.Now() }`,
		"time.Sleep":                `import clock "time"; func f() { clock.Sleep(1) }`,
		"sync.WaitGroup":            `import "sync"; func f() { var w sync.WaitGroup; _ = w }`,
		"context.WithTimeout":       `import "context"; func f() { context.WithTimeout(nil, 0) }`,
		"":                          `import "time"; const d = time.Second; func f(clock interface{ Now() }) { clock.Now() }`,
		"context.WithDeadlineCause": `import "context"; func f() { context.WithDeadlineCause(nil, t, nil) }`,
	} {
		s := planted(t, "guard/planted.go", "package guard\n"+code)
		names, found := s.imports(), ""
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if what, _ := door(names, n); what != "" {
				found = what
			}
			return true
		})
		if found != want {
			t.Errorf("%s: found %q, want %q", code, found, want)
		}
	}
}

func TestPlantedImportsAreRefused(t *testing.T) {
	p := readPlan(t)
	guard, _ := p.room("guard")
	for to, allowed := range map[string]bool{
		"fact": true, ".": true, "guard/sub": true, "task": false, "agent": false, "internal/contract": false, "nowhere": false,
	} {
		s := planted(t, "guard/planted.go", "package guard")
		if why := p.refuses(s, guard, to); (why == "") != allowed {
			t.Errorf("guard imports %s: %q", to, why)
		}
	}
	for imported, allowed := range map[string]bool{
		"github.com/cockroachdb/pebble/v2": false, "pgregory.net/rapid": false, "example.org/new": false,
	} {
		if why := p.refusesLibrary(planted(t, "guard/planted.go", "package guard"), imported); (why == "") != allowed {
			t.Errorf("guard imports %s: %q", imported, why)
		}
	}
	if why := p.refusesLibrary(planted(t, "journal/pebble.go", "package journal"), "github.com/cockroachdb/pebble/v2/vfs"); why != "" {
		t.Errorf("the bridging file may not import its library: %s", why)
	}
}

func TestPlantedStateIsFound(t *testing.T) {
	for code, found := range map[string]bool{
		`var n int; func f() { n++ }`:                                    true,
		`var m = map[int]int{}; func f() { m[1] = 2 }`:                   true,
		`var s struct{ a int }; func f() { s.a = 1 }`:                    true,
		`var n int; func f() *int { return &n }`:                         true,
		`var n int; func f() { n := 1; n++; _ = n }`:                     false,
		`var names = []string{"a"}; func f() string { return names[0] }`: false,
	} {
		s := planted(t, "guard/planted.go", "package guard\n"+code)
		declared := map[string]bool{}
		for _, spec := range variables(s.ast) {
			declared[spec.Names[0].Name] = true
		}
		if got := len(writes(s.ast, declared)) > 0; got != found {
			t.Errorf("%s: found %t", code, got)
		}
	}
	for code, refused := range map[string]bool{
		`var Table = []int{1}`:                                                  true,
		`import "sync"; var mu sync.Mutex`:                                      true,
		`import "sync"; var buffers = sync.Pool{}`:                              true,
		`import "errors"; var ErrGone = errors.New("gone")`:                     false,
		`import "x/reactive"; var Chats = reactive.NewSignal[int]("app:chats")`: false,
	} {
		s := planted(t, "guard/planted.go", "package guard\n"+code)
		spec := variables(s.ast)[0]
		if why := refusedVariable(s, spec.Names[0], spec); (why != "") != refused {
			t.Errorf("%s: %q", code, why)
		}
	}
}

func TestPlantedServicesAreFound(t *testing.T) {
	for code, want := range map[string]string{
		`func (s *Chat) Serve(tc task.Context) error { return nil }`:  "Chat",
		`func (s Box[T]) Serve(tc task.Context) error { return nil }`: "Box",
		`func (s *Chat) Serve(w http.ResponseWriter) {}`:              "",
		`func Serve(tc task.Context) error { return nil }`:            "",
	} {
		s := planted(t, "guard/planted.go", "package guard\n"+code)
		if got := servedBy(s.ast.Decls[0].(*ast.FuncDecl)); got != want {
			t.Errorf("%s: found %q", code, got)
		}
	}
}

func TestHeadingsAndLinksAreRead(t *testing.T) {
	if got := withoutCode("see `[a](b)` and [c](d)"); got != "see  and [c](d)" {
		t.Errorf("code stays: %q", got)
	}
	if m := link.FindAllStringSubmatch(`[a](docs/x.md#y "title") [b](z)`, -1); len(m) != 2 || m[0][1] != "docs/x.md#y" {
		t.Errorf("links: %v", m)
	}
}
