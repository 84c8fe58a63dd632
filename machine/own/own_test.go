package own_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/internal/wire"
	"github.com/aura-runtime/aura/machine/own"
)

var parts = []string{"a", "b", "c"}

// world keeps every capability, receipt and claim that was ever given out, and what must hold of them.
type world struct {
	owners   own.Owners
	current  map[string]own.Capability // by fragment; none: no owner
	old      []own.Capability
	receipts []own.Receipt
	claims   []own.Claim
	pending  map[uint64]bool
	free     map[uint64]bool // claims that are good, by generation
}

// draw picks one of the capabilities that are or were good.
func (w *world) draw(t *rapid.T) own.Capability {
	list := append([]own.Capability{{Owner: "eve"}}, w.old...)
	for _, f := range parts {
		if c, ok := w.current[f]; ok {
			list = append(list, c)
		}
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, "capability")]
}

// held lists the fragments that a capability is good for.
func (w *world) held(c own.Capability) (held []string) {
	for _, f := range parts {
		if w.current[f].Owner != "" && w.current[f].Generation == c.Generation && w.current[f].Owner == c.Owner {
			held = append(held, f)
		}
	}
	return held
}

func (w *world) idle(held []string) bool {
	for _, f := range held {
		for _, r := range w.receipts {
			if w.pending[r.ID] && r.Scope.Covers(f) {
				return false
			}
		}
	}
	return len(held) > 0
}

func (w *world) replace(fragments []string, c own.Capability) {
	for _, f := range fragments {
		if was, ok := w.current[f]; ok {
			w.old = append(w.old, was)
			delete(w.current, f)
		}
		if c.Owner != "" {
			w.current[f] = c
		}
	}
}

func covered(s own.Scope) (list []string) {
	for _, f := range parts {
		if s.Covers(f) {
			list = append(list, f)
		}
	}
	return list
}

// At every moment exactly one capability is good for each fragment that has an owner, after any history, and what becomes of
// one fragment leaves the others alone.
func TestExactlyOneCapabilityIsGoodForAFragment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{current: map[string]own.Capability{}, pending: map[uint64]bool{}, free: map[uint64]bool{}}
		w.replace(parts, w.owners.Open(1, "ada", parts))
		owners := rapid.SampledFrom([]own.Owner{"ada", "ben", "cleo"})
		scopes := rapid.SampledFrom([]own.Scope{own.Whole(), own.Fragments("a", "b"), own.Fragments("a"), own.Fragments("c"), {}})
		t.Repeat(map[string]func(*rapid.T){
			"attenuate": func(t *rapid.T) {
				c, s := w.draw(t), scopes.Draw(t, "scope")
				held := w.held(c)
				n, err := w.owners.Attenuate("test", c, s)
				if err != nil {
					return
				}
				if s.Empty() || !w.idle(held) || !s.Within(c.Scope) {
					t.Fatal("widened, or in the middle of a transfer")
				}
				w.replace(covered(s), n)
			},
			"begin": func(t *rapid.T) {
				c, s := w.draw(t), scopes.Draw(t, "scope")
				held := w.held(c)
				r, err := w.owners.Begin("test", c, owners.Draw(t, "to"), s, rapid.Bool().Draw(t, "attenuate"))
				if err != nil {
					return
				}
				if !w.idle(held) || !r.Scope.Within(c.Scope) || (!r.Attenuated && len(covered(s)) != len(held)) {
					t.Fatal(r)
				}
				w.receipts = append(w.receipts, r)
				w.pending[r.ID] = true
			},
			"commit": func(t *rapid.T) {
				if len(w.receipts) == 0 {
					return
				}
				r := rapid.SampledFrom(w.receipts).Draw(t, "receipt")
				pending, forged := w.pending[r.ID], rapid.Bool().Draw(t, "forged")
				if forged {
					r.ToGeneration++
				}
				c, err := w.owners.Commit("test", r)
				if (err == nil) != (pending && !forged) {
					t.Fatal(err)
				}
				if err == nil {
					w.replace(covered(r.Scope), c)
					w.pending[r.ID] = false
				}
			},
			"roll back": func(t *rapid.T) {
				if len(w.receipts) == 0 {
					return
				}
				r := rapid.SampledFrom(w.receipts).Draw(t, "receipt")
				if err := w.owners.Rollback("test", r); (err == nil) != w.pending[r.ID] {
					t.Fatal(err)
				}
				w.pending[r.ID] = false
			},
			"release": func(t *rapid.T) {
				c := w.draw(t)
				held := w.held(c)
				claim, err := w.owners.Release("test", c)
				if (err == nil) != w.idle(held) {
					t.Fatal(err)
				}
				if err == nil {
					w.replace(held, own.Capability{})
					w.claims, w.free[claim.Generation()] = append(w.claims, claim), true
				}
			},
			"claim": func(t *rapid.T) {
				claim := rapid.SampledFrom(append([]own.Claim{{}}, w.claims...)).Draw(t, "claim")
				c, err := w.owners.Claim("test", claim, owners.Draw(t, "owner"))
				if (err == nil) != w.free[claim.Generation()] {
					t.Fatal(err)
				}
				if err == nil {
					w.free[claim.Generation()] = false
					for _, f := range parts {
						if w.owners.Holds(c, f) {
							w.replace([]string{f}, c)
						}
					}
				}
			},
			"": func(t *rapid.T) {
				for _, f := range parts {
					now := w.current[f]
					if now.Owner == "" && w.owners.Find(f).Owner() != "" {
						t.Fatalf("%s has an owner", f)
					}
					err := w.owners.Check("test", now, f)
					if now.Owner != "" && err != nil != !w.idle([]string{f}) {
						t.Fatalf("%+v for %s: %v", now, f, err)
					}
					for _, c := range w.old {
						if c.Generation != now.Generation && c.Scope.Covers(f) && !errors.Is(w.owners.Check("test", c, f), aura.Stale) {
							t.Fatalf("%+v is good for %s while %+v owns", c, f, now)
						}
					}
					wide := now
					wide.Scope = own.Whole()
					if now.Owner != "" && !now.Scope.IsWhole() && w.owners.Check("test", wide, f) == nil {
						t.Fatal("a capability was widened by hand")
					}
				}
				var out wire.Writer
				w.owners.Encode(&out)
				var again own.Owners
				in := wire.NewReader("test", out.Buf)
				again.Decode(in, 1, parts)
				var copied wire.Writer
				again.Encode(&copied)
				if in.End() != nil || !slices.Equal(out.Buf, copied.Buf) {
					t.Fatal("the records do not survive their encoding: ", in.End())
				}
			},
		})
	})
}

