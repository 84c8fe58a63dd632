package moderation

import (
	"github.com/aura-runtime/aura/domain/internal/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all moderation facts: per target the newest wins. Its size follows what the owner
// decided. The zero value is ready.
type State struct {
	muted   map[Target]*fold.Newest[bool]
	blocked map[Target]*fold.Newest[bool]
}

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	switch r.Fact.Kind {
	case KindMuted, KindUnmuted:
		apply(&s.muted, r, r.Fact.Kind == KindMuted)
	case KindBlocked, KindUnblocked:
		apply(&s.blocked, r, r.Fact.Kind == KindBlocked)
	}
}

func apply(table *map[Target]*fold.Newest[bool], r *fact.Record, on bool) {
	var t Target
	if fold.Own(&r.Fact, &t) != nil {
		return
	}
	if *table == nil {
		*table = map[Target]*fold.Newest[bool]{}
	}
	if (*table)[t] == nil {
		(*table)[t] = &fold.Newest[bool]{}
	}
	(*table)[t].Put(fold.Of(r), on)
}
