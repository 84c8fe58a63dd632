package arch_test

import (
	"go/ast"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// index holds the files, folders and symbols of the tree.
type index struct {
	files   []string            // all of them, testdata too
	folders map[string][]string // package name → folders
	names   map[string]bool     // folder.Name, folder.Type.Member; exported or not
	members map[string]bool     // Type.Member, of any package
	tests   map[string][]string // test, benchmark or example → folders
	foreign map[string]bool     // names under which the tree imports packages of others
	words   map[string]map[string]bool
}

func indexTree(t *testing.T) *index {
	t.Helper()
	x := &index{
		folders: map[string][]string{}, names: map[string]bool{}, members: map[string]bool{},
		tests: map[string][]string{}, foreign: map[string]bool{}, words: map[string]map[string]bool{},
	}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" && d.IsDir():
			return fs.SkipDir
		}
		rel, err := filepath.Rel(root, file)
		x.files = append(x.files, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range x.files {
		if path.Ext(file) == ".go" && !strings.Contains("/"+file, "/testdata/") {
			x.add(parse(t, file)) // of modules inside the module too
		}
	}
	return x
}

// add takes the declarations of a file.
func (x *index) add(s *source) {
	name := strings.TrimSuffix(s.ast.Name.Name, "_test")
	if !slices.Contains(x.folders[name], s.dir) {
		x.folders[name] = append(x.folders[name], s.dir)
	}
	for name, imported := range s.imports() {
		if !strings.HasPrefix(imported, module) {
			x.foreign[name] = true
		}
	}
	x.words[s.path] = map[string]bool{}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			x.words[s.path][id.Name] = true
		}
		return true
	})
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				x.name(s.dir, d.Name.Name)
				if s.test {
					x.tests[d.Name.Name] = append(x.tests[d.Name.Name], s.dir)
				}
			} else if id := base(receiver(d.Recv.List[0].Type)); id != nil {
				x.name(s.dir, id.Name+"."+d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				x.declare(s.dir, spec)
			}
		}
	}
}

func (x *index) name(dir, name string) {
	x.names[dir+"."+name] = true
	if strings.Contains(name, ".") {
		x.members[name] = true
	}
}

func (x *index) declare(dir string, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range spec.Names {
			x.name(dir, id.Name)
		}
	case *ast.TypeSpec:
		x.name(dir, spec.Name.Name)
		var fields *ast.FieldList
		switch typ := spec.Type.(type) {
		case *ast.StructType:
			fields = typ.Fields
		case *ast.InterfaceType:
			fields = typ.Methods
		default:
			return
		}
		for _, f := range fields.List {
			for _, id := range f.Names {
				x.name(dir, spec.Name.Name+"."+id.Name)
			}
		}
	}
}

// receiver returns the type of a receiver without its parameters.
func receiver(e ast.Expr) ast.Expr {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	switch generic := e.(type) {
	case *ast.IndexExpr:
		return generic.X
	case *ast.IndexListExpr:
		return generic.X
	}
	return e
}
