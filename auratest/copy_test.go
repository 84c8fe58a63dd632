package auratest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// heldBy returns the identities of all facts of a home, in the order of its journal.
func heldBy(t *testing.T, tc task.Context, p *auratest.Person) (ids []aura.FactID) {
	t.Helper()
	if _, err := p.Agent.Journal().Read(tc, fact.Selection{}, func(r fact.Record) error {
		ids = append(ids, r.ID)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestACopyIsTheSameAccountElsewhere: a copy of a home that runs has its keys and facts, another address, and goes its
// own way from there; the original does not notice.
func TestACopyIsTheSameAccountElsewhere(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		ada.Do(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
		twin := ada.Copy(tc, "Ada's copy")
		if twin.Agent != nil || twin.Self() != ada.Self() || twin.Ring.Device() != ada.Ring.Device() || twin.Address == ada.Address {
			t.Errorf("seed %d: the copy at %s of the home at %s runs: %t", w.Seed, twin.Address, ada.Address, twin.Agent != nil)
		}
		twin.Start(tc)
		common := heldBy(t, tc, ada)
		if diff := cmp.Diff(common, heldBy(t, tc, twin)); diff != "" {
			t.Errorf("seed %d: the copy has other facts: %s", w.Seed, diff)
		}
		ada.Do(tc, contact.IntentName, contact.NameIntent{Name: "the original"}, nil)
		twin.Do(tc, contact.IntentName, contact.NameIntent{Name: "the copy"}, nil)
		if a, b := ada.Look(tc).Contacts.Own(), twin.Look(tc).Contacts.Own(); a != "the original" || b != "the copy" {
			t.Errorf("seed %d: the names are %q and %q", w.Seed, a, b)
		}
		a, b := heldBy(t, tc, ada), heldBy(t, tc, twin)
		n := len(common)
		if !slices.Equal(a[:n], common) || !slices.Equal(b[:n], common) || len(a) == n || len(b) == n || a[n] == b[n] {
			t.Errorf("seed %d: after %d common facts the homes have %d and %d more, or one draws the bytes of the other", w.Seed, n, len(a)-n, len(b)-n)
		}
		ada.Crash()
		twin.Do(tc, contact.IntentName, contact.NameIntent{Name: "alone"}, nil)
		twin.Stop(tc)
	})
}

// TestACopyHasWhatIsDurable: a batch whose sync has not returned is not on the copy, and becomes durable in the
// original.
func TestACopyHasWhatIsDurable(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		ada.Disk.SetFaults(journal.Faults{Stuck: true})
		var end error
		calls := task.NewGroup(tc, "calls")
		calls.Go("submit", func(tc task.Context) error {
			end = ada.Submit(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
			return nil
		})
		w.Sleep(tc, time.Minute)
		twin := ada.Copy(tc, "Ada's copy")
		ada.Disk.SetFaults(journal.Faults{FailRead: 0.9})
		again := ada.Copy(tc, "Ada's second copy") // a disk whose reads fail can be copied as well
		ada.Disk.SetFaults(journal.Faults{})
		if err := calls.Wait(tc); err != nil || end != nil {
			t.Fatalf("seed %d: %v, %v", w.Seed, err, end)
		}
		for _, c := range []*auratest.Person{twin, again} {
			c.Start(tc)
			if name := c.Look(tc).Contacts.Own(); name != "Ada" {
				t.Errorf("seed %d: %s has the name %q, which was not durable", w.Seed, c.Name, name)
			}
			c.Stop(tc)
		}
		if name := ada.Look(tc).Contacts.Own(); name != "Ada II" {
			t.Errorf("seed %d: the original has the name %q", w.Seed, name)
		}
	})
}

// TestAHomeGoesBackToACopy as often as it is told to, and each time to the same facts.
func TestAHomeGoesBackToACopy(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		backup := ada.Copy(tc, "Ada's backup")
		before := heldBy(t, tc, ada)
		for i := range 3 {
			ada.Do(tc, contact.IntentName, contact.NameIntent{Name: fmt.Sprint("Ada ", i)}, nil)
			if i == 1 {
				ada.Crash()
			} else {
				ada.Stop(tc)
			}
			ada.Restore(tc, backup)
			ada.Start(tc)
			if diff := cmp.Diff(before, heldBy(t, tc, ada)); diff != "" {
				t.Errorf("seed %d: after %d restores: %s", w.Seed, i+1, diff)
			}
		}
	})
}

// TestARestoreNeedsTwoHomesThatAreOff of one account.
func TestARestoreNeedsTwoHomesThatAreOff(t *testing.T) {
	for want, restore := range map[string]func(tc task.Context, ada, twin, ben *auratest.Person){
		"one of the two runs": func(tc task.Context, ada, twin, _ *auratest.Person) { ada.Restore(tc, twin) },
		"no home of the account": func(tc task.Context, ada, _, ben *auratest.Person) {
			ada.Stop(tc)
			ada.Restore(tc, ben)
		},
	} {
		r := &record{}
		auratest.Run(r, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			restore(tc, ada, ada.Copy(tc, "Ada's copy"), ben)
		})
		if len(r.errors) == 0 || !strings.Contains(r.errors[0], want) {
			t.Errorf("%s: reported: %q", want, r.errors)
		}
	}
}

// TestHomesOfOneAccountAreCutOffAndReachedAlone: a cut, a crash and a move meet one of the two machines, though both
// have the same key.
func TestHomesOfOneAccountAreCutOffAndReachedAlone(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		twin := ada.Copy(tc, "Ada's copy")
		// hears lets Ben speak to the one of Ada's homes that he reaches.
		said := 0
		hears := func(there, not *auratest.Person) {
			t.Helper()
			before := len(not.Heard(tc, talk, ben))
			said++
			ben.Say(tc, talk, fmt.Sprint("text ", said))
			w.Until(tc, there.Name+" hears Ben", time.Hour, func() bool { return len(there.Heard(tc, talk, ben)) == said })
			if got := not.Heard(tc, talk, ben); len(got) > before {
				t.Errorf("seed %d: %s, which is cut off, has %q", w.Seed, not.Name, got)
			}
		}
		w.Cut(twin, ben)
		twin.Start(tc)
		hears(ada, twin)
		w.Cut(ada, ben)
		w.Heal(twin, ben)
		twin.Move()
		hears(twin, ada)
		w.Heal(ada, ben)
		twin.Crash()
		w.Until(tc, "the original has it as well", time.Hour, func() bool { return len(ada.Heard(tc, talk, ben)) == said })
	})
}
