package arch_test

import (
	"go/ast"
	"testing"
)

// madeText lists the files that may make a text of an event from a value: names that the program gives to its
// own signals, views and invariants.
var madeText = map[string]bool{
	"reactive/subscription.go": true, "reactive/scheduler.go": true, "sim/invariant.go": true,
}

// TestEventsSayWhatTheSourceSays: a conversion to world.Text is how a peer's words would get into a log, and a
// literal of world.Event how an event would lack its fields.
func TestEventsSayWhatTheSourceSays(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		if !s.production(p) || s.dir == "world" {
			continue
		}
		for _, n := range handmade(s) {
			if _, literal := n.(*ast.CompositeLit); literal || !madeText[s.path] {
				t.Errorf("%s: an event is made by the constructors of package world, from constant text", s.at(n))
			}
		}
	}
}

// handmade returns the conversions to world.Text of other values than literals, and the literals of world.Event.
func handmade(s *source) (found []ast.Node) {
	names := s.imports()
	of := func(e ast.Expr, name string) bool {
		sel, ok := e.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != name {
			return false
		}
		pkg, ok := sel.X.(*ast.Ident)
		return ok && names[pkg.Name] == module+"/world"
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if len(n.Args) == 1 && of(n.Fun, "Text") {
				if _, constant := n.Args[0].(*ast.BasicLit); !constant {
					found = append(found, n)
				}
			}
		case *ast.CompositeLit:
			if of(n.Type, "Event") {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

func TestHandmadeEventsAreFound(t *testing.T) {
	for code, want := range map[string]int{
		`func f(name string) { world.IngressAccepted("sync", world.Text(name)) }`: 1,
		`func f() { _ = world.Event{} }`:                                          1,
		`func f() { way := world.Text("direct"); _ = way }`:                       0,
		`func f() { world.IngressAccepted("sync", "channel") }`:                   0,
		`func f() []world.Event { return []world.Event{} }`:                       0,
	} {
		s := planted(t, "service/planted.go", "package service\nimport \""+module+"/world\"\n"+code)
		if got := len(handmade(s)); got != want {
			t.Errorf("%s: found %d, want %d", code, got, want)
		}
	}
}
