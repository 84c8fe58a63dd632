package interp_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const chatSend = "chat:send"

var (
	key    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public = key.Public().(ed25519.PublicKey)

	identity = fact.Certificate{Root: [32]byte(public), Signing: [32]byte(public)}

	own    = aura.AuthorityOf(public) // one key serves as root and as device
	device = aura.DeviceOf(public)
	ben    = aura.AuthorityID{2}
	cleo   = aura.AuthorityID{3}
	pair   = aura.ContextID{9}
	shared = fact.ContextNamespace(pair)
)

// signer is the device's key.
type signer struct{}

func (signer) Sign(msg []byte) [64]byte { return [64]byte(ed25519.Sign(key, msg)) }

// stream is a deterministic source of randomness for the real executor.
type stream struct {
	mu task.Mutex
	n  uint64
}

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; n < len(p); {
		s.n++
		block := sha256.Sum256(binary.BigEndian.AppendUint64(nil, s.n))
		n += copy(p[n:], block[:])
	}
	return len(p), nil
}

// postbox is a sender that checks, at the moment of each release, what the release claims.
type postbox struct {
	t        testing.TB
	mu       task.Mutex
	journal  *journal.Journal
	prod     *interp.Production
	released []release
	seen     map[aura.AuthorityID]chain
}

// chain is how many receipts of a peer's chain in an epoch were there at the last release.
type chain struct {
	epoch    aura.Epoch
	receipts uint64
}

type release struct {
	envelope effect.Envelope
	receipts []effect.Receipt // that newly cover it, as the journal has them
}

// Release implements interp.Sender.
func (p *postbox) Release(_ task.Context, e effect.Envelope) {
	if n := p.journal.Count(fact.ContextNamespace(e.Context), device); n < e.Through {
		p.t.Errorf("released through %d with %d durable facts", e.Through, n)
	}
	c := p.journal.Charge(e.Context, e.Peer)
	if c.Through < e.Through {
		p.t.Errorf("released through %d, charged through %d", e.Through, c.Through)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen[e.Peer]
	if seen.epoch != c.Epoch {
		seen = chain{epoch: c.Epoch}
	}
	receipts, err := p.prod.Receipts(e.Context, e.Peer, c.Epoch, seen.receipts, int(c.Receipts-seen.receipts))
	if err != nil {
		p.t.Error(err)
	}
	p.seen[e.Peer] = chain{c.Epoch, c.Receipts}
	p.released = append(p.released, release{e, receipts})
}

func (p *postbox) all() []release {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]release(nil), p.released...)
}

// home is everything that an agent needs in order to decide.
type home struct {
	t       testing.TB
	group   *task.Group
	store   journal.Store
	journal *journal.Journal
	post    *postbox
	prod    *interp.Production
	steps   *stepCount
	tokens  *interp.Tokens
	room    *interp.Room
}

// stepCount is an interpreter that counts what it is given.
type stepCount struct {
	interp.Interpreter
	n atomic.Int64
}

func (s *stepCount) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	s.n.Add(1)
	return s.Interpreter.Execute(tc, d)
}

// registry knows the kinds of the tests.
func registry(t testing.TB) *fact.Registry {
	r := fact.NewRegistry()
	chat := fact.Domain{Name: "chat", Capabilities: []string{chatSend}, Kinds: []fact.Kind{{Name: "chat.message", Check: func(f *fact.Fact) error {
		if string(f.Payload) == "bad" {
			return aura.Errorf("chat.Check", aura.Invalid, "a bad message")
		}
		return nil
	}}}}
	for _, d := range []fact.Domain{capability.Domain(), chat} {
		if err := r.Register(d); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// open starts a home on a store in a group below the calling task's.
func open(t testing.TB, tc task.Context, store journal.Store, e world.Entropy) *home {
	t.Helper()
	h := &home{t: t, group: task.NewGroup(tc, "home"), store: store}
	var err error
	h.journal, err = journal.Open(tc, store, journal.Options{
		Key: [32]byte{1}, Entropy: e, Author: own, Device: device, Sign: signer{}.Sign, Registry: registry(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.post = &postbox{t: t, journal: h.journal, seen: map[aura.AuthorityID]chain{}}
	h.prod = interp.NewProduction(own, device, h.journal, signer{}, h.post)
	h.post.prod = h.prod
	h.steps = &stepCount{Interpreter: h.prod}
	if h.tokens, _, err = interp.OpenTokens(tc, identity, registry(t).Capabilities(), h.journal); err != nil {
		t.Fatal(err)
	}
	h.room = interp.NewRoom(own, device, h.journal, h.tokens, h.steps, e, interp.RoomOptions{})
	h.group.Go("journal.writer", h.journal.Serve)
	h.group.Go("interp.serve", h.prod.Serve)
	return h
}

// found makes a fresh home whose authority may chat under a policy.
func found(t testing.TB, tc task.Context, store journal.Store, e world.Entropy, p guard.Policy) *home {
	t.Helper()
	h := open(t, tc, store, e)
	if _, err := h.room.Found(tc, permitted(t, chatSend), limit(t, p)); err != nil {
		t.Fatal(err)
	}
	return h
}

// permitted returns the draft of a token by which the authority lets itself do what is named.
func permitted(t testing.TB, names ...string) fact.Draft {
	d, err := capability.Issue(own, mint(t, root(t, 0), grant(t, public, names...)).Encode())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func limit(t testing.TB, p guard.Policy) fact.Draft {
	d, err := capability.Limit(own, pair, p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (h *home) close(tc task.Context) {
	h.t.Helper()
	if err := h.group.Close(tc, time.Minute); err != nil {
		h.t.Error(err)
	}
}

// simulate runs fn as the root task of a world.
func simulate(t testing.TB, seed uint64, fn func(task.Context, *task.Sim)) {
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

func limited(units uint64) guard.Policy {
	p := guard.DefaultPolicy()
	p.Limit = units
	return p
}

// text is a request to tell peers one line, at the given cost each.
func text(cost aura.FlowCost, peers ...aura.AuthorityID) *guard.Request {
	r := &guard.Request{
		Operation: aura.OperationID{5}, Capability: chatSend, Context: pair, Authority: own,
		Entries: []fact.Draft{{Namespace: shared, Kind: "chat.message", Payload: []byte("hi")}},
	}
	for _, p := range peers {
		r.Sends = append(r.Sends, guard.Send{Peer: p, Cost: cost, Leak: guard.LeakOf(2)})
	}
	return r
}

// dump returns every byte of a store.
func dump(t testing.TB, s journal.Store) map[string]string {
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
