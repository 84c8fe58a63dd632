package replica_test

import (
	"crypto/ecdh"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestABlockedContactOpensNoChannel: the handshake of a blocked contact is not answered, so it does not even
// learn that the agent runs. It is answered again once the owner changes their mind.
func TestABlockedContactOpensNoChannel(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		scene.Has(tc, w, context, ada, mallory, "one")
		m := corrupt(tc, mallory, ada, context)
		w.Sleep(tc, time.Minute)
		block(tc, ada, mallory)
		m.reopen(tc)
		if _, err := m.hub.Dial(tc, m.target); aura.KindOf(err) != aura.Unavailable {
			w.Errorf("a blocked contact dials: %v, want unavailable", err)
		}
		m.leaveNetwork(tc)
		unblock(tc, ada, mallory)
		m.dial(tc)
		m.hangUp(tc)
	})
}

// TestTheNetworkKnowsContactsUntilTheyAreBlocked: the gate of the network says who may connect and whom this
// agent relays for.
func TestTheNetworkKnowsContactsUntilTheyAreBlocked(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		var gate agent.Gate
		ada := w.Person(tc, "Ada", networked(func(g agent.Gate, n *transport.SimPeer) transport.Network {
			gate = g
			return n
		}))
		ben := w.Person(tc, "Ben")
		stranger := transport.PeerID{7}
		knows := func(want bool, when string) {
			t.Helper()
			if got := gate.Contacts(link(ben)); got != want {
				t.Errorf("%s: the gate knows Ben: %t", when, got)
			}
			if gate.Contacts(stranger) {
				t.Errorf("%s: the gate knows a stranger", when)
			}
		}
		knows(false, "before they meet")
		w.Meet(tc, ada, ben)
		knows(true, "after they met")
		block(tc, ada, ben)
		knows(false, "while he is blocked")
		unblock(tc, ada, ben)
		knows(true, "after he was unblocked")
	})
}

// TestTheInviterChecksTheConfirmation: an accepter that does not prove the derived keys settles nothing: the
// exchange goes on with the one who can.
func TestTheInviterChecksTheConfirmation(t *testing.T) {
	for wrong, want := range map[bool]int{false: 1, true: 0} {
		auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
			ada := w.Person(tc, "Ada")
			created := scene.Invites(tc, ada, 0)
			code, err := invite.Parse(created.Code)
			if err != nil {
				t.Fatal(err)
			}
			m := stranger(w, "Mallory", ada, created, code)
			m.reopen(tc)
			if m.channel, err = m.hub.Dial(tc, m.target); err != nil {
				t.Fatal(err)
			}
			m.accept(tc, code, wrong)
			w.Sleep(tc, time.Minute)
			ended := 0
			_, err = ada.Agent.Journal().Read(tc, fact.Selection{Kinds: []string{invite.KindCompleted}}, func(fact.Record) error {
				ended++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if ended != want {
				w.Errorf("wrong confirmation %t: the inviter ended the exchange %d times", wrong, ended)
			}
			m.hangUp(tc)
		})
	}
}

// stranger has the code of an invitation and a network host of its own.
func stranger(w *auratest.World, name string, victim *auratest.Person, created invite.CreateResult, code invite.Code) *intruder {
	p := &auratest.Person{
		World: w, Name: name, Ring: keyring.Ephemeral(w.Sim.Entropy(name)), Address: "/ip4/198.51.100.1/udp/4001/quic-v1",
	}
	return &intruder{Person: p, victim: victim, target: transport.Target{
		Context: aura.ContextID(created.ID), PSK: code.PSK(), Static: code.Agreement, Peer: code.Link,
		Addresses: []transport.Address{victim.Address},
	}}
}

// accept runs the accepter's half of the exchange by hand, with a confirmation that is right or wrong.
func (m *intruder) accept(tc task.Context, code invite.Code, wrong bool) {
	m.World.Helper()
	kem := keyring.NewKEM([64]byte{5})
	cert := m.Ring.Certificate()
	hello := invite.Hello{Certificate: cert.Encode(), Name: m.Name, Key: kem.EncapsulationKey()}
	m.message(tc, invite.Message{Hello: &hello})
	b, err := m.channel.Recv(tc)
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	reply, err := invite.DecodeMessage(b)
	if err != nil || reply.Answer == nil {
		m.World.Fatalf("the inviter answers %+v, %v", reply, err)
	}
	secret, err := kem.Decapsulate(reply.Answer.Ciphertext)
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	transcript, err := invite.Transcript(code.ID(), hello, *reply.Answer)
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	private, _ := m.Ring.Agreement()
	own, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	theirs, err := ecdh.X25519().NewPublicKey(code.Agreement[:])
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	agreement, err := own.ECDH(theirs)
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	done := invite.Done{Confirm: invite.Derive([32]byte(agreement), secret[:], transcript).Accepter}
	if wrong {
		done.Confirm[31] ^= 1
	}
	m.message(tc, invite.Message{Done: &done})
}

func (m *intruder) message(tc task.Context, say invite.Message) {
	m.World.Helper()
	b, err := say.Encode()
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	m.sendBytes(tc, b)
}
