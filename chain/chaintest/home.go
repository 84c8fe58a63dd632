package chaintest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// CapSend is the capability that [Text] and [Message] ask for; a home may also use [guard.CapCarry].
const CapSend = "chat:send"

// The parties of every test. One key serves Own as root and as device.
var (
	key    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	Public = key.Public().(ed25519.PublicKey)

	Identity = fact.Certificate{Root: [32]byte(Public), Signing: [32]byte(Public)}

	Own    = aura.AuthorityOf(Public)
	Device = aura.DeviceOf(Public)
	Ben    = aura.AuthorityID{2}
	Cleo   = aura.AuthorityID{3}
	Pair   = aura.ContextID{9} // the context that Own shares with Ben and Cleo
	Shared = fact.ContextNamespace(Pair)
)

// Signer signs with the key of [Device].
type Signer struct{}

// Sign implements [interp.Signer].
func (Signer) Sign(msg []byte) [64]byte { return [64]byte(ed25519.Sign(key, msg)) }

// Entropy is a deterministic source of randomness for the real executor.
type Entropy struct {
	mu task.Mutex
	n  uint64
}

// Read implements [world.Entropy].
func (s *Entropy) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; n < len(p); {
		s.n++
		block := sha256.Sum256(binary.BigEndian.AppendUint64(nil, s.n))
		n += copy(p[n:], block[:])
	}
	return len(p), nil
}

// Outbox is a sender that checks, at the moment of each release, that what the release claims is durable.
type Outbox struct {
	t          testing.TB
	mu         task.Mutex
	journal    *journal.Journal
	device     aura.DeviceID
	production *interp.Production
	released   []Release
	seen       map[aura.AuthorityID]receiptCount
}

// receiptCount is how many receipts a peer's receipt chain had in an epoch at the last release.
type receiptCount struct {
	epoch    aura.Epoch
	receipts uint64
}

// Release is an envelope that was released.
type Release struct {
	Envelope effect.Envelope
	Receipts []effect.Receipt // the receipts that newly cover it, as the journal has them
}

// Release implements [interp.Sender].
func (o *Outbox) Release(_ task.Context, e effect.Envelope) {
	if e.Message != nil {
		o.releaseMessage(e)
		return
	}
	if n := o.journal.Count(fact.ContextNamespace(e.Context), o.device); n < e.Through {
		o.t.Errorf("released through %d with %d durable facts", e.Through, n)
	}
	c := o.journal.Charge(e.Context, e.Peer)
	if c.Through < e.Through {
		o.t.Errorf("released through %d, charged through %d", e.Through, c.Through)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	seen := o.seen[e.Peer]
	if seen.epoch != c.Epoch {
		seen = receiptCount{epoch: c.Epoch}
	}
	receipts, err := o.production.Receipts(e.Context, e.Peer, c.Epoch, seen.receipts, int(c.Receipts-seen.receipts))
	if err != nil {
		o.t.Error(err)
	}
	o.seen[e.Peer] = receiptCount{c.Epoch, c.Receipts}
	o.released = append(o.released, Release{e, receipts})
}

// releaseMessage checks that a receipt of the ledger shows the payment for a message.
func (o *Outbox) releaseMessage(e effect.Envelope) {
	context := guard.MessageContext(e.Context)
	c := o.journal.Charge(context, e.Peer)
	receipts, err := o.production.Receipts(context, e.Peer, c.Epoch, 0, int(c.Receipts))
	if err != nil {
		o.t.Error(err)
	}
	at := slices.IndexFunc(receipts, func(r effect.Receipt) bool { return r.Digest == e.Message.Digest() })
	if at < 0 {
		o.t.Errorf("message %d was released without a receipt among %d", e.Message.Seq, len(receipts))
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.released = append(o.released, Release{e, receipts[at : at+1]})
}

// All returns the envelopes released so far, in order.
func (o *Outbox) All() []Release {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Release(nil), o.released...)
}

// Home is everything that an agent needs in order to decide.
type Home struct {
	Store      journal.Store
	Journal    *journal.Journal
	Frontier   *frontier.Index
	Chain      *chain.Chain
	Production *interp.Production
	Outbox     *Outbox
	Executed   *atomic.Int64 // decisions that the chain gave to Production
	Group      *task.Group

	t testing.TB
}

// counter is an interpreter that counts the decisions that it is given.
type counter struct {
	interp.Interpreter
	n *atomic.Int64
}

// Execute implements [interp.Interpreter].
func (c counter) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	c.n.Add(1)
	return c.Interpreter.Execute(tc, d)
}

