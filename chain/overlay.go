package chain

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// overlay is the ledger as it will be when the decisions in flight are durable. The next decision is
// made on top of it, so that many may share one commit; the commit itself trusts only its version checks.
//
// Owner: a leaf lock.
type overlay struct {
	mu      task.Mutex
	charges map[budgetKey]*pending[fact.Charge]
	leaks   map[leakKey]*pending[fact.Leak]
	counts  map[aura.ContextID]*pending[uint64]
}

// budgetKey names a budget: one peer in one context.
type budgetKey struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// leakKey names a leakage account: one class of observers of a context.
type leakKey struct {
	context  aura.ContextID
	observer fact.Observer
}

// pending is a value that decisions in flight will have written.
type pending[V any] struct {
	value V
	holds int // decisions in flight that wrote it
}

func newOverlay() *overlay {
	return &overlay{
		charges: map[budgetKey]*pending[fact.Charge]{},
		leaks:   map[leakKey]*pending[fact.Leak]{},
		counts:  map[aura.ContextID]*pending[uint64]{},
	}
}

// over returns the ledger with the overlay on top.
func (o *overlay) over(l interp.Ledger, device aura.DeviceID) interp.Ledger {
	return overlaid{Ledger: l, overlay: o, device: device}
}

type overlaid struct {
	interp.Ledger
	overlay *overlay
	device  aura.DeviceID
}

// Charge implements [interp.Ledger].
func (l overlaid) Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	if v, ok := get(&l.overlay.mu, l.overlay.charges, budgetKey{context, peer}); ok {
		return v
	}
	return l.Ledger.Charge(context, peer)
}

// Leak implements [interp.Ledger].
func (l overlaid) Leak(context aura.ContextID, o fact.Observer) fact.Leak {
	if v, ok := get(&l.overlay.mu, l.overlay.leaks, leakKey{context, o}); ok {
		return v
	}
	return l.Ledger.Leak(context, o)
}

// Count implements [interp.Ledger].
func (l overlaid) Count(ns fact.Namespace, device aura.DeviceID) uint64 {
	if context, shared := ns.Context(); shared && device == l.device {
		if v, ok := get(&l.overlay.mu, l.overlay.counts, context); ok {
			return v
		}
	}
	return l.Ledger.Count(ns, device)
}

func get[K comparable, V any](mu *task.Mutex, m map[K]*pending[V], k K) (v V, ok bool) {
	mu.Lock()
	defer mu.Unlock()
	p, ok := m[k]
	if ok {
		v = p.value
	}
	return v, ok
}

// undo ends a decision's part in the overlay. It is called once; durable says whether the decision became so.
type undo func(durable bool)

// add writes a decision's changes into the overlay, as the commit will write them into the ledger.
func (o *overlay) add(l interp.Ledger, device aura.DeviceID, d *interp.Decision) undo {
	over := o.over(l, device)
	context := d.Request.Context
	before := over.Count(fact.ContextNamespace(context), device)
	after := before
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.AppendJournal && c.Entry.Namespace == fact.ContextNamespace(context) {
			after++
		}
	}
	var undos []undo
	if after != before {
		undos = append(undos, hold(&o.mu, o.counts, context, after))
	}
	for i := range d.Commands {
		c := &d.Commands[i]
		switch c.Kind {
		case effect.ChargeBudget:
			now := over.Charge(c.Context, c.Peer)
			from, until := d.Run(c, &now, before, after)
			v := guard.Charged(now, c, from, until)
			undos = append(undos, hold(&o.mu, o.charges, budgetKey{c.Context, c.Peer}, v))
		case effect.RecordLeakage:
			v := guard.Leaked(over.Leak(c.Context, c.Observer), c)
			undos = append(undos, hold(&o.mu, o.leaks, leakKey{c.Context, c.Observer}, v))
		}
	}
	return func(durable bool) {
		for _, undo := range undos {
			undo(durable)
		}
	}
}

// hold sets a value and returns its undo. The last decision to end removes the value: the ledger has it by then. A
// decision that failed removes the value at once, because it will never be durable; the decisions made on top of it
// fail their version check and are decided again.
func hold[K comparable, V any](mu *task.Mutex, m map[K]*pending[V], k K, v V) undo {
	mu.Lock()
	defer mu.Unlock()
	p := m[k]
	if p == nil {
		p = new(pending[V])
		m[k] = p
	}
	p.value = v
	p.holds++
	return func(durable bool) {
		mu.Lock()
		defer mu.Unlock()
		p.holds--
		if (p.holds == 0 || !durable) && m[k] == p {
			delete(m, k)
		}
	}
}
