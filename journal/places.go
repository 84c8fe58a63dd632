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

// headed returns a stream with its heads, also one that is read for the first time since it was written by an earlier build.
func (j *Journal) headed(l *layer, id streamID) (stream, error) {
	s := j.streamOf(l, id)
	if s.count == 0 || s.tip != (head{}) {
		return s, nil
	}
	return s, j.findTip(id, &s)
}

// findTip fills in the head of a stream that has nothing but facts of the first format, once for each stream that an earlier
// build wrote.
func (j *Journal) findTip(id streamID, s *stream) error {
	j.lock.Lock()
	tip, known := j.tips.get(id)
	j.lock.Unlock()
	if known && tip.place.Seq == s.count {
		s.tip = tip
		return nil
	}
	last, err := j.numbered(nil, id, s.count)
	if err != nil {
		return err
	}
	row, err := j.row(nil, id, s.count)
	if err == nil && row.Seq == 0 {
		err = damaged("a stream")
	}
	if err != nil {
		return err
	}
	s.tip = head{place: row, logical: last.logical, plain: true}
	j.lock.Lock()
	defer j.lock.Unlock()
	if now, _ := j.state.stream(id); now.tip == (head{}) && now.count == s.count {
		j.tips.set(id, s.tip)
	}
	return nil
}

// writeTips keeps the heads that were found, of streams that the batch does not change anyway. A search that ended after the
// stream had grown found none.
func (j *Journal) writeTips(b *Batch, l *layer) {
	j.lock.Lock()
	tips := slices.Clone(j.tips.pairs)
	j.lock.Unlock()
	for _, p := range tips {
		if _, changed := l.streams.get(p.key); changed {
			continue
		}
		s, _ := l.stream(p.key)
		if s.tip != (head{}) || p.value.place.Seq != s.count {
			continue
		}
		s.tip = p.value
		l.streams.set(p.key, s)
		j.writeSealed(b, tagKey(tableStream, s.tag), mustEncode(p.key.stored(&s)))
	}
}

