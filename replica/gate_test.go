package replica_test

import (
	"crypto/ecdh"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/session"
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
			m, code := stranger(tc, w, "Mallory", ada, created)
			m.accept(tc, code, wrong)
			w.Sleep(tc, time.Minute)
			ended := 0
			_, err := ada.Agent.Journal().Read(tc, fact.Selection{Kinds: []string{invite.KindCompleted}}, func(fact.Record) error {
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

// TestAnAccepterThatDoesNotComeBackLeavesNothing: an inviter keeps the session of the one that it answered as long as the accepter may
// try, however often the agent starts meanwhile, and that of one that it cannot answer no longer than an attempt takes.
func TestAnAccepterThatDoesNotComeBackLeavesNothing(t *testing.T) {
	for _, answers := range []bool{true, false} {
		auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
			ada := w.Person(tc, "Ada", func(p *auratest.Person) {
				p.Options.Wrap = func(inner interp.Interpreter) interp.Interpreter { return &mute{inner, answers} }
			})
			created := scene.Invites(tc, ada, time.Hour)
			m, code := stranger(tc, w, "Mallory", ada, created)
			cert := m.Ring.Certificate()
			wire := newInvitationWire(m, code)
			wire.greet(tc)
			wire.say(tc, 0, "Hello", invite.Message{Hello: &invite.Hello{
				Certificate: cert.Encode(), Name: m.Name, Key: keyring.NewKEM([64]byte{5}).EncapsulationKey(),
			}})
			w.Sleep(tc, 10*time.Second)
			m.hangUp(tc)
			recorded := func() (n int) {
				for _, l := range ada.Agent.Journal().Logs() {
					if l.Family() == "session" {
						n++
					}
				}
				return n
			}
			if recorded() != 1 {
				w.Errorf("there are %d recordings while the accepter is away", recorded())
			}
			if answers {
				for range 3 { // the code is tried for 25 hours
					w.Sleep(tc, 8*time.Hour)
					if recorded() != 1 {
						w.Errorf("there are %d recordings while the accepter may come back", recorded())
					}
					scene.Restart(tc, ada)
				}
				w.Sleep(tc, 2*time.Hour)
			}
			w.Sleep(tc, time.Minute)
			if recorded() != 0 {
				w.Errorf("answers %t: %d recordings are left", answers, recorded())
			}
		})
	}
}

// mute lets no message of a session leave, unless it answers.
type mute struct {
	interp.Interpreter
	answers bool
}

func (m *mute) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	if d.Request.Message() != nil && !m.answers {
		return effect.Result{}, aura.Errorf("test", aura.Unavailable, "the disk is in the way")
	}
	return m.Interpreter.Execute(tc, d)
}

// stranger has an invitation, a network host of its own, and a channel to the inviter.
func stranger(tc task.Context, w *auratest.World, name string, victim *auratest.Person, created invite.CreateResult) (*intruder, invite.Code) {
	w.Helper()
	code, err := invite.Parse(created.Code)
	if err != nil {
		w.Fatalf("%v", err)
	}
	p := &auratest.Person{
		World: w, Name: name, Ring: keyring.Ephemeral(w.Sim.Entropy(name)), Address: "/ip4/198.51.100.1/udp/4001/quic-v1",
	}
	m := &intruder{Person: p, victim: victim, target: transport.Target{
		Context: aura.ContextID(created.ID), PSK: code.PSK(), Static: code.Agreement, Peer: code.Link,
		Addresses: []transport.Address{victim.Address},
	}}
	m.reopen(tc)
	if m.channel, err = m.hub.Dial(tc, m.target); err != nil {
		w.Fatalf("%v", err)
	}
	return m, code
}

