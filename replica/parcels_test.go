package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// payer is an intruder that pays for its messages as it likes.
type payer struct{ *guest }

// paid returns a message with an honest receipt, after changes. Nil: without one.
func (p *payer) paid(tc task.Context, name aura.SessionID, seq uint64, label string, change func(*effect.Receipt)) wireMessage {
	return p.message(name, seq, label, func(w *wireMessage) {
		if change != nil {
			p.pay(tc, w, change)
		}
	})
}

// pay puts an honest receipt into a message, after changes.
func (p *payer) pay(tc task.Context, w *wireMessage, change func(*effect.Receipt)) {
	m := effect.Message{Session: w.Session, Edge: w.Edge, Seq: w.Seq, Parcel: w.Parcel}
	r := effect.Receipt{
		Kind: effect.ReceiptKindParcel, Context: p.context, From: p.Self(), To: p.victim.Self(), Epoch: guard.EpochAt(guard.DefaultPolicy(), tc.Now()),
		Cost: 1, Digest: m.Digest(),
	}
	change(&r)
	if r.Signature == [64]byte{} {
		r.Signature = p.Ring.Sign(r.SigningBytes())
	}
	w.Receipt = r.Encode()
}

// unpaidEvents counts messages of sessions that were refused because of their receipt.
func unpaidEvents(w *auratest.World) (n int) {
	for _, e := range w.Events {
		if e.Family() == world.FamilyIngress && e.Message() == "rejected" && e.Field("reason") == "receipt of a message of a session" {
			n++
		}
	}
	return n
}

// door returns Ada, at whose door Mallory knocks with other code than Aura's.
func door(tc task.Context, w *auratest.World, heard map[aura.SessionID][]string) (ada *auratest.Person, m *payer) {
	w.Helper()
	ada = w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Sessions = hosts(heard) })
	mallory := w.Person(tc, "Mallory")
	context := w.Meet(tc, ada, mallory)
	im, err := machine.CompileInstance(knockInstance())
	if err != nil {
		w.Fatalf("%v", err)
	}
	m = &payer{&guest{corrupt(tc, mallory, ada, context), im}}
	m.dial(tc)
	m.hello(tc)
	return ada, m
}

