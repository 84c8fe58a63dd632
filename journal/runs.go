package journal

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/aura-runtime/aura/fact"
)

// An index lists the records of a name: of a namespace, a kind, or a stream. A group commit writes one entry
// for each name that its records have, a run, under the last number in it: the last position, for a stream the
// last number. So the entry that covers a number is the first one at or after it. The value is sealed.
//
// A journal of format 1 had one entry for each record, with a plain value or none. Its entries stay as they
// are, and both are read: see [Journal.older].

// maxRun is the most records of a group: its entries are taken until there are maxGroupFacts.
const maxRun = maxGroupFacts + maxEntryFacts

// runOf gives the table of runs in which a format 1 index goes on.
func runOf(table byte) byte {
	switch table {
	case tableNamespace:
		return tableNamespaceRun
	case tableKind:
		return tableKindRun
	}
	return tableSeqRun
}

func isRun(table byte) bool { return table >= tableNamespaceRun && table <= tableOperationRun }

// indexed names an index.
type indexed struct {
	table byte // of runs
	tag   tag
}

// run is the part of an index that one group adds.
type run struct {
	last      uint64
	positions []fact.Position
}

// list adds a record of the group to the index of a name. Numbers ascend.
func (g *group) list(table byte, t tag, number uint64, p fact.Position) {
	name := indexed{table, t}
	r, ok := g.runs.get(name)
	if !ok {
		r = &run{}
		g.runs.set(name, r)
	}
	r.last, r.positions = number, append(r.positions, p)
}

// encodeRun writes ascending positions as gaps and lengths: the records of a group mostly follow each other.
func encodeRun(positions []fact.Position) []byte {
	var b []byte
	end := fact.Position(0) // after the written positions
	for len(positions) > 0 {
		n := 1
		for n < len(positions) && positions[n] == positions[0]+fact.Position(n) {
			n++
		}
		b = binary.AppendUvarint(b, uint64(positions[0]-end))
		b = binary.AppendUvarint(b, uint64(n))
		end = positions[0] + fact.Position(n)
		positions = positions[n:]
	}
	return b
}

// decodeRun reads what encodeRun wrote.
func decodeRun(b []byte) (positions []fact.Position, ok bool) {
	end := uint64(0)
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		length, m := binary.Uvarint(b[n:])
		if m <= 0 || length == 0 || length > uint64(maxRun-len(positions)) || gap > math.MaxUint64-end-length {
			return nil, false
		}
		for i := range length {
			positions = append(positions, fact.Position(end+gap+i))
		}
		end += gap + length
		b = b[n+m:]
	}
	return positions, len(positions) > 0
}

func (j *Journal) openRun(key, value []byte) ([]fact.Position, error) {
	if plain, ok := j.seal.open(key, value); ok {
		if positions, ok := decodeRun(plain); ok {
			return positions, nil
		}
	}
	return nil, damaged("an index")
}

// afterAll is the key behind all entries of an index.
func afterAll(prefix []byte) []byte {
	return binary.BigEndian.AppendUint64(slices.Clone(prefix), math.MaxUint64)
}

// eachRun calls fn for the positions of an index within a span, in the direction of reading.
func (j *Journal) eachRun(prefix []byte, s span, fn func(fact.Position) error) error {
	start, end := binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(s.after)+1), afterAll(prefix)
	if s.back {
		// The run that covers the end of the span may go on behind it.
		covering, _, err := j.runCovering(prefix, uint64(s.end))
		if err != nil {
			return err
		}
		if covering != nil {
			end = append(covering, 0)
		}
	}
	offer := func(key, value []byte) error {
		positions, err := j.openRun(key, value)
		if err != nil {
			return err
		}
		if s.back {
			slices.Reverse(positions)
		} else if positions[0] > s.end {
			return errBeyond // later ones are newer still, or not synced yet
		}
		for _, p := range positions {
			if p <= s.after || p > s.end {
				continue
			}
			if err := fn(p); err != nil {
				return err
			}
		}
		return nil
	}
	if s.back {
		return j.store.IterateBack(start, end, offer)
	}
	if err := j.store.Iterate(start, end, offer); err != errBeyond {
		return err
	}
	return nil
}

