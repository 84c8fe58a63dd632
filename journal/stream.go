package journal

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// A stream is the facts of one device in one namespace. Each signs its place and its predecessor, so they form a chain;
// several branches when the device's home was copied and both copies wrote. The journal holds them in the order in
// which they came, where every fact comes behind those that it follows. Its number there, from 1, is local: as long as
// the stream has one branch it is the place.

// streamID names a stream.
type streamID struct {
	namespace fact.Namespace
	device    aura.DeviceID
}

// spot names a fact by its number in a stream.
type spot struct {
	stream streamID
	number uint64
}

// head is a fact with its place and time: the newest of a branch, or one on its way into the store.
type head struct {
	place   fact.Place
	logical aura.Logical
	plain   bool // of the first format: the place names the row through it
	// Of a single fact; zero for the head of a branch.
	id       aura.FactID
	position fact.Position
}

// stream is how far a stream has come. It is small and there is one per device of a contact, so all of them are in
// memory. Its slices are replaced, never changed.
type stream struct {
	count     uint64       // numbers
	plain     uint64       // facts of the first format that begin it, at the places that are their numbers: the first row
	again     uint64       // so many numbers are of facts of the first format that have another number already
	collected uint64       // facts up to this number were replaced by a snapshot
	logical   aura.Logical // greatest
	tip       head         // the head of the branch that this journal went on with last; zero while it is to be found, see findTip
	others    []head       // the heads of the other branches, at most fact.MaxHeads-1, of the own device one more
	calm      []stretch    // where the stream had one head; nil: everywhere
	low       uint64       // the least place of a fact behind the last stretch
	split     uint64       // the number of the first fact that shows a fork with one before it; zero: none, see Evidence
	roots     []root       // where facts that sign their places began behind none that does, beside the first one
	void      []Range      // the numbers of the facts that are void
	revised   uint64       // how often that changed for facts that were here
	tag       tag          // cached name in store keys
	namespace tag
}

// stretch is a row of numbers, both ends included, at which the stream had one head when they came: each of these facts
// is behind all facts before it. In the first stretch numbers are places.
type stretch struct {
	From uint64 `cbor:"1,keyasint,omitempty"`
	To   uint64 `cbor:"2,keyasint,omitempty"`
	Seq  uint64 `cbor:"3,keyasint,omitempty"` // place of the fact numbered From; each further one is at the next place
	// Low is the least place of a fact between the stretch before and this one.
	Low uint64 `cbor:"4,keyasint,omitempty"`
}

// root is the first fact which signs its place behind a row of the first format.
type root struct {
	Row    fact.Place `cbor:"1,keyasint,omitzero"` // zero: it begins the stream
	Number uint64     `cbor:"2,keyasint"`
}

// maxRoots bounds what a stream keeps of them. A device has one, and one more for each copy of its home that was made before
// it signed places. Forks at further ones are not shown.
const maxRoots = 64

// maxStretches bounds what a stream keeps of its forks. Beyond it a stretch is forgotten, and the facts behind its
// facts are found one by one.
const maxStretches = 32

// storedStream is the form on disk.
type storedStream struct {
	Space     fact.Space    `cbor:"1,keyasint,omitempty"`
	ID        [32]byte      `cbor:"2,keyasint,omitzero"`
	Device    aura.DeviceID `cbor:"3,keyasint,omitzero"`
	Count     uint64        `cbor:"4,keyasint,omitempty"`
	Collected uint64        `cbor:"5,keyasint,omitempty"`
	Logical   aura.Logical  `cbor:"6,keyasint,omitempty"`
	Plain     uint64        `cbor:"7,keyasint,omitempty"`
	Heads     []storedHead  `cbor:"8,keyasint,omitempty"` // the tip first; none in a store of an earlier build
	Calm      []stretch     `cbor:"9,keyasint,omitempty"`
	Low       uint64        `cbor:"10,keyasint,omitempty"`
	Void      []Range       `cbor:"11,keyasint,omitempty"`
	Revised   uint64        `cbor:"12,keyasint,omitempty"`
	Again     uint64        `cbor:"13,keyasint,omitempty"`
	Split     uint64        `cbor:"14,keyasint,omitempty"`
	Roots     []root        `cbor:"15,keyasint,omitempty"`
}

