package arch_test

import (
	"go/ast"
	"go/doc"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestEveryPackageHasOneSign(t *testing.T) {
	commented := map[string][]string{} // package → files with a package comment
	packages := map[string]bool{}
	for _, s := range readTree(t) {
		if s.test {
			continue
		}
		packages[s.dir] = true
		if s.ast.Doc == nil {
			continue
		}
		commented[s.dir] = append(commented[s.dir], s.path)
		want := "Package " + s.ast.Name.Name + " "
		if s.ast.Name.Name == "main" {
			want = "Command " + path.Base(s.dir) + " "
		}
		if text := s.ast.Doc.Text(); !strings.HasPrefix(text, want) {
			t.Errorf("%s: the package comment does not begin with %q", s.path, want)
		}
	}
	for dir := range packages {
		if files := commented[dir]; len(files) != 1 || path.Base(files[0]) != "doc.go" {
			t.Errorf("package %s has its comment in %v: write it once, in doc.go", dir, files)
		}
	}
}

// shown are the packages that a builder imports first.
var shown = []string{
	"biscuit", "choreo", "datalog", "fact", "guard", "journal", "machine", "reactive", "task", "transport",
}

// TestWhatABuilderImportsHasAnExample: it runs, since its output is compared.
func TestWhatABuilderImportsHasAnExample(t *testing.T) {
	has := map[string]bool{}
	for _, s := range readTree(t) {
		if s.test && path.Base(s.path) == "example_test.go" && strings.HasSuffix(s.ast.Name.Name, "_test") {
			for _, e := range doc.Examples(s.ast) {
				has[s.dir] = has[s.dir] || e.Output != ""
			}
		}
	}
	for _, dir := range shown {
		if !has[dir] {
			t.Errorf("package %s has no example: write one with output in %s/example_test.go", dir, dir)
		}
	}
}

// twins are simulated things and recorders of tests. A simulation owns them, no service does.
var twins = []string{"journal.Faulty", "transport.SimNet", "transport.SimPeer", "transport.simLink", "interp.Simulation", "interp.trace"}

// TestEveryLockedStateIsDeclaredOnce: what several tasks may change stands behind a leaf lock, and one service declares
// that it owns it.
func TestEveryLockedStateIsDeclaredOnce(t *testing.T) {
	p := readPlan(t)
	declared := map[string]int{}
	var locked []string
	for _, s := range readTree(t) {
		if !s.production(p) {
			continue
		}
		for _, name := range ownedIn(s.ast) {
			declared[name]++
		}
		if at, ok := p.room(s.dir); !ok || at.ring != 2 && at.ring != 3 || at.name == "task" {
			continue
		}
		for _, name := range lockedIn(s.ast) {
			if name = s.ast.Name.Name + "." + name; !slices.Contains(twins, name) {
				locked = append(locked, name)
			}
		}
	}
	if len(locked) < 15 {
		t.Fatalf("found only %q", locked)
	}
	for _, name := range locked {
		if n := declared[name]; n != 1 {
			t.Errorf("%s has a lock and stands in the declarations of %d services: name it in that of its owner, see task.Declaration", name, n)
		}
	}
}

// ownedIn returns the types that declarations of services in a file name: task.Locked("a.B") and task.Owned{Type:
// "a.B"}.
func ownedIn(f *ast.File) (names []string) {
	text := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok {
			if name, err := strconv.Unquote(lit.Value); err == nil {
				names = append(names, name)
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Locked" {
				for _, arg := range n.Args {
					text(arg)
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Type" {
				text(n.Value)
			}
		}
		return true
	})
	return names
}

// lockedIn returns the struct types of a file that have a task.Mutex of their own.
func lockedIn(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		st, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range st.Fields.List {
			if sel, ok := field.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Mutex" {
				names = append(names, spec.Name.Name)
				break
			}
		}
		return true
	})
	return names
}

func TestNothingRunsBeforeMain(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		if !s.production(p) {
			continue
		}
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: an init function: let the constructor do it", s.at(d))
			}
		}
	}
}

func TestExportedEnumsHaveExplicitNumbers(t *testing.T) {
	for _, s := range readTree(t) {
		for _, d := range s.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			exported, counted := false, false
			ast.Inspect(g, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					for _, name := range n.Names {
						exported = exported || name.IsExported()
					}
				case *ast.Ident:
					counted = counted || n.Name == "iota"
				}
				return true
			})
			if exported && counted {
				t.Errorf("%s: iota on exported constants: write the numbers, they may cross a disk or a wire", s.at(d))
			}
		}
	}
}
