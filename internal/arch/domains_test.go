package arch_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/fact"
)

// domainsFile says which package may import which built-in domain, and why: the package, the domain and a reason in a
// line. A line that begins with # is a comment.
const domainsFile = "internal/arch/testdata/domains.txt"

// builtinList is the one file that lists the built-in domains.
const builtinList = "domain/builtin/builtin.go"

// TestOnlyTheBuiltinListNamesDomains holds the packages outside domain/ that import a built-in domain to a table with
// the reason of each. A package that treats all domains alike takes them from a domain.Set.
func TestOnlyTheBuiltinListNamesDomains(t *testing.T) {
	p := readPlan(t)
	stated, domains := readDomains(t), builtinDomains(t)
	used := map[[2]string]bool{}
	for _, s := range readTree(t) {
		if !s.production(p) || within("domain", s.dir) {
			continue
		}
		for _, imported := range s.imports() {
			if !domains[imported] {
				continue
			}
			use := [2]string{s.dir, strings.TrimPrefix(imported, module+"/domain/")}
			if used[use] = true; stated[use] == "" {
				t.Errorf("%s imports the domain %s: take what it needs from the domain.Set, or give the reason in %s", s.path, use[1], domainsFile)
			}
		}
	}
	for use := range stated {
		if !used[use] {
			t.Errorf("%s: %s does not import the domain %s: remove the line", domainsFile, use[0], use[1])
		}
	}
}

// TestNamesOfDomainsAreConstants refuses string literals that name a kind, an intent, a capability, a question or a signal
// of a built-in domain, or a pattern of its kinds, outside domain/: a list of such strings would escape the table. A room
// that domains import can name what a domain registers for it, such as guard.CapCarry: it cannot import the domain.
func TestNamesOfDomainsAreConstants(t *testing.T) {
	p, named, seen := readPlan(t), namesOfDomains(t), 0
	for _, s := range readTree(t) {
		if !s.production(p) || s.generated {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			switch {
			case err != nil || !named(text):
			case within("domain", s.dir):
				seen++
			case belowDomains(p, s.dir):
			default:
				t.Errorf("%s: %q belongs to a domain: use the domain's constant", s.at(lit), text)
			}
			return true
		})
	}
	if seen < 50 {
		t.Errorf("the domains themselves have %d such literals: the test does not see them", seen)
	}
}

// belowDomains reports whether domains may import a package.
func belowDomains(p *plan, dir string) bool {
	domains, known := p.room("domain")
	room, planned := p.room(dir)
	return known && planned && p.allows(domains, room)
}

// within reports whether a folder is parent or lies below it.
func within(parent, dir string) bool { return strings.HasPrefix(dir+"/", parent+"/") }

// builtinDomains returns the packages of the built-in domains: the imports of their list, but for package domain.
func builtinDomains(t *testing.T) map[string]bool {
	t.Helper()
	domains := map[string]bool{}
	for _, imported := range parse(t, builtinList).imports() {
		if strings.HasPrefix(imported, module+"/domain/") {
			domains[imported] = true
		}
	}
	if len(domains) < 5 {
		t.Fatalf("%s imports %d domains: it is not the list", builtinList, len(domains))
	}
	return domains
}

// namesOfDomains returns a function that reports whether a text names an item of a built-in domain.
func namesOfDomains(t *testing.T) func(string) bool {
	t.Helper()
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	names, kinds := map[string]bool{}, []string{}
	for _, m := range set.Modules() {
		for _, k := range m.Kinds {
			names[k.Name], kinds = true, append(kinds, k.Name)
		}
		for _, c := range m.Capabilities {
			names[c.Name] = true
		}
		for _, o := range m.Operations {
			names[o.Name] = true
		}
		for _, v := range m.Views {
			names[v.Signal] = true
		}
		for _, q := range m.Questions {
			names[q.Kind] = true
		}
	}
	for _, kind := range kinds {
		for i := range kind {
			if pattern := kind[:i] + ".*"; kind[i] == '.' && fact.MatchKind(pattern, kind) {
				names[pattern] = true
			}
		}
	}
	return func(text string) bool { return names[text] }
}

// readDomains returns the reasons of the table, by package and domain.
func readDomains(t *testing.T) map[[2]string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, domainsFile))
	if err != nil {
		t.Fatal(err)
	}
	stated := map[[2]string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 5 {
			t.Errorf("%s: %q: a line has a package, a domain and a reason", domainsFile, line)
			continue
		}
		stated[[2]string{fields[0], fields[1]}] = strings.Join(fields[2:], " ")
	}
	return stated
}
