package device

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// maxClosed is how many bounds of one device count in a context: the first ones that it said. A device says one for each
// device that an entry of its own removed.
const maxClosed = roster.MaxRemoved

// State is the fold of all facts about devices. Its size is bounded by the authorities that announce devices, each with
// one chain of entries, and by the bounds that their devices say. It keeps verified entries only, and those that wait for
// one before them.
type State struct {
	self    aura.AuthorityID
	entries map[aura.AuthorityID][]roster.Entry // in the order of compareEntries
	seen    map[roster.Hash]aura.Instant
	closed  map[closing]*fold.First[roster.ClosedFact]
	told    map[aura.ContextID][]roster.Hash // entries of the owner that devices of the owner announced, ascending
}

// closing names the device that says bounds, and where.
type closing struct {
	Context aura.ContextID   `cbor:"1,keyasint,omitzero"` // zero: the own namespace of the authority
	Who     aura.AuthorityID `cbor:"2,keyasint"`
	By      aura.DeviceID    `cbor:"3,keyasint"`
}

// NewState returns an empty state for the owner's authority.
func NewState(self aura.AuthorityID) *State {
	return &State{
		self: self, entries: map[aura.AuthorityID][]roster.Entry{}, seen: map[roster.Hash]aura.Instant{},
		closed: map[closing]*fold.First[roster.ClosedFact]{}, told: map[aura.ContextID][]roster.Hash{},
	}
}

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	context, shared := r.Fact.Namespace.Context()
	if !shared && r.Fact.Author != s.self {
		return
	}
	switch r.Fact.Kind {
	case KindRoster:
		if entries, err := announced(&r.Fact); err == nil {
			s.add(r.Fact.Author, entries)
			if shared && r.Fact.Author == s.self {
				s.tell(context, entries)
			}
		}
	case KindClosed:
		if p, err := closed(&r.Fact); err == nil {
			at := closing{context, r.Fact.Author, r.Fact.Device}
			if s.closed[at] == nil {
				s.closed[at] = &fold.First[roster.ClosedFact]{}
			}
			s.closed[at].Put(maxClosed, fold.Of(r), roster.ClosedFact{Closed: p, By: r.Fact.Device, At: r.Place()})
		}
	case KindSeen:
		p, err := seen(&r.Fact)
		if err != nil || r.Fact.Author != s.self {
			return
		}
		for _, h := range p.Entries {
			if at, known := s.seen[h]; !known || p.At < at {
				s.seen[h] = p.At
			}
		}
	}
}

// add keeps the entries that a chain takes. Those that are here were verified once, and a contact may send them again and again.
func (s *State) add(who aura.AuthorityID, entries []roster.Entry) {
	here := map[roster.Hash][64]byte{}
	for i := range s.entries[who] {
		e := &s.entries[who][i]
		here[e.Hash()] = e.Signature
	}
	if !slices.ContainsFunc(entries, func(e roster.Entry) bool { return here[e.Hash()] != e.Signature }) {
		return
	}
	chain := roster.New(who)
	for _, e := range s.entries[who] {
		_ = chain.Add(e, 0) // it was taken before
	}
	for _, e := range entries {
		_ = chain.Add(e, 0) // one with a wrong signature counts for nothing
	}
	var all []roster.Entry
	for _, e := range chain.Entries() {
		all = append(all, e.Entry)
	}
	slices.SortFunc(all, compareEntries)
	if len(all) > 0 {
		s.entries[who] = all
	}
}

// tell notes what a context was told.
func (s *State) tell(context aura.ContextID, entries []roster.Entry) {
	all := s.told[context]
	for i := range entries {
		h := entries[i].Hash()
		if at, there := slices.BinarySearchFunc(all, h, compareHashes); !there && len(all) < maxSeen {
			all = slices.Insert(all, at, h)
		}
	}
	s.told[context] = all
}

// compareEntries orders entries so that each follows those before it.
func compareEntries(a, b roster.Entry) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), compareHashes(a.Hash(), b.Hash()), bytes.Compare(a.Signature[:], b.Signature[:]))
}

func compareHashes(a, b roster.Hash) int { return bytes.Compare(a[:], b[:]) }
