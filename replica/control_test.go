package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
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
		case c.Kind == effect.RecordLeakage && c.Observer == fact.ObserverExternal:
			l.told[d.Request.Capability] += uint64(c.Bits)
		}
	}
	return r, err
}

// kept returns a ledger and the setup of the person whose decisions it notes.
func kept() (*ledger, func(*auratest.Person)) {
	l := &ledger{spent: map[string]uint64{}, told: map[string]uint64{}}
	return l, func(p *auratest.Person) {
		p.Options.Wrap = func(i interp.Interpreter) interp.Interpreter {
			l.Interpreter = i
			return l
		}
	}
}

// controlOf returns the ledger entry that pays for control messages of a context.
func controlOf(p *auratest.Person, context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	r := guard.Request{Context: context, Sends: []guard.Send{{Form: guard.FormControl}}}
	return p.Agent.Journal().Charge(r.Budget(), peer)
}

// drain uses up the budget of control messages of this epoch.
func drain(tc task.Context, p *auratest.Person, context aura.ContextID, peer aura.AuthorityID, policy guard.Policy) {
	p.World.Helper()
	c := controlOf(p, context, peer)
	c.Epoch, c.Spent = guard.EpochAt(policy, tc.Now()), guard.ControlLimit
	if _, err := p.Agent.Journal().Append(tc, &journal.Entry{Charges: []fact.Charge{c}}); err != nil {
		p.World.Fatalf("%v", err)
	}
}

func TestMeetingIsPaidFor(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		adas, noteAda := kept()
		bens, noteBen := kept()
		ada, ben := w.Person(tc, "Ada", noteAda), w.Person(tc, "Ben", noteBen)
		var code invite.CreateResult
		ada.Do(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
		ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		w.Until(tc, "greetings", time.Minute, func() bool { return adas.spent[delivery.CapHello]*bens.spent[delivery.CapHello] > 0 })
		for who, l := range map[string]*ledger{invite.CapAnswer: adas, invite.CapAccept: bens, delivery.CapHello: adas} {
			if l.spent[who] == 0 || l.told[who] == 0 {
				w.Errorf("%s cost %d units and told %d bits", who, l.spent[who], l.told[who])
			}
		}
		if adas.spent[delivery.CapLink]+bens.spent[delivery.CapLink] == 0 {
			w.Errorf("nobody paid for the channel")
		}
		if adas.spent[invite.CapCreate]+adas.told[invite.CapCreate] != 0 {
			w.Errorf("the answer was paid for as an invitation")
		}
		// The invitation has a budget of its own.
		invitation := aura.ContextID(code.ID)
		greetings := controlOf(ada, invitation, aura.AuthorityID{}).Spent
		messages := ada.Agent.Journal().Charge(guard.MessageContext(invitation), aura.AuthorityID{}).Spent
		if greetings == 0 || messages == 0 || greetings+messages != adas.spent[invite.CapAnswer] {
			w.Errorf("the invitation's budgets paid %d and %d of %d", greetings, messages, adas.spent[invite.CapAnswer])
		}
	})
}

// TestAnIdleContactStaysWithinItsBudget: a day with an idle contact, and a day with an absent one, never take
// more than a quarter of an epoch's control budget, and nothing of that for facts.
func TestAnIdleContactStaysWithinItsBudget(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		facts := spentOn(ada, context, ben)
		day := func(what string) {
			for range 24 {
				w.Sleep(tc, time.Hour)
				if got := controlOf(ada, context, ben.Self()).Spent; got > guard.ControlLimit/4 {
					w.Errorf("%s: %d units in an hour", what, got)
				}
			}
		}
		day("idle")
		ben.Stop(tc)
		day("absent")
		if got := spentOn(ada, context, ben); got != facts {
			w.Errorf("the budget of facts went from %d to %d", facts, got)
		}
	})
}

// TestALinkWithoutBudgetSaysSoAndGoesOn: with the control budget used up nothing is opened or greeted, the
// reason is shown, and the turn of the epoch ends it.
func TestALinkWithoutBudgetSaysSoAndGoesOn(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 4}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(100, shortEpoch))
		ben := w.Person(tc, "Ben", limited(100, shortEpoch))
		context := w.Meet(tc, ada, ben)
		ben.Stop(tc)
		beginEpoch(tc, w)
		policy := guard.DefaultPolicy()
		policy.EpochLength = shortEpoch
		drain(tc, ada, context, ben.Self(), policy)
		ada.Say(tc, context, "hi")
		ben.Start(tc)
		const short = "waiting: budget for control messages of this epoch is used up"
		w.Until(tc, "the reason", 2*time.Minute, func() bool { return scene.States(tc, ada, context)[short] == 1 })
		w.Sleep(tc, 2*time.Minute)
		if got := ben.Heard(tc, context, ada); len(got) != 0 {
			w.Errorf("Ben has %v although nothing could be greeted", got)
		}
		beginEpoch(tc, w)
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
	})
}

// TestAddressesWithoutBudgetDoNotEndAConversation: they are told when the epoch turns.
func TestAddressesWithoutBudgetDoNotEndAConversation(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(100, shortEpoch))
		ben := w.Person(tc, "Ben", limited(100, shortEpoch))
		context := w.Meet(tc, ada, ben)
		w.Sleep(tc, time.Minute)
		beginEpoch(tc, w)
		policy := guard.DefaultPolicy()
		policy.EpochLength = shortEpoch
		drain(tc, ada, context, ben.Self(), policy)
		const moved = "/ip4/192.0.2.77/udp/4001/quic-v1"
		knows := func() bool { return slices.Contains(ben.Look(tc).Contacts.Addresses(context), moved) }
		ada.Network.Move(transport.Address(moved))
		ada.Say(tc, context, "hi")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
		w.Sleep(tc, 2*time.Minute)
		if knows() {
			w.Errorf("an address was told without a budget")
		}
		beginEpoch(tc, w)
		w.Until(tc, "the address", time.Minute, knows)
	})
}

// TestNobodyIsAnsweredForNothing: an acknowledgement rests on a receipt, so a contact that pays for nothing
// gets none, and the conversation goes on.
func TestNobodyIsAnsweredForNothing(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
		m := corrupt(tc, mallory, ada, context)
		m.dial(tc)
		m.hello(tc)
		for range 50 {
			m.send(tc, wireDeliverNumber, wireDeliver{})
		}
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			w.Errorf("the first answer acknowledges through %d, %t", got, ok)
		}
		m.hangUp(tc)
	})
}
