package interp

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// SimulationOptions configures a [Simulation]. The zero value works.
type SimulationOptions struct {
	// Latency is the simulated time that one decision takes. Default: none.
	Latency aura.Duration
	// Keep is how many of the newest steps are kept. Default: 1024.
	Keep int
	// Signer signs receipts. Default: receipts are not signed.
	Signer Signer
	// Sender gets the envelopes. Default: none; the steps show them.
	Sender Sender
}

// Simulation carries out decisions on a ledger of its own in memory and records them, instead of writing
// to a journal and a network. The same decisions in the same order give the same steps, byte for byte. It
// is also the [Ledger] that further decisions are prepared on. Sessions are to be simulated with it: a step's decision
// is recorded and replayed without a home.
type Simulation struct {
	trace
	own     aura.AuthorityID
	device  aura.DeviceID
	options SimulationOptions
	turn    *task.Semaphore // one decision at a time

	mu     task.Mutex
	memory memory
}

// leakKey names a leakage account: one class of observers of a context.
type leakKey struct {
	context  aura.ContextID
	observer fact.Observer
}

// memory is the state of a ledger and the facts behind it.
type memory struct {
	charges map[budgetKey]fact.Charge
	leaks   map[leakKey]fact.Leak
	counts  map[fact.Namespace]uint64 // of the own device
	meta    map[string][]byte
	head    fact.Position
	keyed   map[string][]fact.Record // the facts of the last decision on each edge of a session
}

// NewSimulation returns an interpreter for the given device of an authority, with an empty ledger.
func NewSimulation(own aura.AuthorityID, device aura.DeviceID, o SimulationOptions) *Simulation {
	if o.Keep <= 0 {
		o.Keep = defaultSteps
	}
	return &Simulation{
		trace: trace{keep: o.Keep}, own: own, device: device, options: o, turn: task.NewSemaphore(1),
		memory: memory{
			charges: map[budgetKey]fact.Charge{}, leaks: map[leakKey]fact.Leak{},
			counts: map[fact.Namespace]uint64{}, meta: map[string][]byte{},
			keyed: map[string][]fact.Record{},
		},
	}
}

// Kind implements [Interpreter].
func (s *Simulation) Kind() string { return "simulation" }

// Execute implements [Interpreter].
func (s *Simulation) Execute(tc task.Context, d *Decision) (effect.Result, error) {
	if err := s.turn.Acquire(tc); err != nil {
		return effect.Result{}, err
	}
	defer s.turn.Release()
	d.placed()
	result, err := s.execute(tc, d)
	s.record(tc.Now(), d, result, err)
	return result, err
}

func (s *Simulation) execute(tc task.Context, d *Decision) (effect.Result, error) {
	if s.options.Latency > 0 {
		if err := tc.Sleep(s.options.Latency); err != nil {
			return effect.Result{}, err
		}
	}
	o, err := newOrder(d)
	if err == nil {
		err = o.place(s, s.device)
	}
	if err != nil {
		return effect.Result{}, err
	}
	sign := func([]byte) [64]byte { return [64]byte{} }
	if s.options.Signer != nil {
		sign = s.options.Signer.Sign
	}
	group := []*order{o}
	place := func(_ fact.Namespace, number uint64) fact.Place { return fact.Place{Seq: number} }
	log := func(name string) journal.Log { return journal.Log{Name: name} } // the steps have the receipts
	add := seal(s.own, group, log, place, sign)
	o.entry.Charges = append(o.entry.Charges, add.Charges...)
	o.entry.Meta = append(o.entry.Meta, add.Meta...)
	records := s.apply(o)
	if s.options.Sender != nil {
		for _, e := range releases(group) {
			s.options.Sender.Release(tc, e)
		}
	}
	return o.result(records), nil
}

// apply writes an order into the memory and returns its facts. They carry no proof: a simulation has no key.
func (s *Simulation) apply(o *order) []fact.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &s.memory
	for _, c := range o.entry.Charges {
		m.charges[budgetKey{c.Context, c.Peer}] = c
	}
	for _, l := range o.entry.Leaks {
		m.leaks[leakKey{l.Context, l.Observer}] = l
	}
	for _, kv := range o.entry.Meta {
		if kv.Value == nil {
			delete(m.meta, kv.Key)
		} else {
			m.meta[kv.Key] = slices.Clone(kv.Value)
		}
	}
	records := make([]fact.Record, 0, len(o.entry.Drafts))
	for i, draft := range o.entry.Drafts {
		m.head++
		m.counts[draft.Namespace]++
		f := fact.Fact{
			Namespace: draft.Namespace, Kind: draft.Kind, Operation: draft.Operation, Payload: draft.Payload,
			Order:   aura.OrderToken(stretch(purposeOrder, &o.decision.Seed, uint32(i), len(aura.OrderToken{}))),
			Logical: aura.Logical(m.head), Author: s.own, Device: s.device,
		}
		records = append(records, fact.Record{Position: m.head, Seq: m.counts[draft.Namespace], ID: f.ID(), Fact: f})
	}
	if key, keyed := o.decision.Request.Key(); keyed {
		m.keyed[edgeKey(key.Session, key.Edge)] = records
	}
	return records
}

// Decided implements [Interpreter].
func (s *Simulation) Decided(tc task.Context, r *guard.Request) (effect.Result, bool, error) {
	d, found, err := decidedBefore(s, r)
	if err != nil || !found {
		return effect.Result{}, false, err
	}
	result, err := d.result()
	if err != nil {
		return effect.Result{}, false, err
	}
	key, _ := r.Key()
	s.mu.Lock()
	result.Records = s.memory.keyed[edgeKey(key.Session, key.Edge)]
	s.mu.Unlock()
	e := effect.Envelope{Context: r.Context, Peer: r.Sends[0].Peer, Message: r.Message()}
	again := effect.Command{Kind: effect.SendEnvelope, Context: e.Context, Authority: r.Authority, Peer: e.Peer, Envelope: &e}
	s.record(tc.Now(), &Decision{Operation: r.Operation, Commands: []effect.Command{again}}, result, nil)
	if s.options.Sender != nil {
		s.options.Sender.Release(tc, e)
	}
	return result, true, nil
}

// EndSession implements [Interpreter]. A simulation has no logs.
func (s *Simulation) EndSession(tc task.Context, session aura.SessionID, _ ...journal.LogChange) error {
	if err := s.turn.Acquire(tc); err != nil {
		return err
	}
	defer s.turn.Release()
	removal, err := Forgotten(s, session)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kv := range removal {
		delete(s.memory.meta, kv.Key)
		delete(s.memory.keyed, kv.Key)
	}
	return err
}

// Head implements [Ledger].
func (s *Simulation) Head() fact.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.head
}

// Count implements [Ledger].
func (s *Simulation) Count(ns fact.Namespace, device aura.DeviceID) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if device != s.device {
		return 0
	}
	return s.memory.counts[ns]
}

// Charge implements [Ledger].
func (s *Simulation) Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.charges[budgetKey{context, peer}]
}

// Leak implements [Ledger].
func (s *Simulation) Leak(context aura.ContextID, o fact.Observer) fact.Leak {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.leaks[leakKey{context, o}]
}

// Meta implements [Ledger].
func (s *Simulation) Meta(key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.meta[key], nil
}
