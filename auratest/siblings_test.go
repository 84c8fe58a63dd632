package auratest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// history returns the heads of all streams of a home in some conversations and in the own namespace of its account.
func history(w *auratest.World, p *auratest.Person, contexts ...aura.ContextID) string {
	w.Helper()
	spaces := []fact.Namespace{fact.OwnNamespace(p.Self())}
	for _, c := range contexts {
		spaces = append(spaces, fact.ContextNamespace(c))
	}
	rows, _, err := p.Agent.Journal().Rows(func(ns fact.Namespace) bool { return slices.Contains(spaces, ns) })
	if err != nil {
		w.Fatalf("%s: %v", p.Name, err)
	}
	return fmt.Sprint(rows)
}

// same waits until two homes have the same facts of some conversations and of their account.
func same(tc task.Context, w *auratest.World, a, b *auratest.Person, contexts ...aura.ContextID) {
	w.Helper()
	w.Until(tc, a.Name+" and "+b.Name+" have the same history", 2*time.Minute, func() bool {
		return a.Group != nil && b.Group != nil && history(w, a, contexts...) == history(w, b, contexts...)
	})
}

// shown returns what an agent says of the only other device of its account.
func shown(tc task.Context, w *auratest.World, p *auratest.Person) device.Sync {
	w.Helper()
	var all device.SyncList
	answer, err := p.Bridge().Ask(tc, fact.Question{Kind: device.QuestionSync})
	if err == nil {
		err = fact.UnmarshalAnswer(answer.Payload, &all)
	}
	if err != nil || len(all.Devices) != 1 {
		w.Fatalf("%s: %d other devices, %v", p.Name, len(all.Devices), err)
	}
	return all.Devices[0]
}

// TestANewDeviceGetsTheHistory: of a conversation of 200 messages from before it joined, of both sides, and the texts that either device says later.
func TestANewDeviceGetsTheHistory(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		for i := range 100 {
			ada.Say(tc, context, fmt.Sprint("from Ada ", i))
			ben.Say(tc, context, fmt.Sprint("from Ben ", i))
		}
		laptop := ada.Enrol(tc, "Ada's laptop")
		same(tc, w, ada, laptop, context)
		for _, author := range []*auratest.Person{ada, ben} {
			if here, there := ada.Heard(tc, context, author), laptop.Heard(tc, context, author); !slices.Equal(here, there) || len(there) != 100 {
				w.Errorf("the laptop has %d texts of %s, the first device %d", len(there), author.Name, len(here))
			}
		}
		laptop.Say(tc, context, "from the laptop")
		scene.Has(tc, w, context, ben, ada, append(ada.Heard(tc, context, ada), "from the laptop")...)
		same(tc, w, ada, laptop, context)
		if got := ada.Heard(tc, context, ada); len(got) != 101 || got[100] != "from the laptop" {
			w.Errorf("the first device has %d texts of Ada", len(got))
		}
		w.Until(tc, "each is shown as complete", time.Minute, func() bool {
			return shown(tc, w, ada).Complete && shown(tc, w, laptop).Complete && shown(tc, w, ada).Connected
		})
	})
}

// TestADeviceThatWasAwayCatchesUp: with what its sibling said and heard meanwhile, with a contact and its conversation that the sibling made, and the
// other way round. The contact takes what it says.
func TestADeviceThatWasAwayCatchesUp(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		laptop := ada.Enrol(tc, "Ada's laptop")
		same(tc, w, ada, laptop, context)
		w.Cut(ada, laptop)
		w.Cut(laptop, ben)
		cleo := w.Person(tc, "Cleo")
		w.Cut(laptop, cleo)
		other := w.Meet(tc, ada, cleo)
		ada.Say(tc, context, "while the laptop is away")
		ada.Say(tc, other, "to Cleo")
		cleo.Say(tc, other, "to Ada")
		laptop.Say(tc, context, "said offline")
		scene.Has(tc, w, other, ada, cleo, "to Ada")
		w.Until(tc, "the laptop is shown as away and behind", time.Minute, func() bool {
			s := shown(tc, w, ada)
			return !s.Connected && !s.Complete && s.Behind > 0 && s.Seen > 0
		})
		ada.Stop(tc)
		ada.Start(tc)
		if s := shown(tc, w, ada); s.Connected || s.Complete || s.Seen == 0 {
			w.Errorf("after a restart the laptop is shown as %+v", s)
		}
		w.Heal(ada, laptop)
		same(tc, w, ada, laptop, context, other)
		if got := laptop.Heard(tc, other, cleo); !slices.Equal(got, []string{"to Ada"}) {
			w.Errorf("the laptop has of Cleo: %q", got)
		}
		if got := ada.Heard(tc, context, ada); !slices.Contains(got, "said offline") {
			w.Errorf("the first device has of Ada: %q", got)
		}
		w.Heal(laptop, cleo)
		laptop.Say(tc, other, "from the laptop")
		scene.Has(tc, w, other, cleo, ada, "to Cleo", "from the laptop")
	})
}

