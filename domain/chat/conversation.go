package chat

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/domain/moderation"
)

// Setting is what handlers and views need to know beside the chat facts. Contacts and Moderation are required, and
// Delivery for views. All of it is only read.
type Setting struct {
	Contacts   *contact.State
	Moderation *moderation.State
	Delivery   *delivery.State
}

// Ref is the strong reference to a conversation. It is made once, where a name enters, and travels in the
// intents: nothing inside looks the conversation up by anything weaker.
type Ref struct {
	Context aura.ContextID `cbor:"1,keyasint" json:"context"`
	Group   bool           `cbor:"2,keyasint,omitempty" json:"group"`
	// Epoch is the logical time at which the contact or the group was made: another epoch is another relation.
	Epoch aura.Logical `cbor:"3,keyasint,omitempty" json:"epoch"`
}

// conversation is a context with who takes part in it.
type conversation struct {
	Ref
	name   string
	others []Participant // all but the owner
	own    bool          // false: the owner left, or removed the contact
	thread *thread

	removed bool // the owner removed the contact: only the messages are left
}

// Participant is one member of a conversation.
type Participant struct {
	Authority aura.AuthorityID `json:"authority"`
	Name      string           `json:"name"`
	Left      bool             `json:"left,omitempty"`
}

// Resolve turns the text that a person typed into a conversation, see [contact.Match]: the name of a contact or a group,
// or the beginning of the contact's authority or the group's context. It returns [aura.NotFound] with the names
// that come close, and [aura.Conflict] with all that fit when there are several.
func (s *State) Resolve(set Setting, text string) (Ref, error) {
	var refs []Ref
	var candidates []contact.Candidate
	for _, c := range set.Contacts.Contacts() {
		refs = append(refs, Ref{Context: c.Context, Epoch: c.Epoch})
		candidates = append(candidates, contact.Candidate{Label: c.Name, Calls: c.PeerName, ID: c.Authority.String()})
	}
	for _, g := range s.groups(set) {
		refs = append(refs, g.Ref)
		candidates = append(candidates, contact.Candidate{Label: g.name, ID: g.Context.String()})
	}
	for _, c := range set.Contacts.Formers() { // their messages can still be read
		refs = append(refs, Ref{Context: c.Context, Epoch: c.Epoch})
		candidates = append(candidates, contact.Candidate{Label: c.Name, ID: c.Context.String()})
	}
	at, err := contact.Match(text, candidates)
	if err != nil {
		return Ref{}, err
	}
	return refs[at], nil
}

// conversation returns the conversation of a context: with a contact, or in a group that the owner founded
// or joined.
func (s *State) conversation(set Setting, context aura.ContextID) (conversation, bool) {
	if c, ok := set.Contacts.ByContext(context); ok {
		return s.direct(c), true
	}
	if c, ok := set.Contacts.Former(context); ok {
		ended := s.direct(c)
		ended.own, ended.removed = false, true
		return ended, true
	}
	m := s.known(set)
	i, ok := m.places[context]
	if !ok {
		return conversation{}, false
	}
	return s.present(m.groups[i]), true
}

// Holds returns nil as long as a reference is to a conversation that there is, and else why not: [aura.Invalid],
// [aura.NotFound] or [aura.Stale].
func (s *State) Holds(op aura.Op, set Setting, ref Ref) error {
	_, err := s.current(op, set, ref)
	return err
}

// current returns the conversation that a reference is about. It returns [aura.Invalid] for a reference without an
// epoch, which nothing repairs, [aura.NotFound] for a conversation that there is not, and [aura.Stale] when the
// reference is to another one than there is now.
func (s *State) current(op aura.Op, set Setting, ref Ref) (conversation, error) {
	if ref.Epoch == 0 {
		return conversation{}, aura.Errorf(op, aura.Invalid, "the reference to a conversation carries no epoch")
	}
	c, ok := s.conversation(set, ref.Context)
	if !ok {
		return c, aura.Errorf(op, aura.NotFound, "there is no such conversation")
	}
	if c.Ref != ref {
		return c, aura.Errorf(op, aura.Stale, "the reference to %q is out of date: name the conversation again", c.name)
	}
	return c, nil
}

