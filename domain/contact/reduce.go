package contact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/internal/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all contact facts: the same for any order of arrival and any repetition. Its size
// follows the number of contacts and of members in shared contexts, which the owner alone decides. The
// zero value is ready. One task at a time applies or reads.
type State struct {
	self    fold.Newest[string]
	entries map[aura.ContextID]*entry
	names   map[aura.ContextID]string // as displayed; recomputed when a fact may change one
	former  map[aura.ContextID]string // the same of those who were removed
	index   index                     // of all of it, for readers
}

// entry is what is known under one context. A context without an added fact (a group, or a fact that
// arrived early) shows nothing.
type entry struct {
	added     fold.Earliest[person]
	removed   bool
	renamed   fold.Newest[string]
	addresses fold.Newest[[]string]
	profiles  map[aura.AuthorityID]*fold.Newest[Profile]
}

// person is an added fact with what is computed from it once.
type person struct {
	Added
	cert   fact.Certificate
	device aura.DeviceID
	code   string
}

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	if !strings.HasPrefix(r.Fact.Kind, "contact.") {
		return
	}
	s.index.turn++
	at := fold.Of(r)
	switch r.Fact.Kind {
	case KindSelf:
		var p Self
		if fold.Own(&r.Fact, &p) == nil {
			s.self.Put(at, p.Name)
		}
	case KindAdded:
		s.applyAdded(r, at)
	case KindRenamed:
		var p Renamed
		if fold.Own(&r.Fact, &p) == nil && s.entry(p.Context).renamed.Put(at, p.Name) {
			s.rename()
		}
	case KindAddresses:
		var p Addresses
		if fold.Own(&r.Fact, &p) == nil {
			s.entry(p.Context).addresses.Put(at, p.Addresses)
		}
	case KindRemoved:
		var p Removed
		if fold.Own(&r.Fact, &p) == nil && !s.entry(p.Context).removed {
			s.entry(p.Context).removed = true
			s.rename()
		}
	case KindProfile:
		s.applyProfile(r, at)
	}
}

// is reports whether the entry is a contact now.
func (e *entry) is() bool { return e != nil && e.added.Set && !e.removed }

func (s *State) applyAdded(r *fact.Record, at fold.Stamp) {
	var p Added
	if fold.Own(&r.Fact, &p) != nil {
		return
	}
	who, err := personOf(p)
	if err != nil {
		return
	}
	if s.entry(p.Context).added.Put(at, who) {
		s.rename()
	}
}

func personOf(p Added) (person, error) {
	cert, err := fact.DecodeCertificate(p.Certificate)
	if err != nil {
		return person{}, err
	}
	return person{Added: p, cert: cert, device: cert.Device(), code: Verification(p.Transcript)}, nil
}

func (s *State) applyProfile(r *fact.Record, at fold.Stamp) {
	var p Profile
	if fold.Shared(&r.Fact, &p) != nil {
		return
	}
	e := s.entry(aura.ContextID(r.Fact.Namespace.ID))
	if e.profiles == nil {
		e.profiles = map[aura.AuthorityID]*fold.Newest[Profile]{}
	}
	if e.profiles[r.Fact.Author] == nil {
		e.profiles[r.Fact.Author] = &fold.Newest[Profile]{}
	}
	if e.profiles[r.Fact.Author].Put(at, p) {
		s.rename()
	}
}

func (s *State) entry(context aura.ContextID) *entry {
	if s.entries == nil {
		s.entries = map[aura.ContextID]*entry{}
	}
	if s.entries[context] == nil {
		s.entries[context] = &entry{}
	}
	return s.entries[context]
}

// profile returns what the contact itself said last in their context.
func (e *entry) profile() fold.Newest[Profile] {
	if p := e.profiles[e.added.Value.Authority]; p != nil {
		return *p
	}
	return fold.Newest[Profile]{}
}

// chosen returns the name that the peer goes by.
func (e *entry) chosen() string {
	if p := e.profile(); p.Set {
		return p.Value.Name
	}
	return e.added.Value.Name
}

// The strength of a claim to a name. A peer that changes its name later must not push a contact from the
// name under which the owner knows it.
const (
	claimOwner   = 0 // the owner gave it
	claimAdded   = 1 // the peer had it when it became a contact
	claimProfile = 2 // the peer took it later
)

type claim struct {
	name     string
	strength int
	since    fold.Stamp
	context  aura.ContextID
}

func (s *State) rename() {
	claims, formers := make([]claim, 0, len(s.entries)), []claim(nil)
	for context, e := range s.entries {
		switch {
		case e.is():
			claims = append(claims, e.claim(context))
		case e.added.Set:
			former := e.claim(context)
			former.name += " (removed)"
			formers = append(formers, former)
		}
	}
	used := make(map[string]bool, len(s.entries))
	s.names, s.former = settle(claims, used), settle(formers, used)
}

// settle gives each claim a name that no other has: the stronger and older first.
func settle(claims []claim, used map[string]bool) map[aura.ContextID]string {
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.strength, b.strength), a.since.Compare(b.since), a.context.Compare(b.context))
	})
	names := make(map[aura.ContextID]string, len(claims))
	for _, c := range claims {
		name := Unique(c.name, func(n string) bool { return used[Folded(n)] })
		used[Folded(name)] = true
		names[c.context] = name
	}
	return names
}

func (e *entry) claim(context aura.ContextID) claim {
	c := claim{since: e.added.Stamp, context: context, name: e.chosen(), strength: claimAdded}
	switch {
	case e.renamed.Set && e.renamed.Value != "":
		c.name, c.strength = e.renamed.Value, claimOwner
	case c.name != e.added.Value.Name:
		c.strength = claimProfile
	}
	return c
}
