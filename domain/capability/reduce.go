package capability

import (
	"cmp"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// maxHeld bounds the tokens that one contact can hand over in one context: the newest count.
const maxHeld = 16

// State is the fold of the tokens and limits that concern one authority: the same for any order of arrival
// and any repetition. Its size grows with the facts of the authority itself, and with each contact by at most [maxHeld].
// One task applies; answers may be taken between two calls of Apply.
type State struct {
	own      aura.AuthorityID
	issued   map[aura.AuthorityID]map[aura.FactID][]byte // by whom the token is for
	held     map[giver]*fold.Window[[]byte]
	revoked  map[string]struct{}
	policies map[aura.ContextID]*fold.Newest[guard.Policy]
}

// giver is who handed a token over, and where.
type giver struct {
	context aura.ContextID
	from    aura.AuthorityID
}

// Held is a token that a contact handed over.
type Held struct {
	ID      aura.FactID // of the fact by which it came
	Context aura.ContextID
	From    aura.AuthorityID
	Token   []byte
}

// NewState returns the empty state of an agent whose own authority is given: there is no token, and every
// context has the default limits.
func NewState(own aura.AuthorityID) *State {
	return &State{
		own:      own,
		issued:   map[aura.AuthorityID]map[aura.FactID][]byte{},
		held:     map[giver]*fold.Window[[]byte]{},
		revoked:  map[string]struct{}{},
		policies: map[aura.ContextID]*fold.Newest[guard.Policy]{},
	}
}

// Apply folds one record and reports whether the authority's tokens may have changed. Facts of other
// domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) bool {
	if r.Fact.Kind == KindDelegated {
		return s.applyDelegated(r)
	}
	if r.Fact.Author != s.own {
		return false
	}
	switch r.Fact.Kind {
	case KindToken:
		p, err := read(&r.Fact, fold.Own, (*Token).check)
		if err == nil {
			s.issue(s.own, r.ID, p.Token)
		}
		return err == nil
	case KindRevoked:
		p, err := read(&r.Fact, fold.Own, (*Revoked).check)
		if err != nil {
			return false
		}
		for _, id := range p.Blocks {
			// The token may arrive later: its revocation is remembered.
			s.revoked[string(id)] = struct{}{}
		}
		return true
	case KindPolicy:
		return s.applyPolicy(r)
	}
	return false
}

func (s *State) issue(to aura.AuthorityID, id aura.FactID, token []byte) {
	if s.issued[to] == nil {
		s.issued[to] = map[aura.FactID][]byte{}
	}
	s.issued[to][id] = token
}

// applyDelegated keeps the tokens that the authority delegated, and those delegated to it.
func (s *State) applyDelegated(r *fact.Record) bool {
	p, err := read(&r.Fact, fold.Shared, (*Delegated).check)
	if err != nil {
		return false
	}
	if r.Fact.Author == s.own {
		s.issue(p.To, r.ID, p.Token)
		return true
	}
	if p.To != s.own {
		return false
	}
	context, _ := r.Fact.Namespace.Context()
	key := giver{context, r.Fact.Author}
	if s.held[key] == nil {
		s.held[key] = &fold.Window[[]byte]{}
	}
	s.held[key].Put(fold.Limit{Items: maxHeld, Bytes: -1}, fold.Item[[]byte]{Stamp: fold.Of(r), Size: len(p.Token), Value: p.Token})
	return false // a token between two other authorities
}

func (s *State) applyPolicy(r *fact.Record) bool {
	p, err := read(&r.Fact, fold.Own, (*Policy).check)
	if err != nil {
		return false
	}
	limits := guard.Policy{Limit: p.Limit, EpochLength: aura.Duration(p.Epoch) * time.Millisecond}
	for _, l := range p.Leak {
		limits.Leak[l.Observer] = guard.LeakLimit{Defined: true, Bits: l.Bits}
	}
	if s.policies[p.Context] == nil {
		s.policies[p.Context] = &fold.Newest[guard.Policy]{}
	}
	return s.policies[p.Context].Put(fold.Of(r), limits)
}

// Tokens returns the tokens that the authority issued for a holder, itself included, in a fixed order. The
// caller must not change them.
func (s *State) Tokens(subject aura.AuthorityID) [][]byte {
	all := s.issued[subject]
	ids := make([]aura.FactID, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, aura.FactID.Compare)
	tokens := make([][]byte, len(ids))
	for i, id := range ids {
		tokens[i] = all[id]
	}
	return tokens
}

// Issued is a token that the authority has for itself or handed to a contact.
type Issued struct {
	ID    aura.FactID // of the fact that carries it
	To    aura.AuthorityID
	Token []byte
}

// AllIssued returns the authority's tokens, its own first, then by whom they are for, in a fixed order.
func (s *State) AllIssued() []Issued {
	var all []Issued
	for to, tokens := range s.issued {
		for id, token := range tokens {
			all = append(all, Issued{ID: id, To: to, Token: token})
		}
	}
	slices.SortFunc(all, func(a, b Issued) int {
		if own := a.To == s.own; own != (b.To == s.own) {
			if own {
				return -1
			}
			return 1
		}
		return cmp.Or(a.To.Compare(b.To), a.ID.Compare(b.ID))
	})
	return all
}

// Held returns the token that came with a fact, and false when there is none.
func (s *State) Held(id aura.FactID) (Held, bool) {
	for _, h := range s.AllHeld() {
		if h.ID == id {
			return h, true
		}
	}
	return Held{}, false
}

// AllHeld returns the tokens that contacts handed over, by context, giver and age.
func (s *State) AllHeld() []Held {
	var all []Held
	for _, g := range s.givers() {
		for _, item := range s.held[g].Items() {
			all = append(all, Held{ID: item.Stamp.ID, Context: g.context, From: g.from, Token: item.Value})
		}
	}
	return all
}

// givers returns who handed tokens over, by context and authority.
func (s *State) givers() []giver {
	givers := make([]giver, 0, len(s.held))
	for g := range s.held {
		givers = append(givers, g)
	}
	slices.SortFunc(givers, func(a, b giver) int {
		if c := a.context.Compare(b.context); c != 0 {
			return c
		}
		return a.from.Compare(b.from)
	})
	return givers
}

// Revoked reports whether one of the blocks was revoked.
func (s *State) Revoked(blocks [][]byte) bool {
	return slices.ContainsFunc(blocks, func(id []byte) bool {
		_, void := s.revoked[string(id)]
		return void
	})
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
