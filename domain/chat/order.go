package chat

import (
	"slices"

	"github.com/aura-runtime/aura/domain/moderation"
)

// Order returns the conversations that [State.Threads] lists, in its order, for a caller that keeps their
// listings and asks again only for those that changed.
func (s *State) Order(set Setting) []Ref {
	all := s.displayed(set)
	refs := make([]Ref, 0, len(all))
	for i := range all {
		refs = append(refs, all[i].Ref)
	}
	return refs
}

// displayed returns the conversations to show, the one with the newest message first.
func (s *State) displayed(set Setting) []conversation {
	var all []conversation
	for _, c := range set.Contacts.Contacts() {
		if set.Moderation.Display(c.Context, c.Authority) != moderation.DisplayHidden {
			all = append(all, s.direct(c))
		}
	}
	all = append(all, s.groups(set)...)
	slices.SortFunc(all, compareByActivity)
	return all
}
