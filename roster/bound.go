package roster

import (
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Standing says whether a fact of a device counts in a context.
type Standing uint8

// How a fact can stand.
const (
	// StandingCounts: the device is listed, or the fact is within the bounds of its removal.
	StandingCounts Standing = 1
	// StandingOpen: the device was removed, and a bound was not said yet, or the facts up to it are not all here. The fact
	// counts when it is here already; none is taken from the device any more.
	StandingOpen Standing = 2
	// StandingWaiting: no entry that is here lists the device, or it is an addition of one side of a contest. The fact
	// counts when an entry does.
	StandingWaiting Standing = 3
	// StandingVoid: the fact is beyond a bound of the device's removal, or the entries that list the device lost. It counts
	// for no reducer.
	StandingVoid Standing = 4
)

// String returns the standing in one word.
func (s Standing) String() string {
	switch s {
	case StandingCounts:
		return "counts"
	case StandingOpen:
		return "open"
	case StandingWaiting:
		return "waiting"
	case StandingVoid:
		return "void"
	}
	return fmt.Sprintf("standing %d", uint8(s))
}

// ClosedFact is a [Closed] and the fact that carries it.
type ClosedFact struct {
	Closed
	By aura.DeviceID // the author
	At fact.Place    // of the fact in the author's stream
}

// Below reports whether the fact at a place of a device's stream is one on which the fact at the head builds. known is
// false while the facts that lead from the head down to that number are not all here. The place has a smaller
// number than the head.
type Below func(device aura.DeviceID, place, head fact.Place) (below, known bool)

// Bounds say which facts of an authority's devices count in one context. They follow from a [State] and from the set of
// the facts with a [Closed], never from the order in which these came. They are safe for concurrent use when the
// [Below] is.
//
// Where several entries removed a device, as both sides of a contest can, a fact must be within the bound of each. Where
// the maker of one entry said several bounds, because its home was copied, all their heads count together.
type Bounds struct {
	below   Below
	devices map[aura.DeviceID]bound
	unsaid  map[aura.DeviceID][]Closed // by the maker
}

// bound is how the facts of a device stand: before the heads are asked, and the heads of each removal that has a bound.
type bound struct {
	standing Standing
	heads    [][]fact.Place
}

// removal is an entry by its place in the chain, and a device that it removed.
type removal struct {
	entry  int
	device aura.DeviceID
}

// Bounds returns the bounds in a context where closed are all facts with a [Closed] by the authority's devices, void ones
// too. One of them counts as a bound when the entry that it names counts and removed the device, when its author
// made that entry, and when the fact is not void by the entries that build on that one.
func (s *State) Bounds(closed []ClosedFact, below Below) *Bounds {
	b := &Bounds{below: below, devices: map[aura.DeviceID]bound{}, unsaid: map[aura.DeviceID][]Closed{}}
	if s.fork == nil {
		return b
	}
	named := map[Hash][]*ClosedFact{}
	for i := range closed {
		named[closed[i].Entry] = append(named[closed[i].Entry], &closed[i])
	}
	said := map[removal][]fact.Place{}
	// An entry stands behind those that it builds on, so the bounds by later entries are complete before they are needed.
	for i := len(s.fork.nodes) - 1; i >= 0; i-- {
		n := &s.fork.nodes[i]
		for _, c := range named[n.hash] {
			r := removal{i, c.Device}
			if c.By == n.Entry.Maker && s.removes(r) && b.at(c.At, c.By, s.boundOf(c.By, s.builtOn(i), said)) != StandingVoid {
				said[r] = append(slices.Clip(said[r]), c.Heads...)
			}
		}
	}
	for i := range s.fork.nodes {
		for _, id := range s.fork.nodes[i].ids {
			b.devices[id] = bound{standing: StandingVoid} // unless an entry that counts says otherwise
		}
	}
	for i := range s.line.all {
		n := &s.fork.nodes[i]
		for _, id := range n.drops {
			b.devices[id] = s.boundOf(id, s.line, said)
			r := removal{i, id}
			if _, is := said[r]; !is && s.removes(r) {
				b.unsaid[n.Entry.Maker] = append(b.unsaid[n.Entry.Maker], Closed{Device: id, Entry: n.hash})
			}
		}
	}
	for i := range s.Devices {
		b.devices[s.Devices[i].ID()] = bound{standing: StandingCounts}
	}
	for i := range s.Waiting {
		b.devices[s.Waiting[i].ID()] = bound{standing: StandingWaiting}
	}
	return b
}

// removes reports whether an entry that counts removed a device, and a head of the roster still says so.
func (s *State) removes(r removal) bool {
	if !s.line.has(r.entry) || !slices.Contains(s.fork.nodes[r.entry].drops, r.device) {
		return false
	}
	return slices.ContainsFunc(s.heads, func(head int) bool {
		nodes := s.fork.nodes
		line := nodes[head].ancestors
		line.add(head)
		if !line.has(r.entry) {
			return false
		}
		for i := range line.and(s.builtOn(r.entry)).all {
			if slices.Contains(nodes[i].ids, r.device) {
				return false // rank recovery listed it again
			}
		}
		return true
	})
}

// builtOn returns the entries of the line that build on one.
func (s *State) builtOn(i int) (list set) {
	for k := range s.line.all {
		if s.fork.nodes[k].ancestors.has(i) {
			list.add(k)
		}
	}
	return list
}

// boundOf returns the bound of a device by the removals among some entries.
func (s *State) boundOf(device aura.DeviceID, entries set, said map[removal][]fact.Place) bound {
	b := bound{standing: StandingCounts}
	for i := range entries.all {
		if r := (removal{i, device}); s.removes(r) {
			if heads, is := said[r]; is {
				b.heads = append(b.heads, heads)
			} else {
				b.standing = StandingOpen
			}
		}
	}
	return b
}

// Standing returns how the fact at a place of a device's stream stands.
func (b *Bounds) Standing(device aura.DeviceID, place fact.Place) Standing {
	of, known := b.devices[device]
	if !known {
		return StandingWaiting
	}
	return b.at(place, device, of)
}

// Void reports whether the fact at a place of a device's stream counts for no reducer.
func (b *Bounds) Void(device aura.DeviceID, place fact.Place) bool {
	return b.Standing(device, place) == StandingVoid
}

// Limit says which facts of a device are void: all of them, or those that are beyond any of some bounds.
type Limit struct {
	Device aura.DeviceID
	All    bool
	Bounds [][]fact.Place
}

// Limits returns the devices of which facts can be void, ascending.
func (b *Bounds) Limits() (all []Limit) {
	for id, of := range b.devices {
		if of.standing == StandingVoid || len(of.heads) > 0 {
			all = append(all, Limit{id, of.standing == StandingVoid, of.heads})
		}
	}
	slices.SortFunc(all, func(x, y Limit) int { return x.Device.Compare(y.Device) })
	return all
}

// Unsaid returns the bounds that a device still has to say in the context, without heads: it made the entries.
func (b *Bounds) Unsaid(maker aura.DeviceID) []Closed { return b.unsaid[maker] }

func (b *Bounds) at(place fact.Place, device aura.DeviceID, of bound) Standing {
	standing := of.standing
	for _, heads := range of.heads {
		switch b.within(device, place, heads) {
		case StandingVoid:
			return StandingVoid
		case StandingOpen:
			standing = StandingOpen
		}
	}
	return standing
}

// within returns how a fact stands to one bound. A number alone says only that a fact is beyond it.
func (b *Bounds) within(device aura.DeviceID, place fact.Place, heads []fact.Place) Standing {
	standing := StandingVoid
	for _, head := range heads {
		switch {
		case place == head:
			return StandingCounts
		case place.Seq >= head.Seq:
			continue
		}
		if below, known := b.below(device, place, head); known && below {
			return StandingCounts
		} else if !known {
			standing = StandingOpen
		}
	}
	return standing
}
