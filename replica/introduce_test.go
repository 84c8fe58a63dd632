package replica_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestBothMovedAndMeetThroughAMutualContact: Cleo, who did not move, knows both.
func TestBothMovedAndMeetThroughAMutualContact(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, dan := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo"), w.Person(tc, "Dan")
		context := w.Meet(tc, ada, ben)
		w.Meet(tc, ada, cleo)
		w.Meet(tc, ben, cleo)
		w.Meet(tc, dan, cleo)
		w.Meet(tc, dan, ada)
		for round := range 3 {
			ada.Say(tc, context, "before")
			// Both go to other networks at once: running, or starting there.
			if round > 0 {
				ada.Stop(tc)
				ben.Stop(tc)
			}
			ada.Move()
			ben.Move()
			if round > 0 {
				ben.Start(tc)
				w.Sleep(tc, time.Duration(round)*time.Hour)
				ada.Start(tc)
			}
			began := tc.Elapsed()
			ben.Say(tc, context, "found you")
			if !w.Until(tc, "Ada has it", 5*time.Minute, func() bool { return len(ada.Heard(tc, context, ben)) == round+1 }) {
				return
			}
			if took := tc.Elapsed() - began; took > 2*time.Minute {
				w.Errorf("round %d took %v", round, took)
			}
		}
		// Dan, who knows Ada and Cleo, was told nothing of Ben.
		none(tc, dan, string(ben.Address))
	})
}

// none checks that a person never kept an address.
func none(tc task.Context, p *auratest.Person, address string) {
	p.World.Helper()
	_, err := p.Agent.Journal().Read(tc, fact.Selection{Kinds: []string{contact.KindAddresses}}, func(r fact.Record) error {
		var a contact.Addresses
		if err := fact.Unmarshal(r.Fact.Payload, &a); err != nil {
			return err
		}
		for _, where := range a.Addresses {
			if where == address {
				p.World.Errorf("%s keeps %s", p.Name, where)
			}
		}
		return nil
	})
	if err != nil {
		p.World.Fatalf("%v", err)
	}
}
