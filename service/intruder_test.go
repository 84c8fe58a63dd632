package service_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// The channel protocol, as a peer with other code would write it.
type (
	wireHello struct {
		Have      uint64     `cbor:"1,keyasint,omitempty"`
		Epoch     aura.Epoch `cbor:"2,keyasint,omitempty"`
		Head      [32]byte   `cbor:"3,keyasint,omitzero"`
		Addresses []string   `cbor:"4,keyasint,omitempty"`
		Receipts  uint64     `cbor:"5,keyasint,omitempty"`
	}
	wireDeliver struct {
		Records  [][]byte `cbor:"1,keyasint,omitempty"`
		Receipts [][]byte `cbor:"2,keyasint,omitempty"`
	}
	wireAck struct {
		Through uint64 `cbor:"1,keyasint"`
	}
	wireSeek struct {
		Tags []contact.Tag `cbor:"1,keyasint,omitempty"`
		Card []byte        `cbor:"2,keyasint"`
	}
	wireReach struct {
		Addresses []string `cbor:"1,keyasint,omitempty"`
	}
)

const (
	wireHelloNumber   = 1
	wireDeliverNumber = 2
	wireAckNumber     = 3
	wireReachNumber   = 4
	wireSeekNumber    = 5
)

// intruder is a contact of Ada's with the right keys and the wrong intentions.
type intruder struct {
	*person
	victim  *person
	context aura.ContextID
	charge  fact.Charge   // as Ada knows it
	held    []fact.Record // what Ada has
	target  transport.Target
	hub     *transport.Hub
	hubs    *task.Group
	channel *transport.Channel
}

// corrupt stops an honest contact and gives its keys to an intruder.
func (p *person) corrupt(tc task.Context, victim *person, context aura.ContextID) *intruder {
	p.Helper()
	j := p.agent.Journal()
	secret, err := j.Meta(domain.SecretKey(context))
	if err != nil || len(secret) != 32 {
		p.Fatal("no secret", err)
	}
	held, err := j.ByAuthor(contextOf(context), p.ring.Device(), 1, 100)
	if err != nil {
		p.Fatal(err)
	}
	m := &intruder{person: p, victim: victim, context: context, charge: j.Charge(context, victim.self()), held: held}
	cert := victim.ring.Certificate()
	m.target = transport.Target{
		Context: context, PSK: [32]byte(secret), Static: cert.Agreement, Peer: cert.Link,
		Addresses: []transport.Address{victim.address},
	}
	p.stop(tc)
	return m
}

// ByTag implements [transport.Directory]: the intruder only dials.
func (m *intruder) ByTag(transport.Tag) (transport.Secret, bool) { return transport.Secret{}, false }

// reopen joins the network.
func (m *intruder) reopen(tc task.Context) {
	m.Helper()
	agreement, _ := m.ring.Agreement()
	m.hubs = task.NewGroup(tc, "intruder")
	var err error
	m.hub, err = transport.OpenHub(m.hubs, m.net.Join(m.link(), m.address), agreement, m, m.sim.Entropy("intruder"), transport.Options{})
	if err != nil {
		m.Fatal(err)
	}
}

// dial opens a channel and reads Ada's hello.
func (m *intruder) dial(tc task.Context) {
	m.Helper()
	m.reopen(tc)
	var err error
	for range 20 { // Ada paces a peer that ended badly
		if m.channel, err = m.hub.Dial(tc, m.target); err == nil {
			if b, err := m.channel.Recv(tc); err == nil && b[0] == wireHelloNumber {
				return
			}
		}
		m.sleep(tc, 5*time.Second)
	}
	m.Fatalf("seed %d: Ada takes no channel: %v", m.seed, err)
}

func (m *intruder) hangUp(tc task.Context) {
	m.channel.Close(tc)
	m.leaveNetwork(tc)
}

func (m *intruder) leaveNetwork(tc task.Context) {
	if err := m.hubs.Close(tc, time.Minute); err != nil && aura.KindOf(err) != aura.Cancelled {
		m.Error(err)
	}
	m.net.Crash(m.link())
}

