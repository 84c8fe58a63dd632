package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
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
func (u *universe) beginEpoch(tc task.Context) {
	policy := guard.DefaultPolicy()
	policy.EpochLength = shortEpoch
	next := guard.NextEpoch(policy, guard.EpochAt(policy, tc.Now()))
	u.sleep(tc, next.Sub(tc.Now().At)+20*time.Second)
}

func (p *person) spent(context aura.ContextID, on *person) uint64 {
	return p.agent.Journal().Charge(context, on.self()).Spent
}

// TestASessionThatWaitsForBudgetSaysSo: when more waits than an epoch pays for, each epoch has a line about the first fact
// that waits on.
func TestASessionThatWaitsForBudgetSaysSo(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada", limited(3, shortEpoch)), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		for _, text := range numbered(1, 8) {
			ada.say(tc, context, text)
		}
		u.beginEpoch(tc)
		u.beginEpoch(tc)
		facts := map[string]bool{}
		for _, e := range u.events.seen {
			if e.Family() == world.FamilyBudget && e.Message() == "wait" && e.Service() == "sync" {
				facts[e.Field("correlation_id")] = true
			}
		}
		if len(facts) < 2 {
			t.Errorf("seed %d: two epochs were too short, and lines are about %d facts", u.seed, len(facts))
		}
	})
}

func TestMessagesOverBudgetGoWhenTheEpochTurns(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(3, shortEpoch))
		ben := u.person(tc, "Ben", limited(3, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		for _, text := range numbered(1, 8) {
			ada.say(tc, context, text)
		}
		for _, want := range []map[string]int{
			{"delivered": 3, overBudget: 5}, {"delivered": 6, overBudget: 2}, {"delivered": 8},
		} {
			u.sleep(tc, 10*time.Second)
			if diff := cmp.Diff(want, ada.states(tc, context)); diff != "" {
				t.Errorf("seed %d: states: %s", u.seed, diff)
			}
			if diff := cmp.Diff(numbered(1, want["delivered"]), ben.texts(tc, context, ada)); diff != "" {
				t.Errorf("seed %d: Ben has: %s", u.seed, diff)
			}
			if got, most := ada.spent(context, ben), uint64(3); got > most {
				t.Errorf("seed %d: %d of %d units spent", u.seed, got, most)
			}
			u.beginEpoch(tc)
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
		inWorlds(t, 2, func(tc task.Context, u *universe) {
			ada := u.person(tc, "Ada", limited(c.limit, shortEpoch))
			ben := u.person(tc, "Ben", limited(c.limit, shortEpoch))
			context := u.meet(tc, ada, ben)
			ben.stop(tc)
			u.beginEpoch(tc)
			all := numbered(1, int(c.before+c.after))
			for _, text := range all[:c.before] {
				ada.say(tc, context, text)
			}
			u.beginEpoch(tc)
			for _, text := range all[c.before:] {
				ada.say(tc, context, text)
			}
			u.sleep(tc, 2*time.Minute)
			ben.start(tc)
			u.sleep(tc, time.Minute)
			// What was submitted in this epoch was paid for at once. When not all fits beside it, what came
			// before waits for the next epoch, where everything does.
			for range 3 {
				got := ben.texts(tc, context, ada)
				if diff := cmp.Diff(all[:len(got)], got); diff != "" && len(got) > 0 {
					t.Errorf("seed %d: Ben has: %s", u.seed, diff)
				}
				charge := ada.agent.Journal().Charge(context, ben.self())
				if charge.Spent > c.limit || charge.Spent < charge.Until-charge.From {
					t.Errorf("seed %d: %d of %d units paid for facts %d to %d", u.seed, charge.Spent, c.limit, charge.From+1, charge.Until)
				}
				u.beginEpoch(tc)
			}
			if diff := cmp.Diff(all, ben.texts(tc, context, ada)); diff != "" {
				t.Errorf("limit %d: seed %d: Ben has: %s", c.limit, u.seed, diff)
			}
			if diff := cmp.Diff(map[string]int{"delivered": len(all)}, ada.states(tc, context)); diff != "" {
				t.Errorf("limit %d: seed %d: states: %s", c.limit, u.seed, diff)
			}
		})
	}
}

// TestALargerBudgetLetsWaitingMessagesGo: nobody waits for the epoch when the owner changes the limit.
func TestALargerBudgetLetsWaitingMessagesGo(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(3, shortEpoch))
		ben := u.person(tc, "Ben", limited(1000, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		for _, text := range numbered(1, 6) {
			ada.say(tc, context, text)
		}
		u.until(tc, "three wait", time.Minute, func() bool { return ada.states(tc, context)[overBudget] == 3 })
		more := &journal.Entry{Drafts: []fact.Draft{limited(10, shortEpoch)(ada.self())}}
		if _, err := ada.agent.Journal().Append(tc, more); err != nil {
			t.Fatal(err)
		}
		u.until(tc, "delivery", 10*time.Second, func() bool { return ada.states(tc, context)["delivered"] == 6 })
		if diff := cmp.Diff(numbered(1, 6), ben.texts(tc, context, ada)); diff != "" {
			t.Errorf("seed %d: Ben has: %s", u.seed, diff)
		}
	})
}

