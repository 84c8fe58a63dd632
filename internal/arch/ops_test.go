package arch_test

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestOperationsNameFunctions holds the operation of every error, an aura.Op, to a function, method or type of the
// package that returns the error.
func TestOperationsNameFunctions(t *testing.T) {
	packages := map[string]*operations{}
	var files []*source
	for _, s := range readTree(t) {
		if s.test {
			continue
		}
		if packages[s.dir] == nil {
			packages[s.dir] = newOperations(s)
		}
		packages[s.dir].declare(s)
		files = append(files, s)
	}
	takers := map[string]map[string]int{}
	for _, p := range packages {
		takers[p.dir] = p.takers
	}
	used := 0
	for _, s := range files {
		p := packages[s.dir]
		for _, given := range p.uses(s, takers) {
			used++
			if why := p.refuses(given); why != "" {
				t.Errorf("%s: the operation %s", s.at(given), why)
			}
		}
	}
	if used < 400 {
		t.Errorf("%d operations were found: the test does not see them", used)
	}
}

// operations holds the operations of a package's errors.
type operations struct {
	dir, name string
	declared  map[string]bool // Name and Type.Name
	takers    map[string]int  // function or method → the parameter that is an aura.Op
}

func newOperations(s *source) *operations {
	return &operations{
		dir: s.dir, name: s.ast.Name.Name,
		declared: map[string]bool{}, takers: map[string]int{},
	}
}

func (p *operations) declare(s *source) {
	for _, d := range s.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		p.declared[fn.Name.Name] = true
		if fn.Recv != nil {
			if id := base(receiver(fn.Recv.List[0].Type)); id != nil {
				p.declared[id.Name+"."+fn.Name.Name] = true
			}
		}
		at := 0
		for _, param := range fn.Type.Params.List {
			if isOp(s, param.Type) {
				p.takers[fn.Name.Name] = at
			}
			at += max(1, len(param.Names))
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			p.declared[n.Name.Name] = true
			if typ, ok := n.Type.(*ast.InterfaceType); ok {
				for _, method := range typ.Methods.List {
					for _, id := range method.Names {
						p.declared[id.Name] = true
					}
				}
			}
		}
		return true
	})
}

// isOp reports whether an expression is aura.Op, Op in package aura itself.
func isOp(s *source, e ast.Expr) bool { return ofAura(s, e) == "Op" }

// ofAura returns the name of a symbol of package aura, empty for any other expression.
func ofAura(s *source, e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok && s.dir == "." {
		return id.Name
	}
	if sel, ok := e.(*ast.SelectorExpr); ok {
		if pkg, ok := sel.X.(*ast.Ident); ok && s.imports()[pkg.Name] == module {
			return sel.Sel.Name
		}
	}
	return ""
}

// uses returns the expressions of a file that give an operation: literals, and the conversions of other values.
func (p *operations) uses(s *source, takers map[string]map[string]int) (found []ast.Expr) {
	for _, d := range s.ast.Decls {
		named := map[string]bool{}
		give := func(e ast.Expr) {
			switch e := e.(type) {
			case *ast.BasicLit:
				found = append(found, e)
			case *ast.Ident:
				named[e.Name] = true
			}
		}
		p.given(s, d, takers, give)
		ast.Inspect(d, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for i, id := range spec.Names {
					if named[id.Name] && i < len(spec.Values) {
						found = append(found, spec.Values[i])
					}
				}
			}
			return true
		})
	}
	return found
}

// given calls give for each operation of a declaration.
func (p *operations) given(s *source, d ast.Decl, takers map[string]map[string]int, give func(ast.Expr)) {
	local := map[string]bool{}
	if fn, ok := d.(*ast.FuncDecl); ok {
		local = locals(fn)
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if isOp(s, n.Fun) {
				give(&ast.BasicLit{ValuePos: n.Pos(), Kind: token.STRING, Value: `"(a converted value)"`})
			}
			if id, ok := n.Fun.(*ast.Ident); ok && local[id.Name] {
				return true
			}
			if at, ok := taken(s, n.Fun, takers); ok && at < len(n.Args) {
				give(n.Args[at])
			}
		case *ast.CompositeLit:
			if ofAura(s, n.Type) != "Error" {
				return true
			}
			for _, field := range n.Elts {
				if pair, ok := field.(*ast.KeyValueExpr); ok && base(pair.Key).Name == "Op" {
					give(pair.Value)
				}
			}
		}
		return true
	})
}

// taken returns which argument of a call is an operation. Methods are known by their names alone.
func taken(s *source, fn ast.Expr, takers map[string]map[string]int) (at int, ok bool) {
	switch fn := fn.(type) {
	case *ast.Ident:
		at, ok = takers[s.dir][fn.Name]
	case *ast.IndexExpr:
		return taken(s, fn.X, takers)
	case *ast.SelectorExpr:
		if pkg, is := fn.X.(*ast.Ident); is {
			if imported := s.imports()[pkg.Name]; imported != "" {
				at, ok = takers[folder(imported)][fn.Sel.Name]
				return at, ok
			}
		}
		if fn.Sel.Name == "Errorf" { // of testing.T and its like; that of package aura is no method
			return 0, false
		}
		if at, ok = takers[s.dir][fn.Sel.Name]; ok {
			return at, ok
		}
		for _, imported := range s.imports() {
			if at, ok = takers[folder(imported)][fn.Sel.Name]; ok {
				return at, ok
			}
		}
	}
	return at, ok
}

// folder returns the folder of a package of the module, empty for one of others.
func folder(imported string) string {
	if imported == module {
		return "."
	}
	dir, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		return ""
	}
	return path.Clean(dir)
}

// refuses returns the fault of the text of an operation; "": none. The caller fills in an empty one.
func (p *operations) refuses(given ast.Expr) string {
	text, ok := given.(*ast.BasicLit)
	if !ok || text.Kind != token.STRING {
		return ""
	}
	op, err := strconv.Unquote(text.Value)
	if err != nil || op == "" {
		return ""
	}
	pkg, name, _ := strings.Cut(op, ".")
	switch {
	case pkg != p.name && !(p.name == "main" && pkg == path.Base(p.dir)):
		return strconv.Quote(op) + " does not begin with its package, " + p.name
	case !p.declared[name]:
		return strconv.Quote(op) + " names no function, method or type of package " + p.name
	}
	return ""
}

func TestWrongOperationsAreFound(t *testing.T) {
	p := &operations{name: "guard", dir: "guard", declared: map[string]bool{"Evaluate": true, "State.Next": true}}
	wrong := []string{"guard.Evaluates", "journal.Evaluate", "Evaluate", "State.Next", "guard.", "guard.Next", "guard.State.Last"}
	for _, op := range append(slices.Clone(wrong), "guard.Evaluate", "guard.State.Next", "") {
		why := p.refuses(&ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(op)})
		if refused := slices.Contains(wrong, op); refused != (why != "") {
			t.Errorf("%q: %q", op, why)
		}
	}
}
