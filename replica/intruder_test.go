package replica_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// The channel protocol, as a peer with other code would write it.
type (
	wireHello struct {
		Epoch     aura.Epoch           `cbor:"2,keyasint,omitempty"`
		Addresses []string             `cbor:"4,keyasint,omitempty"`
		Heads     []fact.Place         `cbor:"7,keyasint,omitempty"`
		Format    uint64               `cbor:"8,keyasint,omitempty"`
		Receipts  [][fact.ShortID]byte `cbor:"11,keyasint,omitempty"`
		Counted   []fact.EpochSpend    `cbor:"12,keyasint,omitempty"`
	}
	wireDeliver struct {
		Receipts [][]byte `cbor:"2,keyasint,omitempty"`
		Facts    [][]byte `cbor:"3,keyasint,omitempty"`
		Proofs   [][]byte `cbor:"4,keyasint,omitempty"`
	}
	wireAck struct {
		Heads []fact.Place `cbor:"3,keyasint"`
	}
	wirePlaces struct {
		Ask    []uint64     `cbor:"1,keyasint,omitempty"`
		Held   []fact.Place `cbor:"2,keyasint,omitempty"`
		Return bool         `cbor:"3,keyasint,omitempty"`
		After  []fact.Place `cbor:"4,keyasint,omitempty"`
	}
	wireSeek struct {
		Tags []contact.Tag `cbor:"1,keyasint,omitempty"`
		Card []byte        `cbor:"2,keyasint"`
	}
	wireRemoval struct {
		Entries [][]byte `cbor:"3,keyasint"`
	}
	wireEvidence struct {
		Fork []byte `cbor:"1,keyasint"`
	}
	wireReach struct {
		Addresses []string `cbor:"1,keyasint,omitempty"`
	}
)

const (
	wireHelloNumber    = 1
	wireDeliverNumber  = 2
	wireAckNumber      = 3
	wireReachNumber    = 4
	wireSeekNumber     = 5
	wirePlacesNumber   = 7
	wireEvidenceNumber = 8
)

// intruder is a contact of Ada's with the right keys and the wrong intentions.
type intruder struct {
	*auratest.Person
	victim  *auratest.Person
	context aura.ContextID
	charge  fact.Charge   // as Ada knows it
	held    []fact.Record // what Ada has
	target  transport.Target
	hub     *transport.Hub
	hubs    *task.Group
	channel *transport.Channel
}

// corrupt stops an honest contact and gives its keys to an intruder.
func corrupt(tc task.Context, p, victim *auratest.Person, context aura.ContextID) *intruder {
	p.World.Helper()
	m := intrusion(p, victim, context)
	p.Stop(tc)
	return m
}

// intrusion returns an intruder with the keys of an honest contact, who must stop before it acts.
func intrusion(p, victim *auratest.Person, context aura.ContextID) *intruder {
	p.World.Helper()
	j := p.Agent.Journal()
	secret, err := j.Meta(domain.SecretKey(context))
	if err != nil || len(secret) != 32 {
		p.World.Fatalf("no secret: %v", err)
	}
	held, err := j.ByAuthor(contextOf(context), p.Ring.Device(), 1, 100)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	m := &intruder{Person: p, victim: victim, context: context, charge: j.Charge(context, victim.Self()), held: held}
	cert := victim.Ring.Certificate()
	m.target = transport.Target{
		Context: context, PSK: [32]byte(secret), Static: cert.Agreement, Peer: cert.Link,
		Addresses: []transport.Address{victim.Address},
	}
	return m
}

// ByTag implements [transport.Directory]: the intruder only dials.
func (m *intruder) ByTag(transport.Tag) (transport.Secret, bool) { return transport.Secret{}, false }

// reopen joins the network.
func (m *intruder) reopen(tc task.Context) {
	m.World.Helper()
	agreement, _ := m.Ring.Agreement()
	m.hubs = task.NewGroup(tc, "intruder")
	var err error
	m.hub, err = transport.OpenHub(m.hubs, m.World.Net.Join(link(m.Person), m.Address), agreement, m, m.World.Sim.Entropy("intruder"), transport.Options{})
	if err != nil {
		m.World.Fatalf("%v", err)
	}
}