func TestRetransmissionCostsNothingInItsEpoch(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(20, shortEpoch))
		ben := u.person(tc, "Ben", limited(20, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		ben.crash()
		for _, text := range numbered(1, 12) {
			ada.say(tc, context, text)
		}
		for range 3 { // Ben comes, and is gone before it could say what it has.
			ben.start(tc)
			u.sleep(tc, 700*time.Millisecond)
			ben.crash()
			ada.restart(tc)
		}
		ben.start(tc)
		u.until(tc, "delivery", 3*time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 12 })
		if got := ada.spent(context, ben); got != 12 {
			t.Errorf("seed %d: %d units were spent on 12 messages", u.seed, got)
		}
		if diff := cmp.Diff(numbered(1, 12), ben.texts(tc, context, ada)); diff != "" {
			t.Errorf("seed %d: Ben has: %s", u.seed, diff)
		}
	})
}

// TestMoreThanMayBeOnItsWayArrives: a backlog larger than what may be unacknowledged goes on when the peer
// acknowledges.
func TestMoreThanMayBeOnItsWayArrives(t *testing.T) {
	const all = 4096 + 300
	inWorlds(t, 1, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(1<<20, 24*time.Hour))
		ben := u.person(tc, "Ben", limited(1<<20, 24*time.Hour))
		context := u.meet(tc, ada, ben)
		ben.stop(tc)
		for i := range all {
			ada.say(tc, context, fmt.Sprint(i))
		}
		ben.start(tc)
		ben.disk.SetFaults(journal.Faults{SyncDelay: 2 * time.Second}) // it acknowledges late
		ns, device := fact.ContextNamespace(context), ada.ring.Device()
		u.until(tc, "the backlog arrives", time.Minute, func() bool {
			return ben.agent.Journal().Count(ns, device) == ada.agent.Journal().Count(ns, device)
		})
	})
}

// TestMessagesWaitForAnAbsentPeer restarts both sides, in order and by crashes, while messages wait.
func TestMessagesWaitForAnAbsentPeer(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ben.stop(tc)
		for i, text := range numbered(1, 30) {
			ada.say(tc, context, text)
			if i%10 == 9 {
				ada.restart(tc)
			}
		}
		u.sleep(tc, 2*time.Hour)
		if diff := cmp.Diff(map[string]int{offline: 30}, ada.states(tc, context)); diff != "" {
			t.Errorf("seed %d: states: %s", u.seed, diff)
		}
		ben.start(tc)
		u.sleep(tc, 300*time.Millisecond)
		ben.restart(tc)
		u.until(tc, "delivery", 3*time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 30 })
		if diff := cmp.Diff(numbered(1, 30), ben.texts(tc, context, ada)); diff != "" {
			t.Errorf("seed %d: Ben has: %s", u.seed, diff)
		}
		ben.must(tc, chat.IntentRead, chat.ReadIntent{In: ben.ref(tc, context)}, nil)
		u.until(tc, "the read mark", time.Minute, func() bool { return ada.states(tc, context)["read"] == 30 })
	})
}

