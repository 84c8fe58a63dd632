package chat

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities that the handlers of this package require.
const (
	CapSend   = "chat:send"
	CapRead   = "chat:read"
	CapCreate = "group:create"
	CapInvite = "group:invite"
	CapJoin   = "group:join"
	CapLeave  = "group:leave"
)

// Send plans to send a text. It is decided once, whether or not the peers are there: a peer that is away,
// or whose budget is spent, gets it later. A blocked contact is [aura.Denied].
func Send(s *State, set Setting, by domain.Caller, in SendIntent) (guard.Request, error) {
	const op = "chat.Send"
	if err := CheckText(in.Text); err != nil {
		return guard.Request{}, err
	}
	c, err := s.open(op, set, in.To)
	if err != nil {
		return guard.Request{}, err
	}
	if !c.Group && set.Moderation.Arrival(c.others[0].Authority) == moderation.ArrivalRefused {
		return guard.Request{}, aura.Errorf(op, aura.Denied, "%s is blocked: unblock first", c.name)
	}
	draft, err := by.Shared(c.Context, KindMessage, Text{Text: in.Text, At: by.Now.At, Reply: in.Reply})
	return by.Send(CapSend, c.Context, c.peers(), draft), err
}

// MarkRead plans to tell the others that everything in a conversation was read. The second result is false
// when there is nothing to tell: no message is newly read, or no other member is left. It returns the errors of the home.
func MarkRead(s *State, set Setting, home domain.Home, by domain.Caller, in ReadIntent) (guard.Request, bool, error) {
	c, err := s.current("chat.MarkRead", set, in.In)
	if err != nil {
		return guard.Request{}, false, err
	}
	marks, grown := s.marks(set, &c)
	if !grown || !c.own || len(c.peers()) == 0 {
		return guard.Request{}, false, nil
	}
	draft, err := by.Shared(c.Context, KindRead, Read{Marks: marks})
	r := by.Send(CapRead, c.Context, c.peers(), draft)
	// To mark means that all up to there was seen which is here then: a message of another branch must not come in between.
	for i := 0; i < len(marks) && err == nil; i++ {
		var newest guard.Mark
		newest, err = home.Newest(c.Context, marks[i].Device)
		r.Marks = append(r.Marks, newest)
	}
	return r, err == nil, err
}

// Create plans to found a group: a fact in the own namespace and the secret of the new context in the
// metadata. The members learn of it by [Invite]. Me describes the founder; nonce and secret are fresh
// randomness. The second result is the group's context.
func Create(set Setting, by domain.Caller, in CreateIntent, me Member, nonce aura.Nonce, secret [32]byte) (guard.Request, aura.ContextID, error) {
	fail := func(err error) (guard.Request, aura.ContextID, error) { return guard.Request{}, aura.ContextID{}, err }
	me.Role = RoleFounder
	name, err := contact.ParseName(in.Name)
	if err != nil {
		return fail(err)
	}
	g := Group{Name: name, Members: []Member{me}, Nonce: nonce}
	for _, ref := range in.Members {
		m, err := memberOf(set, ref)
		if err != nil {
			return fail(err)
		}
		if slices.ContainsFunc(g.Members, func(other Member) bool { return other.Authority == m.Authority }) {
			return fail(aura.Errorf("chat.Create", aura.Invalid, "one member is named twice"))
		}
		g.Members = append(g.Members, m)
	}
	for i := range g.Members {
		m := &g.Members[i]
		m.Addresses = m.Addresses[:min(len(m.Addresses), MaxPlaces)]
	}
	slices.SortFunc(g.Members, func(a, b Member) int { return a.Authority.Compare(b.Authority) })
	if err := g.checkBy(by.Authority, certified); err != nil {
		return fail(err)
	}
	context, err := g.Context()
	if err != nil {
		return fail(err)
	}
	draft, err := by.Draft(KindCreated, g)
	r := by.Local(CapCreate, draft)
	r.Metadata = []guard.Meta{{Key: domain.SecretKey(context), Value: secret[:]}}
	return r, context, err
}

