package journal

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// numberedHead is a fact with its number in its stream.
type numberedHead struct {
	head
	number uint64
}

// headed returns a stream with its heads, also one of an earlier build, which kept no identity of its last fact.
func (j *Journal) headed(l *layer, id streamID) (stream, error) {
	s := j.streamOf(l, id)
	if s.count == 0 || s.tip != (head{}) {
		return s, nil
	}
	last, err := j.numbered(l, id, s.count)
	if err != nil {
		return s, err
	}
	s.tip = head{place: last.place, logical: last.logical}
	return s, nil
}

// numbered returns the fact with a number, which must be there, from the layers or the store.
func (j *Journal) numbered(l *layer, id streamID, number uint64) (numberedHead, error) {
	for ; l != nil; l = l.parent {
		if h, ok := l.spots.get(spot{id, number}); ok {
			return numberedHead{h, number}, nil
		}
	}
	records, err := j.ByAuthor(id.namespace, id.device, number, 1)
	if err == nil && len(records) == 0 {
		err = damaged("an index")
	}
	if err != nil {
		return numberedHead{}, err
	}
	return headOf(&records[0]), nil
}

func headOf(r *fact.Record) numberedHead {
	return numberedHead{head{r.Place(), r.Fact.Logical, r.ID}, r.Number}
}

// at returns the facts of a stream at a place, from the layers and the store: one, more where branches run side by
// side. Those that were collected are not there any more.
func (j *Journal) at(l *layer, id streamID, s *stream, seq uint64) ([]numberedHead, error) {
	all, err := j.everAt(l, id, s, seq, nil)
	return slices.DeleteFunc(all, func(h numberedHead) bool { return h.number <= s.collected }), err
}

// everAt is at with those facts that were collected and whose number was not their place: their identities stay. Named, when
// it is not nil, is the place of the fact that is looked for: then the others at the place are left out, and cost nothing in
// the store.
func (j *Journal) everAt(l *layer, id streamID, s *stream, seq uint64, named *fact.Place) (all []numberedHead, err error) {
	add := func(h numberedHead) {
		if named == nil || h.place == *named {
			all = append(all, h)
		}
	}
	for ; l != nil; l = l.parent {
		for _, p := range l.spots.pairs {
			if p.key.stream == id && p.value.place.Seq == seq {
				add(numberedHead{p.value, p.key.number})
			}
		}
	}
	j.lock.Lock()
	durable, ok := j.state.stream(id)
	j.lock.Unlock()
	if !ok || seq == 0 {
		return all, nil
	}
	if seq <= durable.straight() && seq > durable.collected {
		h, err := j.numbered(nil, id, seq)
		if err != nil {
			return nil, err
		}
		add(h)
	}
	if durable.calm == nil {
		return all, nil
	}
	start, end := placeKey(s.tag, seq, tag{}, 0), placeKey(s.tag, seq+1, tag{}, 0)
	if named != nil {
		name := j.seal.placeTag(*named)
		start, end = placeKey(s.tag, seq, name, 0), placeKey(s.tag, seq, name, math.MaxUint64)
	}
	err = j.store.Iterate(start, end, func(key, value []byte) error {
		plain, ok := j.seal.open(key, value)
		if number, _ := keyNumber(key); ok && len(plain) == len(aura.FactID{})+8 {
			if number <= durable.count { // else not synced yet
				id := aura.FactID(plain)
				logical := binary.BigEndian.Uint64(plain[len(id):])
				add(numberedHead{head{fact.PlaceOf(seq, id), aura.Logical(logical), id}, number})
			}
			return nil
		}
		return damaged("an index of places")
	})
	slices.SortStableFunc(all, func(a, b numberedHead) int { return cmp.Compare(a.number, b.number) })
	return all, err
}

// writePlace lists a fact whose number is not its place.
func (j *Journal) writePlace(b *Batch, s *stream, r *fact.Record) {
	value := binary.BigEndian.AppendUint64(slices.Clone(r.ID[:]), uint64(r.Fact.Logical))
	j.writeSealed(b, placeKey(s.tag, r.Seq, j.seal.placeTag(r.Place()), r.Number), value)
}

// prefix is the digest of the first facts of a stream, which are of the first format.
type prefix struct {
	facts  uint64
	digest [fact.ShortID]byte // its beginning
}

// prefix returns the beginning of the digest of the first n facts of a stream, which are of the first format. It reads
// them all, once: a peer may name the digest as often as it likes.
func (j *Journal) prefix(l *layer, id streamID, n uint64) (short [fact.ShortID]byte, err error) {
	j.lock.Lock()
	known := j.prefixes[id]
	j.lock.Unlock()
	if known.facts == n {
		return known.digest, nil
	}
	var digest [32]byte
	durable := true
	for number := uint64(1); number <= n; {
		if h, ok := l.spotted(spot{id, number}); ok {
			digest, durable = fact.PrefixDigest(digest, h.id), false
			number++
			continue
		}
		records, err := j.ByAuthor(id.namespace, id.device, number, int(min(n-number+1, pageSize)))
		if err == nil && len(records) == 0 {
			err = damaged("an index")
		}
		if err != nil {
			return short, err
		}
		for i := range records {
			digest = fact.PrefixDigest(digest, records[i].ID)
		}
		number += uint64(len(records))
	}
	short = [fact.ShortID]byte(digest[:])
	if durable {
		j.lock.Lock()
		j.prefixes[id] = prefix{n, short}
		j.lock.Unlock()
	}
	return short, nil
}

// spotted returns a fact on its way into the store.
func (l *layer) spotted(at spot) (head, bool) {
	for ; l != nil; l = l.parent {
		if h, ok := l.spots.get(at); ok {
			return h, true
		}
	}
	return head{}, false
}