// TestEveryStreamComes: of both devices of a contact in one conversation, of the own devices there, and of both in their own namespace.
func TestEveryStreamComes(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		tablet := ben.Enrol(tc, "Ben's tablet")
		laptop := ada.Enrol(tc, "Ada's laptop")
		same(tc, w, ada, laptop, context)
		for _, p := range []*auratest.Person{ada, ben, tablet} {
			w.Cut(laptop, p)
		}
		for _, p := range []*auratest.Person{ada, ben, tablet} {
			p.Say(tc, context, "of "+p.Name)
		}
		scene.Has(tc, w, context, ada, ben, "of Ben", "of Ben's tablet")
		w.Heal(ada, laptop)
		same(tc, w, ada, laptop, context)
		if got := laptop.Heard(tc, context, ben); len(got) != 2 {
			w.Errorf("the laptop has of Ben: %q", got)
		}
	})
}

// stroke ends the process of a person with the commit that follows so many others with facts.
type stroke struct {
	who    *auratest.Person
	left   int
	struck bool
}

// Committed implements [journal.Sink].
func (c *stroke) Committed(records []fact.Record) {
	if len(records) == 0 {
		return
	}
	if c.left--; c.left == 0 {
		c.struck = true
		c.who.Crash()
	}
}

// TestASyncSurvivesACrashAtEveryCommit: of either device, and at many moments in between. Both go on from what they have.
func TestASyncSurvivesACrashAtEveryCommit(t *testing.T) {
	for _, first := range []bool{true, false} {
		for n, died := 1, true; died || n < 24; n++ {
			auratest.Run(t, auratest.Options{First: uint64(n)}, func(tc task.Context, w *auratest.World) {
				ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
				context := w.Meet(tc, ada, ben)
				laptop := ada.Enrol(tc, "Ada's laptop")
				same(tc, w, ada, laptop, context)
				w.Cut(ada, laptop)
				w.Cut(laptop, ben)
				ada.Say(tc, context, "one")
				ben.Say(tc, context, "two")
				laptop.Say(tc, context, "three")
				scene.Has(tc, w, context, ada, ben, "two")
				who := laptop
				if first {
					who = ada
				}
				at := &stroke{who: who, left: n}
				who.Agent.Journal().Attach(at)
				w.Heal(ada, laptop)
				if n >= 12 { // in between
					at.left = -1
					w.Sleep(tc, aura.Duration(n-11)*50*time.Millisecond)
					who.Crash()
				} else {
					w.Until(tc, "a commit is struck, or none is left", time.Minute, func() bool {
						return at.struck || history(w, ada, context) == history(w, laptop, context)
					})
				}
				died = at.struck
				if who.Group == nil {
					who.Start(tc)
				}
				same(tc, w, ada, laptop, context)
				for _, d := range []*auratest.Person{ada, laptop} {
					if got := d.Heard(tc, context, ben); !slices.Equal(got, []string{"two"}) {
						w.Errorf("commit %d: %s has of Ben: %q", n, d.Name, got)
					}
				}
			})
			if t.Failed() {
				return
			}
			if n == 1 && !died {
				t.Error("no commit was struck")
			}
		}
	}
}
