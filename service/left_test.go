package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestAMemberWhoLeftKeepsNothing: what another member sent before it learned of the leaving still arrives, and
// is not kept.
func TestAMemberWhoLeftKeepsNothing(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, _, group := u.circle(tc)
		ben.stop(tc)
		ada.say(tc, group, "too late")
		ada.stop(tc)
		ben.start(tc)
		ben.must(tc, chat.IntentLeave, chat.LeaveIntent{Group: ben.ref(tc, group)}, nil)
		ada.start(tc)
		u.until(tc, "Ada learns that Ben left", 3*time.Minute, func() bool {
			return ada.look(tc).chats.Gone(group, ben.self())
		})
		u.sleep(tc, time.Minute)
		if kept := ben.agent.Journal().Count(contextOf(group), ada.ring.Device()); kept != 0 {
			t.Errorf("seed %d: Ben left and keeps %d facts of Ada's", u.seed, kept)
		}
	})
}

// TestWhoLeftSaysNothingMore: a member that left the group cannot add to it afterwards, with whatever keys and
// receipts.
func TestWhoLeftSaysNothingMore(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben, _, group := u.circle(tc)
		ben.say(tc, group, "hello")
		u.has(tc, group, ada, ben, "hello")
		u.until(tc, "delivery", time.Minute, func() bool { return ben.states(tc, group)["delivered"] == 1 })
		m := ben.corrupt(tc, ada, group)
		m.dial(tc)
		m.hello(tc)
		leave := func(r *fact.Record) { r.Fact.Kind, r.Fact.Payload = chat.KindLeft, payload(chat.Left{}) }
		left := m.next(leave)
		paid, err := effect.DecodeReceipt(m.receipt(tc, keep))
		if err != nil {
			t.Fatal(err)
		}
		m.deliver(tc, leave, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			t.Fatalf("seed %d: the leaving is acknowledged through %d, %t", u.seed, got, ok)
		}
		u.until(tc, "Ada learns that Ben left", time.Minute, func() bool { return ada.look(tc).chats.Gone(group, ben.self()) })
		before := u.rejected()
		m.held, m.charge.Epoch, m.charge.Head = append(m.held, left), paid.Epoch, paid.Hash()
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); ok && got > 2 {
			t.Errorf("seed %d: acknowledged through %d after leaving", u.seed, got)
		}
		u.sleep(tc, time.Minute)
		if got := ada.agent.Journal().Count(contextOf(group), ben.ring.Device()); got != 2 {
			t.Errorf("seed %d: %d facts of Ben's, want 2", u.seed, got)
		}
		if u.rejected() == before {
			t.Errorf("seed %d: no event", u.seed)
		}
		m.hangUp(tc)
	})
}

// TestFactsInFlightAreBounded: a peer that takes everything and acknowledges nothing gets at most so many facts,
// and nothing is lost when it is honest again.
func TestFactsInFlightAreBounded(t *testing.T) {
	inWorlds(t, 1, func(tc task.Context, u *universe) {
		const inFlight, said = 4096, 5000
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 1 })
		m := mallory.corrupt(tc, ada, context)
		for range said {
			ada.say(tc, context, "text")
		}
		m.dial(tc)
		m.hello(tc)
		got := 0
		wait, done := tc.WithBudget("reading", time.Minute)
		defer done()
		for {
			b, err := m.channel.Recv(wait)
			if err != nil {
				break
			}
			var d wireDeliver
			if b[0] == wireDeliverNumber && fact.Unmarshal(b[1:], &d) == nil {
				got += len(d.Records)
			}
		}
		// One message more may be on its way when the bound is reached.
		if got < inFlight || got > inFlight+128 {
			t.Errorf("seed %d: %d facts without an acknowledgement, the bound is %d", u.seed, got, inFlight)
		}
		m.hangUp(tc)
	})
}
