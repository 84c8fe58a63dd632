package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const (
	shortEpoch  = 10 * time.Minute
	overBudget  = "waiting: flow budget of this epoch is used up"
	offline     = "waiting: peer is not reachable"
	contradicts = "waiting: peer contradicts this journal, one of the two may be an old copy"
	dismisses   = "waiting: peer ends each connection at once, one of the two may be an old copy"
)

// beginEpoch waits for the first seconds of the next epoch.
func beginEpoch(tc task.Context, w *auratest.World) {
	policy := guard.DefaultPolicy()
	policy.EpochLength = shortEpoch
	next := guard.NextEpoch(policy, guard.EpochAt(policy, tc.Now()))
	w.Sleep(tc, next.Sub(tc.Now().At)+20*time.Second)
}

func spentOn(p *auratest.Person, context aura.ContextID, on *auratest.Person) uint64 {
	return p.Agent.Journal().Charge(context, on.Self()).Spent
}

// TestASessionThatWaitsForBudgetSaysSo: when more waits than an epoch pays for, each epoch has a line about the first fact
// that waits on.
func TestASessionThatWaitsForBudgetSaysSo(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada", limited(3, shortEpoch)), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		for _, text := range numbered(1, 8) {
			ada.Say(tc, context, text)
		}
		beginEpoch(tc, w)
		beginEpoch(tc, w)
		facts := map[string]bool{}
		for _, e := range w.Events {
			if e.Family() == world.FamilyBudget && e.Message() == "wait" && e.Service() == "sync" {
				facts[e.Field("correlation_id")] = true
			}
		}
		if len(facts) < 2 {
			w.Errorf("two epochs were too short, and lines are about %d facts", len(facts))
		}
	})
}

func TestMessagesOverBudgetGoWhenTheEpochTurns(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(3, shortEpoch))
		ben := w.Person(tc, "Ben", limited(3, shortEpoch))
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		for _, text := range numbered(1, 8) {
			ada.Say(tc, context, text)
		}
		for _, want := range []map[string]int{
			{"delivered": 3, overBudget: 5}, {"delivered": 6, overBudget: 2}, {"delivered": 8},
		} {
			w.Sleep(tc, 10*time.Second)
			if diff := cmp.Diff(want, scene.States(tc, ada, context)); diff != "" {
				w.Errorf("states: %s", diff)
			}
			if diff := cmp.Diff(numbered(1, want["delivered"]), ben.Heard(tc, context, ada)); diff != "" {
				w.Errorf("Ben has: %s", diff)
			}
			if got, most := spentOn(ada, context, ben), uint64(3); got > most {
				w.Errorf("%d of %d units spent", got, most)
			}
			beginEpoch(tc, w)
		}
	})
}

// TestABacklogIsPaidForInTheEpochInWhichItLeaves: what waited for an absent peer over the turn of an epoch is
// decided anew, all of it, and waits again when the new budget is short.
func TestABacklogIsPaidForInTheEpochInWhichItLeaves(t *testing.T) {
	for _, c := range []struct {
		limit, before, after uint64
	}{
		{limit: 1000, before: 300, after: 5}, {limit: 200, before: 190, after: 30}, {limit: 40, before: 40, after: 40},
	} {
		auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
			ada := w.Person(tc, "Ada", limited(c.limit, shortEpoch))
			ben := w.Person(tc, "Ben", limited(c.limit, shortEpoch))
			context := w.Meet(tc, ada, ben)
			ben.Stop(tc)
			beginEpoch(tc, w)
			all := numbered(1, int(c.before+c.after))
			for _, text := range all[:c.before] {
				ada.Say(tc, context, text)
			}
			beginEpoch(tc, w)
			for _, text := range all[c.before:] {
				ada.Say(tc, context, text)
			}
			w.Sleep(tc, 2*time.Minute)
			ben.Start(tc)
			w.Sleep(tc, time.Minute)
			// A message submitted in this epoch was paid for at once. When not all fits beside it, what came
			// before waits for the next epoch, where everything does.
			for range 3 {
				got := ben.Heard(tc, context, ada)
				if diff := cmp.Diff(all[:len(got)], got); diff != "" && len(got) > 0 {
					w.Errorf("Ben has: %s", diff)
				}
				charge := ada.Agent.Journal().Charge(context, ben.Self())
				if charge.Spent > c.limit || charge.Spent < charge.Until-charge.From {
					w.Errorf("%d of %d units paid for facts %d to %d", charge.Spent, c.limit, charge.From+1, charge.Until)
				}
				beginEpoch(tc, w)
			}
			if diff := cmp.Diff(all, ben.Heard(tc, context, ada)); diff != "" {
				w.Errorf("limit %d: Ben has: %s", c.limit, diff)
			}
			if diff := cmp.Diff(map[string]int{"delivered": len(all)}, scene.States(tc, ada, context)); diff != "" {
				w.Errorf("limit %d: states: %s", c.limit, diff)
			}
		})
	}
}

