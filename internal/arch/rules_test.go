package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// These tests plant violations that the rules must find: a rule that finds nothing in the tree may also be blind.

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

func TestPlantedLocksAndOwnersAreFound(t *testing.T) {
	s := planted(t, "guard/planted.go", `package guard
type A struct { lock task.Mutex; n int }
type B struct { mu sync.Mutex }
type C struct { mu *task.Mutex }
func (s *S) Declaration() task.Declaration {
	return task.Declaration{Owns: append(task.Locked("guard.A", "guard.B"), task.Owned{Type: "guard.S", By: task.ExclusionLoop})}
}`)
	if got := lockedIn(s.ast); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("locks are in %q", got)
	}
	if got := ownedIn(s.ast); !slices.Equal(got, []string{"guard.A", "guard.B", "guard.S"}) {
		t.Errorf("declared are %q", got)
	}
}

func TestPlantedLiteralWaitsAreFound(t *testing.T) {
	for code, want := range map[string]bool{
		`func f() { tc.Sleep(5 * time.Second) }`:                                         true,
		`func f() { tc.Sleep(20e6) }`:                                                    true,
		`func f() { tc.Sleep(2 * pause) }`:                                               true,
		`func f() { tc.WithBudget("dial", time.Minute) }`:                                true,
		`func f() { tc.Grace("stop", max(left, 3*time.Second)) }`:                        true,
		`func f() { tc.Stage("submit", 0.5) }`:                                           true,
		`func f() { bell.WaitUntil(tc, tc.Elapsed()+time.Hour) }`:                        true,
		`func f() { inbox.RecvUntil(tc, now+1000) }`:                                     true,
		`func f() { until := tc.Elapsed() + 30*time.Second; g(until) }`:                  true,
		`func f() { b := task.Backoff{Base: 100 * time.Millisecond, Factor: 2} }`:        true,
		`func f() { group.Close(tc, 2*time.Second) }`:                                    true,
		`func f() { h := http.Server{ReadTimeout: 5 * time.Second}; g(h) }`:              true,
		`func f() { h := http.Server{ReadTimeout: readWithin, Limit: 4}; g(h) }`:         false,
		`func f() { tc.Sleep(pause) }`:                                                   false,
		`func f() { tc.Sleep(0) }`:                                                       false,
		`func f() { tc.Grace("stop", left/2) }`:                                          false,
		`func f() { tc.WithBudget("dial", waits[1]) }`:                                   false,
		`func f() { b := task.Backoff{Base: least, Max: most, Factor: 2, Jitter: 0.3} }`: false,
		`func f() { tc.Sleep(chance.between(0, 300*time.Millisecond)) }`:                 false,
		`func f() { end := tc.Elapsed() + aura.Duration(minutes)*time.Minute; g(end) }`:  false,
		`const pause = 5 * time.Second`:                                                  false,
	} {
		s := planted(t, "guard/planted.go", "package guard\nimport \"time\"\n"+code)
		if got := len(literalWaits(s.imports(), s.ast)) > 0; got != want {
			t.Errorf("%s: found %t", code, got)
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

func TestRoomsBelowDomains(t *testing.T) {
	p := readPlan(t)
	for dir, want := range map[string]bool{"guard": true, "fact": true, "choreo": false, "service": false, "agent": false, "nowhere": false} {
		if belowDomains(p, dir) != want {
			t.Errorf("%s: %t", dir, !want)
		}
	}
}
