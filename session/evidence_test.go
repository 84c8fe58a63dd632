package session

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols"
)

// ceremonies are the protocols that require evidence, in several sizes.
func ceremonies(t *testing.T, fn func(t *testing.T, p *Protocol)) {
	t.Helper()
	for _, e := range protocols.All() {
		for _, n := range []int{1, 3, 5, 7} {
			if len(e.Defaults.Capabilities) == 0 || e.Package == "guardianceremony" { // which has no programs yet
				continue
			}
			t.Run(fmt.Sprint(e.Package, n), func(t *testing.T) {
				i, err := e.Instantiate()
				if err != nil {
					t.Fatal(err)
				}
				r := NewRegistry()
				if err := r.Add(i, e.Defaults); err != nil {
					t.Fatal(err)
				}
				p, err := r.sized(e.Defaults.ProtocolID, r.Versions(e.Defaults.ProtocolID)[0], SizesOf(choreo.Binding{"N": n}))
				if err != nil {
					t.Fatal(err)
				}
				fn(t, p)
			})
		}
	}
}

// TestEachKeyOfABundleIsNeeded: Aura's ceremonies are admitted with the evidence that this build shows of them, and are refused
// without any one part of it, or with that of another image.
func TestEachKeyOfABundleIsNeeded(t *testing.T) {
	seen := map[string]bool{}
	ceremonies(t, func(t *testing.T, p *Protocol) {
		a, err := p.admit(&Options{Width: 1})
		if err != nil {
			t.Fatalf("%v; %+v", err, p.search())
		}
		if a.Requested() == machine.ProfileAdmitted && (a.Profile() != machine.ProfileFallback || a.Reason() != machine.FallbackMissingCapability) {
			t.Errorf("it may run wide: %s, %s", a.Profile(), a.Reason())
		}
		whole := p.proof
		for i, e := range whole {
			seen[e.Key] = true
			for what, rest := range map[string][]machine.Evidence{
				"without":           slices.Delete(slices.Clone(whole), i, i+1),
				"with another's of": append(slices.Delete(slices.Clone(whole), i, i+1), machine.Evidence{Key: e.Key, Image: [32]byte{1}}),
			} {
				p.proof = rest
				if _, err := p.admit(&Options{Width: 1}); !errors.Is(err, aura.Denied) {
					t.Errorf("%s %s: %v", what, e.Key, err)
				}
			}
		}
	})
	for key := range shown {
		if !seen[key] {
			t.Errorf("no ceremony requires %s", key)
		}
	}
}

// TestWhatDoesNotHoldIsNotShown: each check of a property can say no, and then the protocol is refused. The cases are a protocol without end, one in
// which a participant could send in place of another one's choice, an image that is not of its text, one whose roles wait for each
// other, and a role that has the name which every role must be able to take.
func TestWhatDoesNotHoldIsNotShown(t *testing.T) {
	const endless = `
module bad exposing (Bad)

protocol Bad =
  roles A, B
  loop decide by A
    A { guard_capability : "a:b" } -> B : More
`
	const guessed = `
module bad exposing (Bad)

protocol Bad =
  roles A, B, C
  choice A at
    | Left =>
      A { guard_capability : "a:b" } -> B : Left
      A { guard_capability : "a:b" } -> C : Left
      C { guard_capability : "a:b" } -> B : Yes
    | Right =>
      A { guard_capability : "a:b" } -> B : Right
      A { guard_capability : "a:b" } -> C : Right
      C { guard_capability : "a:b" } -> B : No
`
	const taken = `
module bad exposing (Bad)

protocol Bad =
  roles A, Successor
  A { guard_capability : "a:b" } -> Successor : Hello
`
	for key, test := range map[string]string{
		EvidenceTermination: endless, EvidenceByzantine: guessed, EvidenceBridge: guessed, EvidenceReconfiguration: taken,
		EvidenceAdmission: taken, EvidenceAdherence: taken,
	} {
		l, problems := choreo.Load("bad.tell", test)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		i, err := l.Instantiate(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := NewRegistry()
		if err := r.Add(i, choreo.Defaults{Capabilities: []string{key}}); err != nil {
			t.Fatal(err)
		}
		p, err := r.sized("aura.bad.bad", r.Versions("aura.bad.bad")[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		if key == EvidenceAdmission || key == EvidenceAdherence || key == EvidenceBridge {
			// An image of the same name is admitted with the evidence, and refused when it is one for which the property does not hold.
			p.image = imageOf(t, choreo.LocalBranch{Label: choreo.Label{Name: "Hello"}, Next: choreo.LocalEnd{}}, true)
			if key == EvidenceBridge {
				if projected(p) {
					t.Error("an image of another text is taken for its projection")
				}
			} else if _, err := p.admit(&Options{Width: 1}); err != nil {
				t.Errorf("%s of an image for which it holds: %v", key, err)
			}
			p.image, p.proof, p.proved, p.walked = imageOf(t, choreo.LocalBranch{Label: choreo.Label{Name: "Hello"}, Next: choreo.LocalEnd{}}, false), nil, false, nil
		}
		if _, err := p.admit(&Options{Width: 1}); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// imageOf returns an image of two roles that follows from no text: the second one waits for the first one, which sends or waits, too.
func imageOf(t *testing.T, of choreo.LocalBranch, sends bool) *machine.Image {
	t.Helper()
	first := choreo.Local(&choreo.LocalRecv{Partner: "B", Branches: []choreo.LocalBranch{of}})
	if sends {
		first = &choreo.LocalSend{Partner: "B", Branches: []choreo.LocalBranch{of}}
	}
	im, err := machine.Compile("bad.Bad", []machine.Part{
		{Role: "A", Local: first}, {Role: "B", Local: &choreo.LocalRecv{Partner: "A", Branches: []choreo.LocalBranch{of}}},
	}, machine.CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return im
}
