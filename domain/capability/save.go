package capability

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// savedState is the form of a saved [State].
type savedState struct {
	Own      aura.AuthorityID                              `cbor:"1,keyasint"`
	Issued   map[aura.AuthorityID]map[aura.FactID][]byte   `cbor:"2,keyasint,omitempty"`
	Held     []savedHeld                                   `cbor:"3,keyasint,omitempty"` // by context and giver
	Revoked  [][]byte                                      `cbor:"4,keyasint,omitempty"` // ascending
	Policies map[aura.ContextID]*fold.Newest[guard.Policy] `cbor:"5,keyasint,omitempty"`
}

type savedHeld struct {
	Context aura.ContextID           `cbor:"1,keyasint"`
	From    aura.AuthorityID         `cbor:"2,keyasint"`
	Tokens  fold.SavedWindow[[]byte] `cbor:"3,keyasint"`
}

// Version is that of the saved form and of what Apply makes of a fact: a change of either raises it.
func (s *State) Version() int { return 1 }

// Save returns the state for [State.Restore]. Equal states have equal bytes.
func (s *State) Save() ([]byte, error) {
	saved := savedState{Own: s.own, Issued: s.issued, Policies: s.policies}
	for _, g := range s.givers() {
		saved.Held = append(saved.Held, savedHeld{Context: g.context, From: g.from, Tokens: s.held[g].Save()})
	}
	for id := range s.revoked {
		saved.Revoked = append(saved.Revoked, []byte(id))
	}
	slices.SortFunc(saved.Revoked, slices.Compare)
	return fact.MarshalState(saved)
}

// Restore replaces the state with a saved one of the same authority. It returns aura.Corrupt for anything
// else, and leaves the state as it was.
func (s *State) Restore(state []byte) error {
	var saved savedState
	if err := fact.UnmarshalState(state, &saved); err != nil {
		return err
	}
	if saved.Own != s.own {
		return aura.Errorf("capability.Restore", aura.Corrupt, "the state is another authority's")
	}
	restored := NewState(s.own)
	for to, tokens := range saved.Issued {
		restored.issued[to] = tokens
	}
	for i := range saved.Held {
		h := &saved.Held[i]
		tokens := &fold.Window[[]byte]{}
		tokens.Restore(h.Tokens)
		restored.held[giver{h.Context, h.From}] = tokens
	}
	for _, id := range saved.Revoked {
		restored.revoked[string(id)] = struct{}{}
	}
	for context, policy := range saved.Policies {
		restored.policies[context] = policy
	}
	*s = *restored
	return nil
}
