package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// site is one place in a function that one operator can change.
type site struct {
	file     string // from the module's root, with slashes
	function string // "Append", "(*Journal).Append"
	hash     string // of the function's text, so that an argument about it ends when it changes
	operator string
	number   int // among the sites of this operator in this function, from 0
	line     int
	from, to int    // bytes of the file
	text     string // what replaces them
}

// key names the site without its line, which moves with every edit.
func (s *site) key() string {
	return fmt.Sprintf("%s %s %s/%d", s.file, s.function, s.operator, s.number)
}

func (s *site) dir() string { return path.Dir(s.file) }

// function is one function of the tree with its sites.
type function struct {
	name  string
	sites []site
}

// readFunctions returns the functions of the given package folders that have sites, in the order of the tree.
// Tests and generated files are left out.
func readFunctions(root string, dirs []string) ([]function, error) {
	var all []function
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			found, err := readFile(file, path.Join(dir, filepath.Base(file)))
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

func readFile(file, name string) ([]function, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(parsed) {
		return nil, nil
	}
	var all []function
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		c := collector{fset: fset, text: text, count: map[string]int{}}
		sum := sha256.Sum256(c.source(f))
		c.base = site{file: name, function: functionName(f), hash: hex.EncodeToString(sum[:4])}
		ast.Inspect(f.Body, c.visit)
		if len(c.sites) > 0 {
			all = append(all, function{name: name + " " + c.base.function, sites: c.sites})
		}
	}
	return all, nil
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	var pointer string
	t := f.Recv.List[0].Type
	for {
		switch r := t.(type) {
		case *ast.StarExpr:
			pointer, t = "*", r.X
		case *ast.IndexExpr:
			t = r.X
		case *ast.IndexListExpr:
			t = r.X
		case *ast.Ident:
			return "(" + pointer + r.Name + ")." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// collector gathers the sites of one function.
type collector struct {
	fset  *token.FileSet
	text  []byte
	base  site
	count map[string]int
	sites []site
}

func (c *collector) offset(p token.Pos) int { return c.fset.Position(p).Offset }

func (c *collector) source(n ast.Node) []byte { return c.text[c.offset(n.Pos()):c.offset(n.End())] }

// replace adds a site at which operator changes the bytes of [from, to) to text.
func (c *collector) replace(operator string, from, to token.Pos, text string) {
	s := c.base
	s.operator, s.number = operator, c.count[operator]
	s.line, s.from, s.to, s.text = c.fset.Position(from).Line, c.offset(from), c.offset(to), text
	c.count[operator]++
	c.sites = append(c.sites, s)
}

// swaps are the operators that stand between two operands.
var swaps = map[token.Token]struct {
	operator string
	to       token.Token
}{
	token.LSS: {"boundary", token.LEQ}, token.LEQ: {"boundary", token.LSS},
	token.GTR: {"boundary", token.GEQ}, token.GEQ: {"boundary", token.GTR},
	token.EQL: {"equality", token.NEQ}, token.NEQ: {"equality", token.EQL},
	token.LAND: {"logic", token.LOR}, token.LOR: {"logic", token.LAND},
	token.ADD: {"arithmetic", token.SUB}, token.SUB: {"arithmetic", token.ADD},
}

// operators says what each operator does to the code.
var operators = map[string]string{
	"boundary":   "< becomes <=, > becomes >=, and back",
	"equality":   "== becomes !=, and back",
	"logic":      "&& becomes ||, and back",
	"arithmetic": "+ becomes -, and back",
	"never":      "the body of an if never runs",
	"always":     "the body of an if always runs",
	"skip":       "a call or an assignment does not happen",
	"no-error":   "an error that is returned becomes nil",
	"flip":       "true becomes false, and back",
	"one-more":   "a number in an expression grows by one",
}

func (c *collector) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if s, ok := swaps[n.Op]; ok {
			c.replace(s.operator, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), s.to.String())
		}
		c.oneMore(n.X)
		c.oneMore(n.Y)
	case *ast.IndexExpr:
		c.oneMore(n.Index)
	case *ast.SliceExpr:
		c.oneMore(n.Low)
		c.oneMore(n.High)
	case *ast.IfStmt:
		if len(n.Body.List) == 1 && isPanic(n.Body.List[0]) {
			return false // it asserts what no test can bring about
		}
		cond := string(c.source(n.Cond))
		c.replace("never", n.Cond.Pos(), n.Cond.End(), "("+cond+") && false")
		c.replace("always", n.Cond.Pos(), n.Cond.End(), "("+cond+") || true")
	case *ast.ExprStmt:
		if _, ok := n.X.(*ast.CallExpr); ok && !isPanic(n) {
			c.skip(n)
		}
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			c.skip(n)
		}
	case *ast.IncDecStmt:
		c.skip(n)
	case *ast.ReturnStmt:
		if len(n.Results) > 0 {
			if last := n.Results[len(n.Results)-1]; c.isError(last) {
				c.replace("no-error", last.Pos(), last.End(), "nil")
			}
		}
	case *ast.Ident:
		switch n.Name {
		case "true":
			c.replace("flip", n.Pos(), n.End(), "false")
		case "false":
			c.replace("flip", n.Pos(), n.End(), "true")
		}
	}
	return true
}

func isPanic(n ast.Stmt) bool {
	e, ok := n.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	name, ok := call.Fun.(*ast.Ident)
	return ok && name.Name == "panic"
}

func (c *collector) skip(n ast.Node) {
	c.replace("skip", n.Pos(), n.End(), "if false { "+string(c.source(n))+" }")
}

func (c *collector) oneMore(e ast.Expr) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.INT {
		return
	}
	if v, err := strconv.ParseInt(lit.Value, 0, 32); err == nil {
		c.replace("one-more", lit.Pos(), lit.End(), strconv.FormatInt(v+1, 10))
	}
}

// isError reports whether a returned expression looks like an error: a variable of that name or one that is
// made here.
func (c *collector) isError(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "err" || strings.HasPrefix(e.Name, "err") && e.Name != "errors"
	case *ast.CallExpr:
		s := string(c.source(e.Fun))
		return s == "aura.Errorf" || s == "errors.New" || s == "fmt.Errorf"
	case *ast.UnaryExpr:
		return strings.HasPrefix(string(c.source(e)), "&aura.Error{")
	}
	return false
}
