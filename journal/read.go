package journal

import (
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// pageSize is how many positions a read holds at once.
const pageSize = 256

// Read calls fn for every durable record that sel asks for, in position order, and returns the position
// up to which that is everything. It costs the namespaces that sel names, or else its kinds, or else the
// whole. Follow and Observations are not the journal's business. It stops at fn's first error and
// returns it; fn may wait. Damaged records are aura.Corrupt.
func (j *Journal) Read(tc task.Context, sel fact.Selection, fn func(fact.Record) error) (fact.Position, error) {
	head := j.Head()
	sources := j.sources(&sel)
	for sel.After < head {
		if err := tc.Err(); err != nil {
			return sel.After, err
		}
		page, err := j.page(sources, sel.After, head)
		if err != nil {
			return sel.After, err
		}
		for _, position := range page {
			r, ok, err := j.record(position)
			if err != nil {
				return sel.After, err
			}
			if ok && sel.Selects(&r) {
				if err := fn(r); err != nil {
					return sel.After, err
				}
			}
			sel.After = position
		}
		if len(page) < pageSize {
			break
		}
	}
	return max(head, sel.After), nil
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

// page returns the next positions after one, up to head, of all sources together, at most pageSize.
func (j *Journal) page(prefixes [][]byte, after, head fact.Position) ([]fact.Position, error) {
	var found []fact.Position
	for _, prefix := range prefixes {
		start := binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(after)+1)
		end := binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(head)+1)
		n := 0
		err := j.store.Iterate(start, end, func(key, _ []byte) error {
			p, _ := keyNumber(key)
			found = append(found, fact.Position(p))
			if n++; n == pageSize {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			return nil, err
		}
	}
	// Each source gave its least, so the least of all are complete.
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), pageSize)], nil
}

// ByAuthor returns at most limit records of one device in one namespace, by Seq from fromSeq on. It
// returns aura.NotFound when some of them were collected: a snapshot has taken their place.
func (j *Journal) ByAuthor(ns fact.Namespace, device aura.DeviceID, fromSeq uint64, limit int) ([]fact.Record, error) {
	const op = "journal.Read"
	j.lock.Lock()
	s, ok := j.state.stream(streamID{ns, device})
	j.lock.Unlock()
	fromSeq = max(fromSeq, 1)
	if !ok || fromSeq > s.count || limit <= 0 {
		return nil, nil
	}
	if fromSeq <= s.collected {
		return nil, aura.Errorf(op, aura.NotFound, "facts up to %d were replaced by a snapshot", s.collected)
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
	records := make([]fact.Record, 0, len(positions))
	for i, p := range positions {
		r, ok, err := j.record(p)
		if err != nil {
			return nil, err
		}
		if want := fromSeq + uint64(i); !ok || r.Seq != want || r.Fact.Device != device || r.Fact.Namespace != ns {
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
	key := numberKey(tableRecord, uint64(p))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return fact.Record{}, false, err
	}
	plain, opened := j.seal.open(key, value)
	if opened {
		if r, ok := decodeStored(plain); ok {
			r.Position = p
			return r, true, nil
		}
	}
	return fact.Record{}, false, aura.Errorf("journal.Read", aura.Corrupt, "record %d of the journal is damaged", p)
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
