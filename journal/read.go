package journal

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// A page is what a read holds at once: so many positions, or the records that begin in so many bytes.
const (
	pageSize  = 256
	pageBytes = 1 << 20
)

// place is a position that a read found, with the sealed record if the read came across it.
type place struct {
	position fact.Position
	sealed   []byte
}

// Read calls fn for every durable record that sel asks for, in position order, and returns the position
// up to which that is everything. It costs the namespaces that sel names, or else its kinds, or else the
// whole. Follow and Observations are not the journal's business. It stops at fn's first error and
// returns it; fn may wait. Damaged records are aura.Corrupt.
func (j *Journal) Read(tc task.Context, sel fact.Selection, fn func(fact.Record) error) (fact.Position, error) {
	j.lock.Lock()
	head, newest := j.state.head, j.recent
	j.lock.Unlock()
	if sel.After >= newest.after {
		return j.readRecent(tc, &newest, head, sel, fn)
	}
	sources := j.sources(&sel)
	for more := sel.After < head; more; {
		if err := tc.Err(); err != nil {
			return sel.After, err
		}
		var page []place
		var err error
		if page, more, err = j.page(sources, sel.After, head); err != nil {
			return sel.After, err
		}
		for _, at := range page {
			r, ok, err := j.recordAt(at, sources)
			if err != nil {
				return sel.After, err
			}
			if ok && sel.Selects(&r) {
				if err := fn(r); err != nil {
					return sel.After, err
				}
			}
			sel.After = at.position
		}
	}
	return max(head, sel.After), nil
}

// readRecent is Read for a selection whose records are all in memory.
func (j *Journal) readRecent(tc task.Context, newest *recent, head fact.Position, sel fact.Selection, fn func(fact.Record) error) (fact.Position, error) {
	var err error
	newest.each(sel.After, func(r *fact.Record) bool {
		if err = tc.Err(); err != nil {
			return false
		}
		if sel.Selects(r) && !j.collected(r) {
			err = fn(*r)
		}
		if err == nil {
			sel.After = r.Position
		}
		return err == nil
	})
	if err != nil {
		return sel.After, err
	}
	return max(head, sel.After), nil
}

// recordAt returns the record at a place; false means that it was collected.
func (j *Journal) recordAt(at place, sources [][]byte) (fact.Record, bool, error) {
	if at.sealed != nil {
		r, err := j.unseal(at.position, at.sealed)
		return r, err == nil && !j.collected(&r), err
	}
	r, ok, err := j.record(at.position)
	if err != nil || ok {
		return r, ok, err
	}
	for _, prefix := range sources {
		if err := j.checkLost(at.position, binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(at.position))); err != nil {
			return r, false, err
		}
	}
	return r, false, nil
}

// checkLost returns aura.Corrupt when a record is missing although an index still lists it. Collected facts
// leave the records and the indexes together.
func (j *Journal) checkLost(p fact.Position, index []byte) error {
	if _, there, err := j.stored(p); err != nil || there {
		return err
	}
	_, listed, err := j.store.Get(index)
	if err == nil && listed {
		err = aura.Errorf("journal.Read", aura.Corrupt, "record %d of the journal is missing", p)
	}
	return err
}

// sources returns the prefixes of the index keys whose positions together hold what sel asks for.
func (j *Journal) sources(sel *fact.Selection) [][]byte {
	if len(sel.Namespaces) > 0 {
		var prefixes [][]byte
		for _, ns := range sel.Namespaces {
			prefixes = append(prefixes, tagKey(tableNamespace, j.seal.namespaceTag(ns)))
		}
		return prefixes
	}
	if len(sel.Kinds) == 0 {
		return [][]byte{{tableRecord}}
	}
	// Facts of kinds that were not registered when they came share an index of their own.
	prefixes := [][]byte{tagKey(tableKind, tag{})}
	for kind, t := range j.kinds {
		if slices.ContainsFunc(sel.Kinds, func(pattern string) bool { return fact.MatchKind(pattern, kind) }) {
			prefixes = append(prefixes, tagKey(tableKind, t))
		}
	}
	slices.SortFunc(prefixes, slices.Compare)
	return prefixes
}

// page returns the next places after a position, up to head, of all sources together, and whether there
// may be more.
func (j *Journal) page(prefixes [][]byte, after, head fact.Position) (page []place, more bool, err error) {
	for _, prefix := range prefixes {
		start := binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(after)+1)
		end := binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(head)+1)
		n, size := 0, 0
		err := j.store.Iterate(start, end, func(key, value []byte) error {
			p, _ := keyNumber(key)
			at := place{position: fact.Position(p)}
			if key[0] == tableRecord {
				at.sealed = slices.Clone(value)
			}
			page = append(page, at)
			size += len(value)
			if n++; n == pageSize || size >= pageBytes {
				return errStop
			}
			return nil
		})
		if err == errStop {
			more = true
		} else if err != nil {
			return nil, false, err
		}
	}
	// Each source gave its least, so the least of all are complete.
	slices.SortFunc(page, func(a, b place) int { return cmp.Compare(a.position, b.position) })
	page = slices.CompactFunc(page, func(a, b place) bool { return a.position == b.position })
	if len(page) > pageSize {
		page, more = page[:pageSize], true
	}
	return page, more, nil
}

// ByAuthor returns at most limit records of one device in one namespace, by Seq from fromSeq on. It
// returns aura.NotFound when some of them were collected: a snapshot has taken their place. When that
// happens during the call, it may return none.
func (j *Journal) ByAuthor(ns fact.Namespace, device aura.DeviceID, fromSeq uint64, limit int) ([]fact.Record, error) {
	return j.ByAuthorWithin(ns, device, fromSeq, limit, 0)
}

