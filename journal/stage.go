package journal

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// maxLogicalJump bounds how far one received fact may move the logical clock. Honest authors are never
// four thousand million facts ahead; without the bound one fact could use up the clock for all authors.
const maxLogicalJump = 1 << 32

// staged is a record on its way into the store.
type staged struct {
	record fact.Record
	own    bool // its proof comes with the group's signature
	stream streamID
}

// stage checks an entry against the layer, which gets its changes, and appends its records to others: drafts
// first, then the new ones among those received. An error leaves a half-changed layer: throw it away.
func (j *Journal) stage(l *layer, e *Entry, records []staged) ([]staged, error) {
	if e.Expect != nil {
		if err := e.Expect(l); err != nil {
			return nil, err
		}
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	for i := range e.Drafts {
		r, err := j.stageDraft(l, &e.Drafts[i])
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	for i := range e.Foreign {
		r, isNew, err := j.stageForeign(l, &e.Foreign[i])
		if err != nil {
			return nil, err
		}
		if isNew {
			records = append(records, r)
		}
	}
	for _, c := range e.Charges {
		l.charges.set(chargeID{c.Context, c.Peer}, l.Charge(c.Context, c.Peer).Merge(c))
	}
	for _, k := range e.Leaks {
		l.leaks.set(leakID{k.Context, k.Observer}, l.Leak(k.Context, k.Observer).Merge(k))
	}
	for _, context := range e.Settled {
		l.settle(context)
	}
	for _, kv := range e.Meta {
		l.meta.set(kv.Key, kv.Value)
	}
	if e.collect != nil {
		e.collect.mark(l)
	}
	return records, nil
}

func (j *Journal) stageDraft(l *layer, d *fact.Draft) (staged, error) {
	const op = "journal.Append"
	if j.options.Sign == nil {
		return staged{}, aura.Errorf(op, aura.Invalid, "fact %s: the journal has no signer", d.Kind)
	}
	f := fact.Fact{
		Namespace: d.Namespace, Kind: d.Kind, Operation: d.Operation, Payload: d.Payload,
		Logical: j.nextLogical(l, d.Namespace), Author: j.options.Author, Device: j.options.Device,
	}
	_, _ = j.options.Entropy.Read(f.Order[:])
	if err := j.options.Registry.Check(&f); err != nil {
		return staged{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	id := streamID{d.Namespace, j.options.Device}
	s := j.streamOf(l, id)
	r := staged{record: fact.NewRecord(s.count+1, f), own: true, stream: id}
	j.place(l, &r, s)
	return r, nil
}

// nextLogical returns the time of a new own fact. In a shared namespace only that namespace counts, so
// that peers learn nothing about other contexts; an own fact follows everything.
func (j *Journal) nextLogical(l *layer, ns fact.Namespace) aura.Logical {
	if ns.Space == fact.SpaceAuthority {
		return l.logical + 1
	}
	return l.clock(ns) + 1
}

func (j *Journal) stageForeign(l *layer, in *fact.Record) (r staged, isNew bool, err error) {
	const op = "journal.Append"
	id := streamID{in.Fact.Namespace, in.Fact.Device}
	r = staged{record: *in, stream: id}
	if !in.Genuine() {
		return r, false, aura.Errorf(op, aura.Invalid, "fact %s does not have the identity that it claims", aura.Short(in.ID))
	}
	s := j.streamOf(l, id)
	if in.Seq <= s.count {
		return r, false, j.checkTaken(l, in, &s)
	}
	switch logical := in.Fact.Logical; {
	case in.Seq > s.count+1:
		return r, false, aura.Errorf(op, aura.Unavailable, "fact %s has place %d, but the ones from %d on are missing", aura.Short(in.ID), in.Seq, s.count+1)
	case logical <= s.logical:
		// Time rises along a stream, so a fact cannot have two places and need not be looked up here.
		return r, false, aura.Errorf(op, aura.Invalid, "fact %s is not later in logical time than the one before it", aura.Short(in.ID))
	case logical > l.clock(id.namespace)+maxLogicalJump:
		return r, false, aura.Errorf(op, aura.Invalid, "fact %s is too far ahead in logical time", aura.Short(in.ID))
	}
	j.place(l, &r, s)
	return r, true, nil
}

// checkTaken returns nil for a fact that the journal has or had, and aura.Conflict for another one in a
// place that is taken.
func (j *Journal) checkTaken(l *layer, in *fact.Record, s *stream) error {
	if in.Seq <= s.collected {
		return nil
	}
	id, err := j.occupant(l, in.Fact.Namespace, in.Fact.Device, in.Seq)
	if err == nil && id != in.ID {
		err = aura.Errorf("journal.Append", aura.Conflict, "fact %s claims place %d, which another fact has", aura.Short(in.ID), in.Seq)
	}
	return err
}

// occupant returns the fact that has a place which is taken, in the layer or in the store.
func (j *Journal) occupant(l *layer, ns fact.Namespace, device aura.DeviceID, seq uint64) (aura.FactID, error) {
	if id, ok := l.staged(spot{streamID{ns, device}, seq}); ok {
		return id, nil
	}
	records, err := j.ByAuthor(ns, device, seq, 1)
	if err == nil && len(records) == 0 {
		err = damaged("an index")
	}
	if err != nil {
		return aura.FactID{}, err
	}
	return records[0].ID, nil
}

// place gives a record the next position and moves its stream and clocks.
func (j *Journal) place(l *layer, r *staged, s stream) {
	l.head++
	r.record.Position = l.head
	logical := r.record.Fact.Logical
	s.count, s.logical = r.record.Seq, logical
	l.streams.set(r.stream, s)
	l.spots.set(spot{r.stream, r.record.Seq}, r.record.ID)
	l.clocks.set(r.stream.namespace, max(l.clock(r.stream.namespace), logical))
	l.logical = max(l.logical, logical)
}

// streamOf returns a stream with its tags.
func (j *Journal) streamOf(l *layer, id streamID) stream {
	s, ok := l.stream(id)
	if !ok {
		s.tag, s.namespace = j.seal.streamTag(id.namespace, id.device), j.seal.namespaceTag(id.namespace)
	}
	return s
}
