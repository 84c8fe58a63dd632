package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// root is the module's folder, seen from this package.
const root = "../.."

// source is one Go file.
type source struct {
	path      string // from the module's root, with slashes
	dir       string // of the package; "." is the root
	ast       *ast.File
	fset      *token.FileSet
	test      bool
	generated bool
}

// readTree parses every Go file of the module. Folders that the go tool ignores, and modules inside the
// module, are left out.
func readTree(t *testing.T) []*source {
	t.Helper()
	var all []*source
	walk(t, func(file string) {
		if !strings.HasSuffix(file, ".go") {
			return
		}
		all = append(all, parse(t, file))
	})
	if len(all) == 0 {
		t.Fatal("no Go file was found: the tree was not read")
	}
	return all
}

// parse reads one Go file, by its path from the root.
func parse(t *testing.T, file string) *source {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, filepath.Join(root, file), nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return &source{
		path: file, dir: path.Dir(file), ast: parsed, fset: fset,
		test: strings.HasSuffix(file, "_test.go"), generated: ast.IsGenerated(parsed),
	}
}

// walk calls visit for every file of the module, by its path from the root.
func walk(t *testing.T, visit func(file string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			visit(file)
			return nil
		}
		name := d.Name()
		if file != "." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(root, file, "go.mod")); err == nil && file != "." {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// at returns "file:line" of a node.
func (s *source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// imports returns the imported paths by the names under which the file knows them.
func (s *source) imports() map[string]string {
	names := map[string]string{}
	for _, spec := range s.ast.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(imported)
		if name == "v2" { // A major version is not the package's name.
			name = path.Base(path.Dir(imported))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

// production reports whether the rules for the shipped code hold for the file.
func (s *source) production(p *plan) bool { return !s.test && !p.isSupport(s.dir) }
