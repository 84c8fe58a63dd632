package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestBothMovedAndMeetThroughAMutualContact: Cleo, who did not move, knows both.
func TestBothMovedAndMeetThroughAMutualContact(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, cleo, dan := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo"), u.person(tc, "Dan")
		context := u.meet(tc, ada, ben)
		u.meet(tc, ada, cleo)
		u.meet(tc, ben, cleo)
		u.meet(tc, dan, cleo)
		u.meet(tc, dan, ada)
		for round := range 3 {
			ada.say(tc, context, "before")
			// Both go to other networks at once: running, or starting there.
			if round > 0 {
				ada.stop(tc)
				ben.stop(tc)
			}
			ada.move()
			ben.move()
			if round > 0 {
				ben.start(tc)
				u.sleep(tc, time.Duration(round)*time.Hour)
				ada.start(tc)
			}
			began := tc.Elapsed()
			ben.say(tc, context, "found you")
			if !u.until(tc, "Ada has it", 5*time.Minute, func() bool { return len(ada.texts(tc, context, ben)) == round+1 }) {
				return
			}
			if took := tc.Elapsed() - began; took > 2*time.Minute {
				t.Errorf("seed %d: round %d took %v", u.seed, round, took)
			}
		}
		// Dan, who knows Ada and Cleo, was told nothing of Ben.
		dan.none(tc, string(ben.address))
	})
}

// none checks that a person never kept an address.
func (p *person) none(tc task.Context, address string) {
	p.Helper()
	_, err := p.agent.Journal().Read(tc, fact.Selection{Kinds: []string{contact.KindAddresses}}, func(r fact.Record) error {
		var a contact.Addresses
		if err := fact.Unmarshal(r.Fact.Payload, &a); err != nil {
			return err
		}
		for _, where := range a.Addresses {
			if where == address {
				p.Errorf("seed %d: %s keeps %s", p.seed, p.name, where)
			}
		}
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}
}