// dial opens a channel and reads Ada's hello.
func (m *intruder) dial(tc task.Context) {
	m.World.Helper()
	m.reopen(tc)
	var err error
	for range 20 { // Ada paces a peer that ended badly
		if m.channel, err = m.hub.Dial(tc, m.target); err == nil {
			if b, err := m.channel.Recv(tc); err == nil && b[0] == wireHelloNumber {
				return
			}
		}
		m.World.Sleep(tc, 5*time.Second)
	}
	m.World.Fatalf("Ada takes no channel: %v", err)
}

func (m *intruder) hangUp(tc task.Context) {
	m.channel.Close(tc)
	m.leaveNetwork(tc)
}

func (m *intruder) leaveNetwork(tc task.Context) {
	if err := m.hubs.Close(tc, time.Minute); err != nil && aura.KindOf(err) != aura.Cancelled {
		m.World.Errorf("%v", err)
	}
	m.World.Net.Crash(link(m.Person))
}

func (m *intruder) send(tc task.Context, number byte, v any) {
	m.World.Helper()
	b, err := fact.Marshal(v)
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	m.sendBytes(tc, append([]byte{number}, b...))
}

// sendBytes sends what it can: Ada may have hung up.
func (m *intruder) sendBytes(tc task.Context, b []byte) {
	if err := m.channel.Send(tc, b); aura.KindOf(err) == aura.Invalid {
		m.World.Fatalf("%v", err)
	}
}

func (m *intruder) hello(tc task.Context) {
	m.World.Helper()
	m.send(tc, wireHelloNumber, wireHello{Format: 2})
}

// acked returns what Ada acknowledges next, false when she hangs up or acknowledges nothing.
func (m *intruder) acked(tc task.Context) (uint64, bool) {
	m.World.Helper()
	wait, done := tc.WithBudget("acked", 5*time.Minute)
	defer done()
	for {
		b, err := m.channel.Recv(wait)
		if err != nil {
			return 0, false
		}
		var a wireAck
		if b[0] == wireAckNumber && fact.Unmarshal(b[1:], &a) == nil {
			return a.Heads[0].Seq, len(a.Heads) == 1
		}
	}
}

// next returns an honest next fact, after changes.
func (m *intruder) next(change func(*fact.Record)) fact.Record {
	m.World.Helper()
	payload, err := fact.Marshal(chat.Text{Text: "not said", At: 1})
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	last := &m.held[len(m.held)-1]
	r := fact.Record{Fact: fact.Fact{
		Namespace: contextOf(m.context), Kind: chat.KindMessage, Payload: payload,
		Logical: last.Fact.Logical + 1, Author: m.Self(), Device: m.Ring.Device(), Seq: last.Seq + 1, Prev: last.Place().ID,
	}}
	change(&r)
	r.ID, r.Seq = r.Fact.ID(), r.Fact.Seq
	batch := fact.NewBatch([]aura.FactID{r.ID})
	r.Proof = batch.Proof(0, m.Ring.Sign(batch.SigningBytes()))
	return r
}

// receipt returns an honest receipt for the next fact, after changes.
func (m *intruder) receipt(tc task.Context, change func(*effect.Receipt)) []byte {
	r := effect.Receipt{
		Context: m.context, From: m.Self(), To: m.victim.Self(), Epoch: m.charge.Epoch, Cost: 1,
		FirstSeq: uint64(len(m.held) + 1), LastSeq: uint64(len(m.held) + 1), Nonce: aura.Nonce{7}, Previous: m.charge.Head,
	}
	if now := guard.EpochAt(guard.DefaultPolicy(), tc.Now()); now > r.Epoch {
		r.Epoch, r.Previous = now, [32]byte{}
	}
	change(&r)
	r.Signature = m.Ring.Sign(r.SigningBytes())
	return r.Encode()
}

// card returns the intruder's addresses, signed by a ring.
func (m *intruder) card(by *keyring.Ring) []byte {
	c := contact.Card{Version: 1, Addresses: []string{"/ip4/192.0.2.99/tcp/1"}}
	signed, err := c.SigningBytes(m.Ring.Device())
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	c.Signature = by.Sign(signed)
	b, err := c.Encode()
	if err != nil {
		m.World.Fatalf("%v", err)
	}
	return b
}