// ByAuthorWithin is [Journal.ByAuthor] for a reader that has room for so many bytes of payloads: it reads no more
// records once those that it has fill the room. Zero is no bound.
func (j *Journal) ByAuthorWithin(ns fact.Namespace, device aura.DeviceID, fromSeq uint64, limit, bytes int) ([]fact.Record, error) {
	const op = "journal.Read"
	id := streamID{ns, device}
	j.lock.Lock()
	s, ok := j.state.stream(id)
	newest := j.recent
	j.lock.Unlock()
	fromSeq = max(fromSeq, 1)
	if !ok || fromSeq > s.count || limit <= 0 {
		return nil, nil
	}
	if fromSeq <= s.collected {
		return nil, aura.Errorf(op, aura.NotFound, "facts up to %d were replaced by a snapshot", s.collected)
	}
	if records := newest.of(id, fromSeq, limit); records != nil {
		return records, nil
	}
	var positions []fact.Position
	// The store may already show what is not synced yet; count is what is durable.
	err := j.store.Iterate(tagNumberKey(tableSeq, s.tag, fromSeq), tagNumberKey(tableSeq, s.tag, s.count+1), func(_, value []byte) error {
		p, ok := parsePosition(value)
		if !ok {
			return damaged("an index")
		}
		positions = append(positions, p)
		if len(positions) == limit {
			return errStop
		}
		return nil
	})
	if err != nil && err != errStop {
		return nil, err
	}
	records, size := make([]fact.Record, 0, len(positions)), 0
	for i, p := range positions {
		if bytes > 0 && size >= bytes {
			break
		}
		r, ok, err := j.record(p)
		if err != nil {
			return nil, err
		}
		size += len(r.Fact.Payload)
		want := fromSeq + uint64(i)
		if !ok {
			return nil, j.checkLost(p, tagNumberKey(tableSeq, s.tag, want))
		}
		if r.Seq != want || r.Fact.Device != device || r.Fact.Namespace != ns {
			return nil, aura.Errorf(op, aura.Corrupt, "fact %d of a device is not where its index says", want)
		}
		records = append(records, r)
	}
	return records, nil
}

// Fact returns the record of a fact, and false when it is not in the journal or was collected.
func (j *Journal) Fact(id aura.FactID) (fact.Record, bool, error) {
	p, ok, err := j.storedPosition(id)
	// The store may already show what is not synced yet.
	if err != nil || !ok || p > j.Head() {
		return fact.Record{}, false, err
	}
	r, ok, err := j.record(p)
	if err == nil && !ok {
		err = j.checkLost(p, tagKey(tableFact, j.seal.factTag(id)))
	}
	if err == nil && ok && r.ID != id {
		err = aura.Errorf("journal.Read", aura.Corrupt, "fact %s is not where its index says", aura.Short(id))
	}
	if err != nil {
		return fact.Record{}, false, err
	}
	return r, ok, nil
}

// record reads and opens the record at a position; false means that it was collected.
func (j *Journal) record(p fact.Position) (fact.Record, bool, error) {
	r, ok, err := j.stored(p)
	return r, ok && !j.collected(&r), err
}

// stored reads and opens the record at a position; false means that its bytes are gone.
func (j *Journal) stored(p fact.Position) (fact.Record, bool, error) {
	key := numberKey(tableRecord, uint64(p))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return fact.Record{}, false, err
	}
	r, err := j.unseal(p, value)
	return r, err == nil, err
}

func (j *Journal) unseal(p fact.Position, value []byte) (fact.Record, error) {
	if plain, ok := j.seal.open(numberKey(tableRecord, uint64(p)), value); ok {
		if r, ok := decodeStored(plain); ok {
			r.Position = p
			return r, nil
		}
	}
	return fact.Record{}, aura.Errorf("journal.Read", aura.Corrupt, "record %d of the journal is damaged", p)
}

// collected reports whether a snapshot took the record's place. Its bytes may go a little later.
func (j *Journal) collected(r *fact.Record) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	s, _ := j.state.stream(streamID{r.Fact.Namespace, r.Fact.Device})
	return r.Seq <= s.collected
}

func decodeStored(plain []byte) (r fact.Record, ok bool) {
	seq, n := binary.Uvarint(plain)
	if n <= 0 {
		return r, false
	}
	plain = plain[n:]
	size, n := binary.Uvarint(plain)
	if n <= 0 || size > uint64(len(plain)-n) {
		return r, false
	}
	encoded, proof := plain[n:n+int(size)], plain[n+int(size):]
	f, err := fact.Decode(encoded)
	if err != nil {
		return r, false
	}
	p, err := fact.DecodeProof(proof)
	if err != nil {
		return r, false
	}
	return fact.Record{Seq: seq, ID: fact.IDOf(encoded), Fact: f, Proof: p}, true
}

// storedPosition looks a fact up in the store.
func (j *Journal) storedPosition(id aura.FactID) (fact.Position, bool, error) {
	value, ok, err := j.store.Get(tagKey(tableFact, j.seal.factTag(id)))
	if err != nil || !ok {
		return 0, false, err
	}
	p, ok := parsePosition(value)
	if !ok {
		return 0, false, damaged("an index")
	}
	return p, true, nil
}

func (j *Journal) storedMeta(name string) ([]byte, error) {
	key := tagKey(tableMeta, j.seal.tag(tableMeta, []byte(name)))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	plain, ok := j.seal.open(key, value)
	if !ok {
		return nil, damaged("metadata")
	}
	if plain == nil {
		plain = []byte{} // there, and empty
	}
	return plain, nil
}
