package replica_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// TestAMemberWhoLeftKeepsNothing: what another member sent before it learned of the leaving still arrives, and
// is not kept.
func TestAMemberWhoLeftKeepsNothing(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, _, group := circle(tc, w)
		ben.Stop(tc)
		ada.Say(tc, group, "too late")
		ada.Stop(tc)
		ben.Start(tc)
		ben.Do(tc, chat.IntentLeave, chat.LeaveIntent{Group: ben.Ref(tc, group)}, nil)
		ada.Start(tc)
		w.Until(tc, "Ada learns that Ben left", 3*time.Minute, func() bool {
			return ada.Look(tc).Chats.Gone(group, ben.Self())
		})
		w.Sleep(tc, time.Minute)
		if kept := ben.Agent.Journal().Count(contextOf(group), ada.Ring.Device()); kept != 0 {
			w.Errorf("Ben left and keeps %d facts of Ada's", kept)
		}
	})
}

// TestWhoLeftSaysNothingMore: a member that left the group cannot add to it afterwards, with whatever keys and
// receipts.
func TestWhoLeftSaysNothingMore(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben, _, group := circle(tc, w)
		ben.Say(tc, group, "hello")
		scene.Has(tc, w, group, ada, ben, "hello")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ben, group)["delivered"] == 1 })
		m := corrupt(tc, ben, ada, group)
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
			w.Fatalf("the leaving is acknowledged through %d, %t", got, ok)
		}
		w.Until(tc, "Ada learns that Ben left", time.Minute, func() bool { return ada.Look(tc).Chats.Gone(group, ben.Self()) })
		before := rejected(w)
		m.held, m.charge.Epoch, m.charge.Head = append(m.held, left), paid.Epoch, paid.Hash()
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); ok && got > 2 {
			w.Errorf("acknowledged through %d after leaving", got)
		}
		w.Sleep(tc, time.Minute)
		if got := ada.Agent.Journal().Count(contextOf(group), ben.Ring.Device()); got != 2 {
			w.Errorf("%d facts of Ben's, want 2", got)
		}
		if rejected(w) == before {
			w.Errorf("no event")
		}
		m.hangUp(tc)
	})
}

// TestFactsInFlightAreBounded: a peer that takes everything and acknowledges nothing gets at most so many facts,
// and nothing is lost when it is honest again.
func TestFactsInFlightAreBounded(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		const inFlight, said = 4096, 5000
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
		m := corrupt(tc, mallory, ada, context)
		for range said {
			ada.Say(tc, context, "text")
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
				got += len(d.Facts)
			}
		}
		// One message more may be on its way when the bound is reached.
		if got < inFlight || got > inFlight+128 {
			w.Errorf("%d facts without an acknowledgement, the bound is %d", got, inFlight)
		}
		m.hangUp(tc)
	})
}