func keep[T any](*T) {}

// fork returns two facts with one predecessor, after the same changes, without their payloads. They are signed with the
// intruder's key, or with another one in its name.
func (m *intruder) fork(entropy world.Entropy, change func(*fact.Record)) (a, b fact.Record) {
	m.World.Helper()
	sign := m.Ring.Sign
	if entropy != nil {
		sign = keyring.Ephemeral(entropy).Sign
	}
	for i, r := range []*fact.Record{&a, &b} {
		*r = m.next(func(r *fact.Record) {
			r.Fact.Erased, r.Fact.Payload = [32]byte{byte(i + 1)}, nil
			change(r)
		})
		batch := fact.NewBatch([]aura.FactID{r.ID})
		r.Proof = batch.Proof(0, sign(batch.SigningBytes()))
	}
	return a, b
}

// show sends two facts as evidence of a fork, whatever they are.
func (m *intruder) show(tc task.Context, a, b fact.Record) {
	m.World.Helper()
	if a.ID.Compare(b.ID) > 0 {
		a, b = b, a
	}
	pair := struct {
		A []byte `cbor:"1,keyasint"`
		B []byte `cbor:"2,keyasint"`
	}{a.Encode(), b.Encode()}
	m.send(tc, wireEvidenceNumber, wireEvidence{Fork: payload(pair)})
}

// unwritten returns places of facts that no device wrote.
func unwritten(n int) (all []fact.Place) {
	for i := range n {
		all = append(all, fact.Place{Seq: uint64(i + 1), ID: [fact.ShortID]byte{byte(i), byte(i >> 8), 7}})
	}
	return all
}

