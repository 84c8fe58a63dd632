package journal

import (
	"fmt"
	"slices"

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
	first  fact.Position // of the same fact, when it is here again
	joint  *joint

	encoded []byte // the canonical form of its fact
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
	for i := range e.Void {
		if err := l.setVoid(&e.Void[i]); err != nil {
			return nil, err
		}
	}
	for _, c := range e.Charges {
		l.addCharge(j.options.Device, c)
	}
	for _, k := range e.Leaks {
		l.addLeak(j.options.Device, k)
	}
	for _, context := range e.Settled {
		l.settle(context)
	}
	for _, kv := range e.Meta {
		l.meta.set(kv.Key, kv.Value)
	}
	if err := j.stageLogs(l, e.Logs); err != nil {
		return nil, err
	}
	if e.collect != nil {
		for _, c := range e.collect.covers {
			id := streamID{e.collect.namespace, c.Device}
			s, err := j.headed(l, id) // the facts that the head of an earlier build stands for are about to go
			if err != nil {
				return nil, err
			}
			if s.count > 0 {
				l.streams.set(id, s)
			}
		}
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
	s, err := j.headed(l, id)
	if err != nil {
		return staged{}, err
	}
	s.follow(&f)
	preds := f.Predecessors()
	s.extend(preds)
	r := staged{record: fact.NewRecord(f), own: true, stream: id}
	j.place(l, &r, s, func(p fact.Place) bool { return slices.Contains(preds, p) })
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
	r.record.Again = false
	if !in.Genuine() {
		return r, false, aura.Errorf(op, aura.Invalid, "fact %s does not have the identity that it claims", aura.Short(in.ID))
	}
	if !in.Proof.Of(in.ID) { // a reader takes the identity from the proof
		return r, false, aura.Errorf(op, aura.Invalid, "fact %s has no proof of its own", aura.Short(in.ID))
	}
	s, err := j.headed(l, id)
	if err != nil {
		return r, false, err
	}
	if in.Fact.Seq == 0 {
		return j.stagePlain(l, r, &s)
	}
	preds := in.Fact.Predecessors()
	extends, after := s.extendedBy(preds)
	if extends {
		s.extend(preds)
	} else {
		if known, err := j.knows(l, id, &s, in); err != nil || known {
			return r, false, err
		}
		behind, err := j.findAll(l, id, &s, in, preds)
		if err != nil {
			return r, false, err
		}
		for i := range behind {
			after = max(after, behind[i].logical)
		}
		s.part(behind)
	}
	return j.stageBehind(l, r, &s, preds, after)
}

// stageBehind stages a fact behind others, of which after is the greatest time.
func (j *Journal) stageBehind(l *layer, r staged, s *stream, preds []fact.Place, after aura.Logical) (staged, bool, error) {
	in := &r.record
	if err := checkTime(l, in, after); err != nil {
		return r, false, err
	}
	j.place(l, &r, *s, func(p fact.Place) bool { return slices.Contains(preds, p) })
	most := fact.MaxHeads
	if r.stream.device == j.options.Device {
		most++ // a peer holds so many, and the own branch is the one that it has no room for
	}
	if s, _ := l.stream(r.stream); len(s.others) >= most {
		return r, false, tooMany(in, most)
	}
	return r, true, nil
}

// stagePlain stages a received fact of the first format. It signs no predecessor: the message that brought it says behind which
// row of facts it is. The first row is the facts that came with their numbers as places; any other row is a branch of it. The same fact
// can be in several rows, because an earlier build took any fact at the next place.
func (j *Journal) stagePlain(l *layer, r staged, s *stream) (staged, bool, error) {
	const op = "journal.Append"
	in := &r.record
	if in.Seq == 0 || in.Seq == 1 && in.Before != [fact.ShortID]byte{} {
		return r, false, aura.Errorf(op, aura.Invalid, "fact %s of the first format has no place, or begins a stream behind others", aura.Short(in.ID))
	}
	preds := in.Predecessors()
	if s.count == s.plain && in.Seq == s.count+1 && (s.count == 0 || preds[0] == s.tip.place) {
		after := s.logical
		s.plain++
		return j.stageBehind(l, r, s, preds, after)
	}
	if in.Seq <= min(s.collected, s.straight()) {
		return r, false, nil // as for others, see knows
	}
	if _, known, err := j.named(l, r.stream, s, in.Row()); err != nil || known {
		return r, false, err
	}
	after := aura.Logical(0)
	if len(preds) > 0 {
		before, found, err := j.named(l, r.stream, s, preds[0])
		if err != nil {
			return r, false, err
		}
		if !found || before.place == fact.PlaceOf(before.place.Seq, before.id) { // that one signs its place
			return r, false, gap(in, preds[0].Seq)
		}
		after = before.logical
	}
	first, here, err := j.firstOf(l, r.stream, s, in)
	if err != nil {
		return r, false, err
	}
	r.first, in.Again = first, here
	if in.Again {
		if s.again++; s.again > fact.MaxHeads*(s.count+1-s.again) {
			return r, false, tooMany(in, fact.MaxHeads)
		}
	}
	return j.stageBehind(l, r, s, preds, after)
}

// firstOf returns the position of a fact of the first format that is here already, in another row or at another place, and false
// when it is not here. No signature covers the place of such a fact, so two holders can say two.
func (j *Journal) firstOf(l *layer, id streamID, s *stream, in *fact.Record) (p fact.Position, here bool, err error) {
	if listed, at, err := j.listedPlain(s, in.Place()); err != nil || at > 0 && listed == in.ID {
		return at, err == nil, err
	}
	for ; l != nil; l = l.parent {
		for _, at := range l.spots.pairs {
			if h := &at.value; at.key.stream == id && h.id == in.ID && (p == 0 || h.position < p) {
				p = h.position
			}
		}
	}
	if p > 0 {
		return p, true, nil
	}
	// Time rises in the first row.
	j.lock.Lock()
	durable, _ := j.state.stream(id)
	j.lock.Unlock()
	for low, high := durable.collected+1, durable.plain; low <= high; {
		middle := low + (high-low)/2
		h, err := j.numbered(nil, id, middle)
		switch {
		case err != nil || h.id == in.ID:
			return h.position, err == nil, err
		case h.logical < in.Fact.Logical:
			low = middle + 1
		default:
			high = middle - 1
		}
	}
	return 0, false, nil
}

func tooMany(in *fact.Record, most int) error {
	return &aura.Error{Op: "journal.Append", Kind: aura.Exhausted, Err: &BranchError{in.ID, in.Fact.Device, most}}
}

// BranchError says that a received fact would begin one branch too many of its device: the most grow already, which are
// [fact.MaxHeads], and one more of the journal's own device. Its kind is [aura.Exhausted].
type BranchError struct {
	ID     aura.FactID
	Device aura.DeviceID
	Most   int
}

// Error names the fact.
func (e *BranchError) Error() string {
	return fmt.Sprintf("fact %s begins branch %d of a device's facts, the most is %d", aura.Short(e.ID), e.Most+1, e.Most)
}

// GapError says that a received fact follows one that is not here. Its kind is [aura.Unavailable].
type GapError struct {
	ID      aura.FactID // of the fact
	Missing uint64      // the place of the one before it
}

// Error names both.
func (e *GapError) Error() string {
	return fmt.Sprintf("fact %s follows one at place %d that is missing", aura.Short(e.ID), e.Missing)
}

func gap(in *fact.Record, missing uint64) error {
	return &aura.Error{Op: "journal.Append", Kind: aura.Unavailable, Err: &GapError{in.ID, missing}}
}

// checkTime returns aura.Invalid for a fact that is not later than the ones that it follows, or too far ahead.
func checkTime(l *layer, in *fact.Record, after aura.Logical) error {
	const op = "journal.Append"
	switch logical := in.Fact.Logical; {
	case logical <= after:
		// Time rises along a branch, so a fact cannot follow itself.
		return aura.Errorf(op, aura.Invalid, "fact %s is not later in logical time than the one before it", aura.Short(in.ID))
	case logical > l.clock(in.Fact.Namespace)+maxLogicalJump:
		return aura.Errorf(op, aura.Invalid, "fact %s is too far ahead in logical time", aura.Short(in.ID))
	}
	return nil
}

// extendedBy reports whether a fact with these predecessors follows heads alone, and the greatest time of them. The
// first fact of an empty stream does.
func (s *stream) extendedBy(preds []fact.Place) (extends bool, after aura.Logical) {
	for _, p := range preds {
		at := slices.IndexFunc(s.others, func(h head) bool { return h.place == p })
		switch {
		case s.tip.place == p:
			after = max(after, s.tip.logical)
		case at >= 0:
			after = max(after, s.others[at].logical)
		default:
			return false, 0
		}
	}
	return len(preds) > 0 || s.count == 0, after
}

// knows reports whether a received fact is in the journal already, or was. Where one branch was collected it was: no
// identity is left there to compare.
func (j *Journal) knows(l *layer, id streamID, s *stream, in *fact.Record) (bool, error) {
	if in.Seq > s.depth() {
		return false, nil
	}
	if in.Seq <= min(s.collected, s.straight()) {
		return true, nil
	}
	at := in.Place()
	there, err := j.everAt(l, id, s, in.Seq, &at)
	return slices.ContainsFunc(there, func(h numberedHead) bool { return h.id == in.ID }), err
}

// findAll returns the predecessors of a received fact that are not all heads.
func (j *Journal) findAll(l *layer, id streamID, s *stream, in *fact.Record, preds []fact.Place) (all []numberedHead, err error) {
	for _, p := range preds {
		h, found, err := j.named(l, id, s, p)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, gap(in, p.Seq)
		}
		all = append(all, h)
	}
	return all, nil
}

// place gives a record the next position and moves its stream and clocks; follows says which heads it follows.
func (j *Journal) place(l *layer, r *staged, s stream, follows func(fact.Place) bool) {
	l.head++
	row := r.record.Row()
	plain := r.record.Fact.Seq == 0
	s.add(head{place: row, logical: r.record.Fact.Logical, plain: plain}, follows)
	r.record.Position, r.record.Number = l.head, s.count
	j.placed(&s, &r.record)
	logical := r.record.Fact.Logical
	l.streams.set(r.stream, s)
	l.spots.set(spot{r.stream, s.count}, head{row, logical, plain, r.record.ID, l.head})
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
