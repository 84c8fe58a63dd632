package contact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
)

// index is what readers of a [State] look up, built again by the first reader after a change: planning asks for
// every member of a group who it is.
type index struct {
	turn        uint64 // changes applied
	built       uint64 // the turn at which the fields below were computed, plus one
	authorities map[aura.AuthorityID]aura.ContextID
	devices     map[aura.DeviceID]aura.ContextID
	byName      []Contact
}

// Equal reports true: the cache is no part of the state.
func (index) Equal(index) bool { return true }

// Turn grows with every change, so that a reader knows whether its computed values still hold.
func (s *State) Turn() uint64 { return s.index.turn }

// MetBefore reports whether a contact became one before a fact of this authority.
func (s *State) MetBefore(context aura.ContextID, at fold.Stamp) bool {
	e := s.entries[context]
	return e.is() && e.added.Stamp.Compare(at) < 0
}

func (s *State) look() *index {
	x := &s.index
	if x.built == x.turn+1 {
		return x
	}
	x.built = x.turn + 1
	x.authorities = make(map[aura.AuthorityID]aura.ContextID, len(s.entries))
	x.devices = make(map[aura.DeviceID]aura.ContextID, len(s.entries))
	x.byName = make([]Contact, 0, len(s.entries))
	for context, e := range s.entries {
		if !e.is() {
			continue
		}
		c := s.contact(context)
		x.byName = append(x.byName, c)
		// Of two contexts with one person the smaller counts, so that the answer is the same everywhere.
		if other, ok := x.authorities[c.Authority]; !ok || context.Compare(other) < 0 {
			x.authorities[c.Authority] = context
		}
		if other, ok := x.devices[c.Device]; !ok || context.Compare(other) < 0 {
			x.devices[c.Device] = context
		}
	}
	slices.SortFunc(x.byName, func(a, b Contact) int {
		return cmp.Or(strings.Compare(s.labels[a.Context].key, s.labels[b.Context].key), a.Context.Compare(b.Context))
	})
	return x
}