// TestMessagesAreGivenUpAfterThreeMonths: and a peer that comes back even later gets them all the same.
func TestMessagesAreGivenUpAfterThreeMonths(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ada.say(tc, context, "in time")
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
		ben.stop(tc)
		ada.say(tc, context, "too early")
		ada.stop(tc)
		u.sleep(tc, 89*24*time.Hour)
		ada.start(tc)
		ada.say(tc, context, "later")
		u.sleep(tc, 2*time.Hour)
		if diff := cmp.Diff(map[string]int{"delivered": 1, offline: 2}, ada.states(tc, context)); diff != "" {
			t.Errorf("seed %d: states: %s", u.seed, diff)
		}
		u.sleep(tc, 2*24*time.Hour)
		want := map[string]int{"delivered": 1, "failed: not delivered within 90 days": 1, offline: 1}
		if diff := cmp.Diff(want, ada.states(tc, context)); diff != "" {
			t.Errorf("seed %d: states: %s", u.seed, diff)
		}
		ben.start(tc)
		u.until(tc, "delivery", 3*time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 3 })
	})
}

// TestStatesNeverLie watches every change of the states of messages while connections come and go: nothing
// counts as delivered before the peer has it, and nothing goes back from there.
func TestStatesNeverLie(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		best := map[aura.FactID]delivery.Progress{}
		check := func() {
			held := map[aura.FactID]bool{}
			for _, m := range ben.messages(tc, context) {
				held[m.ID] = true
			}
			for _, m := range ada.messages(tc, context) {
				if m.State >= delivery.ProgressDelivered && !held[m.ID] {
					t.Errorf("seed %d: %q is %v and Ben does not have it", u.seed, m.Text, m.State)
				}
				if best[m.ID] >= delivery.ProgressDelivered && m.State < best[m.ID] {
					t.Errorf("seed %d: %q was %v and is %v", u.seed, m.Text, best[m.ID], m.State)
				}
				best[m.ID] = max(best[m.ID], m.State)
			}
		}
		for i := range 20 {
			ada.say(tc, context, fmt.Sprint("message ", i+1))
			switch i % 5 {
			case 1:
				u.net.Cut(ada.link(), ben.link())
			case 3:
				u.net.Mend(ada.link(), ben.link())
			}
			for range 8 {
				u.sleep(tc, 30*time.Millisecond)
				check()
			}
		}
		u.net.Mend(ada.link(), ben.link())
		u.until(tc, "delivery", 5*time.Minute, func() bool {
			check()
			return ada.states(tc, context)["delivered"] == 20
		})
		if diff := cmp.Diff(numbered(1, 20), ben.texts(tc, context, ada)); diff != "" {
			t.Errorf("seed %d: Ben has: %s", u.seed, diff)
		}
	})
}

// observed counts the own messages of a context by state, as who reads no facts about deliveries sees them.
func (p *person) observed(tc task.Context, context aura.ContextID) map[string]int {
	p.Helper()
	s := p.look(tc)
	s.chats = chat.NewState(p.self(), chat.Keep{Messages: -1, Bytes: -1})
	err := p.agent.Watch(tc, fact.Selection{}, func(up fact.Update) error {
		for i := range up.Records {
			if r := &up.Records[i]; r.Fact.Kind != delivery.KindAcked {
				s.chats.Apply(r)
			}
		}
		return nil
	})
	if err != nil {
		p.Fatalf("seed %d: %s: %v", p.seed, p.name, err)
	}
	if !s.chats.Cover(s.setting(), context) {
		return map[string]int{"not all outboxes are shown": 1}
	}
	states := map[string]int{}
	all, _ := s.chats.Messages(s.setting(), context, 0)
	for _, m := range all {
		if m.Mine {
			states[m.State.String()]++
		}
	}
	return states
}

