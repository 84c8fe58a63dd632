package journal

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// A fact of a removed device that lies beyond the bound of its removal is void: it counts for no reducer. The journal keeps
// it, since the chain of its stream goes through it and other members may still need it; reads leave it out. A fact that is
// void can count again, when an entry overrules the removal.

// Range is a row of numbers of a stream, both ends included.
type Range struct {
	From uint64 `cbor:"1,keyasint,omitempty"`
	To   uint64 `cbor:"2,keyasint,omitempty"` // zero: no end, so that facts are void before they come
}

// Void says which facts of a stream are void: all whose numbers are in one of the ranges, which ascend with a gap between
// any two. None: all count.
type Void struct {
	Namespace fact.Namespace
	Device    aura.DeviceID
	Ranges    []Range
}

// maxVoid bounds the ranges of a stream. A stream has more only when branches of which some are void arrived by turns; all
// behind the last range is void then.
const maxVoid = 4096

// Reviser is a [Sink] that is told, after the sync, when facts which it may have been given became void, or count again:
// when an era begins, see [Journal.Era]. The writer calls Revised, which must not wait.
type Reviser interface{ Revised() }

// Era counts, from 1, how often facts that were in the journal became void, or counted again. A fold of an earlier
// era may hold facts that do not count, and lack some that do: it is made anew. The era only grows, also over restarts.
func (j *Journal) Era() uint64 {
	j.lock.Lock()
	defer j.lock.Unlock()
	return 1 + j.state.revised
}

// Voids returns the streams that have void facts, or will have when facts come, ordered by namespace and device.
func (j *Journal) Voids() (all []Void) {
	for _, p := range j.streams(func(_ *streamID, s *stream) bool { return len(s.void) > 0 }) {
		all = append(all, Void{p.key.namespace, p.key.device, p.value.void})
	}
	return all
}

// Streams returns the namespaces in which facts of each device are here, in order.
func (j *Journal) Streams() map[aura.DeviceID][]fact.Namespace {
	all := map[aura.DeviceID][]fact.Namespace{}
	for _, p := range j.streams(func(_ *streamID, s *stream) bool { return s.count > 0 }) {
		all[p.key.device] = append(all[p.key.device], p.key.namespace)
	}
	return all
}

// Beyond returns the facts of a stream that are not at or behind any of the given places. The last range has no end when all
// the places are here, because nothing that comes later can be behind them. A fact of the first format is at or behind one when
// one of its rows is. A fact in front of a place that is not here yet may be behind it, and is left out. It costs as much as
// [Journal.Behind].
func (j *Journal) Beyond(ns fact.Namespace, device aura.DeviceID, heads []fact.Place) ([]Range, error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil {
		return nil, err
	}
	through, seen, unknown, err := j.before(id, &s, heads)
	if err != nil {
		return nil, err
	}
	open := uint64(0) // facts at smaller places may be behind one that is not here
	for _, p := range unknown {
		open = max(open, p.Seq)
	}
	if err := j.withRows(id, &s, through, open, seen); err != nil {
		return nil, err
	}
	var all []Range
	for n := through + 1; n <= s.count; n++ {
		if seen[n] {
			continue
		}
		if n < open && n <= s.straight() { // the number is the place
			n = min(open-1, s.straight())
			continue
		}
		if open > 0 && n > s.straight() {
			h, err := j.numbered(nil, id, n)
			if err != nil {
				return nil, err
			}
			if h.place.Seq < open {
				continue
			}
		}
		if last := len(all) - 1; last >= 0 && all[last].To+1 == n {
			all[last].To = n
		} else {
			all = append(all, Range{n, n})
		}
	}
	if len(unknown) > 0 {
		return all, nil
	}
	if last := len(all) - 1; last >= 0 && all[last].To == s.count {
		all[last].To = 0
	} else {
		all = append(all, Range{From: s.count + 1})
	}
	return all, nil
}