// accept runs the accepter's half of the exchange by hand, with a confirmation that is right or wrong.
func (m *intruder) accept(tc task.Context, code invite.Code, wrong bool) {
	m.World.Helper()
	kem := keyring.NewKEM([64]byte{5})
	cert := m.Ring.Certificate()
	hello := invite.Hello{Certificate: cert.Encode(), Name: m.Name, Key: kem.EncapsulationKey()}
	wire := newInvitationWire(m, code)
	wire.greet(tc)
	wire.say(tc, 0, "Hello", invite.Message{Hello: &hello})
	b := wire.hear(tc, "Answer")
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
	wire.say(tc, 1, "Completed", invite.Message{Done: &done})
}

// invitationWire speaks for the accepter of an invitation, frame by frame.
type invitationWire struct {
	*intruder
	image   *machine.Image
	session aura.SessionID
}

func newInvitationWire(m *intruder, code invite.Code) *invitationWire {
	m.World.Helper()
	at := slices.IndexFunc(protocols.All(), func(e protocols.Entry) bool { return e.Package == "invitation" })
	i, err := protocols.All()[at].Instantiate()
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	w := &invitationWire{intruder: m, session: invite.SessionOf(code.ID(), m.Ring.Certificate().Agreement)}
	if w.image, err = machine.CompileInstance(i); err != nil {
		m.World.Fatalf("%v", err)
	}
	return w
}

// wireParcel and wireFrame are what session puts on the wire, see docs/formats.md.
type wireParcel struct {
	From    uint16 `cbor:"1,keyasint,omitempty"`
	To      uint16 `cbor:"2,keyasint,omitempty"`
	Label   uint32 `cbor:"3,keyasint,omitempty"`
	Payload []byte `cbor:"4,keyasint,omitempty"`
}

type wireFrame struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	Edge    uint32         `cbor:"2,keyasint,omitempty"`
	Seq     uint64         `cbor:"3,keyasint,omitempty"`
	Parcel  []byte         `cbor:"4,keyasint,omitempty"`
}

func (w *invitationWire) frame(tc task.Context, number byte, v any) {
	w.World.Helper()
	b, err := fact.Marshal(v)
	if err != nil {
		w.World.Fatalf("%v", err)
	}
	w.sendBytes(tc, append([]byte{number}, b...))
}

// greeting is the one of an accepter that has nothing yet.
func (w *invitationWire) greeting() session.Greeting {
	return session.Greeting{Session: w.session, Protocol: "aura.invitation.exchange", Version: w.image.Digest(), Role: "Accepter"}
}

func (w *invitationWire) greet(tc task.Context) { w.frame(tc, egress.NumberGreeting, w.greeting()) }

// parcel returns a message of the accepter.
func (w *invitationWire) parcel(seq uint64, label string, m invite.Message) wireFrame {
	w.World.Helper()
	from, _ := w.image.Role("Accepter")
	to, _ := w.image.Role("Inviter")
	id, known := w.image.FindLabel(from, to, label)
	payload, err := m.Encode()
	if err != nil || !known {
		w.World.Fatalf("%s: %v", label, err)
	}
	b, err := fact.Marshal(wireParcel{uint16(from), uint16(to), uint32(id), payload})
	if err != nil {
		w.World.Fatalf("%v", err)
	}
	return wireFrame{w.session, uint32(from)<<16 | uint32(to), seq, b}
}

func (w *invitationWire) say(tc task.Context, seq uint64, label string, m invite.Message) {
	w.World.Helper()
	w.frame(tc, egress.NumberMessage, w.parcel(seq, label, m))
}

// hear waits for a message of the inviter and returns its payload.
func (w *invitationWire) hear(tc task.Context, label string) []byte {
	w.World.Helper()
	for {
		b, err := w.channel.Recv(tc)
		if err != nil {
			w.World.Fatalf("%v", err)
		}
		var f wireFrame
		var p wireParcel
		if b[0] != egress.NumberMessage {
			continue // its greeting, and confirmations
		}
		if err := fact.Unmarshal(b[1:], &f); err != nil {
			w.World.Fatalf("%v", err)
		}
		if err := fact.Unmarshal(f.Parcel, &p); err != nil || w.image.Label(machine.LabelID(p.Label)).Name != label {
			w.World.Fatalf("the inviter says %d: %v", p.Label, err)
		}
		return p.Payload
	}
}

