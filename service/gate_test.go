package service_test

import (
	"crypto/ecdh"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestABlockedContactOpensNoChannel: the handshake of a blocked contact is not answered, so it does not even
// learn that the agent runs. It is answered again once the owner changes their mind.
func TestABlockedContactOpensNoChannel(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.has(tc, context, ada, mallory, "one")
		m := mallory.corrupt(tc, ada, context)
		u.sleep(tc, time.Minute)
		ada.block(tc, mallory)
		m.reopen(tc)
		if _, err := m.hub.Dial(tc, m.target); aura.KindOf(err) != aura.Unavailable {
			t.Errorf("seed %d: a blocked contact dials: %v, want unavailable", u.seed, err)
		}
		m.leaveNetwork(tc)
		ada.unblock(tc, mallory)
		m.dial(tc)
		m.hangUp(tc)
	})
}

// TestTheNetworkKnowsContactsUntilTheyAreBlocked: the gate of the network says who may connect and whom this
// agent relays for.
func TestTheNetworkKnowsContactsUntilTheyAreBlocked(t *testing.T) {
	inWorlds(t, 1, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		stranger := transport.PeerID{7}
		knows := func(want bool, when string) {
			t.Helper()
			if got := ada.gate.Contacts(ben.link()); got != want {
				t.Errorf("%s: the gate knows Ben: %t", when, got)
			}
			if ada.gate.Contacts(stranger) {
				t.Errorf("%s: the gate knows a stranger", when)
			}
		}
		knows(false, "before they meet")
		u.meet(tc, ada, ben)
		knows(true, "after they met")
		ada.block(tc, ben)
		knows(false, "while he is blocked")
		ada.unblock(tc, ben)
		knows(true, "after he was unblocked")
	})
}

// TestTheInviterChecksTheConfirmation: an accepter that does not prove the derived keys settles nothing, and
// the inviter keeps the answer for the one who can.
func TestTheInviterChecksTheConfirmation(t *testing.T) {
	for wrong, kept := range map[bool]bool{false: false, true: true} {
		inWorlds(t, 2, func(tc task.Context, u *universe) {
			ada := u.person(tc, "Ada")
			created := ada.invites(tc, 0)
			code, err := invite.Parse(created.Code)
			if err != nil {
				t.Fatal(err)
			}
			m := u.stranger("Mallory", ada, created, code)
			m.reopen(tc)
			if m.channel, err = m.hub.Dial(tc, m.target); err != nil {
				t.Fatal(err)
			}
			m.accept(tc, code, wrong)
			u.sleep(tc, time.Minute)
			answer, err := ada.agent.Journal().Meta(invite.MessageKey(code.ID()))
			if err != nil {
				t.Fatal(err)
			}
			if (answer != nil) != kept {
				t.Errorf("seed %d: wrong confirmation %t: the inviter keeps its answer: %t", u.seed, wrong, answer != nil)
			}
			m.hangUp(tc)
		})
	}
}

// stranger has the code of an invitation and a network host of its own.
func (u *universe) stranger(name string, victim *person, created invite.CreateResult, code invite.Code) *intruder {
	p := &person{universe: u, name: name, ring: keyring.Ephemeral(u.sim.Entropy(name))}
	p.address = "/ip4/198.51.100.1/udp/4001/quic-v1"
	return &intruder{person: p, victim: victim, target: transport.Target{
		Context: aura.ContextID(created.ID), PSK: code.PSK(), Static: code.Agreement, Peer: code.Link,
		Addresses: []transport.Address{victim.address},
	}}
}

// accept runs the accepter's half of the exchange by hand, with a confirmation that is right or wrong.
func (m *intruder) accept(tc task.Context, code invite.Code, wrong bool) {
	m.Helper()
	kem := keyring.NewKEM([64]byte{5})
	cert := m.ring.Certificate()
	hello := invite.Hello{Certificate: cert.Encode(), Name: m.name, Key: kem.EncapsulationKey()}
	m.message(tc, invite.Message{Hello: &hello})
	b, err := m.channel.Recv(tc)
	if err != nil {
		m.Fatal(err)
	}
	reply, err := invite.DecodeMessage(b)
	if err != nil || reply.Answer == nil {
		m.Fatalf("the inviter answers %+v, %v", reply, err)
	}
	secret, err := kem.Decapsulate(reply.Answer.Ciphertext)
	if err != nil {
		m.Fatal(err)
	}
	transcript, err := invite.Transcript(code.ID(), hello, *reply.Answer)
	if err != nil {
		m.Fatal(err)
	}
	private, _ := m.ring.Agreement()
	own, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		m.Fatal(err)
	}
	theirs, err := ecdh.X25519().NewPublicKey(code.Agreement[:])
	if err != nil {
		m.Fatal(err)
	}
	agreement, err := own.ECDH(theirs)
	if err != nil {
		m.Fatal(err)
	}
	done := invite.Done{Confirm: invite.Derive([32]byte(agreement), secret[:], transcript).Accepter}
	if wrong {
		done.Confirm[31] ^= 1
	}
	m.message(tc, invite.Message{Done: &done})
}

func (m *intruder) message(tc task.Context, say invite.Message) {
	m.Helper()
	b, err := say.Encode()
	if err != nil {
		m.Fatal(err)
	}
	m.sendBytes(tc, b)
}