// deliver sends a fact that was changed with a receipt that was changed.
func (m *intruder) deliver(tc task.Context, changeFact func(*fact.Record), changeReceipt func(*effect.Receipt)) {
	m.World.Helper()
	r := m.next(changeFact)
	m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Proofs: fact.ShareProofs([]fact.Record{r}), Receipts: [][]byte{m.receipt(tc, changeReceipt)}})
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
	m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Proofs: fact.ShareProofs([]fact.Record{r}), Receipts: receipts})
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
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		scene.Has(tc, w, context, ada, mallory, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
		m := corrupt(tc, mallory, ada, context)
		m.dial(tc)
		m.hello(tc)
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			w.Errorf("acknowledged through %d, %t", got, ok)
		}
		scene.Has(tc, w, context, ada, mallory, "one", "not said")
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
	attacks := map[string]func(tc task.Context, m *intruder){
		"a wrong signature": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			r.Proof.Signature[0] ^= 1
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Proofs: fact.ShareProofs([]fact.Record{r}), Receipts: [][]byte{m.receipt(tc, keep)}})
		},
		"addresses that somebody else signed": func(tc task.Context, m *intruder) {
			m.send(tc, wireSeekNumber, wireSeek{Card: m.card(keyring.Ephemeral(m.World.Sim.Entropy("another")))})
		},
		"too many people to look for": func(tc task.Context, m *intruder) {
			m.send(tc, wireSeekNumber, wireSeek{Tags: make([]contact.Tag, 265), Card: m.card(m.Ring)})
		},
		"a gap": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) { r.Fact.Seq++ }, func(r *effect.Receipt) { r.LastSeq++; r.Cost++ })
		},
		"no receipt": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Proofs: fact.ShareProofs([]fact.Record{r})})
		},
		"a forged receipt": func(tc task.Context, m *intruder) {
			b := m.receipt(tc, keep)
			b[len(b)-1] ^= 1
			r := m.next(keep)
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Proofs: fact.ShareProofs([]fact.Record{r}), Receipts: [][]byte{b}})
		},
		"a receipt of another context":      paid(func(r *effect.Receipt) { r.Context[0] ^= 1 }),
		"a receipt for somebody else":       paid(func(r *effect.Receipt) { r.To[0] ^= 1 }),
		"receipts of many epochs at once":   everyEpoch,
		"a receipt that follows nothing":    paid(func(r *effect.Receipt) { r.Epoch++ }),
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
			m.deliver(tc, func(r *fact.Record) { r.Fact.Author, r.Fact.Device = m.victim.Self(), m.victim.Ring.Device() }, keep)
		},
		"a fact of Ada's own space": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) {
				r.Fact.Namespace = fact.OwnNamespace(m.victim.Self())
				r.Fact.Kind, r.Fact.Payload = moderation.KindBlocked, payload(moderation.Target{Authority: m.Self()})
			}, keep)
		},
		"private facts in the shared space": func(tc task.Context, m *intruder) {
			m.deliver(tc, func(r *fact.Record) {
				r.Fact.Kind, r.Fact.Payload = moderation.KindBlocked, payload(moderation.Target{Authority: m.victim.Self()})
			}, keep)
		},
		"a fact that follows none":   fact1(func(r *fact.Record) { r.Fact.Prev[0] ^= 1 }),
		"a fact of the first format": fact1(func(r *fact.Record) { r.Fact.Seq, r.Fact.Prev = 0, [fact.ShortID]byte{} }),
		"an acknowledgement of more branches than there can be": func(tc task.Context, m *intruder) {
			m.send(tc, wireAckNumber, wireAck{Heads: unwritten(17)})
		},
		"a hello of more branches than there can be": func(tc task.Context, m *intruder) {
			m.send(tc, wireHelloNumber, wireHello{Format: 2, Heads: unwritten(17)})
		},
		"a hello of more branches of receipts than there can be": func(tc task.Context, m *intruder) {
			m.send(tc, wireHelloNumber, wireHello{Format: 2, Receipts: make([][fact.ShortID]byte, 17)})
		},
		"a hello that counts more epochs than there can be": func(tc task.Context, m *intruder) {
			m.send(tc, wireHelloNumber, wireHello{Format: 2, Counted: make([]fact.EpochSpend, 9)})
		},
		"questions about too many places": func(tc task.Context, m *intruder) {
			m.send(tc, wirePlacesNumber, wirePlaces{Ask: make([]uint64, 17)})
		},
		"answers about too many places": func(tc task.Context, m *intruder) {
			m.send(tc, wirePlacesNumber, wirePlaces{Held: unwritten(257)})
		},
		"evidence by a foreign key": func(tc task.Context, m *intruder) {
			a, b := m.fork(m.World.Sim.Entropy("another"), keep)
			m.show(tc, a, b)
		},
		"evidence in another context": func(tc task.Context, m *intruder) {
			a, b := m.fork(nil, func(r *fact.Record) { r.Fact.Namespace.ID[0] ^= 1 })
			m.show(tc, a, b)
		},
		"evidence of facts behind different ones": func(tc task.Context, m *intruder) {
			a, _ := m.fork(nil, keep)
			_, b := m.fork(nil, func(r *fact.Record) { r.Fact.Prev[0] ^= 1 })
			m.show(tc, a, b)
		},
		"evidence of one fact": func(tc task.Context, m *intruder) {
			a, _ := m.fork(nil, keep)
			m.show(tc, a, a)
		},
		"evidence that is garbage": func(tc task.Context, m *intruder) {
			m.send(tc, wireEvidenceNumber, wireEvidence{Fork: make([]byte, 700)})
		},
		"evidence without end": func(tc task.Context, m *intruder) {
			a, b := m.fork(nil, keep)
			for range 1025 {
				m.show(tc, a, b)
			}
		},
		"a second hello": func(tc task.Context, m *intruder) { m.hello(tc); m.hello(tc) },
		"too many facts": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: make([][]byte, 5000)})
		},
		"too many receipts": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Receipts: make([][]byte, 5000)})
		},
		"facts without a proof": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Receipts: [][]byte{m.receipt(tc, keep)}})
		},
		"a proof of more facts than there are": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			two := fact.NewBatch([]aura.FactID{r.ID, {1}})
			m.send(tc, wireDeliverNumber, wireDeliver{
				Facts: [][]byte{r.Canonical()}, Proofs: [][]byte{two.Encode(m.Ring.Sign(two.SigningBytes()))}, Receipts: [][]byte{m.receipt(tc, keep)},
			})
		},
		"the proofs of another order of facts": func(tc task.Context, m *intruder) {
			one := m.next(keep)
			two := m.next(func(r *fact.Record) {
				r.Fact.Seq, r.Fact.Prev, r.Fact.Logical = one.Seq+1, one.Place().ID, one.Fact.Logical+1
			})
			swapped := fact.NewBatch([]aura.FactID{two.ID, one.ID})
			m.send(tc, wireDeliverNumber, wireDeliver{
				Facts: [][]byte{one.Canonical(), two.Canonical()}, Receipts: [][]byte{m.receipt(tc, keep)},
				Proofs: [][]byte{swapped.Encode(m.Ring.Sign(swapped.SigningBytes()))},
			})
		},
		"more proofs than facts": func(tc task.Context, m *intruder) {
			r := m.next(keep)
			proofs := fact.ShareProofs([]fact.Record{r, r})
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{r.Canonical()}, Proofs: proofs, Receipts: [][]byte{m.receipt(tc, keep)}})
		},
		"facts of no bytes": func(tc task.Context, m *intruder) {
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: make([][]byte, 3)})
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
	}
	for what, bad := range map[string][]fact.Place{
		"a place before the first": {{ID: [fact.ShortID]byte{7}}}, "a place without its fact": {{Seq: 4}},
		"the greatest place": {{Seq: math.MaxUint64, ID: [fact.ShortID]byte{7}}}, "a place twice": append(unwritten(3), unwritten(1)...),
	} {
		attacks["a hello with "+what] = func(tc task.Context, m *intruder) {
			m.send(tc, wireHelloNumber, wireHello{Format: 2, Heads: bad})
		}
		attacks["an acknowledgement with "+what] = func(tc task.Context, m *intruder) { m.send(tc, wireAckNumber, wireAck{Heads: bad}) }
		attacks["an answer with "+what] = func(tc task.Context, m *intruder) { m.send(tc, wirePlacesNumber, wirePlaces{Held: bad}) }
		if what == "a place twice" {
			continue // harmless, and earlier builds send it
		}
		attacks["a request to return all behind "+what] = func(tc task.Context, m *intruder) {
			m.send(tc, wirePlacesNumber, wirePlaces{Return: true, After: bad})
		}
	}
	for what, bad := range map[string][]uint64{"before the first": {0}, "that is the greatest": {math.MaxUint64}, "twice": {2, 1, 2}} {
		attacks["a question about a place "+what] = func(tc task.Context, m *intruder) { m.send(tc, wirePlacesNumber, wirePlaces{Ask: bad}) }
	}
	for name, attack := range attacks {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			w.Logf("%s", name)
			ada, ben, mallory := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Mallory")
			calm, context := w.Meet(tc, ada, ben), w.Meet(tc, ada, mallory)
			mallory.Say(tc, context, "one")
			mallory.Say(tc, context, "two")
			ada.Say(tc, context, "hello")
			scene.Has(tc, w, context, ada, mallory, "one", "two")
			w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 2 })
			scene.Has(tc, w, context, mallory, ada, "hello")

			m := corrupt(tc, mallory, ada, context)
			w.Sleep(tc, time.Minute)
			before, head := rejected(w), ada.Agent.Journal().Head()
			m.dial(tc)
			if !strings.HasPrefix(name, "a hello ") && name != "a second hello" {
				m.hello(tc)
			}
			attack(tc, m)
			if _, more := m.acked(tc); more {
				t.Errorf("%s: acknowledged", name)
			}
			w.Sleep(tc, time.Minute)
			if rejected(w) == before {
				t.Errorf("%s: no event", name)
			}
			if got := ada.Agent.Journal().Count(contextOf(context), mallory.Ring.Device()); got != 2 {
				t.Errorf("%s: %d facts are kept", name, got)
			}
			if got := ada.Agent.Journal().Head(); got != head {
				t.Errorf("%s: %d facts were written", name, got-head)
			}
			m.hangUp(tc)

			ben.Say(tc, calm, "all is calm")
			scene.Has(tc, w, calm, ada, ben, "all is calm")
			mallory.Start(tc)
			mallory.Say(tc, context, "sorry")
			scene.Has(tc, w, context, ada, mallory, "one", "two", "sorry")
			ada.Say(tc, context, "forgiven")
			scene.Has(tc, w, context, mallory, ada, "hello", "forgiven")
		})
	}
}