type storedHead struct {
	Place   fact.Place   `cbor:"1,keyasint"`
	Logical aura.Logical `cbor:"2,keyasint"`
	// Plain says that the place names the row through a fact of the first format. An earlier build named such a head by the
	// fact's identity and had no field for it, see [storedStream.restore].
	Plain bool `cbor:"3,keyasint,omitempty"`
}

func (id *streamID) stored(s *stream) storedStream {
	w := storedStream{
		Space: id.namespace.Space, ID: id.namespace.ID, Device: id.device, Count: s.count, Collected: s.collected,
		Logical: s.logical, Plain: s.plain, Calm: s.calm, Low: s.low, Again: s.again,
		Void: s.void, Revised: s.revised, Split: s.split, Roots: s.roots,
	}
	if s.tip != (head{}) {
		w.Heads = make([]storedHead, 0, 1+len(s.others))
		for _, h := range s.heads() {
			w.Heads = append(w.Heads, storedHead{h.place, h.logical, h.plain})
		}
	}
	return w
}

func (w *storedStream) restore(s *stream) {
	s.count, s.collected, s.logical, s.plain, s.calm, s.low, s.again = w.Count, w.Collected, w.Logical, w.Plain, w.Calm, w.Low, w.Again
	s.void, s.revised, s.split, s.roots = w.Void, w.Revised, w.Split, w.Roots
	if len(w.Heads) == 0 {
		s.plain = w.Count // nothing but facts of the first format
	}
	if s.plain == s.count && s.collected == 0 && len(w.Heads) > 0 && !w.Heads[0].Plain {
		return // an earlier build named the head by its identity, and the facts are there to name it by its row
	}
	for i, h := range w.Heads {
		if i == 0 {
			s.tip = head{place: h.Place, logical: h.Logical, plain: h.Plain}
		} else {
			s.others = append(s.others, head{place: h.Place, logical: h.Logical, plain: h.Plain})
		}
	}
}

// heads returns all heads, the tip first; none for an empty stream.
func (s *stream) heads() []head {
	if s.count == 0 {
		return nil
	}
	return append([]head{s.tip}, s.others...)
}

// depth returns the greatest place.
func (s *stream) depth() uint64 {
	depth := s.tip.place.Seq
	for i := range s.others {
		depth = max(depth, s.others[i].place.Seq)
	}
	return depth
}

// straight returns up to which number the facts have their number as their place.
func (s *stream) straight() uint64 {
	if s.calm == nil {
		return s.count
	}
	return s.calm[0].To
}

// follow adds the place of a draft: behind all heads, so that branches which came together stay together. The last of
// [fact.MaxHeads] and one more is left to the next draft.
func (s *stream) follow(f *fact.Fact) {
	f.Seq = s.tip.place.Seq + 1
	switch {
	case len(s.others) > 0:
		f.Merges = make([]fact.Place, 0, 1+len(s.others))
		f.Merges = append(f.Merges, s.tip.place)
		for i := range s.others[:min(len(s.others), fact.MaxHeads-1)] {
			f.Merges = append(f.Merges, s.others[i].place)
			f.Seq = max(f.Seq, s.others[i].place.Seq+1)
		}
		slices.SortFunc(f.Merges[1:], fact.Place.Compare)
	case s.count > 0:
		f.Prev = s.tip.place.ID
	}
}