// Invite plans to tell one member about a group, in the context that founder and member share. The secret is
// the group's, from the metadata.
func Invite(s *State, by domain.Caller, to Pending, secret [32]byte) (guard.Request, error) {
	t := s.peek(to.Group)
	if !t.founded.Set {
		return guard.Request{}, aura.Errorf("chat.Invite", aura.NotFound, "there is no such group of one's own")
	}
	draft, err := by.Shared(to.Member.Context, KindInvited, Invited{Group: t.founded.Value, Secret: secret})
	return by.Send(CapInvite, to.Member.Context, []aura.AuthorityID{to.Member.Authority}, draft), err
}

// Join plans to take part in a group into which a contact invited the owner, and keeps its secret.
func Join(by domain.Caller, in Invitation) (guard.Request, error) {
	draft, err := by.Draft(KindJoined, Joined{Context: in.Context})
	r := by.Local(CapJoin, draft)
	r.Metadata = []guard.Meta{{Key: domain.SecretKey(in.Context), Value: in.Secret[:]}}
	return r, err
}

// Leave plans to leave a group. Nothing is sent to it afterwards, and nothing that comes from it is kept.
func Leave(s *State, set Setting, by domain.Caller, in LeaveIntent) (guard.Request, error) {
	const op = "chat.Leave"
	c, err := s.current(op, set, in.Group)
	switch {
	case err != nil:
		return guard.Request{}, err
	case !c.Group:
		return guard.Request{}, aura.Errorf(op, aura.NotFound, "there is no such group")
	case !c.own:
		return guard.Request{}, aura.Errorf(op, aura.Conflict, "you left %q already", c.name)
	}
	draft, err := by.Shared(c.Context, KindLeft, Left{})
	return by.Send(CapLeave, c.Context, c.peers(), draft), err
}

// SentAt returns when a message was written by its author's clock, and false for other facts.
func SentAt(f *fact.Fact) (aura.Instant, bool) {
	var p Text
	if f.Kind != KindMessage || fold.Shared(f, &p) != nil {
		return 0, false
	}
	return p.At, true
}

// open returns a conversation in which the owner can write, or says why not.
func (s *State) open(op aura.Op, set Setting, to Ref) (conversation, error) {
	c, err := s.current(op, set, to)
	switch {
	case err != nil:
		return c, err
	case c.removed:
		return c, aura.Errorf(op, aura.Denied, "%s is not a contact any more: invite them to talk again", c.name)
	case !c.own:
		return c, aura.Errorf(op, aura.Denied, "you left %q", c.name)
	case len(c.peers()) == 0:
		return c, aura.Errorf(op, aura.Unavailable, "all other members left %q", c.name)
	}
	return c, nil
}

// marks returns the read marks that cover everything shown in a conversation, and whether they cover more than the
// earlier marks.
func (s *State) marks(set Setting, c *conversation) ([]Mark, bool) {
	newest := map[aura.DeviceID]Mark{}
	take := func(m Mark) {
		if m.Through > newest[m.Device].Through {
			newest[m.Device] = m
		}
	}
	for _, r := range c.thread.reads[s.self] {
		take(r.Mark)
	}
	grown := false
	for _, item := range c.thread.messages.Items() {
		m := &item.Value
		if m.author != s.self && s.visible(set, c, m) && !s.readBy(c.thread, s.self, m) {
			at := fact.PlaceOf(m.seq, m.id)
			take(Mark{Device: m.device, Through: at.Seq, ID: at.ID})
			grown = true
		}
	}
	marks := slices.Collect(maps.Values(newest))
	slices.SortFunc(marks, func(a, b Mark) int { return a.Device.Compare(b.Device) })
	return marks[:min(len(marks), MaxMarks)], grown
}

// memberOf describes a contact to the others by the name that it chose itself: the owner's label for it stays
// private.
func memberOf(set Setting, ref contact.Ref) (Member, error) {
	known, err := set.Contacts.Current("chat.Create", ref)
	if err != nil {
		return Member{}, err
	}
	if set.Moderation.Arrival(known.Authority) == moderation.ArrivalRefused {
		return Member{}, aura.Errorf("chat.Create", aura.Denied, "%s is blocked: unblock first", known.Name)
	}
	cert, _ := set.Contacts.Certificate(ref.Context)
	return Member{
		Authority: known.Authority, Certificate: cert.Encode(), Name: known.PeerName,
		Addresses: set.Contacts.Addresses(ref.Context), Role: RoleOrdinary,
	}, nil
}
