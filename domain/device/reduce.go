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
	trusted map[trusting]map[aura.ContextID][]fact.Place // ascending
	told    map[telling][]roster.Hash                    // entries of the owner that a device of the owner announced, ascending
	chains  chains
}

// chains are what readers of a [State] verified of each authority's entries, without times: by the certificate that is added to
// the entries, zero for none. A signature is verified once, not for each reader and each entry that comes.
type chains map[aura.AuthorityID]map[fact.Certificate]*roster.Chain

// Equal reports true: the cache is no part of the state.
func (chains) Equal(chains) bool { return true }

// closing names the device that says bounds, and where.
type closing struct {
	Context aura.ContextID   `cbor:"1,keyasint,omitzero"` // in the own namespace of the authority its identifier
	Who     aura.AuthorityID `cbor:"2,keyasint"`
	By      aura.DeviceID    `cbor:"3,keyasint"`
}

// telling names a context and a device of the owner that announces entries there.
type telling struct {
	Context aura.ContextID `cbor:"1,keyasint"`
	By      aura.DeviceID  `cbor:"2,keyasint"`
}

// trusting names a removal and the owner's device that says up to where the removed one is trusted: the maker of the entry, or it
// counts for nothing.
type trusting struct {
	By     aura.DeviceID `cbor:"1,keyasint"`
	Device aura.DeviceID `cbor:"2,keyasint"`
	Entry  roster.Hash   `cbor:"3,keyasint"`
}

// NewState returns an empty state for the owner's authority.
func NewState(self aura.AuthorityID) *State {
	return &State{
		self: self, entries: map[aura.AuthorityID][]roster.Entry{}, seen: map[roster.Hash]aura.Instant{},
		closed: map[closing]*fold.First[roster.ClosedFact]{}, told: map[telling][]roster.Hash{},
		trusted: map[trusting]map[aura.ContextID][]fact.Place{}, chains: chains{},
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
				s.tell(telling{context, r.Fact.Device}, entries)
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
	case KindTrusted:
		if p, err := trusted(&r.Fact); err == nil && r.Fact.Author == s.self {
			s.trust(trusting{r.Fact.Device, p.Device, p.Entry}, p.Streams)
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

// trust notes up to where a removed device is trusted. Two copies of a home may say two things, which count together; of too many
// places the first ones do.
func (s *State) trust(at trusting, streams []TrustedStream) {
	if s.trusted[at] == nil {
		s.trusted[at] = map[aura.ContextID][]fact.Place{}
	}
	for i := range streams {
		heads := slices.Concat(s.trusted[at][streams[i].Context], streams[i].Heads)
		slices.SortFunc(heads, fact.Place.Compare)
		heads = slices.Compact(heads)
		s.trusted[at][streams[i].Context] = heads[:min(len(heads), fact.MaxHeads)]
	}
}

// add keeps the entries that a chain takes. A contact may send those that are here again and again.
func (s *State) add(who aura.AuthorityID, entries []roster.Entry) {
	chain := s.verified(who, fact.Certificate{})
	if !slices.ContainsFunc(entries, func(e roster.Entry) bool { return !chain.Holds(&e) }) {
		return
	}
	for _, e := range entries {
		_ = chain.Add(e, 0) // one with a wrong signature counts for nothing
	}
	s.chains[who] = map[fact.Certificate]*roster.Chain{{}: chain}
	var all []roster.Entry
	for _, e := range chain.Entries() {
		all = append(all, e.Entry)
	}
	slices.SortFunc(all, compareEntries)
	if len(all) > 0 {
		s.entries[who] = all
	}
}

// verified returns the entries of an authority without times. The caller must not change the chain.
func (s *State) verified(who aura.AuthorityID, first fact.Certificate) *roster.Chain {
	if chain, known := s.chains[who][first]; known {
		return chain
	}
	var chain *roster.Chain
	if first == (fact.Certificate{}) {
		chain = roster.New(who)
		for _, e := range s.entries[who] {
			_ = chain.Add(e, 0) // a chain took it before
		}
	} else if chain = s.verified(who, fact.Certificate{}); !chain.Lists(&first) {
		if e, err := roster.Found(&first); err == nil {
			chain = chain.Clone()
			_ = chain.Add(e, 0) // an entry 0 with a certificate that verifies
		}
	}
	if s.chains[who] == nil {
		s.chains[who] = map[fact.Certificate]*roster.Chain{}
	}
	s.chains[who][first] = chain
	return chain
}

// tell notes what a device of the owner announced in a context.
func (s *State) tell(at telling, entries []roster.Entry) {
	all := s.told[at]
	for i := range entries {
		h := entries[i].Hash()
		if i, there := slices.BinarySearchFunc(all, h, compareHashes); !there && len(all) < maxSeen {
			all = slices.Insert(all, i, h)
		}
	}
	s.told[at] = all
}

// compareEntries orders entries so that each follows those before it.
func compareEntries(a, b roster.Entry) int {
	if c := cmp.Compare(a.Number, b.Number); c != 0 {
		return c // a hash costs more, and few entries need it
	}
	return cmp.Or(compareHashes(a.Hash(), b.Hash()), bytes.Compare(a.Signature[:], b.Signature[:]))
}

func compareHashes(a, b roster.Hash) int { return bytes.Compare(a[:], b[:]) }
