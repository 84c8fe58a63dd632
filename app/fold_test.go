package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryFoldGoesOnBehindAFactThatPanics: views are folded by the scheduler, which contains a panic, and all else
// by take. A loop of its own would end the verb at the fact.
func TestEveryFoldGoesOnBehindAFactThatPanics(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	positions := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(positions, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name == "Apply" {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 1 {
					return true
				}
				method, isMethod := call.Fun.(*ast.SelectorExpr)
				of, isPointer := call.Args[0].(*ast.UnaryExpr)
				if isMethod && isPointer && method.Sel.Name == "Apply" && of.Op == token.AND {
					t.Errorf("%s: %s folds a record by itself: use take", positions.Position(call.Pos()), f.Name.Name)
				}
				return true
			})
		}
	}
}
