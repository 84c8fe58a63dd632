package chat

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// Newcomer is a conversation that the owner has not been shown before.
type Newcomer struct {
	Context   aura.ContextID
	Authority aura.AuthorityID // of the contact; zero: a group
	Name      string           // as it calls itself
}

// Label returns the fact that keeps the name under which the owner is shown a newcomer, for the commit that
// begins the conversation. The newcomer gives way: its name is numbered, or replaced, when the owner could
// take it for another contact or group. See [contact.Petname].
func (s *State) Label(set Setting, by domain.Caller, n Newcomer) (fact.Draft, error) {
	what, id := "contact", aura.Short(n.Authority)
	if n.Authority.IsZero() {
		what, id = "group", aura.Short(n.Context)
	}
	return contact.Label(by, n.Context, contact.Petname(n.Name, what, id, s.taken(set, n)))
}

// Unlabelled returns the conversations whose name no fact keeps, with that name. See [contact.State.Kept].
func (s *State) Unlabelled(set Setting) []Newcomer {
	var all []Newcomer
	for _, c := range set.Contacts.Contacts() {
		if !set.Contacts.Kept(c.Context) {
			all = append(all, Newcomer{Context: c.Context, Authority: c.Authority, Name: c.Name})
		}
	}
	for _, g := range s.groups(set) {
		if !set.Contacts.Kept(g.Context) {
			all = append(all, Newcomer{Context: g.Context, Name: g.name})
		}
	}
	return all
}

// Rename plans to call a contact or a group something else; an empty name takes the one that it has for
// itself. It returns [aura.NotFound] for a reference to neither, [aura.Invalid] for a name that deceives and
// [aura.Conflict] for one that is in use.
func Rename(s *State, set Setting, by domain.Caller, in contact.RenameIntent) (guard.Request, error) {
	const op = "chat.Rename"
	if _, direct := set.Contacts.ByContext(in.Contact.Context); direct {
		if _, err := set.Contacts.Current(op, in.Contact); err != nil {
			return guard.Request{}, err
		}
	} else if _, err := s.current(op, set, Ref{Context: in.Contact.Context, Group: true, Epoch: in.Contact.Epoch}); err != nil {
		return guard.Request{}, err
	}
	n := s.newcomer(set, in.Contact.Context)
	var draft fact.Draft
	var err error
	if in.Name == "" {
		draft, err = s.Label(set, by, n)
	} else {
		var name string
		if name, err = contact.ParseName(in.Name); err != nil {
			return guard.Request{}, err
		}
		if s.taken(set, n)(name) {
			return guard.Request{}, aura.Errorf(op, aura.Conflict, "%q is in use: choose another name", name)
		}
		draft, err = contact.Label(by, n.Context, name)
	}
	return by.Local(contact.CapRename, draft), err
}

// newcomer returns a conversation that there is, as if the owner had not been shown it.
func (s *State) newcomer(set Setting, context aura.ContextID) Newcomer {
	if c, ok := set.Contacts.ByContext(context); ok {
		return Newcomer{Context: context, Authority: c.Authority, Name: c.PeerName}
	}
	g, _ := s.Membership(context)
	return Newcomer{Context: context, Name: g.Name}
}

// taken reports which names a newcomer may not have: those of the owner, of other conversations, of members of
// groups who are no contacts, and the beginnings of contacts' identifiers.
func (s *State) taken(set Setting, n Newcomer) func(string) bool {
	used := set.Contacts.Labelled(n.Context)
	used[contact.Folded(set.Contacts.Own())] = true
	for _, g := range s.groups(set) {
		if g.Context != n.Context {
			used[contact.Folded(g.name)] = true
		}
		for _, p := range g.others {
			if _, known := set.Contacts.ByAuthority(p.Authority); !known && p.Authority != n.Authority {
				used[contact.Folded(p.Name)] = true
			}
		}
	}
	return func(name string) bool { return used[contact.Folded(name)] || set.Contacts.Identified(name) }
}
