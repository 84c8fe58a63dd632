package foldtest

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
)

// Checked fails the test unless the records have every kind of the domain, each passes the check of its kind, and
// none does when it lies in another namespace than its own or its payload is another one, cut short or too long.
func Checked(t *testing.T, m domain.Module, records ...fact.Record) {
	t.Helper()
	for _, kind := range m.Kinds {
		i := slices.IndexFunc(records, func(r fact.Record) bool { return r.Fact.Kind == kind.Name })
		if i < 0 {
			t.Errorf("no record of kind %s", kind.Name)
			continue
		}
		good := records[i].Fact
		if err := kind.Check(&good); err != nil {
			t.Errorf("%s: %v", kind.Name, err)
		}
		bad := map[string]func(*fact.Fact){
			"in its author's own namespace": func(f *fact.Fact) { f.Namespace = fact.OwnNamespace(f.Author) },
			"in a shared context":           func(f *fact.Fact) { f.Namespace = fact.ContextNamespace(aura.ContextID{1}) },
			"without a payload":             func(f *fact.Fact) { f.Payload = nil },
			"with a text as payload":        func(f *fact.Fact) { f.Payload = []byte("\x61x") },
			"cut short":                     func(f *fact.Fact) { f.Payload = f.Payload[:len(f.Payload)-1] },
			"too long":                      func(f *fact.Fact) { f.Payload = append(slices.Clone(f.Payload), 0) },
		}
		if good.Namespace.Space == fact.SpaceContext {
			delete(bad, "in a shared context")
		} else {
			delete(bad, "in its author's own namespace")
			bad["in the namespace of another"] = func(f *fact.Fact) { f.Namespace = fact.OwnNamespace(NewPerson(99).Authority()) }
		}
		for how, change := range bad {
			f := good
			change(&f)
			if err := kind.Check(&f); aura.KindOf(err) != aura.Invalid && aura.KindOf(err) != aura.Corrupt {
				t.Errorf("%s %s: %v", kind.Name, how, err)
			}
		}
	}
}

// Registry returns the registry of a set of modules, or fails the test.
func Registry(t testing.TB, modules ...domain.Module) *fact.Registry {
	t.Helper()
	set, err := domain.NewSet(modules...)
	if err != nil {
		t.Fatal(err)
	}
	return set.Registry()
}