// add appends a fact that follows some of the heads, or begins a branch when it follows none of them.
func (s *stream) add(h head, follows func(fact.Place) bool) {
	was := len(s.others)
	s.count++
	s.logical = max(s.logical, h.logical)
	var others []head
	for i := range s.others {
		if !follows(s.others[i].place) {
			others = append(others, s.others[i])
		}
	}
	if s.count == 1 || follows(s.tip.place) {
		s.tip = h
	} else {
		others = append(others, h)
	}
	s.others = others
	switch {
	case was == 0 && len(others) == 0: // the common case
		if s.calm != nil {
			s.calm = slices.Clone(s.calm)
			s.calm[len(s.calm)-1].To = s.count
		}
		return
	case was == 0:
		if s.calm == nil {
			s.calm = []stretch{{From: 1, To: s.count - 1, Seq: 1}}
		}
		s.low = h.place.Seq
		return
	}
	s.low = min(s.low, h.place.Seq)
	if len(others) > 0 {
		return
	}
	s.calm = append(slices.Clone(s.calm), stretch{From: s.count, To: s.count, Seq: h.place.Seq, Low: s.low})
	s.low = 0
	if len(s.calm) > maxStretches {
		s.forget()
	}
}

// forget drops a stretch between the first and the last: the one that leaves the fewest facts between its neighbours for
// each fact that came since, so that the newest facts are known exactly and the rest ever coarser.
func (s *stream) forget() {
	between := func(i int) uint64 { return s.calm[i+1].From - 1 - s.calm[i-1].To }
	since := func(i int) uint64 { return s.count + 1 - s.calm[i+1].From }
	least := 1
	for i := 2; i+1 < len(s.calm); i++ {
		if between(i)*since(least) < between(least)*since(i) {
			least = i
		}
	}
	next := &s.calm[least+1]
	next.Low = min(next.Low, s.calm[least].Low)
	s.calm = slices.Delete(s.calm, least, least+1)
}

// covered returns up to which number everything is behind the fact with a number, as far as that is known without a
// look at the facts between: the number itself in a calm stretch, else zero.
func (s *stream) covered(number uint64) uint64 {
	if s.calm == nil {
		return number
	}
	for i := range s.calm {
		if s.calm[i].From <= number && number <= s.calm[i].To {
			return number
		}
	}
	return 0
}

// mark says in a record where it lies among the branches.
func (s *stream) mark(r *fact.Record) {
	if s.calm != nil {
		r.Fork, r.Sole = s.fork(), s.covered(r.Number) > 0
	}
}

// fork returns the least place at which there are facts of several branches; zero: there is one branch.
func (s *stream) fork() uint64 {
	least := s.low
	for i := 1; i < len(s.calm); i++ {
		if low := s.calm[i].Low; least == 0 || low < least {
			least = low
		}
	}
	return least
}

// level returns the greatest number up to first such that all facts before it are behind all those from it up to last:
// the same number, unless branches run side by side between.
func (s *stream) level(first, last uint64) uint64 {
	for i := len(s.calm) - 1; i >= 0; i-- {
		from, to, low := s.calm[i].To+1, s.count, s.low
		if i+1 < len(s.calm) {
			to, low = s.calm[i+1].From-1, s.calm[i+1].Low
		}
		if from <= to && from <= last && first <= to {
			first = min(first, from, s.numberAt(low, i))
		}
	}
	return first
}

// numberAt returns a number such that all facts before it are behind every fact at a place, looking back from a stretch
// and no further than to the facts between two stretches in which the one before it may be: those have a bound of their own.
func (s *stream) numberAt(place uint64, i int) uint64 {
	for ; i > 0; i-- {
		c := &s.calm[i]
		if place > c.Seq { // the fact at the first place of a stretch may follow one from before the stretch
			return c.From + min(place-c.Seq, c.To+1-c.From)
		}
		if before := &s.calm[i-1]; place > before.Seq+(before.To-before.From) {
			return before.To + 1
		}
	}
	return min(place, s.calm[0].To+1)
}

// placesThrough returns the greatest place such that all facts up to it have a number up to the given one, where next
// is the place of the number after it.
func (s *stream) placesThrough(number, next uint64) uint64 {
	if number >= s.count {
		return s.depth()
	}
	least := next
	for i := 1; i < len(s.calm); i++ {
		if s.calm[i].From > number+1 {
			least = min(least, s.calm[i].Low)
		}
	}
	if s.low > 0 {
		least = min(least, s.low)
	}
	return least - 1
}