// TestWhatWasNeverSentCannotBeConfirmed: messages that wait for budget stay waiting, whatever the peer claims.
func TestWhatWasNeverSentCannotBeConfirmed(t *testing.T) {
	for name, claim := range map[string]func(tc task.Context, m *intruder){
		"in a hello": func(tc task.Context, m *intruder) {
			m.send(tc, wireHelloNumber, wireHello{Format: 2, Heads: unwritten(4)})
		},
		"in an acknowledgement": func(tc task.Context, m *intruder) {
			m.hello(tc)
			m.send(tc, wireAckNumber, wireAck{Heads: unwritten(4)})
		},
		"before having said who": func(tc task.Context, m *intruder) { m.send(tc, wireAckNumber, wireAck{Heads: unwritten(4)}) },
	} {
		auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
			ada := w.Person(tc, "Ada", limited(3, shortEpoch))
			mallory := w.Person(tc, "Mallory", limited(3, shortEpoch))
			context := w.Meet(tc, ada, mallory)
			mallory.Say(tc, context, "one")
			w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
			beginEpoch(tc, w)
			m := corrupt(tc, mallory, ada, context)
			for _, text := range numbered(1, 5) {
				ada.Say(tc, context, text)
			}
			m.dial(tc)
			claim(tc, m)
			w.Sleep(tc, time.Minute)
			if got := scene.States(tc, ada, context)["delivered"]; got != 0 {
				t.Errorf("%s: %d messages count as delivered", name, got)
			}
			if at := ada.Agent.Status().RanTwice; at != 0 {
				t.Errorf("%s: another copy of Ada's home ran, as a peer says that shows no fact of it", name)
			}
			m.hangUp(tc)
			mallory.Start(tc)
			scene.Has(tc, w, context, mallory, ada, numbered(1, 3)...)
			beginEpoch(tc, w)
			scene.Has(tc, w, context, mallory, ada, numbered(1, 5)...)
		})
	}
}

