package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// projection is the ledger as it will be when the decisions in flight are durable. The next decision is
// made on top of it, so that many may share one commit; the commit itself trusts only its version checks.
type projection struct {
	mu      task.Mutex
	charges map[lane]*flight[fact.Charge]
	leaks   map[audience]*flight[fact.Leak]
	counts  map[aura.ContextID]*flight[uint64]
}

// flight is a value that decisions in flight will have written.
type flight[V any] struct {
	value V
	holds int // decisions in flight that wrote it
}

func newProjection() *projection {
	return &projection{
		charges: map[lane]*flight[fact.Charge]{},
		leaks:   map[audience]*flight[fact.Leak]{},
		counts:  map[aura.ContextID]*flight[uint64]{},
	}
}

// over returns the ledger with the projection on top.
func (p *projection) over(l Ledger, device aura.DeviceID) Ledger {
	return projected{Ledger: l, projection: p, device: device}
}

type projected struct {
	Ledger
	projection *projection
	device     aura.DeviceID
}

// Charge implements [Ledger].
func (p projected) Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	if v, ok := look(&p.projection.mu, p.projection.charges, lane{context, peer}); ok {
		return v
	}
	return p.Ledger.Charge(context, peer)
}

// Leak implements [Ledger].
func (p projected) Leak(context aura.ContextID, o fact.Observer) fact.Leak {
	if v, ok := look(&p.projection.mu, p.projection.leaks, audience{context, o}); ok {
		return v
	}
	return p.Ledger.Leak(context, o)
}

// Count implements [Ledger].
func (p projected) Count(ns fact.Namespace, device aura.DeviceID) uint64 {
	if context, shared := ns.Context(); shared && device == p.device {
		if v, ok := look(&p.projection.mu, p.projection.counts, context); ok {
			return v
		}
	}
	return p.Ledger.Count(ns, device)
}

func look[K comparable, V any](leaf *task.Mutex, m map[K]*flight[V], k K) (v V, ok bool) {
	leaf.Lock()
	defer leaf.Unlock()
	f, ok := m[k]
	if ok {
		v = f.value
	}
	return v, ok
}

// landing undoes what one decision holds. It is called once, with whether the decision became real.
type landing func(happened bool)

// take writes a decision's changes into the projection, as the commit will write them into the ledger.
func (p *projection) take(l Ledger, device aura.DeviceID, d *Decision) landing {
	over := p.over(l, device)
	context := d.Request.Context
	before := over.Count(fact.ContextNamespace(context), device)
	after := before
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.AppendJournal && c.Entry.Namespace == fact.ContextNamespace(context) {
			after++
		}
	}
	var landings []landing
	if after != before {
		landings = append(landings, hold(&p.mu, p.counts, context, after))
	}
	for i := range d.Commands {
		c := &d.Commands[i]
		switch c.Kind {
		case effect.ChargeBudget:
			from, until := cover(d.Request, c, before, after)
			v := guard.Charged(over.Charge(c.Context, c.Peer), c, from, until)
			landings = append(landings, hold(&p.mu, p.charges, lane{c.Context, c.Peer}, v))
		case effect.RecordLeakage:
			v := guard.Leaked(over.Leak(c.Context, c.Observer), c)
			landings = append(landings, hold(&p.mu, p.leaks, audience{c.Context, c.Observer}, v))
		}
	}
	return func(happened bool) {
		for _, land := range landings {
			land(happened)
		}
	}
}

// hold sets a value and returns how to let go of it. The last decision to land removes the value: the
// ledger has it by then. One that did not happen removes it at once, for it will never come true; those
// decided on top of it fail their version check and are decided again.
func hold[K comparable, V any](leaf *task.Mutex, m map[K]*flight[V], k K, v V) landing {
	leaf.Lock()
	defer leaf.Unlock()
	f := m[k]
	if f == nil {
		f = new(flight[V])
		m[k] = f
	}
	f.value = v
	f.holds++
	return func(happened bool) {
		leaf.Lock()
		defer leaf.Unlock()
		f.holds--
		if (f.holds == 0 || !happened) && m[k] == f {
			delete(m, k)
		}
	}
}