// TestALargerBudgetLetsWaitingMessagesGo: no message waits for the epoch when the owner changes the limit.
func TestALargerBudgetLetsWaitingMessagesGo(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(3, shortEpoch))
		ben := w.Person(tc, "Ben", limited(1000, shortEpoch))
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		for _, text := range numbered(1, 6) {
			ada.Say(tc, context, text)
		}
		w.Until(tc, "three wait", time.Minute, func() bool { return scene.States(tc, ada, context)[overBudget] == 3 })
		more := &journal.Entry{Drafts: []fact.Draft{limits(ada, 10, shortEpoch)}}
		if _, err := ada.Agent.Journal().Append(tc, more); err != nil {
			t.Fatal(err)
		}
		w.Until(tc, "delivery", 10*time.Second, func() bool { return scene.States(tc, ada, context)["delivered"] == 6 })
		if diff := cmp.Diff(numbered(1, 6), ben.Heard(tc, context, ada)); diff != "" {
			w.Errorf("Ben has: %s", diff)
		}
	})
}

func TestRetransmissionCostsNothingInItsEpoch(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(20, shortEpoch))
		ben := w.Person(tc, "Ben", limited(20, shortEpoch))
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		ben.Crash()
		for _, text := range numbered(1, 12) {
			ada.Say(tc, context, text)
		}
		for range 3 { // Ben comes, and is gone before it could say what it has.
			ben.Start(tc)
			w.Sleep(tc, 700*time.Millisecond)
			ben.Crash()
			scene.Restart(tc, ada)
		}
		ben.Start(tc)
		w.Until(tc, "delivery", 3*time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 12 })
		if got := spentOn(ada, context, ben); got != 12 {
			w.Errorf("%d units were spent on 12 messages", got)
		}
		if diff := cmp.Diff(numbered(1, 12), ben.Heard(tc, context, ada)); diff != "" {
			w.Errorf("Ben has: %s", diff)
		}
	})
}

// TestMoreThanMayBeOnItsWayArrives: a backlog larger than what may be unacknowledged goes on when the peer
// acknowledges.
func TestMoreThanMayBeOnItsWayArrives(t *testing.T) {
	const all = 4096 + 300
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(1<<20, 24*time.Hour))
		ben := w.Person(tc, "Ben", limited(1<<20, 24*time.Hour))
		context := w.Meet(tc, ada, ben)
		ben.Stop(tc)
		for i := range all {
			ada.Say(tc, context, fmt.Sprint(i))
		}
		ben.Start(tc)
		ben.Disk.SetFaults(journal.Faults{SyncDelay: 2 * time.Second}) // it acknowledges late
		ns, device := fact.ContextNamespace(context), ada.Ring.Device()
		w.Until(tc, "the backlog arrives", time.Minute, func() bool {
			return ben.Agent.Journal().Count(ns, device) == ada.Agent.Journal().Count(ns, device)
		})
	})
}

// TestMessagesWaitForAnAbsentPeer restarts both sides, in order and by crashes, while messages wait.
func TestMessagesWaitForAnAbsentPeer(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ben.Stop(tc)
		for i, text := range numbered(1, 30) {
			ada.Say(tc, context, text)
			if i%10 == 9 {
				scene.Restart(tc, ada)
			}
		}
		w.Sleep(tc, 2*time.Hour)
		if diff := cmp.Diff(map[string]int{offline: 30}, scene.States(tc, ada, context)); diff != "" {
			w.Errorf("states: %s", diff)
		}
		ben.Start(tc)
		w.Sleep(tc, 300*time.Millisecond)
		scene.Restart(tc, ben)
		w.Until(tc, "delivery", 3*time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 30 })
		if diff := cmp.Diff(numbered(1, 30), ben.Heard(tc, context, ada)); diff != "" {
			w.Errorf("Ben has: %s", diff)
		}
		ben.Do(tc, chat.IntentRead, chat.ReadIntent{In: ben.Ref(tc, context)}, nil)
		w.Until(tc, "the read mark", time.Minute, func() bool { return scene.States(tc, ada, context)["read"] == 30 })
	})
}