// TestTheSevenTransitions. Ownership Transitions: unowned to claimed, claimed to running, running to delegating out, that to
// released, running to stopping, stopping to stopped, and any to failed. No other is possible.
func TestTheSevenTransitions(t *testing.T) {
	allowed := map[[2]own.State]bool{
		{own.StateUnowned, own.StateClaimed}: true, {own.StateClaimed, own.StateRunning}: true,
		{own.StateRunning, own.StateDelegatingOut}: true, {own.StateDelegatingOut, own.StateReleased}: true,
		{own.StateRunning, own.StateStopping}: true, {own.StateStopping, own.StateStopped}: true,
	}
	for from := own.StateUnowned; from <= own.StateFailed; from++ {
		for to := own.StateUnowned; to <= own.StateFailed; to++ {
			want := allowed[[2]own.State{from, to}] || (to == own.StateFailed && from != own.StateFailed)
			if got := own.MayBecome(from, to); got != want {
				t.Errorf("%s to %s: %t", from, to, got)
			}
		}
	}
}

func TestTheAuditKeepsTheLastEntries(t *testing.T) {
	log := own.Log{Limit: 3}
	var tick uint64
	var r own.Owners
	r.Attach(&log, &tick)
	c := r.Open(1, "ada", parts)
	for range 5 {
		tick++
		r.Check("test", own.Capability{Session: 1, Owner: "eve", Scope: own.Whole()}, "a")
	}
	entries := log.Entries()
	if len(entries) != 3 || entries[2].Tick != 5 || entries[2].Event != own.EventRejected || entries[0].Tick != 3 {
		t.Fatal(entries)
	}
	if err := r.Check("test", c, "a"); err != nil {
		t.Fatal(err)
	}
}

// TestAReadinessWitnessIsGoodOnceAndForItsOwner: witnesses are used in any order, each once, and none outlives the
// capability under which it was issued, nor takes the place of a later one.
func TestAReadinessWitnessIsGoodOnceAndForItsOwner(t *testing.T) {
	ready := func(r *own.Owners, c own.Capability) own.Readiness {
		t.Helper()
		w, err := r.Ready("test", c)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for name, change := range map[string]func(*own.Owners, own.Capability) (own.Capability, error){
		"a release": func(r *own.Owners, c own.Capability) (own.Capability, error) {
			claim, err := r.Release("test", c)
			if err != nil {
				return c, err
			}
			return r.Claim("test", claim, "ben")
		},
		"an attenuation": func(r *own.Owners, c own.Capability) (own.Capability, error) {
			return r.Attenuate("test", c, own.Fragments("a"))
		},
		"a transfer": func(r *own.Owners, c own.Capability) (own.Capability, error) {
			receipt, err := r.Begin("test", c, "ben", own.Whole(), false)
			if err != nil {
				return c, err
			}
			return r.Commit("test", receipt)
		},
	} {
		var log own.Log
		var r own.Owners
		r.Attach(&log, nil)
		c := r.Open(1, "ada", parts)
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
		if next.Scope.IsWhole() {
			for range 64 {
				ready(&r, next)
			}
		}
		// The audit says once of each witness that it became void.
		for _, f := range parts {
			r.End(f, false, "over")
		}
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
