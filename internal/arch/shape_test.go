package arch_test

import (
	"go/ast"
	"go/doc"
	"go/token"
	"path"
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
			t.Errorf("package %s shows nobody how to begin: write an Example with output in %s/example_test.go", dir, dir)
		}
	}
}

func TestEveryServiceNamesItsOwner(t *testing.T) {
	p := readPlan(t)
	docs := map[string]string{} // package and type → comment
	type service struct{ at, key, name string }
	var services []service
	for _, s := range readTree(t) {
		if !s.production(p) {
			continue
		}
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for name, doc := range typeDocs(d) {
					docs[s.dir+"."+name] = doc
				}
			case *ast.FuncDecl:
				if name := servedBy(d); name != "" {
					services = append(services, service{s.at(d), s.dir + "." + name, name})
				}
			}
		}
	}
	for _, sv := range services {
		if words := strings.Join(strings.Fields(docs[sv.key]), " "); !strings.Contains(words, "Owner: ") {
			t.Errorf("%s: %s has Serve, so its comment must say \"Owner: …\": who starts and stops it", sv.at, sv.name)
		}
	}
}

func typeDocs(d *ast.GenDecl) map[string]string {
	docs := map[string]string{}
	for _, spec := range d.Specs {
		if ts, ok := spec.(*ast.TypeSpec); ok {
			docs[ts.Name.Name] = ts.Doc.Text()
			if ts.Doc == nil {
				docs[ts.Name.Name] = d.Doc.Text()
			}
		}
	}
	return docs
}

// servedBy returns the receiver's type of a method Serve(task.Context …), else "".
func servedBy(f *ast.FuncDecl) string {
	if f.Recv == nil || f.Name.Name != "Serve" || len(f.Type.Params.List) == 0 {
		return ""
	}
	param := f.Type.Params.List[0].Type
	if sel, ok := param.(*ast.SelectorExpr); ok {
		param = sel.Sel
	}
	if id, ok := param.(*ast.Ident); !ok || id.Name != "Context" {
		return ""
	}
	recv := f.Recv.List[0].Type
	if star, ok := recv.(*ast.StarExpr); ok {
		recv = star.X
	}
	if generic, ok := recv.(*ast.IndexExpr); ok {
		recv = generic.X
	}
	if id, ok := recv.(*ast.Ident); ok {
		return id.Name
	}
	return ""
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