// TestMessagesAreGivenUpAfterThreeMonths: and a peer that comes back even later gets them all the same.
func TestMessagesAreGivenUpAfterThreeMonths(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ada.Say(tc, context, "in time")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
		ben.Stop(tc)
		ada.Say(tc, context, "too early")
		ada.Stop(tc)
		w.Sleep(tc, 89*24*time.Hour)
		ada.Start(tc)
		ada.Say(tc, context, "later")
		w.Sleep(tc, 2*time.Hour)
		if diff := cmp.Diff(map[string]int{"delivered": 1, offline: 2}, scene.States(tc, ada, context)); diff != "" {
			w.Errorf("states: %s", diff)
		}
		w.Sleep(tc, 2*24*time.Hour)
		want := map[string]int{"delivered": 1, "failed: not delivered within 90 days": 1, offline: 1}
		if diff := cmp.Diff(want, scene.States(tc, ada, context)); diff != "" {
			w.Errorf("states: %s", diff)
		}
		ben.Start(tc)
		w.Until(tc, "delivery", 3*time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 3 })
	})
}

// TestStatesNeverLie watches every change of the states of messages while connections come and go: nothing
// counts as delivered before the peer has it, and nothing goes back from there.
func TestStatesNeverLie(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		best := map[aura.FactID]delivery.Progress{}
		check := func() {
			held := map[aura.FactID]bool{}
			for _, m := range scene.Messages(tc, ben, context) {
				held[m.ID] = true
			}
			for _, m := range scene.Messages(tc, ada, context) {
				if m.State >= delivery.ProgressDelivered && !held[m.ID] {
					w.Errorf("%q is %v and Ben does not have it", m.Text, m.State)
				}
				if best[m.ID] >= delivery.ProgressDelivered && m.State < best[m.ID] {
					w.Errorf("%q was %v and is %v", m.Text, best[m.ID], m.State)
				}
				best[m.ID] = max(best[m.ID], m.State)
			}
		}
		for i := range 20 {
			ada.Say(tc, context, fmt.Sprint("message ", i+1))
			switch i % 5 {
			case 1:
				w.Cut(ada, ben)
			case 3:
				w.Heal(ada, ben)
			}
			for range 8 {
				w.Sleep(tc, 30*time.Millisecond)
				check()
			}
		}
		w.Heal(ada, ben)
		w.Until(tc, "delivery", 5*time.Minute, func() bool {
			check()
			return scene.States(tc, ada, context)["delivered"] == 20
		})
		if diff := cmp.Diff(numbered(1, 20), ben.Heard(tc, context, ada)); diff != "" {
			w.Errorf("Ben has: %s", diff)
		}
	})
}

// observed counts the own messages of a context by state, as who reads no facts about deliveries sees them.
func observed(tc task.Context, p *auratest.Person, context aura.ContextID) map[string]int {
	p.World.Helper()
	s := p.Look(tc)
	s.Chats = chat.NewState(p.Self(), chat.Keep{Messages: -1, Bytes: -1})
	err := p.Agent.Watch(tc, fact.Selection{}, func(up fact.Update) error {
		for i := range up.Records {
			if r := &up.Records[i]; r.Fact.Kind != delivery.KindAcked {
				s.Chats.Apply(r)
			}
		}
		return nil
	})
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	if !s.Chats.Cover(s.Setting, context) {
		return map[string]int{"not all outboxes are shown": 1}
	}
	states := map[string]int{}
	all, _ := s.Chats.Messages(s.Setting, context, 0)
	for _, m := range all {
		if m.Mine {
			states[m.State.String()]++
		}
	}
	return states
}

// TestOutboxesSayWhatPeersHave: at once after a start, of peers that are away, and in a group that was left.
func TestOutboxesSayWhatPeersHave(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		pair := w.Meet(tc, ada, ben)
		group := founds(tc, ada, "Friends", ben)
		expect := func(when string, want map[string]int) {
			t.Helper()
			for _, context := range []aura.ContextID{pair, group} {
				if diff := cmp.Diff(want, observed(tc, ada, context)); diff != "" {
					w.Errorf("%s (-want +got):\n%s", when, diff)
				}
			}
		}
		for _, context := range []aura.ContextID{pair, group} {
			ada.Say(tc, context, "hi")
			w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
		}
		w.Sleep(tc, time.Second)
		expect("once delivered", map[string]int{"delivered": 1})
		ben.Stop(tc)
		scene.Restart(tc, ada)
		w.Sleep(tc, 10*time.Millisecond) // until the pipeline has published it
		expect("after a start", map[string]int{"delivered": 1})
		ada.Say(tc, pair, "are you there?")
		ada.Say(tc, group, "is anybody there?")
		w.Sleep(tc, time.Minute)
		expect("while the peer is away", map[string]int{"delivered": 1, "waiting": 1})
		ben.Start(tc)
		w.Sleep(tc, 3*time.Minute)
		expect("when it is back", map[string]int{"delivered": 2})
		ada.Do(tc, chat.IntentLeave, chat.LeaveIntent{Group: ada.Ref(tc, group)}, nil)
		w.Sleep(tc, time.Minute)
		expect("after leaving", map[string]int{"delivered": 2})
		scene.Restart(tc, ada)
		w.Sleep(tc, time.Second)
		expect("after leaving and a start", map[string]int{"delivered": 2})
	})
}

