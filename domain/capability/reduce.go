package capability

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/internal/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// State is the fold of the grants and limits of one authority: the same for any order of arrival and any
// repetition. Its size follows what the authority itself has signed. One task applies; answers may be
// taken between two calls of Apply.
type State struct {
	own      aura.AuthorityID
	grants   map[subject]map[aura.FactID][]string
	revoked  map[aura.FactID]struct{}
	policies map[aura.ContextID]*fold.Newest[guard.Policy]
}

// subject is whom a grant is for, and where.
type subject struct {
	context   aura.ContextID
	authority aura.AuthorityID
}

// NewState returns the empty state of an agent whose own authority is given: everything is denied, and
// every context has the default limits.
func NewState(own aura.AuthorityID) *State {
	return &State{
		own:      own,
		grants:   map[subject]map[aura.FactID][]string{},
		revoked:  map[aura.FactID]struct{}{},
		policies: map[aura.ContextID]*fold.Newest[guard.Policy]{},
	}
}

// Apply folds one record. Facts of other authorities and domains, and facts that do not fit their kind,
// change nothing.
func (s *State) Apply(r *fact.Record) {
	if r.Fact.Author != s.own {
		return
	}
	switch r.Fact.Kind {
	case KindGranted:
		s.applyGranted(r)
	case KindRevoked:
		s.applyRevoked(r)
	case KindPolicy:
		s.applyPolicy(r)
	}
}

func (s *State) applyGranted(r *fact.Record) {
	var p Granted
	if fold.Own(&r.Fact, &p) != nil || p.check() != nil {
		return
	}
	key := subject{p.Context, p.Subject}
	if s.grants[key] == nil {
		s.grants[key] = map[aura.FactID][]string{}
	}
	s.grants[key][r.ID] = p.Names
}

func (s *State) applyRevoked(r *fact.Record) {
	var p Revoked
	if fold.Own(&r.Fact, &p) != nil || p.check() != nil {
		return
	}
	for _, id := range p.Grants {
		// The grant may arrive later: its revocation is remembered.
		s.revoked[id] = struct{}{}
	}
}

func (s *State) applyPolicy(r *fact.Record) {
	var p Policy
	if fold.Own(&r.Fact, &p) != nil || p.check() != nil {
		return
	}
	limits := guard.Policy{Limit: p.Limit, EpochLength: aura.Duration(p.Epoch) * time.Millisecond}
	for _, l := range p.Leak {
		limits.Leak[l.Observer] = guard.LeakLimit{Defined: true, Bits: l.Bits}
	}
	if s.policies[p.Context] == nil {
		s.policies[p.Context] = &fold.Newest[guard.Policy]{}
	}
	s.policies[p.Context].Put(fold.Of(r), limits)
}

// Frontier returns what authority may do in a context: the names of all grants for it there and
// everywhere, without those that were revoked. The zero context asks about operations outside any.
func (s *State) Frontier(context aura.ContextID, authority aura.AuthorityID) guard.Frontier {
	names := s.names(nil, subject{authority: authority})
	if !context.IsZero() {
		names = s.names(names, subject{context, authority})
	}
	// The set sorts itself, so the order in which the map gave the grants is of no matter.
	return guard.NewFrontier(names...)
}

func (s *State) names(to []string, key subject) []string {
	for id, names := range s.grants[key] {
		if _, ended := s.revoked[id]; !ended {
			to = append(to, names...)
		}
	}
	return to
}

// Limits returns the limits of a context: its own policy, else the one for every context, else the
// default of package guard.
func (s *State) Limits(context aura.ContextID) guard.Policy {
	for _, c := range []aura.ContextID{context, {}} {
		if p := s.policies[c]; p != nil {
			return p.Value
		}
	}
	return guard.DefaultPolicy()
}
