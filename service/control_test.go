package service_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// ledger is what a person's decisions were charged, by capability.
type ledger struct {
	interp.Interpreter
	spent map[string]uint64
	told  map[string]uint64 // bits to external observers
}

func (l *ledger) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	r, err := l.Interpreter.Execute(tc, d)
	for _, c := range d.Commands {
		switch {
		case err != nil:
		case c.Kind == effect.ChargeBudget:
			l.spent[d.Request.Capability] += uint64(c.Amount)
		case c.Kind == effect.RecordLeakage && c.Observer == fact.External:
			l.told[d.Request.Capability] += uint64(c.Bits)
		}
	}
	return r, err
}

// watched notes what a person's decisions cost.
func (p *person) watched() *ledger {
	l := &ledger{spent: map[string]uint64{}, told: map[string]uint64{}}
	p.wrap = func(i interp.Interpreter) interp.Interpreter {
		l.Interpreter = i
		return l
	}
	return l
}

// control returns the ledger entry that pays for control messages of a context.
func (p *person) control(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	r := guard.Request{Context: context, Sends: []guard.Send{{Control: true}}}
	return p.agent.Journal().Charge(r.Budget(), peer)
}

// drain uses up the budget of control messages of this epoch.
func (p *person) drain(tc task.Context, context aura.ContextID, peer aura.AuthorityID, policy guard.Policy) {
	p.Helper()
	c := p.control(context, peer)
	c.Epoch, c.Spent = guard.EpochAt(policy, tc.Now()), guard.ControlLimit
	if _, err := p.agent.Journal().Append(tc, &journal.Entry{Charges: []fact.Charge{c}}); err != nil {
		p.Fatal(err)
	}
}

func TestMeetingIsPaidFor(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.account(tc, "Ada"), u.account(tc, "Ben")
		adas, bens := ada.watched(), ben.watched()
		ada.start(tc)
		ben.start(tc)
		var code invite.CreateResult
		ada.must(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
		ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		u.until(tc, "greetings", time.Minute, func() bool { return adas.spent[delivery.CapHello]*bens.spent[delivery.CapHello] > 0 })
		for who, l := range map[string]*ledger{invite.CapAnswer: adas, invite.CapAccept: bens, delivery.CapHello: adas} {
			if l.spent[who] == 0 || l.told[who] == 0 {
				t.Errorf("seed %d: %s cost %d units and told %d bits", u.seed, who, l.spent[who], l.told[who])
			}
		}
		if adas.spent[delivery.CapLink]+bens.spent[delivery.CapLink] == 0 {
			t.Errorf("seed %d: nobody paid for the channel", u.seed)
		}
		if adas.spent[invite.CapCreate]+adas.told[invite.CapCreate] != 0 {
			t.Errorf("seed %d: the answer was paid for as an invitation", u.seed)
		}
		// The invitation has a budget of its own.
		invitation := aura.ContextID(code.ID)
		if got := ada.control(invitation, aura.AuthorityID{}).Spent; got == 0 || got != adas.spent[invite.CapAnswer] {
			t.Errorf("seed %d: the invitation's budget paid %d of %d", u.seed, got, adas.spent[invite.CapAnswer])
		}
	})
}

// TestAnIdleContactStaysWithinItsBudget: a day with an idle contact, and a day with an absent one, never take
// more than a quarter of an epoch's control budget, and nothing of that for facts.
func TestAnIdleContactStaysWithinItsBudget(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		facts := ada.spent(context, ben)
		day := func(what string) {
			for range 24 {
				u.sleep(tc, time.Hour)
				if got := ada.control(context, ben.self()).Spent; got > guard.ControlLimit/4 {
					t.Errorf("seed %d: %s: %d units in an hour", u.seed, what, got)
				}
			}
		}
		day("idle")
		ben.stop(tc)
		day("absent")
		if got := ada.spent(context, ben); got != facts {
			t.Errorf("seed %d: the budget of facts went from %d to %d", u.seed, facts, got)
		}
	})
}

// TestALinkWithoutBudgetSaysSoAndGoesOn: with the control budget used up nothing is opened or greeted, the
// reason is shown, and the turn of the epoch ends it.
func TestALinkWithoutBudgetSaysSoAndGoesOn(t *testing.T) {
	inWorlds(t, 4, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(100, shortEpoch))
		ben := u.person(tc, "Ben", limited(100, shortEpoch))
		context := u.meet(tc, ada, ben)
		ben.stop(tc)
		u.beginEpoch(tc)
		policy := guard.DefaultPolicy()
		policy.EpochLength = shortEpoch
		ada.drain(tc, context, ben.self(), policy)
		ada.say(tc, context, "hi")
		ben.start(tc)
		const short = "waiting: budget for control messages of this epoch is used up"
		u.until(tc, "the reason", 2*time.Minute, func() bool { return ada.states(tc, context)[short] == 1 })
		u.sleep(tc, 2*time.Minute)
		if got := ben.texts(tc, context, ada); len(got) != 0 {
			t.Errorf("seed %d: Ben has %v although nothing could be greeted", u.seed, got)
		}
		u.beginEpoch(tc)
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
	})
}

// TestAddressesWithoutBudgetDoNotEndAConversation: they are told when the epoch turns.
func TestAddressesWithoutBudgetDoNotEndAConversation(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(100, shortEpoch))
		ben := u.person(tc, "Ben", limited(100, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.sleep(tc, time.Minute)
		u.beginEpoch(tc)
		policy := guard.DefaultPolicy()
		policy.EpochLength = shortEpoch
		ada.drain(tc, context, ben.self(), policy)
		const moved = "/ip4/192.0.2.77/udp/4001/quic-v1"
		knows := func() bool { return slices.Contains(ben.look(tc).contacts.Addresses(context), moved) }
		ada.network.Move(transport.Address(moved))
		ada.say(tc, context, "hi")
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
		u.sleep(tc, 2*time.Minute)
		if knows() {
			t.Errorf("seed %d: an address was told without a budget", u.seed)
		}
		u.beginEpoch(tc)
		u.until(tc, "the address", time.Minute, knows)
	})
}

// TestNobodyIsAnsweredForNothing: an acknowledgement rests on a receipt, so a contact that pays for nothing
// gets none, and the conversation goes on.
func TestNobodyIsAnsweredForNothing(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 1 })
		m := mallory.corrupt(tc, ada, context)
		m.dial(tc)
		m.hello(tc)
		for range 50 {
			m.send(tc, wireDeliverNumber, wireDeliver{})
		}
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			t.Errorf("seed %d: the first answer acknowledges through %d, %t", u.seed, got, ok)
		}
		m.hangUp(tc)
	})
}