// registry knows the kinds of the tests: capability.* and chat.message, of which the payload "bad" is refused.
func registry(t testing.TB, modules ...domain.Module) *fact.Registry {
	chat := domain.Module{Name: "chat", Capabilities: domain.OwnerCapabilities(CapSend, guard.CapCarry), Kinds: []fact.Kind{{Name: "chat.message", Check: func(f *fact.Fact) error {
		if string(f.Payload) == "bad" {
			return aura.Errorf("chaintest.registry", aura.Invalid, "a bad message")
		}
		return nil
	}}}}
	set, err := domain.NewSet(append([]domain.Module{capability.Module(), chat}, modules...)...)
	if err != nil {
		t.Fatal(err)
	}
	return set.Registry()
}

// Open starts a home on a store, in a group below the calling task's.
func Open(t testing.TB, tc task.Context, store journal.Store, e world.Entropy) *Home {
	t.Helper()
	return Account(0).Open(t, tc, store, e)
}

// Open is [Open] for an account, with modules beside its own.
func (a Account) Open(t testing.TB, tc task.Context, store journal.Store, e world.Entropy, modules ...domain.Module) *Home {
	t.Helper()
	h := &Home{t: t, Group: task.NewGroup(tc, "home"), Store: store, Executed: new(atomic.Int64)}
	var err error
	h.Journal, err = journal.Open(tc, store, journal.Options{
		Key: [32]byte{1}, Entropy: e, Author: a.Own(), Device: a.Device(), Sign: a.Sign, Registry: registry(t, modules...),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Outbox = &Outbox{t: t, journal: h.Journal, device: a.Device(), seen: map[aura.AuthorityID]receiptCount{}}
	h.Production = interp.NewProduction(a.Own(), a.Device(), h.Journal, a, h.Outbox)
	h.Outbox.production = h.Production
	if h.Frontier, _, err = frontier.Open(tc, fact.Certificate{Root: [32]byte(a.Public()), Signing: [32]byte(a.Public())}, registry(t, modules...).Capabilities(), h.Journal); err != nil {
		t.Fatal(err)
	}
	h.Chain = chain.New(a.Own(), a.Device(), h.Journal, h.Frontier, counter{h.Production, h.Executed}, e, chain.Options{})
	h.Group.Go("journal.writer", h.Journal.Serve)
	return h
}

// Found opens a fresh home whose authority may use [CapSend] and [guard.CapCarry] under a policy of [Pair].
func Found(t testing.TB, tc task.Context, store journal.Store, e world.Entropy, p guard.Policy) *Home {
	t.Helper()
	h := Open(t, tc, store, e)
	limit, err := capability.Limit(Own, Pair, p)
	if err == nil {
		_, err = h.Chain.Found(tc, Permitted(t, CapSend, guard.CapCarry), limit)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Close stops the home's tasks. The store stays as it is.
func (h *Home) Close(tc task.Context) {
	h.t.Helper()
	if err := h.Group.Close(tc, time.Minute); err != nil {
		h.t.Error(err)
	}
}

// Simulate runs fn as the root task of a simulated world.
func Simulate(t testing.TB, seed uint64, fn func(task.Context, *task.Sim)) {
	t.Helper()
	sim := task.NewSim(seed, task.SimOptions{StepLimit: 5_000_000})
	err := sim.Run("test", func(tc task.Context) error {
		fn(tc, sim)
		return nil
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
}

// Limited returns the default policy with so many units of budget in an epoch.
func Limited(units uint64) guard.Policy {
	p := guard.DefaultPolicy()
	p.Limit = units
	return p
}

// Text returns a request to send one line in [Pair] to peers, at the given cost each.
func Text(cost aura.FlowCost, peers ...aura.AuthorityID) *guard.Request {
	r := &guard.Request{
		Operation: aura.OperationID{5}, Capability: CapSend, Context: Pair, Authority: Own,
		Entries: []fact.Draft{{Namespace: Shared, Kind: "chat.message", Payload: []byte("hi")}},
	}
	for _, p := range peers {
		r.Sends = append(r.Sends, guard.Send{Peer: p, Cost: cost, Leak: guard.LeakOf(2)})
	}
	return r
}

// Message returns a request to send a message of a session in [Pair] to a peer, at one unit, beside the fact that its site
// names.
func Message(peer aura.AuthorityID, session byte, edge uint32, seq uint64) *guard.Request {
	r := Text(1)
	r.SiteFacts = []string{r.Entries[0].Kind}
	r.Sends = []guard.Send{{
		Peer: peer, Cost: 1, Leak: guard.LeakOf(2), Form: guard.FormMessage,
		Message: &effect.Message{Session: aura.SessionID{session}, Edge: edge, Seq: seq, Parcel: fmt.Appendf(nil, "%d.%d.%d", session, edge, seq)},
	}}
	return r
}

// Dump returns every key and value of a store.
func Dump(t testing.TB, s journal.Store) map[string]string {
	t.Helper()
	content := map[string]string{}
	err := s.Iterate(nil, nil, func(k, v []byte) error {
		content[string(k)] = string(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return content
}
