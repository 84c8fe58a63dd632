package journal

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// chargeID names a ledger entry. The device is zero for the own one.
type chargeID struct {
	context aura.ContextID
	peer    aura.AuthorityID
	device  aura.DeviceID
}

func chargeIDOf(c *fact.Charge) chargeID { return chargeID{c.Context, c.Peer, c.Device} }

// leakID names a ledger entry. The device is zero for the own one.
type leakID struct {
	context  aura.ContextID
	observer fact.Observer
	device   aura.DeviceID
}

func leakIDOf(k *fact.Leak) leakID { return leakID{k.Context, k.Observer, k.Device} }

// layer is a set of changes over a parent: an entry's over its group's over the durable state.
type layer struct {
	parent *layer
	bottom *Journal // set in the lowest layer only: reads values from the store that are not in memory

	head    fact.Position
	logical aura.Logical // greatest of all facts
	revised uint64       // sum of all streams
	clocks  ordered[fact.Namespace, aura.Logical]
	streams ordered[streamID, stream]
	charges ordered[chargeID, fact.Charge]
	leaks   ordered[leakID, fact.Leak]
	others  ordered[aura.DeviceID, struct{}] // the devices of charges and leaks besides the own one
	meta    ordered[string, []byte]
	spots   ordered[spot, head]
	logs    ordered[string, logState]

	logWrites []logWrite // to the entries of logs, in order; not in the lowest layer
}

// over returns an empty layer over l.
func (l *layer) over() *layer {
	return &layer{parent: l, head: l.head, logical: l.logical, revised: l.revised}
}

// reset makes an empty layer over l's parent of l again.
func (l *layer) reset() {
	l.head, l.logical, l.revised = l.parent.head, l.parent.logical, l.parent.revised
	l.clocks.reset()
	l.streams.reset()
	l.charges.reset()
	l.leaks.reset()
	l.others.reset()
	l.meta.reset()
	l.spots.reset()
	l.logs.reset()
	l.logWrites = l.logWrites[:0]
}

// absorb takes over the changes of a child. The lowest layer leaves out the values that the store holds.
func (l *layer) absorb(child *layer) {
	l.head, l.logical, l.revised = child.head, child.logical, child.revised
	l.clocks.merge(&child.clocks)
	l.streams.merge(&child.streams)
	l.charges.merge(&child.charges)
	l.leaks.merge(&child.leaks)
	l.others.merge(&child.others)
	l.logs.merge(&child.logs)
	if l.bottom == nil {
		l.meta.merge(&child.meta)
		l.spots.merge(&child.spots)
		l.logWrites = append(l.logWrites, child.logWrites...)
		return
	}
	l.charges.drop(&child.charges, noCharge)
	l.leaks.drop(&child.leaks, noLeak)
	l.logs.drop(&child.logs, noLog)
}

// settle empties the ledger entries of a context. An empty one is removed where it is durable.
func (l *layer) settle(context aura.ContextID) {
	for below := l; below != nil; below = below.parent {
		for _, p := range below.charges.pairs {
			if p.key.context == context {
				l.charges.set(p.key, fact.Charge{Context: context, Peer: p.key.peer, Device: p.key.device})
			}
		}
		for _, p := range below.leaks.pairs {
			if p.key.context == context {
				l.leaks.set(p.key, fact.Leak{Context: context, Observer: p.key.observer, Device: p.key.device})
			}
		}
	}
}

func noCharge(c fact.Charge) bool {
	return c == fact.Charge{Context: c.Context, Peer: c.Peer, Device: c.Device}
}

func noLeak(k fact.Leak) bool {
	return k == fact.Leak{Context: k.Context, Observer: k.Observer, Device: k.Device}
}

// addCharge joins a ledger entry to the one of its context, peer and device. An entry that names the own device is the
// own one: a sibling gives back what this device told it.
func (l *layer) addCharge(own aura.DeviceID, c fact.Charge) {
	if c.Device == own {
		c.Device = aura.DeviceID{}
	}
	id := chargeIDOf(&c)
	l.know(id.device)
	l.charges.set(id, l.charge(id).Merge(c))
}

// addLeak is addCharge for leakage.
func (l *layer) addLeak(own aura.DeviceID, k fact.Leak) {
	if k.Device == own {
		k.Device = aura.DeviceID{}
	}
	id := leakIDOf(&k)
	l.know(id.device)
	l.leaks.set(id, l.leak(id).Merge(k))
}

// know notes that there are ledger entries of a device.
func (l *layer) know(device aura.DeviceID) {
	if device != (aura.DeviceID{}) {
		l.others.set(device, struct{}{})
	}
}

// devices yields zero for the own device, then those of the ledger entries of siblings. Only the lowest layer has all.
func (l *layer) devices(yield func(aura.DeviceID) bool) {
	if !yield(aura.DeviceID{}) {
		return
	}
	for i := range l.others.pairs {
		if !yield(l.others.pairs[i].key) {
			return
		}
	}
}

// clock returns the greatest logical time in the namespace.
func (l *layer) clock(ns fact.Namespace) aura.Logical {
	for ; l != nil; l = l.parent {
		if logical, ok := l.clocks.get(ns); ok {
			return logical
		}
	}
	return 0
}

func (l *layer) stream(id streamID) (stream, bool) {
	for ; l != nil; l = l.parent {
		if s, ok := l.streams.get(id); ok {
			return s, true
		}
	}
	return stream{}, false
}

// Head implements [View].
func (l *layer) Head() fact.Position { return l.head }

// Count implements [View].
func (l *layer) Count(ns fact.Namespace, device aura.DeviceID) uint64 {
	s, _ := l.stream(streamID{ns, device})
	return s.count
}

// Through implements [View].
func (l *layer) Through(ns fact.Namespace, device aura.DeviceID, number uint64) (fact.Place, error) {
	bottom := l
	for bottom.parent != nil {
		bottom = bottom.parent
	}
	id := streamID{ns, device}
	s, err := bottom.bottom.headed(l, id)
	if err != nil {
		return fact.Place{}, err
	}
	return bottom.bottom.through(l, id, &s, number)
}

// Charge implements [View].
func (l *layer) Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	return l.charge(chargeID{context: context, peer: peer})
}

func (l *layer) charge(id chargeID) fact.Charge {
	for ; l != nil; l = l.parent {
		if c, ok := l.charges.get(id); ok {
			return c
		}
	}
	return fact.Charge{Context: id.context, Peer: id.peer, Device: id.device}
}

// Leak implements [View].
func (l *layer) Leak(context aura.ContextID, observer fact.Observer) fact.Leak {
	return l.leak(leakID{context: context, observer: observer})
}

func (l *layer) leak(id leakID) fact.Leak {
	for ; l != nil; l = l.parent {
		if k, ok := l.leaks.get(id); ok {
			return k
		}
	}
	return fact.Leak{Context: id.context, Observer: id.observer, Device: id.device}
}

// Meta implements [View].
func (l *layer) Meta(key string) ([]byte, error) {
	for ; ; l = l.parent {
		if l.bottom != nil {
			return l.bottom.Meta(key)
		}
		if v, ok := l.meta.get(key); ok {
			return v, nil
		}
	}
}
