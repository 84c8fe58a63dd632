package auratest_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/task"
)

// inAll returns the units of all epochs.
func inAll(s guard.Spending) (units uint64) {
	for _, e := range s.Epochs {
		units += e.Spent
	}
	return units
}

// messagesCharged is the ledger entry of a home for its messages of sessions to another one.
func messagesCharged(by, to *auratest.Person, context aura.ContextID) fact.Charge {
	return by.Agent.Journal().Charge(guard.MessageContext(context), to.Self())
}

// TestMessagesOfSessionsCountOnce: over links that break and agents that crash, each is charged and counted once.
func TestMessagesOfSessionsCountOnce(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 6}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		var names []aura.SessionID
		for i := range byte(6) {
			names = append(names, ask(tc, w, ada, ben, context, i, true))
		}
		for i := range w.Seed % 3 {
			w.Sleep(tc, time.Duration(15+23*w.Seed+70*i)*time.Millisecond)
			if victim := []*auratest.Person{ada, ben}[(w.Seed+i)%2]; recorded(victim) {
				victim.Crash()
				victim.Start(tc)
			}
		}
		for i, name := range names {
			if live, err := ada.Agent.Sessions().List(tc); err == nil && len(live) == 0 && !asks.solved(name) {
				ask(tc, w, ada, ben, context, byte(i), true) // nothing was durable of it
			}
			bothSolved(tc, w, asks, knows, name, 5*time.Minute)
		}
		nothingLeft(tc, w, ada, ben)
		charged := messagesCharged(ada, ben, context)
		if got := inAll(scene.Paid(ben, ada, context)); charged.Spent != 18 || got != 18 {
			w.Errorf("Ada paid %d units for 18 messages, Ben counts %d", charged.Spent, got)
		}
		charged = messagesCharged(ben, ada, context)
		if got := inAll(scene.Paid(ada, ben, context)); charged.Spent != 12 || got != 12 {
			w.Errorf("Ben paid %d units for 12 messages, Ada counts %d", charged.Spent, got)
		}
	})
}

// TestAMessageWaitsOverEpochsAndDevices: a message that waits for one device of Ben comes with the receipt of the epoch in which it was sent,
// though those before and after it went to another device.
func TestAMessageWaitsOverEpochsAndDevices(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		laptop := ben.Enrol(tc, "Ben's laptop")
		atLaptop := new(player)
		laptop.Stop(tc)
		laptop.Options.Sessions = atLaptop.plays("")
		bothSolved(tc, w, asks, knows, ask(tc, w, ada, ben, context, 1, true), time.Minute)
		waits := ask(tc, w, ada, laptop, context, 2, true)
		bothSolved(tc, w, asks, knows, ask(tc, w, ada, ben, context, 3, true), time.Minute)
		w.Sleep(tc, 2*time.Hour)
		bothSolved(tc, w, asks, knows, ask(tc, w, ada, ben, context, 4, true), time.Minute)
		ada.Crash()
		ada.Start(tc)
		first := messagesCharged(ada, ben, context)
		laptop.Start(tc)
		bothSolved(tc, w, asks, atLaptop, waits, 10*time.Minute)
		now := messagesCharged(ada, ben, context)
		counted := scene.Paid(laptop, ada, context)
		if now.Spent-first.Spent != 2 || inAll(counted) != 3 || counted.In(now.Epoch) != 2 {
			w.Errorf("Ada paid %d units more, the laptop counts %+v", now.Spent-first.Spent, counted)
		}
		if got := inAll(scene.Paid(ben, ada, context)); got != 9 {
			w.Errorf("Ben counts %d units", got)
		}
	})
}

// TestCopiesOfAHomePayForTheirSessions: each counts, and a home learns from Ben what its copy spent.
func TestCopiesOfAHomePayForTheirSessions(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		bothSolved(tc, w, asks, knows, ask(tc, w, ada, ben, context, 1, true), time.Minute)
		nothingLeft(tc, w, ada, ben)
		ada.Stop(tc)
		twin, atTwin := ada.Copy(tc, "Ada's copy"), new(player)
		twin.Options.Sessions = atTwin.plays("")
		twin.Start(tc)
		bothSolved(tc, w, atTwin, knows, ask(tc, w, twin, ben, context, 2, true), time.Minute)
		nothingLeft(tc, w, twin, ben)
		twin.Stop(tc)
		ada.Start(tc)
		w.Sleep(tc, time.Minute) // before Ben's hello comes, Ada does not know the units that her copy spent
		bothSolved(tc, w, asks, knows, ask(tc, w, ada, ben, context, 3, true), time.Minute)
		nothingLeft(tc, w, ada, ben)
		counted := scene.Paid(ben, ada, context)
		if charged := messagesCharged(ada, ben, context); inAll(counted) != 9 || charged.Spent != counted.In(charged.Epoch) {
			w.Errorf("Ada knows of %d units, Ben counts %+v", charged.Spent, counted)
		}
	})
}

// TestCopiesWaitForTheNextEpoch: when the copies of a home have spent the limit together, Ben refuses the message of one of them, and takes it
// when it is paid for in the next epoch. The session is played once.
func TestCopiesWaitForTheNextEpoch(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		policy := guard.DefaultPolicy()
		now := guard.EpochAt(policy, tc.Now())
		full := guard.Spending{Seen: now}
		full.Epochs[0] = fact.EpochSpend{Epoch: now, Spent: policy.Limit}
		value, err := fact.Marshal(full)
		if err != nil {
			w.Fatalf("%v", err)
		}
		key := replica.SpendingKey(context, ada.Self(), effect.ReceiptKindParcel)
		if _, err := ben.Agent.Journal().Append(tc, &journal.Entry{Meta: []journal.KV{{Key: key, Value: value}}}); err != nil {
			w.Fatalf("%v", err)
		}
		before := refusals(w)
		name := ask(tc, w, ada, ben, context, 1, true)
		left := guard.NextEpoch(policy, now).Sub(tc.Now().At)
		w.Sleep(tc, left/2)
		if n := refusals(w) - before; n != 1 || len(knows.heard[name]) > 0 {
			w.Errorf("Ben refused %d times, and heard %q", n, knows.heard[name])
		}
		w.Sleep(tc, left)
		bothSolved(tc, w, asks, knows, name, 15*time.Minute)
		if got := scene.Paid(ben, ada, context); got.In(now) != policy.Limit || got.In(now+1) != 3 {
			w.Errorf("Ben counts %+v", got)
		}
		nothingLeft(tc, w, ada, ben)
	})
}