func (m *intruder) send(tc task.Context, number byte, v any) {
	m.Helper()
	b, err := fact.Marshal(v)
	if err != nil {
		m.Fatal(err)
	}
	m.sendBytes(tc, append([]byte{number}, b...))
}

// sendBytes sends what it can: Ada may have hung up.
func (m *intruder) sendBytes(tc task.Context, b []byte) {
	if err := m.channel.Send(tc, b); aura.KindOf(err) == aura.Invalid {
		m.Fatal(err)
	}
}

func (m *intruder) hello(tc task.Context) {
	m.Helper()
	m.send(tc, wireHelloNumber, wireHello{})
}

// acked returns what Ada acknowledges next, false when she hangs up.
func (m *intruder) acked(tc task.Context) (uint64, bool) {
	m.Helper()
	for {
		b, err := m.channel.Recv(tc)
		if err != nil {
			return 0, false
		}
		var a wireAck
		if b[0] == wireAckNumber && fact.Unmarshal(b[1:], &a) == nil {
			return a.Through, true
		}
	}
}

// next returns an honest next fact, after changes.
func (m *intruder) next(change func(*fact.Record)) fact.Record {
	m.Helper()
	payload, err := fact.Marshal(chat.Text{Text: "not said", At: 1})
	if err != nil {
		m.Fatal(err)
	}
	last := &m.held[len(m.held)-1]
	r := fact.Record{Seq: last.Seq + 1, Fact: fact.Fact{
		Namespace: contextOf(m.context), Kind: chat.KindMessage, Payload: payload,
		Logical: last.Fact.Logical + 1, Author: m.self(), Device: m.ring.Device(),
	}}
	change(&r)
	r.ID = r.Fact.ID()
	batch := fact.NewBatch([]aura.FactID{r.ID})
	r.Proof = batch.Proof(0, m.ring.Sign(batch.SigningBytes()))
	return r
}

// receipt returns an honest receipt for the next fact, after changes.
func (m *intruder) receipt(tc task.Context, change func(*effect.Receipt)) []byte {
	r := effect.Receipt{
		Context: m.context, From: m.self(), To: m.victim.self(), Epoch: m.charge.Epoch, Cost: 1,
		FirstSeq: uint64(len(m.held) + 1), LastSeq: uint64(len(m.held) + 1), Nonce: aura.Nonce{7}, Previous: m.charge.Head,
	}
	if now := guard.EpochAt(guard.DefaultPolicy(), tc.Now()); now > r.Epoch {
		r.Epoch, r.Previous = now, [32]byte{}
	}
	change(&r)
	r.Signature = m.ring.Sign(r.SigningBytes())
	return r.Encode()
}

// card returns the intruder's addresses, signed by a ring.
func (m *intruder) card(by *keyring.Ring) []byte {
	c := contact.Card{Version: 1, Addresses: []string{"/ip4/192.0.2.99/tcp/1"}}
	signed, err := c.SigningBytes(m.ring.Device())
	if err != nil {
		m.Fatal(err)
	}
	c.Signature = by.Sign(signed)
	b, err := c.Encode()
	if err != nil {
		m.Fatal(err)
	}
	return b
}

func keep[T any](*T) {}

// deliver sends a fact that was changed with a receipt that was changed.
func (m *intruder) deliver(tc task.Context, changeFact func(*fact.Record), changeReceipt func(*effect.Receipt)) {
	m.Helper()
	r := m.next(changeFact)
	m.send(tc, wireDeliverNumber, wireDeliver{Records: [][]byte{r.Encode()}, Receipts: [][]byte{m.receipt(tc, changeReceipt)}})
}

// everyEpoch spends whole budgets under the names of one epoch after the other, for the same fact.
func everyEpoch(tc task.Context, m *intruder) {
	r := m.next(keep)
	var receipts [][]byte
	for i := range aura.Epoch(3) {
		receipts = append(receipts, m.receipt(tc, func(r *effect.Receipt) {
			r.Epoch, r.Previous, r.Cost = r.Epoch+9+i, [32]byte{}, guard.DefaultPolicy().Limit
		}))
	}
	m.send(tc, wireDeliverNumber, wireDeliver{Records: [][]byte{r.Encode()}, Receipts: receipts})
}