// TestAPeerThatHangsUpAtOnceIsShown: what the owner of a copied account hears, whose contact has met the other copy. A
// peer that only goes away is not reachable, as ever.
func TestAPeerThatHangsUpAtOnceIsShown(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(3, shortEpoch))
		mallory := w.Person(tc, "Mallory", limited(3, shortEpoch))
		context := w.Meet(tc, ada, mallory)
		m := corrupt(tc, mallory, ada, context)
		ada.Say(tc, context, "one")
		for range 2 {
			m.dial(tc)
			m.hello(tc)
			w.Sleep(tc, 200*time.Millisecond)
			m.hangUp(tc)
			w.Sleep(tc, time.Minute)
		}
		if n := scene.States(tc, ada, context)[dismisses]; n != 0 {
			w.Errorf("said after two sessions")
		}
		for range 3 {
			m.dial(tc)
			m.hello(tc)
			w.Sleep(tc, 200*time.Millisecond)
			m.hangUp(tc)
			w.Sleep(tc, time.Second)
		}
		w.Until(tc, "the reason", time.Minute, func() bool { return scene.States(tc, ada, context)[dismisses] > 0 })
		mallory.Start(tc)
		scene.Has(tc, w, context, mallory, ada, "one")
		mallory.Stop(tc)
		w.Sleep(tc, 2*time.Minute)
		ada.Say(tc, context, "two")
		w.Until(tc, "the reason is gone", time.Minute, func() bool { return scene.States(tc, ada, context)[offline] > 0 })
	})
}

// rejected counts what services refused from outside.
func rejected(w *auratest.World) (n int) {
	for _, e := range w.Events {
		if e.Family() == world.FamilyIngress && e.Message() == "rejected" && e.Service() == "sync" {
			n++
		}
	}
	return n
}

