package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// TestOnlyTheAccountRemovesADevice: a contact shows a device entries that its account did not make, or that do not remove it. The device
// keeps none of them, whatever the contact repeats, and goes on. An entry that is signed with the key of the account removes it.
func TestOnlyTheAccountRemovesADevice(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		phone, mallory := w.Person(tc, "Ada's phone"), w.Person(tc, "Mallory")
		pair := w.Meet(tc, phone, mallory)
		laptop := phone.Enrol(tc, "Ada's laptop")
		w.Sleep(tc, time.Minute) // all have told each other all
		phone.Stop(tc)           // the laptop hears of nothing but by Mallory
		m := corrupt(tc, mallory, laptop, pair)

		root, err := phone.Ring.Root()
		if err != nil {
			t.Fatal(err)
		}
		removal := func(says *roster.State, sign func([]byte) [64]byte, change func(*roster.Entry)) []byte {
			e, err := roster.Remove(says, phone.Ring.Device(), laptop.Ring.Device())
			if err != nil {
				t.Fatal(err)
			}
			change(&e)
			e = e.Sign(sign)
			b, err := e.Encode()
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		mallorys, err := mallory.Ring.Root()
		if err != nil {
			t.Fatal(err)
		}
		says := laptop.Roster(tc)
		asIs := func(*roster.Entry) {}
		genuine := removal(says, root, asIs)
		listed := [][]byte{}
		for _, e := range laptop.Chain(tc).Entries() {
			b, err := e.Entry.Encode()
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, b)
		}
		bad := slices.Clone(genuine)
		bad[len(bad)-1] ^= 1
		before := laptop.Agent.Journal().Head()
		for what, entries := range map[string][][]byte{
			"signed by Mallory":         {removal(says, mallorys, asIs)},
			"of Mallory's account":      {removal(says, mallorys, func(e *roster.Entry) { e.Authority = mallory.Self() })},
			"with a damaged signature":  {bad},
			"no entry":                  {{1, 2, 3}},
			"behind one that is absent": {removal(says, root, func(e *roster.Entry) { e.Number++; e.Previous = []roster.Hash{{1}} })},
			"that list the device":      listed,
			"very many":                 slices.Repeat([][]byte{genuine}, roster.MaxAnnounced+1),
		} {
			for range 3 {
				m.dial(tc)
				m.hello(tc)
				for range 5 {
					m.send(tc, wireEvidenceNumber, wireRemoval{entries})
				}
				w.Sleep(tc, time.Second)
				m.hangUp(tc)
			}
			if laptop.Agent.Status().Removed {
				t.Fatalf("entries %s removed the device", what)
			}
		}
		if now := laptop.Agent.Journal().Head(); now != before {
			t.Errorf("the device kept %d facts of what it was shown", now-before)
		}
		if err := laptop.Submit(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil); err != nil {
			t.Errorf("the device does not go on: %v", err)
		}
		m.dial(tc)
		m.hello(tc)
		m.send(tc, wireEvidenceNumber, wireRemoval{[][]byte{genuine}})
		w.Until(tc, "the device knows", time.Minute, func() bool { return laptop.Agent.Status().Removed })
	})
}
