package contact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all contact facts: the same for any order of arrival and any repetition. Its size
// follows the number of contacts and of members in shared contexts, which the owner alone decides. The
// zero value is ready. One task at a time applies or reads.
type State struct {
	self    fold.Newest[string]
	named   fact.Position // of the fact that self is of
	entries map[aura.ContextID]*entry
	labels  map[aura.ContextID]label // of contacts, and of groups that have one; follows the entries
	index   index                    // of all of it, for readers
}

// label is the name under which the owner is shown a context. Facts of peers never change one.
type label struct {
	name string
	key  string // the name as [Folded]
}

// entry is the state of one context. A context without an added fact (a group, or a fact that
// arrived early) shows nothing.
type entry struct {
	added     fold.Earliest[person]
	removed   bool
	renamed   fold.Newest[string]
	addresses fold.Newest[[]string]
	profiles  map[aura.AuthorityID]*said
}

// said is what a member said of itself in a context.
type said struct {
	Profile fold.Newest[Profile] `cbor:"1,keyasint"`
	Last    fact.Position        `cbor:"2,keyasint,omitempty"` // of the profile that came last
	By      aura.DeviceID        `cbor:"3,keyasint,omitzero"`  // the device that said the newest
}

// person is an added fact with the values that are computed from it once.
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
		if fold.Own(&r.Fact, &p) == nil && s.self.Put(at, p.Name) {
			s.named = r.Position
		}
	case KindAdded:
		s.applyAdded(r, at)
	case KindRenamed:
		var p Renamed
		if fold.Own(&r.Fact, &p) != nil {
			return
		}
		e := s.entry(p.Context)
		// A first label equal to the shown name, the usual one, moves no other label.
		usual := !e.renamed.Set && p.Name != "" && p.Name == s.labels[p.Context].name
		if e.renamed.Put(at, p.Name) && !usual {
			s.relabel()
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
			s.relabel()
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
		s.relabel()
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
		e.profiles = map[aura.AuthorityID]*said{}
	}
	if e.profiles[r.Fact.Author] == nil {
		e.profiles[r.Fact.Author] = &said{}
	}
	by := e.profiles[r.Fact.Author]
	if by.Profile.Put(at, p) {
		by.By = r.Fact.Device
	}
	by.Last = max(by.Last, r.Position)
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

// profile returns the newest profile of the contact itself in their context.
func (e *entry) profile() said {
	if p := e.profiles[e.added.Value.Authority]; p != nil {
		return *p
	}
	return said{}
}

// chosen returns the name that the peer goes by.
func (e *entry) chosen() string {
	if p := e.profile().Profile; p.Set {
		return p.Value.Name
	}
	return e.added.Value.Name
}

// relabel computes the labels anew from facts of the owner alone: a name that the owner gave or kept holds, and
// a contact of a build that kept none gets the name that it had when it became a contact. Of two equal ones the
// later fact gets a number. A removed contact leaves its name to others.
func (s *State) relabel() {
	type claim struct {
		name    string
		kept    bool
		since   fold.Stamp
		context aura.ContextID
	}
	claims, former := make([]claim, 0, len(s.entries)), map[aura.ContextID]bool{}
	for context, e := range s.entries {
		switch {
		case e.added.Set && e.removed:
			former[context] = true
			name := e.added.Value.Name
			if e.renamed.Set && e.renamed.Value != "" {
				name = e.renamed.Value
			}
			claims = append(claims, claim{name + " (removed)", false, e.added.Stamp, context})
		case e.renamed.Set && e.renamed.Value != "":
			claims = append(claims, claim{e.renamed.Value, true, e.renamed.Stamp, context})
		case e.added.Set:
			claims = append(claims, claim{e.added.Value.Name, false, e.added.Stamp, context})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		if former[a.context] != former[b.context] {
			if former[b.context] {
				return -1
			}
			return 1
		}
		if a.kept != b.kept {
			if a.kept {
				return -1
			}
			return 1
		}
		return cmp.Or(a.since.Compare(b.since), a.context.Compare(b.context))
	})
	s.labels = make(map[aura.ContextID]label, len(claims))
	used := make(map[string]bool, len(claims))
	taken := func(name string) bool { return used[Folded(name)] }
	for _, c := range claims {
		name := ""
		if c.kept || former[c.context] {
			name = Unique(c.name, taken)
		} else {
			name = Petname(c.name, "contact", aura.Short(s.entries[c.context].added.Value.Authority), taken)
		}
		key := Folded(name)
		used[key] = true
		s.labels[c.context] = label{name, key}
	}
}