func payload(v any) []byte {
	b, err := fact.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestTheHandmadeProtocolIsTheRealOne: unchanged, what the intruder sends is taken, or the tests below would
// show nothing.
func TestTheHandmadeProtocolIsTheRealOne(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.has(tc, context, ada, mallory, "one")
		u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 1 })
		m := mallory.corrupt(tc, ada, context)
		m.dial(tc)
		m.hello(tc)
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			t.Errorf("seed %d: acknowledged through %d, %t", u.seed, got, ok)
		}
		u.has(tc, context, ada, mallory, "one", "not said")
		m.hangUp(tc)
	})
}

// TestAnIntruderIsRefused: a contact breaks the rules in every way. Each time the channel ends with an event,
// nothing is stored, others notice nothing, and when the contact is honest again all goes on.
func TestAnIntruderIsRefused(t *testing.T) {
	fact1 := func(change func(*fact.Record)) func(task.Context, *intruder) {
		return func(tc task.Context, m *intruder) { m.deliver(tc, change, keep) }
	}
	paid := func(change func(*effect.Receipt)) func(task.Context, *intruder) {
		return func(tc task.Context, m *intruder) { m.deliver(tc, keep, change) }
	}
	for name, attack := range map[string]func(tc task.Context, m *intruder){
		"a wrong signature": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			r.Proof.Signature[0] ^= 1
			m.send(tc, wireDeliverNumber, wireDeliver{Records: [][]byte{r.Encode()}, Receipts: [][]byte{m.receipt(tc, keep)}})
		},
		"addresses that somebody else signed": func(tc task.Context, m *intruder) {
			m.send(tc, wireSeekNumber, wireSeek{Card: m.card(keyring.Ephemeral(m.sim.Entropy("another")))})
		},
		"too many people to look for": func(tc task.Context, m *intruder) {
			m.send(tc, wireSeekNumber, wireSeek{Tags: make([]contact.Tag, 265), Card: m.card(m.ring)})
		},
		"a gap": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) { r.Seq++ }, func(r *effect.Receipt) { r.LastSeq++; r.Cost++ })
		},
		"no receipt": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			m.send(tc, wireDeliverNumber, wireDeliver{Records: [][]byte{r.Encode()}})
		},
		"a forged receipt": func(tc task.Context, m *intruder) {
			b := m.receipt(tc, keep)
			b[len(b)-1] ^= 1
			r := m.next(keep)
			m.send(tc, wireDeliverNumber, wireDeliver{Records: [][]byte{r.Encode()}, Receipts: [][]byte{b}})
		},
		"a receipt of another context":      paid(func(r *effect.Receipt) { r.Context[0] ^= 1 }),
		"a receipt for somebody else":       paid(func(r *effect.Receipt) { r.To[0] ^= 1 }),
		"receipts of many epochs at once":   everyEpoch,
		"a receipt that follows nothing":    paid(func(r *effect.Receipt) { r.Previous[0] ^= 1 }),
		"a receipt without cost":            paid(func(r *effect.Receipt) { r.Cost = 0 }),
		"a receipt over any budget":         paid(func(r *effect.Receipt) { r.Cost = 1 << 40 }),
		"a receipt of a later fact":         paid(func(r *effect.Receipt) { r.FirstSeq++; r.LastSeq++ }),
		"a receipt of no facts":             paid(func(r *effect.Receipt) { r.FirstSeq = r.LastSeq + 1 }),
		"a fact of another author":          fact1(func(r *fact.Record) { r.Fact.Author[0] ^= 1 }),
		"a fact of another device":          fact1(func(r *fact.Record) { r.Fact.Device[0] ^= 1 }),
		"a fact of another context":         fact1(func(r *fact.Record) { r.Fact.Namespace.ID[0] ^= 1 }),
		"a fact of a message without text":  fact1(func(r *fact.Record) { r.Fact.Payload = payload(chat.Text{}) }),
		"a fact far ahead in logical time":  fact1(func(r *fact.Record) { r.Fact.Logical = 1 << 60 }),
		"a fact that is not later":          fact1(func(r *fact.Record) { r.Fact.Logical-- }),
		"a fact of a kind with garbage":     fact1(func(r *fact.Record) { r.Fact.Payload = []byte("garbage") }),
		"a group of somebody else's making": fact1(func(r *fact.Record) { r.Fact.Kind = chat.KindInvited; r.Fact.Payload = payload(chat.Invited{}) }),
		"a fact in Ada's name": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) { r.Fact.Author, r.Fact.Device = m.victim.self(), m.victim.ring.Device() }, keep)
		},
		"a fact of Ada's own space": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) {
				r.Fact.Namespace = fact.OwnNamespace(m.victim.self())
				r.Fact.Kind, r.Fact.Payload = moderation.KindBlocked, payload(moderation.Target{Authority: m.self()})
			}, keep)
		},
		"private facts in the shared space": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) {
				r.Fact.Kind, r.Fact.Payload = moderation.KindBlocked, payload(moderation.Target{Authority: m.victim.self()})
			}, keep)
		},
		"an acknowledgement of what was not sent": func(tc task.Context, m *intruder) {
			m.send(tc, wireAckNumber, wireAck{Through: 1 << 40})
		},
		"a hello that has more than there is": func(tc task.Context, m *intruder) {
			m.send(tc, wireHelloNumber, wireHello{Have: 1 << 40})
		},
		"a second hello": func(tc task.Context, m *intruder) { m.hello(tc); m.hello(tc) },
		"too many facts": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Records: make([][]byte, 5000)})
		},
		"too many receipts": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Receipts: make([][]byte, 5000)})
		},
		"facts of no bytes": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Records: make([][]byte, 3)})
		},
		"receipts of no bytes": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Receipts: make([][]byte, 3)})
		},
		"a message of garbage": func(tc task.Context, m *intruder) {
			m.sendBytes(tc, append([]byte{wireDeliverNumber}, make([]byte, transport.MaxMessage-1)...))
		},
		"a message cut off": func(tc task.Context, m *intruder) { m.sendBytes(tc, []byte{wireDeliverNumber}) },
		"addresses that are none": func(tc task.Context, m *intruder) {
			m.send(tc, wireReachNumber, wireReach{Addresses: []string{"next door"}})
		},
		"a thousand addresses": func(tc task.Context, m *intruder) {
			m.send(tc, wireReachNumber, wireReach{Addresses: strings.Split(strings.Repeat("/ip4/192.0.2.9/tcp/1,", 999)+"/", ",")})
		},
	} {
		inWorlds(t, 1, func(tc task.Context, u *universe) {
			u.Logf("%s", name)
			ada, ben, mallory := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Mallory")
			calm, context := u.meet(tc, ada, ben), u.meet(tc, ada, mallory)
			mallory.say(tc, context, "one")
			mallory.say(tc, context, "two")
			ada.say(tc, context, "hello")
			u.has(tc, context, ada, mallory, "one", "two")
			u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 2 })
			u.has(tc, context, mallory, ada, "hello")

			m := mallory.corrupt(tc, ada, context)
			u.sleep(tc, time.Minute)
			before, head := u.rejected(), ada.agent.Journal().Head()
			m.dial(tc)
			if name != "a hello that has more than there is" && name != "a second hello" {
				m.hello(tc)
			}
			attack(tc, m)
			if _, more := m.acked(tc); more {
				t.Errorf("%s: acknowledged", name)
			}
			u.sleep(tc, time.Minute)
			if u.rejected() == before {
				t.Errorf("%s: no event", name)
			}
			if got := ada.agent.Journal().Count(contextOf(context), mallory.ring.Device()); got != 2 {
				t.Errorf("%s: %d facts are kept", name, got)
			}
			if got := ada.agent.Journal().Head(); got != head {
				t.Errorf("%s: %d facts were written", name, got-head)
			}
			m.hangUp(tc)

			ben.say(tc, calm, "all is calm")
			u.has(tc, calm, ada, ben, "all is calm")
			mallory.start(tc)
			mallory.say(tc, context, "sorry")
			u.has(tc, context, ada, mallory, "one", "two", "sorry")
			ada.say(tc, context, "forgiven")
			u.has(tc, context, mallory, ada, "hello", "forgiven")
		})
	}
}

