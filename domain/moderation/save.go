package moderation

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// savedState is the form of a saved [State].
type savedState struct {
	Muted   []savedTarget               `cbor:"1,keyasint,omitempty"` // ascending
	Blocked []savedTarget               `cbor:"2,keyasint,omitempty"`
	Dropped map[aura.AuthorityID][]drop `cbor:"3,keyasint,omitempty"`
}

type savedTarget struct {
	Target Target            `cbor:"1,keyasint"`
	On     fold.Newest[bool] `cbor:"2,keyasint"`
}

// Version is that of the saved form and of what Apply makes of a fact: a change of either raises it.
func (s *State) Version() int { return 2 }

// Save returns the state for [State.Restore]. Equal states have equal bytes.
func (s *State) Save() ([]byte, error) {
	return fact.MarshalState(savedState{Muted: save(s.muted), Blocked: save(s.blocked), Dropped: s.dropped})
}

// Restore replaces the state with a saved one. It returns aura.Corrupt for anything else, and leaves the
// state as it was.
func (s *State) Restore(state []byte) error {
	var saved savedState
	if err := fact.UnmarshalState(state, &saved); err != nil {
		return err
	}
	*s = State{muted: restore(saved.Muted), blocked: restore(saved.Blocked), dropped: saved.Dropped}
	return nil
}

func save(table map[Target]*fold.Newest[bool]) []savedTarget {
	all := make([]savedTarget, 0, len(table))
	for target, on := range table {
		all = append(all, savedTarget{target, *on})
	}
	slices.SortFunc(all, func(a, b savedTarget) int {
		return cmp.Or(a.Target.Authority.Compare(b.Target.Authority), a.Target.Context.Compare(b.Target.Context))
	})
	return all
}

func restore(all []savedTarget) map[Target]*fold.Newest[bool] {
	table := make(map[Target]*fold.Newest[bool], len(all))
	for i := range all {
		table[all[i].Target] = &all[i].On
	}
	return table
}