// Heads returns the newest facts of the branches of a stream, at most [fact.MaxHeads]: that of the branch which went
// on here last, then the others. It is empty for a stream without facts.
func (j *Journal) Heads(ns fact.Namespace, device aura.DeviceID) ([]fact.Place, error) {
	s, err := j.durable(streamID{ns, device})
	if err != nil || s.count == 0 {
		return nil, err
	}
	all := make([]fact.Place, 0, 1+len(s.others))
	all = append(all, s.tip.place)
	for i := range s.others {
		all = append(all, s.others[i].place)
	}
	return all, nil
}

// durable returns the durable state of a stream, with its heads.
func (j *Journal) durable(id streamID) (stream, error) {
	j.lock.Lock()
	s, ok := j.state.stream(id)
	j.lock.Unlock()
	if !ok || s.count == 0 || s.tip != (head{}) {
		return s, nil
	}
	last, err := j.numbered(nil, id, s.count)
	s.tip = head{place: last.place, logical: last.logical}
	return s, err
}

// Behind returns the greatest number of a stream such that all facts up to it are the given places or behind them: what
// a peer has that names these heads. Places that this journal does not have are returned as unknown. It costs the facts
// between the heads and the last fact that is behind all of them, which are few unless a home was copied.
func (j *Journal) Behind(ns fact.Namespace, device aura.DeviceID, heads []fact.Place) (through uint64, unknown []fact.Place, err error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil {
		return 0, nil, err
	}
	through, _, unknown, err = j.before(id, &s, heads)
	return through, unknown, err
}

// before returns the facts of a stream that are the given places or behind them: all up to a number, and some with greater
// ones. Places that this journal does not have are returned as unknown.
func (j *Journal) before(id streamID, s *stream, heads []fact.Place) (through uint64, seen map[uint64]bool, unknown []fact.Place, err error) {
	var open []uint64 // numbers whose predecessors were not looked at
	seen = map[uint64]bool{}
	visit := func(p fact.Place) (bool, error) {
		number, err := j.find(id, s, p)
		if err != nil || number == 0 {
			return false, err
		}
		if all := s.covered(number); all > 0 {
			through = max(through, all)
		} else if !seen[number] {
			seen[number] = true
			open = append(open, number)
		}
		return true, nil
	}
	for _, p := range heads {
		known, err := visit(p)
		if err != nil {
			return 0, nil, nil, err
		}
		if !known {
			unknown = append(unknown, p)
		}
	}
	for len(open) > 0 {
		number := open[len(open)-1]
		open = open[:len(open)-1]
		if number <= through {
			continue
		}
		records, err := j.ByAuthor(id.namespace, id.device, number, 1)
		if err != nil || len(records) == 0 {
			return through, seen, unknown, err
		}
		for _, p := range records[0].Fact.Predecessors() {
			if _, err := visit(p); err != nil {
				return 0, nil, nil, err
			}
		}
	}
	for seen[through+1] {
		through++
	}
	return through, seen, unknown, nil
}

// find returns the number of the fact at a place, zero when it is not here. The tip is at hand.
func (j *Journal) find(id streamID, s *stream, p fact.Place) (number uint64, err error) {
	if p == s.tip.place && s.calm == nil {
		return s.count, nil
	}
	there, err := j.everAt(nil, id, s, p.Seq, &p)
	for i := range there {
		if there[i].number > s.collected {
			return there[i].number, err
		}
	}
	if p.Seq > 0 && p.Seq == s.plain && err == nil { // named by the digest of the first format
		digest, err := j.prefix(nil, id, s.plain)
		if err == nil && digest == p.ID {
			return s.plain, nil
		}
		return 0, err
	}
	return 0, err
}

// Has reports whether the fact at a place of a stream is here.
func (j *Journal) Has(ns fact.Namespace, device aura.DeviceID, p fact.Place) (bool, error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil || p.Seq > s.depth() {
		return false, err
	}
	number, err := j.find(id, &s, p)
	return number > 0, err
}

// Through implements [View].
func (j *Journal) Through(ns fact.Namespace, device aura.DeviceID, number uint64) (fact.Place, error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil {
		return fact.Place{}, err
	}
	return j.through(nil, id, &s, number)
}

// through is [View.Through] on a layer; nil: on the durable state.
func (j *Journal) through(l *layer, id streamID, s *stream, number uint64) (fact.Place, error) {
	if number == 0 || s.count == 0 {
		return fact.Place{}, nil
	}
	if number >= s.count && s.calm == nil {
		return s.tip.place, nil
	}
	next := number + 1
	if number < s.count && next > s.straight() {
		h, err := j.numbered(l, id, next)
		if err != nil {
			return fact.Place{}, err
		}
		next = h.place.Seq
	}
	there, err := j.at(l, id, s, s.placesThrough(number, next))
	var last numberedHead
	for i := range there {
		if there[i].number <= number && there[i].number > last.number {
			last = there[i]
		}
	}
	return last.place, err
}

// Held returns the facts of a stream at some places, those of each place together.
func (j *Journal) Held(ns fact.Namespace, device aura.DeviceID, seqs []uint64) (all []fact.Place, err error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	for _, seq := range seqs {
		if err != nil {
			return nil, err
		}
		var there []numberedHead
		there, err = j.at(nil, id, &s, seq)
		for i := range there {
			all = append(all, there[i].place)
		}
	}
	return all, err
}

// Branched reports whether a stream has, or had, more than one branch: its device's home was copied or restored.
func (j *Journal) Branched(ns fact.Namespace, device aura.DeviceID) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	s, _ := j.state.stream(streamID{ns, device})
	return s.calm != nil
}