// TestWhatWasNeverSentCannotBeConfirmed: messages that wait for budget stay waiting, whatever the peer claims.
func TestWhatWasNeverSentCannotBeConfirmed(t *testing.T) {
	for name, claim := range map[string]func(tc task.Context, m *intruder){
		"in a hello":             func(tc task.Context, m *intruder) { m.send(tc, wireHelloNumber, wireHello{Have: 4}) },
		"in an acknowledgement":  func(tc task.Context, m *intruder) { m.hello(tc); m.send(tc, wireAckNumber, wireAck{Through: 4}) },
		"before having said who": func(tc task.Context, m *intruder) { m.send(tc, wireAckNumber, wireAck{Through: 4}) },
	} {
		inWorlds(t, 2, func(tc task.Context, u *universe) {
			ada := u.person(tc, "Ada", limited(3, shortEpoch))
			mallory := u.person(tc, "Mallory", limited(3, shortEpoch))
			context := u.meet(tc, ada, mallory)
			mallory.say(tc, context, "one")
			u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 1 })
			u.beginEpoch(tc)
			m := mallory.corrupt(tc, ada, context)
			for _, text := range numbered(1, 5) {
				ada.say(tc, context, text)
			}
			before := u.rejected()
			m.dial(tc)
			claim(tc, m)
			u.until(tc, name+": a reason is shown", time.Minute, func() bool { return ada.states(tc, context)[contradicts] > 0 })
			if u.rejected() == before {
				t.Errorf("%s: no event", name)
			}
			if got := ada.states(tc, context)["delivered"]; got != 0 {
				t.Errorf("%s: %d messages count as delivered", name, got)
			}
			m.hangUp(tc)
			mallory.start(tc)
			u.has(tc, context, mallory, ada, numbered(1, 3)...)
			u.beginEpoch(tc)
			u.has(tc, context, mallory, ada, numbered(1, 5)...)
		})
	}
}

