package moderation

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all moderation facts: per target the newest wins. Its size follows the number of targets that
// the owner decided. The zero value is ready.
type State struct {
	muted   map[Target]*fold.Newest[bool]
	blocked map[Target]*fold.Newest[bool]
	dropped map[aura.AuthorityID][]drop // by when the owner said so
}

// drop marks the messages that a person wrote while it was blocked.
type drop struct {
	Stamp fold.Stamp   `cbor:"1,keyasint"`
	Until aura.Instant `cbor:"2,keyasint,omitempty"`
	Seen  []Seen       `cbor:"3,keyasint,omitempty"` // ascending
}

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	switch r.Fact.Kind {
	case KindMuted, KindUnmuted:
		apply(&s.muted, r, r.Fact.Kind == KindMuted)
	case KindBlocked:
		apply(&s.blocked, r, true)
	case KindUnblocked:
		var p Unblocked
		if fold.Own(&r.Fact, &p) == nil && p.check() == nil {
			put(&s.blocked, Target{Authority: p.Authority}, fold.Of(r), false)
			s.drop(p, fold.Of(r))
		}
	}
}

func (s *State) drop(p Unblocked, at fold.Stamp) {
	if p.Until == 0 {
		return
	}
	if s.dropped == nil {
		s.dropped = map[aura.AuthorityID][]drop{}
	}
	all := s.dropped[p.Authority]
	i, known := slices.BinarySearchFunc(all, at, func(d drop, at fold.Stamp) int { return d.Stamp.Compare(at) })
	if !known {
		s.dropped[p.Authority] = slices.Insert(all, i, drop{at, p.Until, p.Seen})
	}
}

// Dropped reports whether a message is hidden for good, because its author wrote it while it was blocked:
// the seq-th fact of a device in a context, written at an instant of the person's clock.
func (s *State) Dropped(author aura.AuthorityID, at Seen, written aura.Instant) bool {
	return slices.ContainsFunc(s.dropped[author], func(d drop) bool {
		i, found := slices.BinarySearchFunc(d.Seen, at, compareSeen)
		return written < d.Until && (!found || at.Through > d.Seen[i].Through)
	})
}

func apply(table *map[Target]*fold.Newest[bool], r *fact.Record, on bool) {
	var t Target
	if fold.Own(&r.Fact, &t) == nil {
		put(table, t, fold.Of(r), on)
	}
}

func put(table *map[Target]*fold.Newest[bool], t Target, at fold.Stamp, on bool) {
	if *table == nil {
		*table = map[Target]*fold.Newest[bool]{}
	}
	if (*table)[t] == nil {
		(*table)[t] = &fold.Newest[bool]{}
	}
	(*table)[t].Put(at, on)
}
