package choreo

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// checker looks at the tree of a file. Each check reports all it finds; none stops another.
type checker struct {
	file     *syntax.File
	proto    *syntax.Protocol
	roles    map[string]*syntax.RoleDecl
	helpers  map[string]*syntax.Protocol
	effects  map[string]*syntax.Effect
	endless  map[*syntax.Par]bool // those with a branch that never ends
	problems syntax.Diagnostics
}

func newChecker(file *syntax.File) *checker {
	return &checker{
		file: file, proto: file.Protocol,
		roles:   map[string]*syntax.RoleDecl{},
		helpers: map[string]*syntax.Protocol{},
		effects: map[string]*syntax.Effect{},
		endless: map[*syntax.Par]bool{},
	}
}

func (c *checker) check() {
	c.checkRoleDecls()
	c.checkHelpers()
	for _, body := range c.bodies() {
		c.checkRoleRefs(body)
		c.checkFlow(body)
		c.checkAnnotations(body)
		c.checkLinear(body)
	}
	c.checkUnusedRoles()
	c.checkOperationBodies()
	c.checkBundles()
	c.checkEffects()
	c.checkProfiles()
}

// checkOperationBodies checks the bodies of the operations. They may declare roles of their own.
func (c *checker) checkOperationBodies() {
	for _, d := range c.file.Decls {
		op, ok := d.(*syntax.Operation)
		if !ok {
			continue
		}
		inner := *c
		inner.roles = maps.Clone(c.roles)
		for _, r := range op.Roles {
			inner.roles[r.Name.Text] = r
		}
		inner.one(op.At)
		inner.checkRoleRefs(op.Body)
		inner.checkFlow(op.Body)
		inner.checkAnnotations(op.Body)
		inner.checkLinear(op.Body)
		c.problems = inner.problems
	}
}

// bodies returns the statements of the protocol and of each of its helpers.
func (c *checker) bodies() [][]syntax.Stmt {
	bodies := [][]syntax.Stmt{c.proto.Body}
	for _, h := range c.proto.Where {
		bodies = append(bodies, h.Body)
	}
	return bodies
}

const (
	// maxProblems bounds the report on one file; more would not be read.
	maxProblems = 1000
	// maxSuggestions bounds the names among which a slip of the pen is looked for.
	maxSuggestions = 1000
)

func (c *checker) problem(at syntax.Span, code, hint, format string, args ...any) {
	if len(c.problems) == maxProblems {
		return
	}
	c.problems = append(c.problems, syntax.Diagnostic{
		Source: c.file.Source, Span: at, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// protocol returns the checked protocol.
func (c *checker) protocol() *Protocol {
	p := &Protocol{Name: c.proto.Name.Text, File: c.file, helpers: c.helpers, endless: c.endless}
	if c.file.Module != nil {
		p.Namespace = c.file.Module.Name.Text
	}
	for _, d := range c.proto.DeclaredRoles() {
		f := Family{Name: d.Name.Text, Plain: d.Size.Kind == syntax.IndexSingle}
		switch d.Size.Kind {
		case syntax.IndexSingle:
			f.Size = 1
		case syntax.IndexNumber:
			f.Size = d.Size.From.Value
		case syntax.IndexSymbol:
			f.Parameter = d.Size.From.Name
		case syntax.IndexAll:
			f.Parameter = d.Name.Text
		}
		p.Families = append(p.Families, f)
	}
	return p
}

// didYouMean suggests the one of the known names that differs from name by a single slip.
func didYouMean[V any](name string, known map[string]V) string {
	if len(known) > maxSuggestions {
		return ""
	}
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if near(name, k) {
			return "did you mean " + k + "?"
		}
	}
	return ""
}

// near reports whether one letter inserted, left out, changed or swapped makes a into b.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b) < 3 || len(b)-len(a) > 1 || a == b { // all short names are near each other
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