// TestAPeerThatHangsUpAtOnceIsShown: what the owner of a copied account hears, whose contact has met the other copy. A
// peer that only goes away is not reachable, as ever.
func TestAPeerThatHangsUpAtOnceIsShown(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(3, shortEpoch))
		mallory := u.person(tc, "Mallory", limited(3, shortEpoch))
		context := u.meet(tc, ada, mallory)
		m := mallory.corrupt(tc, ada, context)
		ada.say(tc, context, "one")
		for range 2 {
			m.dial(tc)
			m.hello(tc)
			u.sleep(tc, 200*time.Millisecond)
			m.hangUp(tc)
			u.sleep(tc, time.Minute)
		}
		if n := ada.states(tc, context)[dismisses]; n != 0 {
			t.Errorf("seed %d: said after two sessions", u.seed)
		}
		for range 3 {
			m.dial(tc)
			m.hello(tc)
			u.sleep(tc, 200*time.Millisecond)
			m.hangUp(tc)
			u.sleep(tc, time.Second)
		}
		u.until(tc, "the reason", time.Minute, func() bool { return ada.states(tc, context)[dismisses] > 0 })
		mallory.start(tc)
		u.has(tc, context, mallory, ada, "one")
		mallory.stop(tc)
		u.sleep(tc, 2*time.Minute)
		ada.say(tc, context, "two")
		u.until(tc, "the reason is gone", time.Minute, func() bool { return ada.states(tc, context)[offline] > 0 })
	})
}

// rejected counts what services refused from outside.
func (u *universe) rejected() (n int) {
	for _, e := range u.events.seen {
		if e.Family() == world.FamilyIngress && e.Message() == "rejected" && e.Service() == "sync" {
			n++
		}
	}
	return n
}

