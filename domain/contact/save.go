package contact

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// savedState is the form of a saved [State]. It leaves out values that can be computed from the rest.
type savedState struct {
	Self    *fold.Newest[string]          `cbor:"1,keyasint,omitempty"`
	Entries map[aura.ContextID]savedEntry `cbor:"2,keyasint,omitempty"`
	Named   fact.Position                 `cbor:"3,keyasint,omitempty"`
}

type savedEntry struct {
	Added     *fold.Earliest[Added]      `cbor:"1,keyasint,omitempty"`
	Renamed   *fold.Newest[string]       `cbor:"2,keyasint,omitempty"`
	Addresses *fold.Newest[[]string]     `cbor:"3,keyasint,omitempty"`
	Profiles  map[aura.AuthorityID]*said `cbor:"4,keyasint,omitempty"`
	Removed   bool                       `cbor:"5,keyasint,omitempty"`
}

// Version is that of the saved form and of what Apply makes of a fact: a change of either raises it.
func (s *State) Version() int { return 4 }

// Save returns the state for [State.Restore]. Equal states have equal bytes.
func (s *State) Save() ([]byte, error) {
	saved := savedState{Self: s.self.Save(), Named: s.named, Entries: make(map[aura.ContextID]savedEntry, len(s.entries))}
	for context, e := range s.entries {
		to := savedEntry{Renamed: e.renamed.Save(), Addresses: e.addresses.Save(), Profiles: e.profiles, Removed: e.removed}
		if e.added.Set {
			to.Added = &fold.Earliest[Added]{Stamp: e.added.Stamp, Value: e.added.Value.Added, Set: true}
		}
		saved.Entries[context] = to
	}
	return fact.MarshalState(saved)
}

// Restore replaces the state with a saved one. It returns aura.Corrupt for anything else, and leaves the
// state as it was.
func (s *State) Restore(state []byte) error {
	var saved savedState
	if err := fact.UnmarshalState(state, &saved); err != nil {
		return err
	}
	restored := State{named: saved.Named, index: index{turn: s.index.turn + 1}}
	restored.self.Restore(saved.Self)
	for context, from := range saved.Entries {
		e := restored.entry(context)
		e.renamed.Restore(from.Renamed)
		e.addresses.Restore(from.Addresses)
		e.profiles, e.removed = from.Profiles, from.Removed
		if from.Added == nil {
			continue
		}
		who, err := personOf(from.Added.Value)
		if err != nil {
			return &aura.Error{Op: "contact.Restore", Kind: aura.Corrupt, Err: err}
		}
		e.added.Put(from.Added.Stamp, who)
	}
	restored.relabel()
	*s = restored
	return nil
}
