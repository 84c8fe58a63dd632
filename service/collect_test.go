package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
)

// metadata returns the number of pieces of metadata on a person's disk.
func (p *person) metadata() int { return p.entries(0x0a, 0x0a) }

// ledger returns the number of ledger entries on a person's disk.
func (p *person) ledger() int { return p.entries(0x08, 0x09) }

// entries returns the number of entries in some tables of a person's disk.
func (p *person) entries(first, last byte) (n int) {
	p.Helper()
	err := p.disk.Iterate([]byte{first}, []byte{last + 1}, func(_, _ []byte) error {
		n++
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}
	return n
}

// TestDeliveryRecordsAreCollectedByTheirPolicy writes many messages in one epoch and one in the next. What the
// busy epoch left goes after 30 days where the peer has confirmed it, and after 90 where not.
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
			inWorlds(t, 1, func(tc task.Context, u *universe) {
				ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
				context := u.meet(tc, ada, ben)
				ada.say(tc, context, "hello")
				u.sleep(tc, time.Hour)
				if !c.confirmed {
					ben.stop(tc)
				}
				began := tc.Elapsed()
				until := func(d time.Duration) { u.sleep(tc, d-(tc.Elapsed()-began)) }
				for i := range messages {
					ada.say(tc, context, fmt.Sprint("message ", i))
					u.sleep(tc, time.Second)
				}
				until(time.Hour)
				ada.say(tc, context, "in the next epoch")
				until(2 * time.Hour)
				full := ada.metadata()
				// after lets ada's agent run for a minute, and returns what is kept then.
				after := func(d time.Duration) int {
					ada.stop(tc)
					until(d)
					ada.start(tc)
					u.sleep(tc, time.Minute)
					return ada.metadata()
				}
				if n := after(c.kept); n < full-1 { // the code of the invitation is over
					t.Errorf("%d of %d records are gone after %v", full-n, full, c.kept)
				}
				if n := after(c.gone); n > full-(messages-2) {
					t.Errorf("%d of %d records are left after %v", n, full, c.gone)
				}
				if !c.confirmed {
					ben.start(tc)
				}
				ada.say(tc, context, "hello again")
				u.until(tc, "ben reads on", time.Minute, func() bool { return len(ben.texts(tc, context, ada)) == messages+3 })
			})
		})
	}
}

// TestTheBudgetOfAnInvitationIsCollected: each invitation has ledger entries of its own, at both sides, which go when
// it has ended and the epoch is over; those of conversations stay.
func TestTheBudgetOfAnInvitationIsCollected(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ada.say(tc, context, "hello")
		u.sleep(tc, 10*24*time.Hour)
		before := [2]int{ada.ledger(), ben.ledger()}
		for range 5 {
			code := ada.invites(tc, time.Hour) // of a contact: the relation stays
			ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			u.until(tc, "the invitation ends", time.Minute, func() bool {
				return ada.phase(tc, code.ID) == invite.PhaseCompleted.String() && ben.phase(tc, code.ID) == invite.PhaseCompleted.String()
			})
		}
		if ada.ledger() < before[0]+5 || ben.ledger() < before[1]+5 {
			t.Errorf("seed %d: %d and %d entries after the invitations, and %v before", u.seed, ada.ledger(), ben.ledger(), before)
		}
		u.sleep(tc, 10*24*time.Hour)
		if after := [2]int{ada.ledger(), ben.ledger()}; after != before {
			t.Errorf("seed %d: %v entries are left, %v were there before", u.seed, after, before)
		}
		ada.restart(tc)
		if n := ada.ledger(); n != before[0] {
			t.Errorf("seed %d: %d entries after a restart", u.seed, n)
		}
		ada.say(tc, context, "again")
		u.has(tc, context, ben, ada, "hello", "again")
	})
}