var errBeyond = errors.New("beyond the span")

// runCovering returns the key of the run that covers a number, and its value; nil when there is none.
func (j *Journal) runCovering(prefix []byte, number uint64) (key, value []byte, err error) {
	start := binary.BigEndian.AppendUint64(slices.Clone(prefix), number)
	err = j.store.Iterate(start, afterAll(prefix), func(k, v []byte) error {
		key, value = slices.Clone(k), slices.Clone(v)
		return errStop
	})
	if err == errStop {
		err = nil
	}
	return key, value, err
}

// lists reports whether an index has a position, under a number.
func (j *Journal) lists(prefix []byte, number uint64, p fact.Position) (bool, error) {
	if !isRun(prefix[0]) {
		_, listed, err := j.store.Get(binary.BigEndian.AppendUint64(slices.Clone(prefix), number))
		return listed, err
	}
	key, value, err := j.runCovering(prefix, number)
	if err != nil || key == nil {
		return false, err
	}
	positions, err := j.openRun(key, value)
	return slices.Contains(positions, p), err
}

// eachSeq calls fn for the facts of a stream from a number on, in order, with their positions. It stops at fn's
// first error and returns it.
func (j *Journal) eachSeq(s *stream, from uint64, fn func(seq uint64, p fact.Position) error) error {
	if j.older {
		err := j.store.Iterate(tagNumberKey(tableSeq, s.tag, from), tagNumberKey(tableSeq, s.tag, math.MaxUint64), func(key, value []byte) error {
			seq, _ := keyNumber(key)
			p, ok := parsePosition(value)
			if !ok {
				return damaged("an index")
			}
			from = max(from, seq+1)
			return fn(seq, p)
		})
		if err != nil {
			return err
		}
	}
	return j.store.Iterate(tagNumberKey(tableSeqRun, s.tag, from), tagNumberKey(tableSeqRun, s.tag, math.MaxUint64), func(key, value []byte) error {
		positions, err := j.openRun(key, value)
		if err != nil {
			return err
		}
		last, _ := keyNumber(key)
		for i, p := range positions {
			seq := last - uint64(len(positions)-1-i)
			if seq < from {
				continue
			}
			if err := fn(seq, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// indexEntry is a record's place in an index, for its removal.
type indexEntry struct {
	name     indexed
	number   uint64
	position fact.Position
}

// delist takes records out of their indexes. Only the writer does that, so that its reads are current.
func (j *Journal) delist(b *Batch, all []indexEntry) error {
	type entry struct {
		key       []byte
		last      uint64
		positions []fact.Position
	}
	entries := map[string]*entry{} // by key
	last := map[indexed]*entry{}   // found last
	var order []*entry
	for _, l := range all {
		e := last[l.name]
		if e == nil || e.last < l.number {
			key, value, err := j.runCovering(tagKey(l.name.table, l.name.tag), l.number)
			if err != nil {
				return err
			}
			if key == nil {
				continue
			}
			if e = entries[string(key)]; e == nil {
				positions, err := j.openRun(key, value)
				if err != nil {
					return err
				}
				n, _ := keyNumber(key)
				e = &entry{key, n, positions}
				entries[string(key)] = e
				order = append(order, e)
			}
			last[l.name] = e
		}
		e.positions = slices.DeleteFunc(e.positions, func(p fact.Position) bool { return p == l.position })
	}
	for _, e := range order {
		if len(e.positions) == 0 {
			b.Delete(e.key)
		} else {
			j.writeSealed(b, e.key, encodeRun(e.positions))
		}
	}
	return nil
}
