package arch_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

func TestNoPackageHoldsState(t *testing.T) {
	p := readPlan(t)
	byPackage := map[string][]*source{}
	for _, s := range readTree(t) {
		if s.production(p) {
			byPackage[s.dir] = append(byPackage[s.dir], s)
		}
	}
	for _, files := range byPackage {
		declared := map[string]bool{}
		for _, s := range files {
			for _, spec := range variables(s.ast) {
				for _, name := range spec.Names {
					declared[name.Name] = true
					if why := refusedVariable(s, name, spec); why != "" && !p.excepts("variable", s.path) {
						t.Errorf("%s: the package variable %s %s", s.at(name), name.Name, why)
					}
				}
			}
		}
		for _, s := range files {
			for _, w := range writes(s.ast, declared) {
				if !p.excepts("variable", s.path) {
					t.Errorf("%s: the package variable %s is changed: keep it in a struct with an owner", s.at(w), w.Name)
				}
			}
		}
	}
}

func variables(f *ast.File) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, spec := range g.Specs {
				specs = append(specs, spec.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// refusedVariable returns the fault of the kind of a package variable; "": none. Whether it is ever
// changed is asked elsewhere.
func refusedVariable(s *source, name *ast.Ident, spec *ast.ValueSpec) string {
	made := ""
	parts := slices.Clone(spec.Values)
	if spec.Type != nil {
		parts = append(parts, spec.Type)
	}
	for _, part := range parts {
		ast.Inspect(part, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok {
					made += " " + pkg.Name + "." + sel.Sel.Name
				}
			}
			return true
		})
	}
	switch {
	case strings.Contains(made, " sync.") || strings.Contains(made, " atomic."):
		return "is shared state: keep it in a struct with an owner"
	case !name.IsExported() || s.ast.Name.Name == "main":
		return ""
	case strings.Contains(made, "errors.New") || strings.Contains(made, "aura.Error") || strings.Contains(made, "NewSignal"):
		return ""
	}
	return "is exported, so any package can change it: export a function or a constant"
}

// writes returns where declared names are assigned, counted or have their address taken, apart from functions
// in which a local variable has the name.
func writes(f *ast.File, declared map[string]bool) []*ast.Ident {
	var found []*ast.Ident
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		local := locals(fn)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			for _, target := range targets(n) {
				if id := base(target); id != nil && declared[id.Name] && !local[id.Name] {
					found = append(found, id)
				}
			}
			return true
		})
	}
	return found
}

func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	}
	return nil
}

// base returns the variable of a selector, index or dereference.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

func locals(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	fields := func(l *ast.FieldList) {
		if l == nil {
			return
		}
		for _, f := range l.List {
			for _, name := range f.Names {
				names[name.Name] = true
			}
		}
	}
	fields(fn.Recv)
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			fields(n.Params)
			fields(n.Results)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, e := range n.Lhs {
					if id, ok := e.(*ast.Ident); ok {
						names[id.Name] = true
					}
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names[id.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}