// TestAnIntruderCannotKeepAnAgentBusy opens one channel after the other.
func TestAnIntruderCannotKeepAnAgentBusy(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		scene.Has(tc, w, context, ada, mallory, "one")
		m := corrupt(tc, mallory, ada, context)
		w.Sleep(tc, time.Minute)
		m.dial(tc)
		began, before := tc.Elapsed(), sessions(w)
		for tc.Elapsed()-began < 20*time.Second {
			m.channel.Close(tc)
			m.hangUp(tc)
			m.reopen(tc)
			if c, err := m.hub.Dial(tc, m.target); err == nil {
				m.channel = c
			}
		}
		if got := sessions(w) - before; got < 5 || got > 220 {
			w.Errorf("%d sessions in 20 seconds", got)
		}
		m.hangUp(tc)
		mallory.Start(tc)
		mallory.Say(tc, context, "two")
		scene.Has(tc, w, context, ada, mallory, "one", "two")
	})
}

// sessions counts the sessions that began.
func sessions(w *auratest.World) (n int) {
	for _, e := range w.Events {
		if e.Family() == world.FamilyTask && e.Message() == "spawn" && e.Task() == "sync.commit" {
			n++
		}
	}
	return n
}

// TestManyStrangersWithOneCode: strangers with the code can occupy the inviter for a while, and no longer.
func TestManyStrangersWithOneCode(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		created := scene.Invites(tc, ada, 0)
		code, err := invite.Parse(created.Code)
		if err != nil {
			t.Fatal(err)
		}
		var crowd []*intruder
		for i := range 40 {
			name := fmt.Sprint("stranger ", i)
			p := &auratest.Person{
				World: w, Name: name, Ring: keyring.Ephemeral(w.Sim.Entropy(name)),
				Address: transport.Address(fmt.Sprintf("/ip4/198.51.100.%d/udp/4001/quic-v1", i+1)),
			}
			m := &intruder{Person: p, victim: ada, target: transport.Target{
				Context: aura.ContextID(created.ID), PSK: code.PSK(), Static: code.Agreement, Peer: code.Link,
				Addresses: []transport.Address{ada.Address},
			}}
			m.reopen(tc)
			if m.channel, err = m.hub.Dial(tc, m.target); err != nil {
				t.Fatal(err)
			}
			crowd = append(crowd, m)
		}
		if err := scene.Accepts(tc, ben, created); err != nil {
			t.Fatal(err)
		}
		scene.Friends(tc, w, ada, ben)
		for _, m := range crowd {
			m.hangUp(tc)
		}
	})
}

// TestAnIntruderCannotFillADisk: what means nothing costs no sync, and what a peer says of itself is written
// down only so often.
func TestAnIntruderCannotFillADisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
		m := corrupt(tc, mallory, ada, context)
		w.Sleep(tc, time.Minute)
		m.dial(tc)
		m.hello(tc)
		w.Sleep(tc, time.Second)

		syncs := ada.Disk.Syncs()
		for range 500 {
			m.send(tc, 200, wireAck{}) // of a later version, perhaps
			m.send(tc, wireDeliverNumber, wireDeliver{})
			m.send(tc, wireDeliverNumber, wireDeliver{Facts: [][]byte{m.held[0].Canonical()}, Proofs: fact.ShareProofs(m.held[:1])})
			m.send(tc, wireAckNumber, wireAck{})
		}
		if got, ok := m.acked(tc); !ok || got != 1 {
			w.Errorf("a replay is acknowledged through %d, %t", got, ok)
		}
		w.Sleep(tc, time.Second)
		if got := ada.Disk.Syncs() - syncs; got != 0 {
			w.Errorf("messages that say nothing cost %d syncs", got)
		}
		head := ada.Agent.Journal().Head()
		for i := range 500 {
			m.send(tc, wireReachNumber, wireReach{Addresses: []string{fmt.Sprintf("/ip4/192.0.2.%d/tcp/%d", i%250+1, i+1)}})
		}
		w.Sleep(tc, time.Minute)
		if got := ada.Agent.Journal().Head() - head; got == 0 || got > 10 {
			w.Errorf("500 changes of address wrote %d facts", got)
		}
		m.hangUp(tc)
		mallory.Start(tc)
		ada.Say(tc, context, "back?")
		scene.Has(tc, w, context, mallory, ada, "back?")
		if diff := cmp.Diff([]string{"one"}, ada.Heard(tc, context, mallory)); diff != "" {
			w.Errorf("%s", diff)
		}
	})
}
