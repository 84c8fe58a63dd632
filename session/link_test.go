package session

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// registered returns a registry with one text.
func registered(t *testing.T, text string) (*Registry, error) {
	t.Helper()
	p, problems := choreo.Load("linked.tell", text)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegistry()
	return r, r.Add(i, choreo.Defaults{})
}

// TestBundlesThatDoNotFitAreNotRegistered (runtime document, "Link Boundary"): composition is static, so an agent with such a protocol
// does not start.
func TestBundlesThatDoNotFitAreNotRegistered(t *testing.T) {
	for what, c := range map[string]struct {
		text string
		want aura.Kind
	}{
		"that fit":               {linked, 0},
		"that nothing joins":     {strings.ReplaceAll(strings.ReplaceAll(linked, "|imports=b", ""), "|imports=a", ""), aura.Denied},
		"with an open import":    {strings.ReplaceAll(linked, "imports=b", "imports=b,c"), aura.Denied},
		"with a name of both":    {strings.ReplaceAll(linked, "exports=b", "exports=a,b"), aura.Conflict},
		"with a role of another": {strings.ReplaceAll(linked, "-> One : Bye", "-> One : Bye\n  One { guard_capability : \"chat:send\", link : \"bundle=second\" } -> Two : More"), aura.Conflict},
	} {
		if _, err := registered(t, c.text); aura.KindOf(err) != c.want {
			t.Errorf("bundles %s: %v, want %v", what, err, c.want)
		}
	}
}

// TestALinkedProtocolNeedsItsEvidence (runtime document, "Link Boundary" and "Telltale Integration"): coherence and harmony are asked for at each
// admission, though the text requires nothing, and a session for which they are not shown is refused before it has an owner, with its event.
func TestALinkedProtocolNeedsItsEvidence(t *testing.T) {
	_ = talking(t, machine.HardeningProduction, func(tc task.Context, e *Engine, l *live, _ *deciding, seen *events, _ func() error) {
		r, err := registered(t, linked)
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.sized("aura.linked.linked", r.Versions("aura.linked.linked")[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.admit(&e.options); err != nil {
			t.Fatal(err)
		}
		e.options.Registry = r
		r.programs[part{"aura.linked.linked", "One"}] = func(task.Context, *Port) error { return nil }
		whole := p.proof
		if len(whole) != 2 {
			t.Errorf("the evidence is %v", whole)
		}
		for i, has := range whole {
			o := Opening{Name: aura.SessionID{9, byte(i)}, Protocol: "aura.linked.linked", Role: "One", Parties: []Party{{Role: "Two", Authority: aura.AuthorityID{3}}}}
			for what, proof := range map[string][]machine.Evidence{
				"alone": {has}, "of another image": {has, {Key: whole[1-i].Key, Image: [32]byte{1}}},
			} {
				p.proof = proof
				before := len(seen.of(world.FamilyLink))
				if err := e.Open(tc, o); aura.KindOf(err) != aura.Denied {
					t.Errorf("with %s %s: %v", has.Key, what, err)
				}
				found := seen.of(world.FamilyLink)[before:]
				if len(found) != 1 || found[0].Message() != "reject" || found[0].Field("fragment_key") != "bundle:first" || found[0].ErrorKind() != aura.Denied {
					t.Errorf("with %s %s: the events are %v", has.Key, what, found)
				}
				if owned, err := e.Owner(tc, o.Name); err == nil {
					t.Errorf("with %s %s the session is owned: %+v", has.Key, what, owned)
				}
			}
		}
	})
}
