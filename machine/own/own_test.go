package own_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// world keeps every capability and receipt that was ever given out, and what must hold of them.
type world struct {
	record  own.Record
	current own.Capability // the zero capability: no owner
	old     []own.Capability
	receipt own.Receipt
	pending bool
}

func (w *world) replace(c own.Capability) {
	if w.current.Owner != "" {
		w.old = append(w.old, w.current)
	}
	w.current = c
}

// At every moment exactly the current capability is good, after any history.
func TestExactlyOneCapabilityIsGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		w.current = w.record.Open(1, "ada")
		owners := rapid.SampledFrom([]own.Owner{"ada", "ben", "cleo"})
		scopes := rapid.SampledFrom([]own.Scope{own.Whole(), own.Fragments("a", "b"), own.Fragments("a"), {}})
		t.Repeat(map[string]func(*rapid.T){
			"attenuate": func(t *rapid.T) {
				s := scopes.Draw(t, "scope")
				c, err := w.record.Attenuate("test", w.current, s)
				if err == nil {
					if !s.Within(w.current.Scope) || s.Empty() || w.pending {
						t.Fatal("widened, or in the middle of a transfer")
					}
					w.replace(c)
				}
			},
			"begin": func(t *rapid.T) {
				r, err := w.record.Begin("test", w.current, owners.Draw(t, "to"), scopes.Draw(t, "scope"), rapid.Bool().Draw(t, "attenuate"))
				if err == nil {
					if w.pending || !r.Scope.Within(w.current.Scope) || r.Attenuated == r.Scope.Equal(w.current.Scope) {
						t.Fatal(r)
					}
					w.receipt, w.pending = r, true
				}
			},
			"commit": func(t *rapid.T) {
				r := w.receipt
				forged := rapid.Bool().Draw(t, "forged")
				if forged {
					r.ToGeneration++
				}
				c, err := w.record.Commit("test", r)
				if (err == nil) != (w.pending && !forged) {
					t.Fatal(err)
				}
				if err == nil {
					w.replace(c)
					w.pending = false
				}
			},
			"roll back": func(t *rapid.T) {
				if err := w.record.Rollback("test", w.receipt); (err == nil) != w.pending {
					t.Fatal(err)
				}
				w.pending = false
			},
			"release": func(t *rapid.T) {
				if w.record.Release("test", w.current) == nil {
					w.replace(own.Capability{})
				}
			},
			"claim": func(t *rapid.T) {
				c, err := w.record.Claim("test", owners.Draw(t, "owner"))
				if (err == nil) != (w.current.Owner == "") {
					t.Fatal(err)
				}
				if err == nil {
					w.replace(c)
				}
			},
			"": func(t *rapid.T) {
				for _, c := range w.old {
					if err := w.record.Check("test", c, "a"); !errors.Is(err, aura.Stale) {
						t.Fatalf("%+v is good while %+v owns: %v", c, w.current, err)
					}
				}
				if w.current.Owner != "" && w.record.Check("test", w.current, "a") != nil {
					t.Fatalf("%+v is not good", w.current)
				}
				wide := w.current
				wide.Scope = own.Whole()
				if w.current.Owner != "" && !w.current.Scope.IsWhole() && w.record.Check("test", wide, "") == nil {
					t.Fatal("a capability was widened by hand")
				}
			},
		})
	})
}

func TestTheAuditKeepsTheLastEntries(t *testing.T) {
	log := own.Log{Limit: 3}
	var tick uint64
	var r own.Record
	r.Attach(&log, &tick)
	c := r.Open(1, "ada")
	for range 5 {
		tick++
		r.Check("test", own.Capability{Session: 1, Owner: "eve"}, "")
	}
	entries := log.Entries()
	if len(entries) != 3 || entries[2].Tick != 5 || entries[2].Event != own.EventRejected || entries[0].Tick != 3 {
		t.Fatal(entries)
	}
	if err := r.Check("test", c, ""); err != nil {
		t.Fatal(err)
	}
}

// TestAReadinessWitnessIsGoodOnceAndForItsOwner: witnesses are used in any order, each once, and none outlives the
// capability under which it was issued, nor takes the place of a later one.
func TestAReadinessWitnessIsGoodOnceAndForItsOwner(t *testing.T) {
	ready := func(r *own.Record, c own.Capability) own.Readiness {
		t.Helper()
		w, err := r.Ready("test", c)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for name, change := range map[string]func(*own.Record, own.Capability) (own.Capability, error){
		"a release": func(r *own.Record, c own.Capability) (own.Capability, error) {
			return own.Capability{}, r.Release("test", c)
		},
		"an attenuation": func(r *own.Record, c own.Capability) (own.Capability, error) {
			return r.Attenuate("test", c, own.Fragments("a"))
		},
		"a transfer": func(r *own.Record, c own.Capability) (own.Capability, error) {
			receipt, err := r.Begin("test", c, "ben", own.Whole(), false)
			if err != nil {
				return c, err
			}
			return r.Commit("test", receipt)
		},
	} {
		var log own.Log
		var r own.Record
		r.Attach(&log, nil)
		c := r.Open(1, "ada")
		first, second := ready(&r, c), ready(&r, c)
		for i, w := range []own.Readiness{second, first} {
			if err := r.Use("test", w); err != nil {
				t.Fatalf("witness %d: %v", w.ID, err)
			}
			if err := r.Use("test", second); !errors.Is(err, aura.Stale) {
				t.Fatalf("used %d, then the second again: %v", i+1, err)
			}
		}
		var all []own.Readiness
		for range 64 {
			all = append(all, ready(&r, c))
		}
		if _, err := r.Ready("test", c); !errors.Is(err, aura.Exhausted) {
			t.Fatalf("65 unused witnesses: %v", err)
		}
		next, err := change(&r, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range all {
			if err := r.Use("test", w); !errors.Is(err, aura.Stale) {
				t.Fatalf("after %s witness %d is good: %v", name, w.ID, err)
			}
		}
		if next.Owner == "" {
			if next, err = r.Claim("test", "ben"); err != nil {
				t.Fatal(err)
			}
		}
		if next.Scope.IsWhole() {
			for range 64 {
				ready(&r, next)
			}
		}
		// The audit says once of each witness that it became void.
		r.End(false, "over")
		void := map[uint64]int{}
		for _, e := range log.Entries() {
			if e.Artifact == own.ArtifactReadiness && e.Event == own.EventInvalidated {
				void[e.ID]++
			}
		}
		for _, w := range all {
			if void[w.ID] != 1 {
				t.Errorf("after %s witness %d became void %d times", name, w.ID, void[w.ID])
			}
		}
	}
}