// TestASessionOfAnInvitationRefusesStrangeFrames: a peer that has the code and does not keep to the protocol ends its channel, and
// nothing else: afterwards the invitation serves another person.
func TestASessionOfAnInvitationRefusesStrangeFrames(t *testing.T) {
	hello := func(w *invitationWire) invite.Message {
		cert := w.Ring.Certificate()
		return invite.Message{Hello: &invite.Hello{Certificate: cert.Encode(), Name: w.Name, Key: keyring.NewKEM([64]byte{5}).EncapsulationKey()}}
	}
	greeted := func(change func(*session.Greeting)) func(task.Context, *invitationWire) {
		return func(tc task.Context, w *invitationWire) {
			g := w.greeting()
			change(&g)
			w.frame(tc, egress.NumberGreeting, g)
			w.say(tc, 0, "Hello", hello(w))
		}
	}
	said := func(change func(*invitationWire, *wireFrame)) func(task.Context, *invitationWire) {
		return func(tc task.Context, w *invitationWire) {
			w.greet(tc)
			f := w.parcel(0, "Hello", hello(w))
			change(w, &f)
			w.frame(tc, egress.NumberMessage, f)
		}
	}
	for name, speak := range map[string]func(task.Context, *invitationWire){
		"another version":        greeted(func(g *session.Greeting) { g.Version[0] ^= 1 }),
		"another protocol":       greeted(func(g *session.Greeting) { g.Protocol = "aura.consensus" }),
		"another role":           greeted(func(g *session.Greeting) { g.Role = "Inviter" }),
		"the session of another": greeted(func(g *session.Greeting) { g.Session[0] ^= 1 }),
		"no greeting":            func(tc task.Context, w *invitationWire) { w.say(tc, 0, "Hello", hello(w)) },
		"two greetings":          func(tc task.Context, w *invitationWire) { w.greet(tc); w.greet(tc) },
		"bytes": func(tc task.Context, w *invitationWire) {
			w.greet(tc)
			w.sendBytes(tc, []byte{egress.NumberMessage, 0xff})
		},
		"a message before its turn":    said(func(_ *invitationWire, f *wireFrame) { f.Seq = 7 }),
		"a message of another session": said(func(_ *invitationWire, f *wireFrame) { f.Session[0] ^= 1 }),
		"a message on another edge":    said(func(_ *invitationWire, f *wireFrame) { f.Edge = 1 << 16 }),
		"the end before the beginning": said(func(w *invitationWire, f *wireFrame) { *f = w.parcel(0, "Completed", hello(w)) }),
		"a parcel of nothing":          said(func(_ *invitationWire, f *wireFrame) { f.Parcel = nil }),
		"a confirmation of nothing": func(tc task.Context, w *invitationWire) {
			w.greet(tc)
			w.frame(tc, egress.NumberConfirmation, struct {
				Session aura.SessionID `cbor:"1,keyasint,omitzero"`
				Next    uint64         `cbor:"2,keyasint,omitempty"`
			}{w.session, 9})
		},
	} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			created := scene.Invites(tc, ada, 0)
			m, code := stranger(tc, w, "Mallory", ada, created)
			speak(tc, newInvitationWire(m, code))
			ended, done := tc.WithBudget("end", time.Minute)
			var err error
			for err == nil {
				_, err = m.channel.Recv(ended)
			}
			done()
			if aura.KindOf(err) == aura.Timeout {
				w.Errorf("%s: the channel stays open", name)
			}
			m.hangUp(tc)
			ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: created.Code}, nil)
			scene.Friends(tc, w, ada, ben)
		})
	}
}
