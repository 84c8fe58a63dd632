package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// between calls do once, after a decision that says something of a peer was made and before it is committed.
type between struct {
	interp.Interpreter
	says func(*fact.Draft) bool
	do   func(task.Context)
}

func (b *between) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	for i := range d.Request.Entries {
		if do := b.do; do != nil && b.says(&d.Request.Entries[i]) {
			b.do = nil
			do(tc)
		}
	}
	return b.Interpreter.Execute(tc, d)
}

// install has the next process of a person ask.
func (b *between) install(p *auratest.Person) {
	p.Options.Wrap = func(i interp.Interpreter) interp.Interpreter {
		b.Interpreter = i
		return b
	}
}

// lost returns the fact of a text that a copy of the home of author said, from the journal of someone who has it.
func lost(tc task.Context, at, author *auratest.Person, context aura.ContextID, text string) (found fact.Record) {
	at.World.Helper()
	for _, m := range scene.Messages(tc, at, context) {
		if m.Text == text {
			found = recordOf(tc, at, m.ID)
		}
	}
	if found.Fact.Device != author.Ring.Device() {
		at.World.Fatalf("%s does not have %q", at.Name, text)
	}
	return found
}

func recordOf(tc task.Context, p *auratest.Person, id aura.FactID) (found fact.Record) {
	p.World.Helper()
	if _, err := p.Agent.Journal().Read(tc, fact.Selection{}, func(r fact.Record) error {
		if r.ID == id {
			found = r
		}
		return nil
	}); err != nil {
		p.World.Fatalf("%v", err)
	}
	return found
}

// returns commits a fact of the own device, as when a peer returns it.
func returns(tc task.Context, p *auratest.Person, r fact.Record) {
	p.World.Helper()
	if _, err := p.Agent.Journal().Append(tc, &journal.Entry{Foreign: []fact.Record{r}}); err != nil {
		p.World.Fatalf("%v", err)
	}
}

// TestAFactThatReturnsWhileAnotherIsAcknowledgedIsNotDelivered: a copy of Ada's home said something to a group that Ben alone
// got. It comes back from Ben just when Cleo's acknowledgement of something else, at the same place, is written.
func TestAFactThatReturnsWhileAnotherIsAcknowledgedIsNotDelivered(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		ada.Say(tc, group, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, group)["delivered"] == 1 })
		ada.Stop(tc)
		ghost := ada.Copy(tc, "Ada's copy")
		w.Cut(ghost, cleo)
		ghost.Start(tc)
		ghost.Say(tc, group, "lost")
		scene.Has(tc, w, group, ben, ghost, "one", "lost")
		ghost.Stop(tc)
		back := lost(tc, ben, ghost, group, "lost")

		w.Cut(ada, ben)
		(&between{
			says: func(d *fact.Draft) bool {
				var p delivery.Acked
				return d.Kind == delivery.KindAcked && fact.Unmarshal(d.Payload, &p) == nil && p.Context == group && p.Peer == cleo.Self()
			},
			do: func(tc task.Context) {
				w.Cut(ada, cleo)
				returns(tc, ada, back)
			},
		}).install(ada)
		ada.Start(tc)
		ada.Say(tc, group, "two")
		shown := func(text string) (state delivery.Progress) {
			for _, m := range scene.Messages(tc, ada, group) {
				for _, at := range m.Recipients {
					if m.Text == text && at.Authority == cleo.Self() {
						state = at.State
					}
				}
			}
			return state
		}
		w.Until(tc, "the return", time.Minute, func() bool { return shown("lost") != 0 })
		w.Sleep(tc, time.Minute)
		if got := shown("lost"); got == delivery.ProgressDelivered {
			t.Errorf("what Cleo never had is shown as %v", got)
		}
		w.Heal(ada, cleo)
		w.Until(tc, "all of it at Cleo", time.Hour, func() bool {
			return shown("lost") == delivery.ProgressDelivered && shown("two") == delivery.ProgressDelivered
		})
		want := []string{"lost", "one", "two"} // two of them stand at one place, and their identities order them
		w.Until(tc, "Cleo has all of it once", time.Minute, func() bool {
			got := slices.Clone(cleo.Heard(tc, group, ada))
			slices.Sort(got)
			return slices.Equal(got, want)
		})
	})
}

// TestGivingUpNamesTheFactsThatAreHereThen: a fact comes back from Ben just when it is written that the rest was never
// delivered to him. The fact about that names the others as they are when it is committed.
func TestGivingUpNamesTheFactsThatAreHereThen(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		pair := w.Meet(tc, ada, ben)
		ada.Say(tc, pair, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, pair)["delivered"] == 1 })
		ada.Stop(tc)
		ghost := ada.Copy(tc, "Ada's copy")
		ghost.Start(tc)
		ghost.Say(tc, pair, "lost")
		scene.Has(tc, w, pair, ben, ghost, "one", "lost")
		ghost.Stop(tc)
		back := lost(tc, ben, ghost, pair, "lost")

		w.Cut(ada, ben)
		b := &between{
			says: func(d *fact.Draft) bool { return d.Kind == delivery.KindFailed },
			do:   func(tc task.Context) { returns(tc, ada, back) },
		}
		b.install(ada)
		ada.Start(tc)
		ada.Say(tc, pair, "two")
		c, _ := scene.With(tc, ada, ben)
		ada.Do(tc, contact.IntentRemove, contact.RemoveIntent{Contact: c.Ref}, nil)
		if b.do != nil {
			t.Fatal("nothing was given up")
		}
		var failed delivery.Failed
		if _, err := ada.Agent.Journal().Read(tc, fact.Selection{}, func(r fact.Record) error {
			if r.Fact.Kind == delivery.KindFailed {
				return fact.Unmarshal(r.Fact.Payload, &failed)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		ns, device := fact.ContextNamespace(pair), ada.Ring.Device()
		want, err := ada.Agent.Journal().Through(ns, device, ada.Agent.Journal().Count(ns, device))
		if err != nil || (fact.Place{Seq: failed.Through, ID: failed.ID}) != want {
			t.Errorf("failed through %d %x, want %v, %v", failed.Through, failed.ID, want, err)
		}
	})
}