func (s *State) direct(c contact.Contact) conversation {
	return conversation{
		Ref: Ref{Context: c.Context, Epoch: c.Epoch}, name: c.Name, own: true, thread: s.peek(c.Context),
		others: []Participant{{Authority: c.Authority, Name: c.Name}},
	}
}

// groups returns the groups that the owner takes or took part in, in the order in which they became known.
// Their names are unique among themselves and the contacts.
func (s *State) groups(set Setting) []conversation {
	m := s.known(set)
	groups := make([]conversation, len(m.groups))
	for i := range m.groups {
		groups[i] = s.present(m.groups[i])
	}
	return groups
}

// allGroups computes the result of groups, without the messages.
func (s *State) allGroups(set Setting) []conversation {
	type known struct {
		context aura.ContextID
		since   fold.Stamp
		group   *Group
	}
	var all []known
	for context, t := range s.threads {
		if t.founded.Set {
			all = append(all, known{context, t.founded.Stamp, &t.founded.Value})
		}
	}
	for _, in := range s.firsts() {
		if t := s.threads[in.Value.context]; t != nil && t.joined {
			all = append(all, known{in.Value.context, in.Stamp, &in.Value.Group})
		}
	}
	slices.SortFunc(all, func(a, b known) int { return a.since.Compare(b.since) })

	used := set.Contacts.Labelled(aura.ContextID{})
	groups := make([]conversation, 0, len(all))
	for _, k := range all {
		name, kept := set.Contacts.Label(k.context)
		if !kept {
			name = petname(used, k.group.Name, "group", aura.Short(k.context))
		}
		groups = append(groups, s.group(set, Ref{Context: k.context, Group: true, Epoch: k.since.Logical}, name, k.group))
	}
	return groups
}

func (s *State) group(set Setting, ref Ref, name string, g *Group) conversation {
	c := conversation{Ref: ref, name: name, own: true}
	written := s.peek(ref.Context)
	// A member who is no contact must not appear under the name of a contact, a group or the owner.
	used := set.Contacts.Labelled(aura.ContextID{})
	used[contact.Folded(set.Contacts.Own())] = true
	for i := range g.Members {
		m := &g.Members[i]
		left := written.left[m.Authority]
		if m.Authority == s.self {
			c.own = !left
			continue
		}
		shown := ""
		if known, ok := set.Contacts.ByAuthority(m.Authority); ok {
			shown = known.Name
		} else {
			shown = petname(used, m.Name, "member", aura.Short(m.Authority))
		}
		c.others = append(c.others, Participant{Authority: m.Authority, Name: shown, Left: left})
	}
	return c
}

// peers returns the recipients of a message that the owner writes now, ascending.
func (c *conversation) peers() []aura.AuthorityID {
	var peers []aura.AuthorityID
	for _, p := range c.others {
		if !p.Left {
			peers = append(peers, p.Authority)
		}
	}
	slices.SortFunc(peers, aura.AuthorityID.Compare)
	return peers
}

func (c *conversation) participant(authority aura.AuthorityID) (Participant, bool) {
	i := slices.IndexFunc(c.others, func(p Participant) bool { return p.Authority == authority })
	if i < 0 {
		return Participant{}, false
	}
	return c.others[i], true
}

// last returns the stamp of the newest message.
func (c *conversation) last() fold.Stamp {
	items := c.thread.messages.Items()
	if len(items) == 0 {
		return fold.Stamp{}
	}
	return items[len(items)-1].Stamp
}

func compareByActivity(a, b conversation) int {
	if c := b.last().Compare(a.last()); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.name, b.name), a.Context.Compare(b.Context))
}

// peek returns the thread of a context for reading, an empty one when nothing was written.
func (s *State) peek(context aura.ContextID) *thread {
	if t := s.threads[context]; t != nil {
		return t
	}
	return &thread{}
}

// petname takes a name that is free, see [contact.Petname].
func petname(used map[string]bool, name, what, id string) string {
	name = contact.Petname(name, what, id, func(n string) bool { return used[contact.Folded(n)] })
	used[contact.Folded(name)] = true
	return name
}