// TestAReceiptThatIsKeptAfterTheSessionIsShown: the acknowledgement of a member who left the group and is gone becomes
// a fact after the session, and is in the observation that a reader trusts instead of the facts.
func TestAReceiptThatIsKeptAfterTheSessionIsShown(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		w.Sleep(tc, time.Second)
		leave := chat.LeaveIntent{Group: ben.Ref(tc, group)}
		w.Net.Detach(link(cleo)) // whose acknowledgement is waited for
		ada.Say(tc, group, "hello")
		w.Until(tc, "Ben has it", time.Second, func() bool { return len(ben.Heard(tc, group, ada)) == 1 })
		ben.Do(tc, chat.IntentLeave, leave, nil)
		w.Until(tc, "Ada learns that Ben left", time.Second, func() bool { return ada.Look(tc).Chats.Gone(group, ben.Self()) })
		ben.Crash()
		w.Until(tc, "the receipt is kept", time.Second, func() bool { return recorded(tc, ada, group, ben) == 1 })
		w.Until(tc, "the receipt is shown", time.Minute, func() bool { return counted(tc, ada, group, ben) == 1 })
	})
}

// recorded returns up to which Seq the facts say that a peer has the own facts of a context.
func recorded(tc task.Context, p *auratest.Person, context aura.ContextID, peer *auratest.Person) (through uint64) {
	p.World.Helper()
	_, err := p.Agent.Journal().Read(tc, fact.Selection{Kinds: []string{delivery.KindAcked}}, func(r fact.Record) error {
		var acked delivery.Acked
		if err := fact.Unmarshal(r.Fact.Payload, &acked); err != nil {
			return err
		}
		if acked.Context == context && acked.Peer == peer.Self() {
			through = max(through, acked.Through)
		}
		return nil
	})
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	return through
}

// counted returns up to which Seq a frontend is told that a peer has the own facts of a context, without the facts.
func counted(tc task.Context, p *auratest.Person, context aura.ContextID, peer *auratest.Person) (through uint64) {
	p.World.Helper()
	err := p.Agent.Watch(tc, fact.Selection{Kinds: []string{chat.KindCreated}, Observations: []string{delivery.ObservedOutbox}}, func(up fact.Update) error {
		for _, o := range up.Observations {
			var box delivery.Outbox
			if o.Key == delivery.OutboxKey(context, peer.Self(), peer.Ring.Device()) && fact.Unmarshal(o.Payload, &box) == nil && box.Counted {
				through = box.Acked
			}
		}
		return nil
	})
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	return through
}

// TestWhatWasGivenUpReachesAPeerThatComesBack: no peer dials for messages that were given up. Once the device is there
// for another reason, the group that waits for it has its turn, too.
func TestWhatWasGivenUpReachesAPeerThatComesBack(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
		w.Meet(tc, ada, ben)
		w.Meet(tc, ada, cleo)
		w.Meet(tc, ben, cleo)
		group := founds(tc, ada, "Club", ben, cleo)
		w.Until(tc, "all take part", time.Minute, func() bool { return takesPart(tc, ben, group) && takesPart(tc, cleo, group) })
		w.Sleep(tc, time.Minute)
		cleo.Stop(tc)
		ben.Say(tc, group, "are you there")
		w.Sleep(tc, time.Minute)
		ada.Stop(tc)
		ben.Stop(tc)
		w.Sleep(tc, 91*24*time.Hour) // with all agents off, which costs no steps
		ben.Start(tc)
		w.Until(tc, "Ben is told", time.Minute, func() bool {
			return scene.States(tc, ben, group)["failed: not delivered within 90 days"] == 1
		})
		ada.Start(tc)
		cleo.Start(tc)
		w.Until(tc, "Cleo has it", 10*time.Minute, func() bool { return len(cleo.Heard(tc, group, ben)) == 1 })
		w.Until(tc, "Ben is told", time.Minute, func() bool { return scene.States(tc, ben, group)["delivered"] == 1 })
	})
}
