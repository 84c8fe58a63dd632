package arch_test

import (
	"slices"
	"strings"
	"testing"
)

func TestImportsPointInward(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		from, known := p.room(s.dir)
		if !known && !p.isSupport(s.dir) {
			t.Errorf("%s: the package %s is not in the floor plan; a new room needs a page in docs/decisions", s.path, s.dir)
			continue
		}
		for _, imported := range s.imports() {
			to, ours := strings.CutPrefix(imported+"/", module+"/")
			if !ours {
				continue
			}
			to = strings.TrimSuffix(to, "/")
			if to == "" {
				to = "."
			}
			if why := p.refuses(s, from, to); why != "" {
				t.Errorf("%s imports %s: %s", s.path, imported, why)
			}
		}
	}
}

// refuses says why a file may not import one of our packages; empty: it may.
func (p *plan) refuses(s *source, from room, to string) string {
	if p.isSupport(to) {
		if s.production(p) {
			return "it is for tests alone"
		}
		return ""
	}
	target, known := p.room(to)
	switch {
	case !known:
		return "it is not in the floor plan"
	case p.isSupport(s.dir) || p.allows(from, target):
		return ""
	case s.test && target.ring <= from.ring:
		return "" // A test may build its world from what lies below or beside the package.
	}
	return "ring " + string(rune('0'+from.ring)) + " package " + from.name + " may import only " +
		strings.Join(from.imports, " ") + "; take an interface and let agent or cmd supply it"
}

func TestLibrariesStayInTheirPlaces(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		for _, imported := range s.imports() {
			first, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(imported+"/", module+"/") {
				continue // The standard library and our own.
			}
			if why := p.refusesLibrary(s, imported); why != "" {
				t.Errorf("%s imports %s: %s", s.path, imported, why)
			}
		}
	}
}

func (p *plan) refusesLibrary(s *source, imported string) string {
	within := func(prefix string) bool { return strings.HasPrefix(imported+"/", prefix+"/") }
	if slices.ContainsFunc(p.testing, within) {
		if s.production(p) {
			return "it is for tests alone"
		}
		return ""
	}
	i := slices.IndexFunc(p.libraries, func(l library) bool { return within(l.prefix) })
	switch {
	case i < 0:
		return "the floor plan lists no such library; a new one needs a page in docs/decisions"
	case !s.production(p) || matches(p.libraries[i].places, s.path):
		return ""
	}
	return "only " + strings.Join(p.libraries[i].places, " ") + " may; ask for an interface instead"
}

// impure lists the imports that a package without side effects does not need.
var impure = []string{
	"context", "crypto/rand", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "os/signal",
	"sync", "sync/atomic", "syscall", "testing", "unsafe",
}

func TestPureRingsImportNothingImpure(t *testing.T) {
	p := readPlan(t)
	for _, s := range readTree(t) {
		from, known := p.room(s.dir)
		if !known || from.ring > 1 || !s.production(p) || s.ast.Name.Name == "main" {
			continue
		}
		for _, imported := range s.imports() {
			if slices.Contains(impure, imported) {
				t.Errorf("%s imports %s: rings 0 and 1 take values and return values; pass the datum in", s.path, imported)
			}
		}
	}
}