// TestOutboxesSayWhatPeersHave: at once after a start, of peers that are away, and in a group that was left.
func TestOutboxesSayWhatPeersHave(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		pair := u.meet(tc, ada, ben)
		group := ada.founds(tc, "Friends", ben)
		expect := func(when string, want map[string]int) {
			t.Helper()
			for _, context := range []aura.ContextID{pair, group} {
				if diff := cmp.Diff(want, ada.observed(tc, context)); diff != "" {
					t.Errorf("seed %d: %s (-want +got):\n%s", u.seed, when, diff)
				}
			}
		}
		for _, context := range []aura.ContextID{pair, group} {
			ada.say(tc, context, "hi")
			u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
		}
		u.sleep(tc, time.Second)
		expect("once delivered", map[string]int{"delivered": 1})
		ben.stop(tc)
		ada.restart(tc)
		u.sleep(tc, 10*time.Millisecond) // until the pipeline has published it
		expect("after a start", map[string]int{"delivered": 1})
		ada.say(tc, pair, "are you there?")
		ada.say(tc, group, "is anybody there?")
		u.sleep(tc, time.Minute)
		expect("while the peer is away", map[string]int{"delivered": 1, "waiting": 1})
		ben.start(tc)
		u.sleep(tc, 3*time.Minute)
		expect("when it is back", map[string]int{"delivered": 2})
		ada.must(tc, chat.IntentLeave, chat.LeaveIntent{Group: ada.ref(tc, group)}, nil)
		u.sleep(tc, time.Minute)
		expect("after leaving", map[string]int{"delivered": 2})
		ada.restart(tc)
		u.sleep(tc, time.Second)
		expect("after leaving and a start", map[string]int{"delivered": 2})
	})
}

// TestAReceiptThatIsKeptAfterTheSessionIsShown: the acknowledgement of a member who left the group and is gone becomes
// a fact after the session, and is in the observation that a reader trusts instead of the facts.
func TestAReceiptThatIsKeptAfterTheSessionIsShown(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, cleo, group := u.circle(tc)
		u.sleep(tc, time.Second)
		leave := chat.LeaveIntent{Group: ben.ref(tc, group)}
		u.net.Detach(cleo.link()) // whose acknowledgement is waited for
		ada.say(tc, group, "hello")
		u.until(tc, "Ben has it", time.Second, func() bool { return len(ben.texts(tc, group, ada)) == 1 })
		ben.must(tc, chat.IntentLeave, leave, nil)
		u.until(tc, "Ada learns that Ben left", time.Second, func() bool { return ada.look(tc).chats.Gone(group, ben.self()) })
		ben.crash()
		u.until(tc, "the receipt is kept", time.Second, func() bool { return ada.recorded(tc, group, ben) == 1 })
		u.until(tc, "the receipt is shown", time.Minute, func() bool { return ada.counted(tc, group, ben) == 1 })
	})
}

// recorded returns up to which Seq the facts say that a peer has the own facts of a context.
func (p *person) recorded(tc task.Context, context aura.ContextID, peer *person) (through uint64) {
	p.Helper()
	_, err := p.agent.Journal().Read(tc, fact.Selection{Kinds: []string{delivery.KindAcked}}, func(r fact.Record) error {
		var acked delivery.Acked
		if err := fact.Unmarshal(r.Fact.Payload, &acked); err != nil {
			return err
		}
		if acked.Context == context && acked.Peer == peer.self() {
			through = max(through, acked.Through)
		}
		return nil
	})
	if err != nil {
		p.Fatalf("seed %d: %s: %v", p.seed, p.name, err)
	}
	return through
}

// counted returns up to which Seq a frontend is told that a peer has the own facts of a context, without the facts.
func (p *person) counted(tc task.Context, context aura.ContextID, peer *person) (through uint64) {
	p.Helper()
	err := p.agent.Watch(tc, fact.Selection{Kinds: []string{chat.KindCreated}, Observations: []string{delivery.ObservedOutbox}}, func(up fact.Update) error {
		for _, o := range up.Observations {
			var box delivery.Outbox
			if o.Key == delivery.OutboxKey(context, peer.self()) && fact.Unmarshal(o.Payload, &box) == nil && box.Counted {
				through = box.Acked
			}
		}
		return nil
	})
	if err != nil {
		p.Fatalf("seed %d: %s: %v", p.seed, p.name, err)
	}
	return through
}
