package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// discard is a sender for messages that no channel waits for.
type discard struct{}

func (discard) Release(task.Context, effect.Envelope) {}

const sessionMessages = 60

// spendOnMessages charges messages of a session of an invitation, before there is a context, and returns how many records
// its receipts are.
func spendOnMessages(tc task.Context, p *auratest.Person, id invite.ID) int {
	p.World.Helper()
	invitation, j := aura.ContextID(id), p.Agent.Journal()
	ledger := guard.MessageContext(invitation)
	by := interp.NewProduction(p.Self(), p.Ring.Device(), j, p.Ring, discard{})
	before := receiptsOf(p)
	for seq := range uint64(sessionMessages) {
		m := &effect.Message{Session: aura.SessionID(id), Seq: seq}
		r := &guard.Request{Context: invitation, Authority: p.Self(), Sends: []guard.Send{{Cost: 1, Form: guard.FormMessage, Message: m}}}
		charge := j.Charge(ledger, aura.AuthorityID{})
		h := guard.HeadroomOf(guard.DefaultPolicy(), guard.WholeShare, &charge, ledger, aura.AuthorityID{}, tc.Now())
		_, err := by.Execute(tc, &interp.Decision{Request: r, Commands: []effect.Command{
			{Kind: effect.ChargeBudget, Context: ledger, Amount: 1, Epoch: h.Epoch, Seen: h.Version},
			{Kind: effect.SendEnvelope, Envelope: &effect.Envelope{Context: invitation, Message: m}},
		}})
		if err != nil {
			p.World.Fatalf("%v", err)
		}
	}
	if err := by.EndSession(tc, aura.SessionID(id)); err != nil {
		p.World.Fatalf("%v", err)
	}
	return receiptsOf(p) - before
}

// receiptsOf returns the number of receipts that a person's agent has: they are entries of logs.
func receiptsOf(p *auratest.Person) (n int) {
	for _, l := range p.Agent.Journal().Logs() {
		if l.Family() == "receipt" {
			n += int(l.Last - l.Dropped)
		}
	}
	return n
}

// ledgerOf returns the number of ledger entries on a person's disk.
func ledgerOf(p *auratest.Person) int { return entries(p, 0x08, 0x09) }

// entries returns the number of entries in some tables of a person's disk.
func entries(p *auratest.Person, first, last byte) (n int) {
	p.World.Helper()
	err := p.Disk.Iterate([]byte{first}, []byte{last + 1}, func(_, _ []byte) error {
		n++
		return nil
	})
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	return n
}

// TestDeliveryRecordsAreCollectedByTheirPolicy writes many messages in one epoch and one in the next. The records of
// the busy epoch go after 30 days where the peer has confirmed them, and after 90 where not.
func TestDeliveryRecordsAreCollectedByTheirPolicy(t *testing.T) {
	const messages = 20
	const day = 24 * time.Hour
	for _, c := range []struct {
		confirmed  bool
		kept, gone time.Duration
	}{
		{confirmed: true, kept: 29 * day, gone: 31 * day},
		{confirmed: false, kept: 89 * day, gone: 91 * day},
	} {
		t.Run(fmt.Sprintf("confirmed %t", c.confirmed), func(t *testing.T) {
			auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
				ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
				context := w.Meet(tc, ada, ben)
				ada.Say(tc, context, "hello")
				w.Sleep(tc, time.Hour)
				if !c.confirmed {
					ben.Stop(tc)
				}
				began := tc.Elapsed()
				until := func(d time.Duration) { w.Sleep(tc, d-(tc.Elapsed()-began)) }
				for i := range messages {
					ada.Say(tc, context, fmt.Sprint("message ", i))
					w.Sleep(tc, time.Second)
				}
				until(time.Hour)
				ada.Say(tc, context, "in the next epoch")
				until(2 * time.Hour)
				full := receiptsOf(ada)
				// after lets ada's agent run for a minute, and returns the records kept then.
				after := func(d time.Duration) int {
					ada.Stop(tc)
					until(d)
					ada.Start(tc)
					w.Sleep(tc, time.Minute)
					return receiptsOf(ada)
				}
				if n := after(c.kept); n != full {
					t.Errorf("%d of %d records are gone after %v", full-n, full, c.kept)
				}
				if n := after(c.gone); n != 1 {
					t.Errorf("%d of %d records are left after %v", n, full, c.gone)
				}
				if !c.confirmed {
					ben.Start(tc)
				}
				ada.Say(tc, context, "hello again")
				w.Until(tc, "ben reads on", time.Minute, func() bool { return len(ben.Heard(tc, context, ada)) == messages+3 })
			})
		})
	}
}

// TestTheBudgetOfAnInvitationIsCollected: each invitation has ledger entries of its own, at both sides, which go when
// it has ended and the epoch is over; those of conversations stay.
func TestTheBudgetOfAnInvitationIsCollected(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ada.Say(tc, context, "hello")
		w.Sleep(tc, 10*24*time.Hour)
		before, facts := [2]int{ledgerOf(ada), ledgerOf(ben)}, receiptsOf(ada)
		for range 5 {
			code := scene.Invites(tc, ada, time.Hour) // of a contact: the relation stays
			ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			w.Until(tc, "the invitation ends", time.Minute, func() bool {
				return phase(tc, ada, code.ID) == invite.PhaseCompleted.String() && phase(tc, ben, code.ID) == invite.PhaseCompleted.String()
			})
		}
		code := scene.Invites(tc, ada, time.Hour) // that is never accepted, but its session begins
		receipts := spendOnMessages(tc, ada, code.ID)
		if receipts != sessionMessages {
			w.Errorf("%d receipts for %d messages", receipts, sessionMessages)
		}
		full := receiptsOf(ada)
		if ledgerOf(ada) < before[0]+6 || ledgerOf(ben) < before[1]+5 {
			w.Errorf("%d and %d entries after the invitations, and %v before", ledgerOf(ada), ledgerOf(ben), before)
		}
		w.Sleep(tc, 10*24*time.Hour)
		if after := [2]int{ledgerOf(ada), ledgerOf(ben)}; after != before {
			w.Errorf("%v entries are left, %v were there before", after, before)
		}
		if n := receiptsOf(ada); n != facts {
			w.Errorf("%d receipts are left of %d, and %d were there before the invitations", n, full, facts)
		}
		scene.Restart(tc, ada)
		if n := ledgerOf(ada); n != before[0] {
			w.Errorf("%d entries after a restart", n)
		}
		ada.Say(tc, context, "again")
		scene.Has(tc, w, context, ben, ada, "hello", "again")
	})
}