// withRows adds to the facts that count those of which another row counts, or may: a fact of the first format has a number for
// each row.
func (j *Journal) withRows(id streamID, s *stream, through, open uint64, seen map[uint64]bool) error {
	left := s.again
	for n := s.straight() + 1; n <= s.count && left > 0; n++ {
		records, err := j.ByAuthor(id.namespace, id.device, n, 1)
		if err != nil || len(records) == 0 {
			return err
		}
		r := &records[0]
		if !r.Again {
			continue
		}
		if left--; n <= through || !seen[n] && r.Seq >= open {
			continue
		}
		p, _, err := j.firstOf(nil, id, s, r)
		if err != nil {
			return err
		}
		if first, there, err := j.record(p); err != nil {
			return err
		} else if there {
			seen[first.Number] = true
		}
	}
	return nil
}

// Below reports whether a fact of a stream is one that the fact at a head builds on. known is false while the head is not
// here: all facts behind one that is here are here.
func (j *Journal) Below(ns fact.Namespace, device aura.DeviceID, place, head fact.Place) (below, known bool, err error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil {
		return false, false, err
	}
	number, err := j.find(id, &s, place)
	if err != nil {
		return false, false, err
	}
	through, seen, unknown, err := j.before(id, &s, []fact.Place{head})
	return number > 0 && place != head && (number <= through || seen[number]), len(unknown) == 0, err
}

// Join returns the ranges that cover what some lists of ranges cover together.
func Join(lists ...[]Range) (all []Range) {
	every := slices.Concat(lists...)
	slices.SortFunc(every, func(a, b Range) int { return int(min(max(int64(a.From)-int64(b.From), -1), 1)) })
	for _, r := range every {
		last := len(all) - 1
		switch {
		case last < 0 || all[last].To > 0 && all[last].To+1 < r.From:
			all = append(all, r)
		case all[last].To > 0 && (r.To == 0 || r.To > all[last].To):
			all[last].To = r.To
		}
	}
	return all
}

// check returns aura.Invalid for ranges that do not ascend.
func (v *Void) check() error {
	end := uint64(0) // of the range before
	for i, r := range v.Ranges {
		if r.From <= end || i > 0 && (end == 0 || r.From == end+1) || r.To > 0 && r.To < r.From {
			return aura.Errorf("journal.Append", aura.Invalid, "void facts %d to %d of device %s do not ascend", r.From, r.To, aura.Short(v.Device))
		}
		end = r.To
	}
	return nil
}

// setVoid makes other facts of a stream void than before.
func (l *layer) setVoid(v *Void) error {
	id := streamID{v.Namespace, v.Device}
	s, ok := l.stream(id)
	if !ok {
		return aura.Errorf("journal.Append", aura.NotFound, "device %s has no facts there that can be void", aura.Short(v.Device))
	}
	ranges := slices.Clone(v.Ranges)
	if len(ranges) > maxVoid {
		ranges = ranges[:maxVoid]
		ranges[maxVoid-1].To = 0
	}
	if slices.Equal(s.void, ranges) {
		return nil
	}
	if !slices.Equal(clip(s.void, s.count), clip(ranges, s.count)) {
		s.revised++
		l.revised++
	}
	s.void = ranges
	l.streams.set(id, s)
	return nil
}

// clip returns the part of ranges that is not beyond a number.
func clip(ranges []Range, count uint64) (all []Range) {
	for _, r := range ranges {
		if r.From > count {
			break
		}
		if r.To == 0 || r.To > count {
			r.To = count
		}
		all = append(all, r)
	}
	return all
}

// voids reports whether the fact with a number is void.
func (s *stream) voids(number uint64) bool {
	if len(s.void) == 0 {
		return false
	}
	i, found := slices.BinarySearchFunc(s.void, number, func(r Range, n uint64) int {
		switch {
		case r.From > n:
			return 1
		case r.To > 0 && r.To < n:
			return -1
		}
		return 0
	})
	return found && i < len(s.void)
}

// placed says in a record where it lies in its stream, and whether it is void.
func (j *Journal) placed(s *stream, r *fact.Record) {
	s.mark(r)
	r.Void = s.voids(r.Number) && !j.always[r.Fact.Kind]
}
