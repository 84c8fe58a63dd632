package replica_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// permits replaces a person's own tokens by one with other capabilities.
func permits(tc task.Context, p *auratest.Person, names ...string) {
	p.World.Helper()
	own := fact.OwnNamespace(p.Self())
	var blocks [][]byte
	selection := fact.Selection{Namespaces: []fact.Namespace{own}, Kinds: []string{capability.KindToken}}
	if _, err := p.Agent.Journal().Read(tc, selection, func(r fact.Record) error {
		var issued capability.Token
		if err := fact.Unmarshal(r.Fact.Payload, &issued); err != nil {
			return err
		}
		old, err := biscuit.Decode(issued.Token)
		if err == nil {
			blocks = append(blocks, old.RevocationIDs()...)
		}
		return err
	}); err != nil {
		p.World.Fatalf("%v", err)
	}
	profile, err := capability.NewProfile("less", names...)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	next, err := token.NextKey(p.World.Sim.Entropy("next"))
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	minted, err := token.Mint(token.SignerOf(p.Ring), token.Grant{Profile: profile, Holder: p.Ring.Certificate().Root}, next)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	draft, err := capability.Issue(p.Self(), minted.Encode())
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	revoked, err := fact.Marshal(capability.Revoked{Blocks: blocks})
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	void := fact.Draft{Namespace: own, Kind: capability.KindRevoked, Payload: revoked}
	if _, err := p.Agent.Journal().Append(tc, &journal.Entry{Drafts: []fact.Draft{draft, void}}); err != nil {
		p.World.Fatalf("%v", err)
	}
}

// TestAnIncomingChannelPassesTheGuard: an owner that permits itself no links greets no peer that dials.
func TestAnIncomingChannelPassesTheGuard(t *testing.T) {
	for links, want := range map[bool]bool{true: true, false: false} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
			context := w.Meet(tc, ada, mallory)
			mallory.Say(tc, context, "one")
			scene.Has(tc, w, context, ada, mallory, "one")
			m := corrupt(tc, mallory, ada, context)
			w.Sleep(tc, time.Minute)
			names := []string{delivery.CapHello, delivery.CapAddresses, delivery.CapResend}
			if links {
				names = append(names, delivery.CapLink)
			}
			permits(tc, ada, names...)
			m.reopen(tc)
			greeted := false
			wait, done := tc.WithBudget("greeting", 2*time.Minute)
			defer done()
			for !greeted && wait.Err() == nil {
				channel, err := m.hub.Dial(wait, m.target)
				if err != nil {
					continue
				}
				m.channel = channel
				b, err := channel.Recv(wait)
				greeted = err == nil && b[0] == wireHelloNumber
				channel.Close(tc)
				w.Sleep(tc, 10*time.Second) // Ada paces a peer whose channels end at once
			}
			if greeted != want {
				w.Errorf("links are permitted %t: a peer that dials is greeted: %t", links, greeted)
			}
			m.leaveNetwork(tc)
		})
	}
}

// TestOnlyAContactIsHandedARight: a reference that is out of date, to another relation or to a removed contact hands no
// token over, and none confines one.
func TestOnlyAContactIsHandedARight(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		w.Meet(tc, ada, ben)
		there, _ := scene.With(tc, ada, ben)
		good, stale, epochless, unknown := there.Ref, there.Ref, there.Ref, there.Ref
		stale.Epoch++
		epochless.Epoch = 0
		unknown.Context[0]++
		delegate := func(to contact.Ref, within chat.Ref) error {
			return ada.Submit(tc, capability.IntentDelegate, capability.DelegateIntent{
				To: to, Names: []string{chat.CapSend}, Within: within,
			}, nil)
		}
		handed := func() (n int) {
			selection := fact.Selection{Kinds: []string{capability.KindDelegated}}
			if _, err := ada.Agent.Journal().Read(tc, selection, func(fact.Record) error { n++; return nil }); err != nil {
				w.Fatalf("%v", err)
			}
			return n
		}
		for _, c := range []struct {
			ref  contact.Ref
			want aura.Kind
		}{{stale, aura.Stale}, {epochless, aura.Invalid}, {unknown, aura.NotFound}, {good, 0}} {
			for what, err := range map[string]func() error{
				"for":    func() error { return delegate(c.ref, chat.Ref{}) },
				"within": func() error { return delegate(good, chat.Ref{Context: c.ref.Context, Epoch: c.ref.Epoch}) },
			} {
				before := handed()
				if err := err(); aura.KindOf(err) != c.want {
					w.Errorf("a right %s %+v: %v, want kind %v", what, c.ref, err, c.want)
				}
				if got := handed() - before; got > 0 != (c.want == 0) {
					w.Errorf("%d tokens were handed %s %+v", got, what, c.ref)
				}
			}
		}
		ada.Do(tc, contact.IntentRemove, contact.RemoveIntent{Contact: good}, nil)
		before := handed()
		if err := delegate(good, chat.Ref{}); aura.KindOf(err) != aura.NotFound || handed() != before {
			w.Errorf("a right for a removed contact: %v", err)
		}
	})
}
