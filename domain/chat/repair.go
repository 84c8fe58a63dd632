package chat

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
)

// Pending is a member who was not told yet about a group that the owner founded. A service that starts again
// works these off; so a crash between founding and inviting loses no member.
type Pending struct {
	Group  aura.ContextID
	Member contact.Ref
}

// Invitation is a group into which a contact invited the owner.
type Invitation struct {
	Context aura.ContextID   // of the group
	From    aura.AuthorityID // the founder
	Group   Group
	Secret  [32]byte
}

// Pending returns the members whom [Invite] must still tell, in a fixed order.
func (s *State) Pending(contacts *contact.State) []Pending {
	var all []Pending
	for context, t := range s.threads {
		for _, m := range t.founded.Value.Members {
			known, ok := contacts.ByAuthority(m.Authority)
			if ok && m.Authority != s.self && !t.invited[known.Context] {
				all = append(all, Pending{Group: context, Member: known.Ref})
			}
		}
	}
	slices.SortFunc(all, func(a, b Pending) int {
		return cmp.Or(a.Group.Compare(b.Group), a.Member.Context.Compare(b.Member.Context))
	})
	return all
}

// Invitations returns the groups that the owner was invited into, by the contact in whose own context the
// invitation came, and did not [Join] yet; oldest first.
func (s *State) Invitations(contacts *contact.State) []Invitation {
	var all []Invitation
	for _, item := range s.firsts() {
		in := &item.Value
		from, known := contacts.ByContext(in.pair)
		_, member := in.Group.Member(s.self)
		if !known || from.Authority != in.Group.Founder() || !member || s.peek(in.context).joined {
			continue
		}
		all = append(all, Invitation{Context: in.context, From: from.Authority, Group: in.Group, Secret: in.Secret})
	}
	return all
}

// Membership returns the description of a group that the owner founded or joined, for the service that opens its
// channels.
func (s *State) Membership(context aura.ContextID) (Group, bool) {
	t := s.peek(context)
	if t.founded.Set {
		return t.founded.Value, true
	}
	if !t.joined {
		return Group{}, false
	}
	s.firsts()
	i, ok := s.memo.invited[context]
	if !ok {
		return Group{}, false
	}
	return s.memo.firsts[i].Value.Group, true
}

// Gone reports whether a member left a group.
func (s *State) Gone(context aura.ContextID, member aura.AuthorityID) bool {
	return s.peek(context).left[member]
}

// Groups returns the contexts of the groups that the owner founded or joined, ascending.
func (s *State) Groups() []aura.ContextID {
	var all []aura.ContextID
	for context := range s.threads {
		if _, ok := s.Membership(context); ok {
			all = append(all, context)
		}
	}
	slices.SortFunc(all, aura.ContextID.Compare)
	return all
}
