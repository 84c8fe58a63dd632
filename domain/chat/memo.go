package chat

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/fold"
)

// memo is what readers of a [State] computed of its groups, until a fact may change it: a message in one group
// must not cost a look at all members of all groups.
type memo struct {
	turn uint64 // facts applied that say something about groups

	listed  uint64 // the turn at which the fields below were computed, plus one
	firsts  []fold.Item[invitation]
	invited map[aura.ContextID]int // of firsts

	named    uint64 // the turn at which the fields below were computed, plus one
	contacts *contact.State
	turned   uint64 // of contacts
	groups   []conversation
	places   map[aura.ContextID]int // of groups
}

// Equal reports true: the cache is no part of the state.
func (memo) Equal(memo) bool { return true }

// firsts returns the invitations into groups of others, one for each group, by age. The caller keeps it as it is.
func (s *State) firsts() []fold.Item[invitation] {
	m := &s.memo
	if m.listed == m.turn+1 {
		return m.firsts
	}
	m.listed, m.firsts = m.turn+1, nil
	for _, of := range s.invitations {
		m.firsts = append(m.firsts, of.Items()...)
	}
	slices.SortFunc(m.firsts, func(a, b fold.Item[invitation]) int { return a.Stamp.Compare(b.Stamp) })
	m.invited = map[aura.ContextID]int{}
	m.firsts = slices.DeleteFunc(m.firsts, func(i fold.Item[invitation]) bool {
		_, again := m.invited[i.Value.context]
		m.invited[i.Value.context] = 0
		return again
	})
	for i := range m.firsts {
		m.invited[m.firsts[i].Value.context] = i
	}
	return m.firsts
}

// known returns the memo with the groups as they are called now.
func (s *State) known(set Setting) *memo {
	m := &s.memo
	if m.named == m.turn+1 && m.contacts == set.Contacts && m.turned == set.Contacts.Turn() {
		return m
	}
	groups := s.allGroups(set)
	m.named, m.contacts, m.turned, m.groups = m.turn+1, set.Contacts, set.Contacts.Turn(), groups
	m.places = make(map[aura.ContextID]int, len(groups))
	for i := range groups {
		m.places[groups[i].Context] = i
	}
	return m
}

// present returns a group with its present messages.
func (s *State) present(group conversation) conversation {
	group.thread = s.peek(group.Context)
	return group
}
