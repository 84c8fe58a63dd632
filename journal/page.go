package journal

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// A page is the part that a read holds at once: so many positions of each index, and sealed records of so many
// bytes.
const (
	pageSize  = 256
	pageBytes = 1 << 20
)

// dense is how many times as many records as are wanted may lie between the first and the last of a page, so
// that reading through all of them costs less than looking each wanted one up.
const dense = 4

// place is a position that may hold a record that was asked for, with the sealed record if the read came
// across it.
type place struct {
	position fact.Position
	sealed   []byte
}

// source is a set of places: those that any of its prefixes lists.
type source [][]byte

// span is the rest of a read: the positions after one and up to another, from either end.
type span struct {
	after, end fact.Position
	back       bool // the greatest first
}

func (s *span) empty() bool { return s.after >= s.end }

// pass takes a position, and all that come before it in the direction of reading, out of the span.
func (s *span) pass(p fact.Position) {
	if s.back {
		s.end = min(s.end, p-1)
	} else {
		s.after = max(s.after, p)
	}
}

// compare orders positions in the direction of reading.
func (s *span) compare(a, b fact.Position) int {
	if s.back {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// farther returns the position that is read later.
func (s *span) farther(a, b fact.Position) fact.Position {
	if s.compare(a, b) < 0 {
		return b
	}
	return a
}

// limit returns the position of the span that is read last.
func (s *span) limit() fact.Position {
	if s.back {
		return s.after + 1
	}
	return s.end
}

// sources returns sets of places. The records that sel selects lie in each of them.
func (j *Journal) sources(sel *fact.Selection) []source {
	if j.indexesAction(sel) {
		return []source{{tagKey(tableOperationRun, j.seal.operationTag(sel.Operation))}} // few: the rest is looked at
	}
	var all []source
	if len(sel.Namespaces) > 0 {
		var named source
		for _, ns := range sel.Namespaces {
			named = j.index(named, tableNamespace, j.seal.namespaceTag(ns))
		}
		all = append(all, named)
	}
	if len(sel.Kinds) > 0 && !slices.Contains(sel.Kinds, "*") {
		// Facts of kinds that were not registered when they came share an index of their own.
		kinds := j.index(nil, tableKind, tag{})
		for kind, t := range j.kinds {
			if slices.ContainsFunc(sel.Kinds, func(pattern string) bool { return fact.MatchKind(pattern, kind) }) {
				kinds = j.index(kinds, tableKind, t)
			}
		}
		slices.SortFunc(kinds, slices.Compare)
		all = append(all, kinds)
	}
	if len(all) == 0 {
		return []source{{{tableRecord}}}
	}
	return all
}

// ownAction reports whether a fact is listed by its operation: one of the own authority that an action left.
func (j *Journal) ownAction(f *fact.Fact) bool {
	return f.Author == j.options.Author && !f.Operation.IsZero()
}

// indexesAction reports whether the index of operations has all that sel asks for.
func (j *Journal) indexesAction(sel *fact.Selection) bool {
	return sel.Author == j.options.Author && !sel.Operation.IsZero()
}

// index adds the index of a name to a source: its runs, and the single entries of an older format.
func (j *Journal) index(to source, table byte, t tag) source {
	if j.older {
		to = append(to, tagKey(table, t))
	}
	return append(to, tagKey(runOf(table), t))
}

// page returns the next places that all sources have, in the direction of reading, and the span that is left
// after them. Where one source has little, the others are not read through.
func (j *Journal) page(sources []source, s span) (page []place, rest span, err error) {
	rest = s
	reach, next := s.limit(), fact.Position(0)
	for i, from := range sources {
		listed, upTo, err := j.list(from, s)
		if err != nil {
			return nil, s, err
		}
		if len(listed) == 0 {
			rest.pass(s.limit())
			return nil, rest, nil
		}
		if s.compare(upTo, reach) < 0 {
			reach = upTo
		}
		if i == 0 {
			page, next = listed, listed[0].position
			continue
		}
		page, next = s.common(page, listed), s.farther(next, listed[0].position)
	}
	if s.compare(next, reach) > 0 {
		// Nothing before the farthest of the first places can be in all sources.
		if s.back {
			rest.pass(next + 1)
		} else {
			rest.pass(next - 1)
		}
		return nil, rest, nil
	}
	end := slices.IndexFunc(page, func(at place) bool { return s.compare(at.position, reach) > 0 })
	if end >= 0 {
		page = page[:end]
	}
	rest.pass(reach)
	return page, rest, j.fill(page, s.back)
}

// common returns the places of a that are also in b.
func (s *span) common(a, b []place) []place {
	return slices.DeleteFunc(a, func(at place) bool {
		_, found := slices.BinarySearchFunc(b, at.position, func(p place, to fact.Position) int { return s.compare(p.position, to) })
		return !found
	})
}

// list returns the next places of one source, in the direction of reading, and the position up to which they
// are all of them.
func (j *Journal) list(from source, s span) (listed []place, upTo fact.Position, err error) {
	upTo = s.limit()
	for _, prefix := range from {
		n, size := 0, 0
		last := fact.Position(0)
		err := j.eachPlace(prefix, s, func(at place) error {
			last = at.position
			listed = append(listed, at)
			size += len(at.sealed)
			if n++; n == pageSize || size >= pageBytes {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			return nil, 0, err
		}
		if err == errStop && s.compare(last, upTo) < 0 {
			upTo = last
		}
	}
	if len(from) > 1 {
		slices.SortFunc(listed, func(a, b place) int { return s.compare(a.position, b.position) })
		listed = slices.CompactFunc(listed, func(a, b place) bool { return a.position == b.position })
	}
	return listed, upTo, nil
}

// eachPlace calls fn for the places that one prefix lists within a span, in the direction of reading.
func (j *Journal) eachPlace(prefix []byte, s span, fn func(place) error) error {
	if isRun(prefix[0]) {
		return j.eachRun(prefix, s, func(p fact.Position) error { return fn(place{position: p}) })
	}
	iterate := j.store.Iterate
	if s.back {
		iterate = j.store.IterateBack
	}
	start, end := within(prefix, s)
	return iterate(start, end, func(key, value []byte) error {
		p, _ := keyNumber(key)
		at := place{position: fact.Position(p)}
		if key[0] == tableRecord {
			at.sealed = slices.Clone(value)
		}
		return fn(at)
	})
}

// within returns the keys of a prefix between which a span's positions lie.
func within(prefix []byte, s span) (start, end []byte) {
	start = binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(s.after)+1)
	return start, binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(s.end)+1)
}

// fill reads the sealed records of a page whose places lie close together, in one pass. The records it leaves out,
// because they are too many at once, are looked up one by one.
func (j *Journal) fill(page []place, back bool) error {
	if len(page) < 2 || page[0].sealed != nil {
		return nil
	}
	low, high := page[0].position, page[len(page)-1].position
	iterate := j.store.Iterate
	if back {
		low, high, iterate = high, low, j.store.IterateBack
	}
	if uint64(high-low) >= dense*uint64(len(page)) {
		return nil
	}
	size, i := 0, 0
	err := iterate(numberKey(tableRecord, uint64(low)), numberKey(tableRecord, uint64(high)+1), func(key, value []byte) error {
		n, _ := keyNumber(key)
		passed := func(p fact.Position) bool { return back && p > fact.Position(n) || !back && p < fact.Position(n) }
		for i < len(page) && passed(page[i].position) {
			i++
		}
		if i == len(page) || size >= pageBytes {
			return errStop
		}
		if page[i].position == fact.Position(n) {
			page[i].sealed = slices.Clone(value)
			size += len(value)
		}
		return nil
	})
	if err == errStop {
		err = nil
	}
	return err
}

// recordAt returns the record at a place; false means that it was collected.
func (j *Journal) recordAt(at place, sources []source) (fact.Record, bool, error) {
	if at.sealed != nil {
		r, err := j.unseal(at.position, at.sealed)
		return r, err == nil && !j.collected(&r), err
	}
	r, ok, err := j.record(at.position)
	if err != nil || ok {
		return r, ok, err
	}
	for _, prefix := range slices.Concat(sources...) {
		if err := j.checkLost(at.position, func() (bool, error) {
			return j.lists(prefix, uint64(at.position), at.position)
		}); err != nil {
			return r, false, err
		}
	}
	return r, false, nil
}

// checkLost returns aura.Corrupt when a record is missing although an index still lists it. Collected facts
// leave the records and the indexes together.
func (j *Journal) checkLost(p fact.Position, lists func() (bool, error)) error {
	if _, there, err := j.stored(p); err != nil || there {
		return err
	}
	listed, err := lists()
	if err == nil && listed {
		err = aura.Errorf("journal.Read", aura.Corrupt, "record %d of the journal is missing", p)
	}
	return err
}
