package arch_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// reservation gives names of one package to some rooms alone.
type reservation struct {
	pkg    string // as the floor plan calls it
	names  []string
	places []string // folders, with everything below them
}

// reservedTo reads "machine.New machine.Admit to session cmd/aura/choreo".
func reservedTo(words []string) (reservation, bool) {
	to := slices.Index(words, "to")
	if to < 1 || to == len(words)-1 {
		return reservation{}, false
	}
	r := reservation{places: words[to+1:]}
	for _, w := range words[:to] {
		pkg, name, ok := strings.Cut(w, ".")
		if !ok || (r.pkg != "" && r.pkg != pkg) {
			return reservation{}, false
		}
		r.pkg, r.names = pkg, append(r.names, name)
	}
	return r, true
}

func (r *reservation) open(dir string) bool {
	return slices.ContainsFunc(r.places, func(p string) bool { return dir == p || strings.HasPrefix(dir, p+"/") })
}

// uses returns the reserved name that a node mentions, "" if it mentions none. A package that is imported without a name
// would hide them, so that import counts as one.
func (r *reservation) uses(names map[string]string, n ast.Node) string {
	path := module + "/" + r.pkg
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if pkg, ok := n.X.(*ast.Ident); ok && names[pkg.Name] == path && slices.Contains(r.names, n.Sel.Name) {
			return r.pkg + "." + n.Sel.Name
		}
	case *ast.ImportSpec:
		if n.Name != nil && n.Name.Name == "." && n.Path.Value == `"`+path+`"` {
			return r.pkg + " without its name"
		}
	}
	return ""
}

// TestReservedNamesStayInTheirRooms: only the rooms that the floor plan lists make a machine, admit and open.
func TestReservedNamesStayInTheirRooms(t *testing.T) {
	p := readPlan(t)
	if len(p.reserved) == 0 {
		t.Fatal("the floor plan reserves nothing")
	}
	for _, r := range p.reserved {
		used := map[string]bool{}
		for _, s := range readTree(t) {
			names := s.imports()
			ast.Inspect(s.ast, func(n ast.Node) bool {
				name := r.uses(names, n)
				if name == "" {
					return true
				}
				if used[name] = true; s.production(p) && !r.open(s.dir) {
					t.Errorf("%s: %s is for %s: ask that room for a session", s.at(n), name, strings.Join(r.places, ", "))
				}
				return true
			})
		}
		for _, name := range r.names {
			if !used[r.pkg+"."+name] {
				t.Errorf("the floor plan reserves %s.%s, which no file mentions", r.pkg, name)
			}
		}
	}
}

func TestPlantedUsesOfReservedNamesAreFound(t *testing.T) {
	r, ok := reservedTo(strings.Fields("machine.Admit machine.Opening to session machine/explore"))
	if !ok {
		t.Fatal("the line is not read")
	}
	for code, want := range map[string]string{
		`import "github.com/aura-runtime/aura/machine"; func f() { machine.Admit(r) }`:               "machine.Admit",
		`import m "github.com/aura-runtime/aura/machine"; var o = m.Opening{Owner: "x"}`:             "machine.Opening",
		`import . "github.com/aura-runtime/aura/machine"; func f() { Admit(r) }`:                     "machine without its name",
		`import "github.com/aura-runtime/aura/machine"; func f(a machine.Admission) { a.Granted() }`: "",
		`import machine "example.org/machine"; func f() { machine.Admit(r) }`:                        "",
	} {
		s := planted(t, "guard/planted.go", "package guard\n"+code)
		names, found := s.imports(), ""
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if name := r.uses(names, n); name != "" {
				found = name
			}
			return true
		})
		if found != want {
			t.Errorf("%s: found %q, want %q", code, found, want)
		}
	}
	for dir, want := range map[string]bool{
		"session": true, "session/sub": true, "machine/explore": true, "machine/compose": false, "machine": false, "agent": false,
	} {
		if r.open(dir) != want {
			t.Errorf("%s: %t", dir, !want)
		}
	}
}