// TestAMessageThatIsNotPaidForIsRefused: whatever is wrong with its receipt, it is an event, the peer learns which message it is, and nothing
// else happens: the session takes the message with an honest receipt.
func TestAMessageThatIsNotPaidForIsRefused(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		heard := map[aura.SessionID][]string{}
		ada, m := door(tc, w, heard)
		name, limit := aura.SessionID{2}, guard.DefaultPolicy().Limit
		same := func(*effect.Receipt) {}
		m.send(tc, wireGreetingNumber, m.greeting(name, func(*wireGreeting) {}))
		if got := len(m.frames(tc, wireGreetingNumber, 5*time.Second)); got != 1 {
			w.Fatalf("%d greetings answer one", got)
		}
		refused := func(what string, x wireMessage, want uint8) {
			w.Helper()
			events, before := unpaidEvents(w), scene.Paid(ada, m.Person, m.context)
			m.send(tc, wireMessageNumber, x)
			var got []wireRefusal
			for _, b := range m.frames(tc, wireRefusalNumber, 5*time.Second) {
				var r wireRefusal
				if err := fact.Unmarshal(b, &r); err != nil {
					w.Errorf("%v", err)
				}
				got = append(got, r)
			}
			if !slices.Equal(got, []wireRefusal{{name, want, x.Seq}}) || unpaidEvents(w) != events+1 || scene.Paid(ada, m.Person, m.context) != before {
				w.Errorf("%s: refused with %+v and %d events", what, got, unpaidEvents(w)-events)
			}
		}
		foreign := keyring.Ephemeral(w.Sim.Entropy("foreign"))
		for what, x := range map[string]struct {
			change func(*effect.Receipt)
			want   uint8
		}{
			"no receipt":          {nil, 7},
			"of another message":  {func(r *effect.Receipt) { r.Digest[0]++ }, 7},
			"for another context": {func(r *effect.Receipt) { r.Context[0]++ }, 7},
			"for another person":  {func(r *effect.Receipt) { r.To = m.Self() }, 7},
			"of another person":   {func(r *effect.Receipt) { r.From = ada.Self() }, 7},
			"of another device":   {func(r *effect.Receipt) { r.Signature = foreign.Sign(r.SigningBytes()) }, 7},
			"of facts":            {func(r *effect.Receipt) { r.Kind, r.Digest, r.FirstSeq, r.LastSeq = 0, [32]byte{}, 1, 1 }, 7},
			"of nothing":          {func(r *effect.Receipt) { r.Cost = 0 }, 7},
			"beyond the limit":    {func(r *effect.Receipt) { r.Cost = limit + 1 }, 8},
		} {
			refused(what, m.paid(tc, name, 0, "Knock", x.change), x.want)
		}
		damaged := m.paid(tc, name, 0, "Knock", same)
		damaged.Receipt = damaged.Receipt[1:]
		refused("a damaged receipt", damaged, 7)
		if len(heard[name]) > 0 || scene.Paid(ada, m.Person, m.context) != (guard.Spending{}) {
			w.Errorf("the host heard %q, counted are %+v", heard[name], scene.Paid(ada, m.Person, m.context))
		}

		honest := m.paid(tc, name, 0, "Knock", same)
		m.send(tc, wireMessageNumber, honest)
		m.send(tc, wireMessageNumber, honest) // a second time it changes nothing
		w.Until(tc, "the host hears", time.Minute, func() bool { return len(heard[name]) == 1 })
		m.frames(tc, wireMessageNumber, 5*time.Second)
		m.send(tc, wireConfirmationNumber, wireConfirmation{Session: name, Next: 1})
		used := m.paid(tc, name, 1, "Me", same)
		used.Receipt = honest.Receipt
		refused("a receipt that was used", used, 7)
		refused("what is left", m.paid(tc, name, 1, "Me", func(r *effect.Receipt) { r.Cost = limit }), 8)
		m.send(tc, wireMessageNumber, m.paid(tc, name, 1, "Me", func(r *effect.Receipt) { r.Cost = limit - 1 }))
		w.Until(tc, "the host hears the end", time.Minute, func() bool { return len(heard[name]) == 2 })
		if got := scene.Paid(ada, m.Person, m.context); got.Epochs[0].Spent != limit {
			w.Errorf("counted are %+v", got)
		}
		m.hangUp(tc)
		m.Start(tc)
		m.Say(tc, m.context, "honest again")
		scene.Has(tc, w, m.context, ada, m.Person, "honest again")
	})
}

// TestManySessionsArePaidForByOneBudget: a peer that pays for 64 sessions at once has the limit for all of them, and one that pays for none
// loses its channel.
func TestManySessionsArePaidForByOneBudget(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		heard := map[aura.SessionID][]string{}
		ada, m := door(tc, w, heard)
		limit := guard.DefaultPolicy().Limit
		for i := range byte(64) {
			m.send(tc, wireGreetingNumber, m.greeting(aura.SessionID{3, i}, func(*wireGreeting) {}))
		}
		m.frames(tc, wireGreetingNumber, 5*time.Second)
		const each = 16 // a part of the limit
		for i := range byte(64) {
			m.send(tc, wireMessageNumber, m.paid(tc, aura.SessionID{3, i}, 0, "Knock", func(r *effect.Receipt) {
				r.Cost, r.Nonce = limit/each, aura.Nonce{i}
			}))
		}
		var reasons []uint8
		for _, b := range m.frames(tc, wireRefusalNumber, 20*time.Second) {
			var r wireRefusal
			if err := fact.Unmarshal(b, &r); err != nil {
				w.Errorf("%v", err)
			}
			reasons = append(reasons, r.Reason)
		}
		if len(heard) != each || len(reasons) != 64-each || reasons[0] != 8 || scene.Paid(ada, m.Person, m.context).Epochs[0].Spent != limit/each*each {
			w.Errorf("%d sessions were paid for, refused %v, counted are %+v", len(heard), reasons, scene.Paid(ada, m.Person, m.context))
		}
		for range 300 {
			m.send(tc, wireMessageNumber, m.paid(tc, aura.SessionID{3, 63}, 0, "Knock", nil))
		}
		w.Until(tc, "Ada ends the channel", time.Minute, func() bool { return rejected(w) > 0 })
		m.hangUp(tc)
		m.Start(tc)
		m.Say(tc, m.context, "honest again")
		scene.Has(tc, w, m.context, ada, m.Person, "honest again")
	})
}
