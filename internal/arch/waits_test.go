package arch_test

import (
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// waits are the calls that wait, or bound a wait, by the name of the function. A [task.Backoff] bounds waits too.
var waits = []string{
	"Sleep", "WithBudget", "Grace", "Stage", "WaitUntil", "RecvUntil", "SendUntil", "AcquireUntil", "Close", "Join", "Shut",
}

// libraryWaits are the fields by which the libraries that serve and dial bound a wait.
var libraryWaits = []string{"Timeout", "ReadTimeout", "ReadHeaderTimeout", "WriteTimeout", "IdleTimeout", "IdleConnTimeout"}

// units are the names of package time that make a number a duration.
var units = []string{"Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"}

// How long a wait takes, its owner decides, with a name and a reason: a number in the middle of a call is a
// policy that readers do not expect there.
func TestWaitsTakeNamedDurations(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		if !s.production(p) || s.generated || s.dir == "task" {
			continue
		}
		for _, n := range literalWaits(s.imports(), s.ast) {
			t.Errorf("%s: a wait takes a literal duration: name it in a constant of its owner, with the reason", s.at(n))
		}
	}
}

// literalWaits returns the literals that say how long something waits.
func literalWaits(names map[string]string, file ast.Node) (found []ast.Node) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name := calledName(n.Fun); slices.Contains(waits, name) {
				for _, arg := range n.Args {
					found = append(found, durations(names, arg)...)
				}
			}
		case *ast.CompositeLit:
			if calledName(n.Type) == "Backoff" {
				found = append(found, policyLiterals(names, n, "Base", "Max")...)
			}
			found = append(found, policyLiterals(names, n, libraryWaits...)...)
		case *ast.BinaryExpr: // a deadline: tc.Elapsed() + 5*time.Second
			if n.Op == token.ADD && (readsClock(n.X) || readsClock(n.Y)) {
				found = append(found, durations(names, n)...)
			}
		}
		return true
	})
	return found
}

// policyLiterals returns the literal durations in the fields of a policy that is made in passing.
func policyLiterals(names map[string]string, policy *ast.CompositeLit, fields ...string) (found []ast.Node) {
	for _, e := range policy.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && slices.Contains(fields, calledName(kv.Key)) {
			found = append(found, durations(names, kv.Value)...)
		}
	}
	return found
}

// durations returns the units of time and the numbers in an expression: not 0, and none that makes no duration,
// such as a divisor, an index, the unit of a number that has a name, or what another function takes.
func durations(names map[string]string, e ast.Expr) (found []ast.Node) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.IndexExpr, *ast.SliceExpr, *ast.CompositeLit:
			return false
		case *ast.CallExpr:
			return slices.Contains([]string{"min", "max", "Duration", "Add"}, calledName(n.Fun))
		case *ast.BinaryExpr:
			switch {
			case n.Op == token.QUO || n.Op == token.SHR:
				found = append(found, durations(names, n.X)...)
				return false
			case n.Op == token.MUL && (isUnit(names, n.X) && len(durations(names, n.Y)) == 0 ||
				isUnit(names, n.Y) && len(durations(names, n.X)) == 0):
				return false
			}
		case *ast.SelectorExpr:
			if isUnit(names, n) {
				found = append(found, n)
			}
		case *ast.BasicLit:
			if (n.Kind == token.INT || n.Kind == token.FLOAT) && n.Value != "0" {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

// isUnit reports whether an expression is a unit of package time.
func isUnit(names map[string]string, e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || !slices.Contains(units, sel.Sel.Name) {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && names[pkg.Name] == "time"
}

// readsClock reports whether an expression is a reading of the monotonic clock.
func readsClock(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	return ok && calledName(call.Fun) == "Elapsed"
}

// calledName returns the last name of a function, type or field, such as Sleep in tc.Sleep.
func calledName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