// numbered returns the fact with a number, which must be there, from the layers or the store.
func (j *Journal) numbered(l *layer, id streamID, number uint64) (numberedHead, error) {
	if h, ok := l.spotted(spot{id, number}); ok {
		return numberedHead{h, number}, nil
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

// headOf returns the place of a record with its row. A fact of the first row has none: see [Journal.row].
func headOf(r *fact.Record) numberedHead {
	h := numberedHead{head{r.Place(), r.Fact.Logical, r.Fact.Seq == 0, r.ID, r.Position}, r.Number}
	if r.Fact.Seq == 0 {
		if h.place.ID = [fact.ShortID]byte{}; r.Number != r.Seq {
			h.place = r.Row()
		}
	}
	return h
}

// at returns the facts of a stream at a place, from the layers and the store: one, more where branches run side by
// side. Those that were collected are not there any more. One of the first format is there once for each row.
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
	layers := l
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
		if named != nil && h.place.ID == [fact.ShortID]byte{} {
			if h.place, err = j.row(layers, id, seq); err != nil {
				return nil, err
			}
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
		h, parsed := parsePlace(seq, plain)
		if !ok || !parsed {
			return damaged("an index of places")
		}
		if h.number, _ = keyNumber(key); h.number <= durable.count { // else not synced yet
			add(h)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b numberedHead) int { return cmp.Compare(a.number, b.number) })
	return all, err
}

// placeValue is what the index of places has of a record: identity and time, and for a fact of the first format the digest of the facts before it.
func placeValue(r *fact.Record) []byte {
	value := binary.BigEndian.AppendUint64(slices.Clone(r.ID[:]), uint64(r.Fact.Logical))
	if r.Fact.Seq == 0 {
		value = append(value, r.Before[:]...)
	}
	return value
}

// parsePlace reads what placeValue wrote.
func parsePlace(seq uint64, b []byte) (h numberedHead, ok bool) {
	const size = len(aura.FactID{}) + 8
	if len(b) != size && len(b) != size+fact.ShortID {
		return h, false
	}
	h.id = aura.FactID(b)
	h.logical = aura.Logical(binary.BigEndian.Uint64(b[len(h.id):]))
	h.place = fact.PlaceOf(seq, h.id)
	if h.plain = len(b) > size; h.plain {
		h.place.ID = fact.PrefixDigest([fact.ShortID]byte(b[size:]), h.id)
	}
	return h, true
}

// writePlace lists a fact whose number is not its place.
func (j *Journal) writePlace(b *Batch, s *stream, r *fact.Record) {
	j.writeSealed(b, placeKey(s.tag, r.Seq, j.seal.placeTag(r.Row()), r.Number), placeValue(r))
	if r.Fact.Seq == 0 && !r.Again {
		j.writeSealed(b, j.plainKey(s, fact.PlaceOf(0, r.ID)), append(slices.Clone(r.ID[:]), positionValue(r.Position)...))
	}
}

// plainKey is where a fact of the first format beside the first row is listed by the beginning of its identity: at place
// zero, where no fact is.
func (j *Journal) plainKey(s *stream, p fact.Place) []byte {
	return placeKey(s.tag, 0, j.seal.placeTag(p), 0)
}

// listedPlain returns the identity and the position of a fact that is listed so, no position when none is.
func (j *Journal) listedPlain(s *stream, p fact.Place) (id aura.FactID, at fact.Position, err error) {
	key := j.plainKey(s, p)
	value, there, err := j.store.Get(key)
	if err != nil || !there {
		return id, 0, err
	}
	plain, ok := j.seal.open(key, value)
	if !ok || len(plain) != len(id)+8 {
		return id, 0, damaged("an index of places")
	}
	if at, _ = parsePosition(plain[len(id):]); at > j.Head() {
		return id, 0, nil // not synced yet
	}
	return aura.FactID(plain), at, nil
}

// row returns the place that names the first n facts of a stream, all of the first format: with their digest. It is zero when
// some of them were collected and their digest is not known any more. It reads the facts of the first row once, and
// keeps all their digests: a peer may name any of them as often as it likes.
func (j *Journal) row(l *layer, id streamID, n uint64) (fact.Place, error) {
	if h, ok := l.spotted(spot{id, n}); ok {
		return h.place, nil
	}
	j.lock.Lock()
	known := j.rows[id]
	s, _ := j.state.stream(id)
	j.lock.Unlock()
	if s.tip.place.Seq == n && s.count == s.plain {
		return s.tip.place, nil
	}
	if n == s.plain && n < s.straight() && n >= s.collected { // the fact behind it signs its row
		records, err := j.ByAuthor(id.namespace, id.device, n+1, 1)
		if err == nil && len(records) == 0 {
			err = damaged("an index")
		}
		if err != nil {
			return fact.Place{}, err
		}
		if preds := records[0].Predecessors(); len(preds) == 1 {
			return preds[0], nil
		}
	}
	if uint64(len(known)) < n {
		known = slices.Grow(slices.Clone(known), int(s.plain)-len(known))
		for number := uint64(len(known)) + 1; number <= s.plain; number = uint64(len(known)) + 1 {
			records, err := j.ByAuthor(id.namespace, id.device, number, int(min(s.plain-number+1, pageSize)))
			if aura.KindOf(err) == aura.NotFound {
				return fact.Place{}, nil
			}
			if err == nil && len(records) == 0 {
				err = damaged("an index")
			}
			if err != nil {
				return fact.Place{}, err
			}
			for i := range records {
				var before [fact.ShortID]byte
				if len(known) > 0 {
					before = known[len(known)-1]
				}
				known = append(known, fact.PrefixDigest(before, records[i].ID))
			}
		}
		j.lock.Lock()
		j.rows[id] = known
		j.lock.Unlock()
	}
	return fact.Place{Seq: n, ID: known[n-1]}, nil
}

// Before returns the digest of the facts before a record of the first format that the journal gave out: see
// [fact.Record.Before]. It returns aura.NotFound when some of them were collected, and with them what names the rest.
func (j *Journal) Before(r *fact.Record) ([fact.ShortID]byte, error) {
	if r.Fact.Seq != 0 || r.Number != r.Seq || r.Seq == 1 {
		return r.Before, nil
	}
	row, err := j.row(nil, streamID{r.Fact.Namespace, r.Fact.Device}, r.Seq-1)
	if err == nil && row.Seq == 0 {
		err = aura.Errorf("journal.Read", aura.NotFound, "the facts before fact %s were replaced by a snapshot", aura.Short(r.ID))
	}
	return row.ID, err
}

// named returns the fact that a place names with all before it, and false when it is not here: a fact that signs its
// place by its identity, a row of facts of the first format by its digest.
func (j *Journal) named(l *layer, id streamID, s *stream, p fact.Place) (h numberedHead, found bool, err error) {
	there, err := j.everAt(l, id, s, p.Seq, &p)
	if err != nil || len(there) == 0 {
		return h, false, err
	}
	return there[0], true, nil
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

// Heads returns the newest facts of the branches of a stream, at most [fact.MaxHeads], and one more of the own device: that
// of the branch which went on here last, then the others. It is empty for a stream without facts.
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
	return s, j.findTip(id, &s)
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
		for _, p := range records[0].Predecessors() {
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

// find returns the number of the fact that a place names with all before it, zero when it is not here. The tip is at hand.
func (j *Journal) find(id streamID, s *stream, p fact.Place) (number uint64, err error) {
	if p == s.tip.place && s.calm == nil {
		return s.count, nil
	}
	h, found, err := j.named(nil, id, s, p)
	if err != nil || !found || h.number <= s.collected {
		return 0, err
	}
	return h.number, nil
}

// Has reports whether the fact at a place of a stream is here, or the row of facts that the place names.
func (j *Journal) Has(ns fact.Namespace, device aura.DeviceID, p fact.Place) (bool, error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil || p.Seq > s.depth() {
		return false, err
	}
	number, err := j.find(id, &s, p)
	if err != nil || number > 0 {
		return number > 0, err
	}
	return j.hasPlain(id, &s, p)
}

// hasPlain reports whether a fact of the first format is here, by its identity.
func (j *Journal) hasPlain(id streamID, s *stream, p fact.Place) (bool, error) {
	if p.Seq <= s.plain && p.Seq > s.collected {
		if h, err := j.numbered(nil, id, p.Seq); err != nil || p.Is(p.Seq, h.id) {
			return err == nil, err
		}
	}
	if s.calm == nil {
		return false, nil
	}
	_, at, err := j.listedPlain(s, p)
	if err != nil || at == 0 {
		return false, err
	}
	r, there, err := j.record(at)
	return there && r.Seq == p.Seq, err
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
	if number >= s.count && s.calm == nil && s.count > s.plain {
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
	if last.number == 0 {
		return fact.Place{}, err
	}
	return fact.PlaceOf(last.place.Seq, last.id), err
}

// Held returns the facts of a stream at some places, those of each place together. A fact of the first format is there
// with the digest of each of its rows, so that what two journals both hold at a place they both hold before it. One whose digest
// went with facts that were collected is left out.
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
			if h := &there[i]; h.number <= s.plain {
				if h.place, err = j.row(nil, id, h.number); err != nil {
					return nil, err
				}
			}
			if there[i].place.Seq > 0 {
				all = append(all, there[i].place)
			}
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
