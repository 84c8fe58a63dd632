package arch_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unnamedOutsideTests returns the exported functions and methods of the protocol machine and its language that tests alone name. The tool deadcode
// takes each exported method of a type for reached that a product passes as an interface value. A method of the name of some interface's method
// may be called through it, and is not returned.
func unnamedOutsideTests(t *testing.T) map[[2]string]bool {
	t.Helper()
	exports, dirs := map[string]string{}, map[string][]string{}
	for line := range strings.Lines(lines(t, "list", "-export", "-deps", "-f", `{{.ImportPath}}|{{.Export}}|{{.Dir}}|{{join .GoFiles "|"}}`, "./...")) {
		at := strings.Split(strings.TrimSpace(line), "|")
		exports[at[0]] = at[1]
		if strings.HasPrefix(at[0]+"/", module+"/") {
			for _, name := range at[3:] {
				dirs[at[0]] = append(dirs[at[0]], filepath.Join(at[2], name))
			}
		}
	}
	set := token.NewFileSet()
	packages := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	declared, used, dynamic := map[string]bool{}, map[string]bool{}, map[string]bool{"Error": true, "Unwrap": true, "Is": true, "String": true, "MarshalJSON": true, "UnmarshalJSON": true}
	for path, files := range dirs {
		var parsed []*ast.File
		for _, name := range files {
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, file)
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
		if _, err := (&types.Config{Importer: packages}).Check(path, set, parsed, info); err != nil {
			t.Fatal(err)
		}
		for _, o := range info.Uses {
			if f, is := o.(*types.Func); is {
				used[f.Origin().FullName()] = true
			}
		}
		for _, o := range info.Defs {
			if f, is := o.(*types.Func); is && f.Exported() {
				declared[f.FullName()] = true
			}
		}
		for _, of := range info.Types {
			if i, is := of.Type.Underlying().(*types.Interface); is && of.IsType() {
				for m := range i.Methods() {
					dynamic[m.Name()] = true
				}
			}
		}
	}
	unnamed := map[[2]string]bool{}
	for f := range declared {
		name := strings.NewReplacer("(", "", ")", "", "*", "").Replace(f) // "MODULE/ROOM.Type.Method"
		name = strings.TrimPrefix(name, module+"/")
		room, short, _ := strings.Cut(name[strings.LastIndex(name, "/")+1:], ".")
		room = name[:strings.LastIndex(name, "/")+1] + room
		_, method, ofType := strings.Cut(short, ".")
		if (strings.HasPrefix(room, "machine") || strings.HasPrefix(room, "choreo")) && !used[f] && !(ofType && dynamic[method]) {
			unnamed[[2]string{room, short}] = true
		}
	}
	return unnamed
}