// TestAnIntruderCannotKeepAnAgentBusy opens one channel after the other.
func TestAnIntruderCannotKeepAnAgentBusy(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.has(tc, context, ada, mallory, "one")
		m := mallory.corrupt(tc, ada, context)
		u.sleep(tc, time.Minute)
		m.dial(tc)
		began, sessions := tc.Elapsed(), u.sessions()
		for tc.Elapsed()-began < 20*time.Second {
			m.channel.Close(tc)
			m.hangUp(tc)
			m.reopen(tc)
			if c, err := m.hub.Dial(tc, m.target); err == nil {
				m.channel = c
			}
		}
		if got := u.sessions() - sessions; got < 5 || got > 220 {
			t.Errorf("seed %d: %d sessions in 20 seconds", u.seed, got)
		}
		m.hangUp(tc)
		mallory.start(tc)
		mallory.say(tc, context, "two")
		u.has(tc, context, ada, mallory, "one", "two")
	})
}

// sessions counts the sessions that began.
func (u *universe) sessions() (n int) {
	for _, e := range u.events.seen {
		if e.Family() == world.FamilyTask && e.Message() == "spawn" && e.Task() == "sync.keep" {
			n++
		}
	}
	return n
}

// TestManyStrangersWithOneCode: whoever has the code can occupy the inviter for a while, and no longer.
func TestManyStrangersWithOneCode(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		created := ada.invites(tc, 0)
		code, err := invite.Parse(created.Code)
		if err != nil {
			t.Fatal(err)
		}
		var crowd []*intruder
		for i := range 40 {
			p := &person{universe: u, name: fmt.Sprint("stranger ", i), ring: keyring.Ephemeral(u.sim.Entropy(fmt.Sprint("stranger ", i)))}
			p.address = transport.Address(fmt.Sprintf("/ip4/198.51.100.%d/udp/4001/quic-v1", i+1))
			m := &intruder{person: p, victim: ada, target: transport.Target{
				Context: aura.ContextID(created.ID), PSK: code.PSK(), Static: code.Agreement, Peer: code.Link,
				Addresses: []transport.Address{ada.address},
			}}
			m.reopen(tc)
			if m.channel, err = m.hub.Dial(tc, m.target); err != nil {
				t.Fatal(err)
			}
			crowd = append(crowd, m)
		}
		if err := ben.accepts(tc, created); err != nil {
			t.Fatal(err)
		}
		u.friends(tc, ada, ben)
		for _, m := range crowd {
			m.hangUp(tc)
		}
	})
}

// TestAnIntruderCannotFillADisk: what means nothing costs no sync, and what a peer says of itself is written
// down only so often.
func TestAnIntruderCannotFillADisk(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 1 })
		m := mallory.corrupt(tc, ada, context)
		u.sleep(tc, time.Minute)
		m.dial(tc)
		m.hello(tc)
		u.sleep(tc, time.Second)

		syncs := ada.disk.Syncs()
		for range 500 {
			m.send(tc, 200, wireAck{}) // of a later version, perhaps
			m.send(tc, wireDeliverNumber, wireDeliver{})
			m.send(tc, wireDeliverNumber, wireDeliver{Records: [][]byte{m.held[0].Encode()}})
			m.send(tc, wireAckNumber, wireAck{})
		}
		if got, ok := m.acked(tc); !ok || got != 1 {
			t.Errorf("seed %d: a replay is acknowledged through %d, %t", u.seed, got, ok)
		}
		u.sleep(tc, time.Second)
		if got := ada.disk.Syncs() - syncs; got != 0 {
			t.Errorf("seed %d: messages that say nothing cost %d syncs", u.seed, got)
		}
		head := ada.agent.Journal().Head()
		for i := range 500 {
			m.send(tc, wireReachNumber, wireReach{Addresses: []string{fmt.Sprintf("/ip4/192.0.2.%d/tcp/%d", i%250+1, i+1)}})
		}
		u.sleep(tc, time.Minute)
		if got := ada.agent.Journal().Head() - head; got == 0 || got > 10 {
			t.Errorf("seed %d: 500 changes of address wrote %d facts", u.seed, got)
		}
		m.hangUp(tc)
		mallory.start(tc)
		ada.say(tc, context, "back?")
		u.has(tc, context, mallory, ada, "back?")
		if diff := cmp.Diff([]string{"one"}, ada.texts(tc, context, mallory)); diff != "" {
			t.Errorf("seed %d: %s", u.seed, diff)
		}
	})
}
