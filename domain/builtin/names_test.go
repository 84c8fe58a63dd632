package builtin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/protocols"
)

// requirements calls f with each requirement of each of Aura's protocols.
func requirements(t *testing.T, f func(e protocols.Entry, r choreo.Requirement)) {
	t.Helper()
	for _, e := range protocols.All() {
		inst, err := e.Instantiate()
		if err != nil {
			t.Fatal(err)
		}
		sites := 0
		for id := choreo.SiteID(1); inst.Site(id) != nil; id++ {
			sites++
			for _, r := range inst.Site(id).Requirements {
				f(e, r)
			}
		}
		if sites == 0 {
			t.Errorf("%s requires nothing: the test does not see it", e.Package)
		}
	}
}

// TestNamesInTheProtocolsAreRegistered: a capability that no domain declares could be granted by no token, a fact of no
// registered kind could not be committed, and an observer that is no class has no budget. The guard would deny each such
// step for ever.
func TestNamesInTheProtocolsAreRegistered(t *testing.T) {
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	registry := set.Registry()
	var classes []string
	for o := fact.Observer(1); o < fact.Observers; o++ {
		classes = append(classes, o.String())
	}
	seen := 0
	requirements(t, func(e protocols.Entry, r choreo.Requirement) {
		seen++
		switch r := r.(type) {
		case choreo.RequireCapability:
			if !slices.Contains(registry.Capabilities(), r.Name) {
				t.Errorf("%s: no domain declares the capability %s", e.File(), r.Name)
			}
		case choreo.RequireFacts:
			for _, kind := range strings.Split(r.Facts, ",") {
				if _, ok := registry.Kind(strings.TrimSpace(kind)); !ok {
					t.Errorf("%s: no domain registers the fact %s", e.File(), kind)
				}
			}
		case choreo.RequireLeakage:
			for _, name := range r.Observers {
				if !slices.Contains(classes, name) {
					t.Errorf("%s: %s is no class of observers: there are %s", e.File(), name, strings.Join(classes, ", "))
				}
			}
		}
	})
	if seen < 80 {
		t.Errorf("%d requirements were found", seen)
	}
}

// TestCapabilitiesOfSessionsAreRequired: a name that a domain of sessions declares is one that a protocol requires.
func TestCapabilitiesOfSessionsAreRequired(t *testing.T) {
	required := map[string]bool{}
	requirements(t, func(_ protocols.Entry, r choreo.Requirement) {
		if c, ok := r.(choreo.RequireCapability); ok {
			required[c.Name] = true
		}
	})
	for _, c := range slices.Concat(session.Module().Capabilities, consensus.Module().Capabilities, upgrade.Module().Capabilities) {
		if !required[c.Name] {
			t.Errorf("no protocol requires %s", c.Name)
		}
	}
}

// TestPayloadsAreTypesOfTheirDomains: a text that agents play by messages names, as the type of a payload, an exported type of that domain. Frames
// of links are replica's own.
func TestPayloadsAreTypesOfTheirDomains(t *testing.T) {
	named := regexp.MustCompile(`: \w+ of (\w+)\.(\w+)`)
	seen := 0
	for _, text := range []string{"invitation", "enrolment", "delegation", "sessioncoordination", "consensus", "runtimeupgrade"} {
		b, err := os.ReadFile(filepath.Join("../../protocols", text, text+".tell"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllSubmatch(b, -1) {
			seen++
			if !declares(t, filepath.Join("..", string(name[1])), string(name[2])) {
				t.Errorf("%s: domain %s has no type %s", text, name[1], name[2])
			}
		}
	}
	if seen < 30 {
		t.Errorf("%d payloads were found", seen)
	}
}

// declares reports whether a package declares a type.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if o := parsed.Scope.Lookup(name); o != nil && o.Kind == ast.Typ {
			return true
		}
	}
	return false
}
