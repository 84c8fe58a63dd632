package arch_test

import (
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// doors says, per name of another package, what to write instead.
var doors = map[string]string{
	"time.Now":            "read the clock of the task.Context",
	"time.Since":          "subtract two readings of the task.Context's clock",
	"time.Until":          "subtract two readings of the task.Context's clock",
	"time.Sleep":          "use task.Context.Sleep",
	"time.After":          "use task.Context.Sleep or a wait with a deadline",
	"time.AfterFunc":      "start a named task that sleeps",
	"time.NewTimer":       "use task.Context.Sleep or a wait with a deadline",
	"time.NewTicker":      "use a task that sleeps in a loop",
	"time.Tick":           "use a task that sleeps in a loop",
	"sync.WaitGroup":      "use a task.Group",
	"sync.Cond":           "use a task.Wake or task.Latch",
	"sync.Map":            "let one task own the map",
	"sync.Pool":           "let one task own the buffer: a pool differs from run to run",
	"context.WithCancel":  "use a task.Group",
	"context.WithTimeout": "use task.Context.Stage",

	"context.WithDeadline":      "use task.Context.Stage",
	"context.WithTimeoutCause":  "use task.Context.Stage",
	"context.WithDeadlineCause": "use task.Context.Stage",
	"context.WithCancelCause":   "use a task.Group",
	"context.AfterFunc":         "start a named task that waits",
}

// randomness says, per package, what of it a simulation can replay: nothing, or what takes an explicit source.
var randomness = map[string][]string{
	"crypto/rand":  {},
	"math/rand":    {},
	"math/rand/v2": {"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Zipf"},
}

func TestTimeAndConcurrencyEnterByTheirDoors(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		if !s.production(p) || s.dir == "task" || matches(p.bridges, s.path) {
			continue
		}
		names := s.imports()
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if what, instead := door(names, n); what != "" && !p.excepts("doors", s.path) {
				t.Errorf("%s: %s outside package task and the bridging files: %s", s.at(n), what, instead)
			}
			return true
		})
	}
}

func TestRandomnessIsPassedIn(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		if !s.production(p) || matches(p.bridges, s.path) || p.excepts("random", s.path) {
			continue
		}
		names := s.imports()
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok {
				replayable, watched := randomness[names[pkg.Name]]
				if watched && !slices.Contains(replayable, sel.Sel.Name) {
					t.Errorf("%s: %s.%s: draw from a world.Entropy that the caller passes in", s.at(n), names[pkg.Name], sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// door names a forbidden construct and what to write instead; empty: the node is none.
func door(names map[string]string, n ast.Node) (what, instead string) {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a go statement", "start a named task with Group.Go"
	case *ast.SelectStmt:
		return "a select statement", "wait for one thing: a mailbox, a bell, a latch"
	case *ast.ChanType:
		return "a channel", "use a task.Mailbox or a task.Future"
	case *ast.SendStmt:
		return "a send to a channel", "use a task.Mailbox"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "a receive from a channel", "use a task.Mailbox"
		}
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "recover" {
			return "recover", "let the task fail: its group contains the panic"
		}
	case *ast.SelectorExpr:
		if pkg, ok := n.X.(*ast.Ident); ok {
			if name := names[pkg.Name] + "." + n.Sel.Name; doors[name] != "" {
				return name, doors[name]
			}
		}
	}
	return "", ""
}

func TestBridgesAndExceptionsExist(t *testing.T) {
	p := readPlan(t)
	var files []string
	for _, s := range readTree(t) {
		files = append(files, s.path)
	}
	exists := func(pattern string) bool {
		for _, f := range files {
			if matches([]string{pattern}, f) {
				return true
			}
		}
		return false
	}
	for _, b := range p.bridges {
		if !exists(b) {
			t.Errorf("the floor plan lists the bridging file %s, which does not exist: remove the line", b)
		}
	}
	for _, e := range p.exceptions {
		if !exists(e.file) {
			t.Errorf("the floor plan excepts %s, which does not exist: remove the line", e.file)
		}
	}
}
