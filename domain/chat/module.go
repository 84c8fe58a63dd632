package chat

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

const day = 24 * time.Hour

// Module returns the domain. Records of deliveries are kept for 30 to 90 days.
func Module() domain.Module {
	return domain.Module{
		Name: "chat",
		Kinds: []fact.Kind{
			{Name: KindMessage, Columns: []fact.Column{
				{Name: "channel", Key: 1}, {Name: "text", Key: 2}, {Name: "at", Key: 3}, {Name: "reply", Key: 4},
			}, Check: checkText},
			{Name: KindRead, Check: checkRead},
			{Name: KindCreated, Columns: []fact.Column{{Name: "name", Key: 1}}, Check: checkCreated},
			{Name: KindInvited, Check: checkInvited},
			{Name: KindJoined, Columns: []fact.Column{{Name: "context", Key: 1}}, Check: checkJoined},
			{Name: KindLeft, Check: checkLeft},
		},
		Delivery: fact.Retention{
			Min: 30 * day, Max: 90 * day, Tracked: []string{KindMessage, KindInvited, KindLeft},
		},
		Written:      SentAt,
		Capabilities: domain.OwnerCapabilities(CapSend, CapRead, CapCreate, CapInvite, CapJoin, CapLeave),
		Operations: []domain.Operation{
			{Name: IntentSend, Category: domain.CategoryOptimistic, Leaves: KindMessage, Plan: domain.Planned(planSend)},
			{Name: IntentRead, Category: domain.CategoryOptimistic, Leaves: KindRead, Plan: domain.Planned(planRead)},
			{Name: IntentCreate, Category: domain.CategoryOptimistic, Leaves: KindCreated, Reachable: true, Plan: domain.Planned(planCreate)},
			{Name: IntentLeave, Category: domain.CategoryOptimistic, Leaves: KindLeft, Plan: domain.Planned(
				func(s *domain.Snapshot, in LeaveIntent) (domain.Plan, error) {
					state, set := of(s.States)
					return domain.Do(Leave(state, set, s.Caller, in))
				})},
			{Name: "group.invite", Category: domain.CategoryOptimistic, Internal: true, Leaves: KindInvited},
			{Name: "group.join", Category: domain.CategoryOptimistic, Internal: true, Leaves: KindJoined},
		},
		Due:      due,
		NewState: func(self aura.AuthorityID) domain.State { return NewState(self, Keep{}) },
		Indexed:  []string{kindsOfGroups},
		Linking:  true,
		Names:    []string{kindsOfGroups},
		Recent:   []string{KindMessage, KindRead},
	}
}

// of returns the state of the domain and of those beside it.
func of(s *domain.States) (*State, Setting) {
	return domain.Get[*State](s), SettingOf(s)
}

// SettingOf returns what handlers and views need to know beside the chat facts.
func SettingOf(s *domain.States) Setting {
	return Setting{
		Contacts: domain.Get[*contact.State](s), Moderation: domain.Get[*moderation.State](s), Delivery: domain.Get[*delivery.State](s),
	}
}

func planSend(s *domain.Snapshot, in SendIntent) (domain.Plan, error) {
	if in.Again && !s.Recalled {
		return domain.Plan{Recall: true}, nil
	}
	if len(s.Stored) > 0 {
		return domain.Plan{Facts: []aura.FactID{s.Stored[0].ID}}, Repeats(&s.Stored[0].Fact, in)
	}
	state, set := of(s.States)
	return domain.Do(Send(state, set, s.Caller, in))
}

func planRead(s *domain.Snapshot, in ReadIntent) (domain.Plan, error) {
	state, set := of(s.States)
	r, news, err := MarkRead(state, set, s.Home, s.Caller, in)
	if err != nil || !news {
		return domain.Plan{}, err
	}
	return domain.Plan{Request: r}, nil
}

func planCreate(s *domain.Snapshot, in CreateIntent) (domain.Plan, error) {
	if s.Certificate == (fact.Certificate{}) {
		return domain.Plan{}, aura.Errorf("chat.Create", aura.Unavailable, "there is no agent: to found a group needs one, and the other side")
	}
	state, set := of(s.States)
	me := Member{
		Authority: s.Authority, Certificate: s.Certificate.Encode(), Name: set.Contacts.Own(), Addresses: s.Addresses,
	}
	r, context, err := Create(set, s.Caller, in, me, aura.Nonce(s.Seed[32:]), [32]byte(s.Seed[:]))
	if err != nil {
		return domain.Plan{}, err
	}
	r, err = state.named(set, s.Caller, Newcomer{Context: context, Name: in.Name}, r)
	return domain.Plan{Request: r, Answer: func(made []fact.Record) (any, error) {
		return Created{Context: context, Epoch: made[0].Fact.Logical}, nil
	}}, err
}

// named adds to a request that begins a conversation the fact that keeps its name, so that both are there or
// neither.
func (s *State) named(set Setting, by domain.Caller, n Newcomer, r guard.Request) (guard.Request, error) {
	label, err := s.Label(set, by, n)
	r.Entries = append(r.Entries, label)
	return r, err
}

// due plans to tell members about groups that the owner founded, and to join those that contacts founded. A plan that
// fails does not hold up the rest; the first such error is returned.
func due(s *domain.Snapshot) (plans []domain.Plan, first error) {
	state, set := of(s.States)
	add := func(r guard.Request, err error) {
		if err == nil {
			plans = append(plans, domain.Plan{Request: r})
		} else if first == nil {
			first = err
		}
	}
	for _, to := range state.Pending(set.Contacts) {
		secret, err := s.Secret(to.Group)
		if err != nil {
			add(guard.Request{}, err)
			continue
		}
		add(Invite(state, s.Caller, to, secret))
	}
	for _, in := range state.Invitations(set.Contacts) {
		r, err := Join(s.Caller, in)
		if err == nil {
			r, err = state.named(set, s.Caller, Newcomer{Context: in.Context, Name: in.Group.Name}, r)
		}
		add(r, err)
	}
	return plans, first
}

// Rename implements [contact.Renamer].
func (s *State) Rename(in *domain.Snapshot, intent contact.RenameIntent) (guard.Request, error) {
	return Rename(s, SettingOf(in.States), in.Caller, intent)
}

// Targeted implements [moderation.Conversations].
func (s *State) Targeted(states *domain.States, in moderation.ChangeIntent) (moderation.Target, error) {
	return s.Target(SettingOf(states), in)
}

// Target is [State.Targeted] with the states of the domains beside this one.
func (s *State) Target(set Setting, in moderation.ChangeIntent) (moderation.Target, error) {
	const op = "chat.Target"
	if in.Group.IsZero() {
		_, err := set.Contacts.Current(op, in.Contact)
		return in.Target(), err
	}
	c, err := s.current(op, set, Ref{Context: in.Group, Group: true, Epoch: in.Epoch})
	if err != nil {
		return moderation.Target{}, err
	}
	if _, ok := c.participant(in.Member); !ok && !in.Member.IsZero() {
		return moderation.Target{}, aura.Errorf(op, aura.NotFound, "the group %q has no such member", c.name)
	}
	return in.Target(), nil
}

// Spoken implements [moderation.Conversations].
func (s *State) Spoken(states *domain.States, who aura.AuthorityID) []moderation.Seen {
	var all []moderation.Seen
	contacts := domain.Get[*contact.State](states)
	if c, ok := contacts.ByAuthority(who); ok {
		all = append(all, moderation.Seen{Context: c.Context, Device: c.Device})
	}
	for _, context := range s.Groups() {
		g, _ := s.Membership(context)
		m, ok := g.Member(who)
		if !ok {
			continue
		}
		if cert, err := fact.DecodeCertificate(m.Certificate); err == nil {
			all = append(all, moderation.Seen{Context: context, Device: cert.Device()})
		}
	}
	return all
}

// Version implements [domain.State]: that of [Groups].
func (s *State) Version() int { return Groups{s}.Version() }

// Save implements [domain.State]: it saves what [Groups] does.
func (s *State) Save() ([]byte, error) { return Groups{s}.Save() }

// Restore implements [domain.State]: it restores what [Groups] does.
func (s *State) Restore(state []byte) error { return Groups{s}.Restore(state) }

// Peers returns the recipients of a message that the owner writes in a conversation now, ascending: for the plans of
// other domains whose facts belong to a conversation. Its errors are those of [Send].
func Peers(s *domain.States, to Ref) ([]aura.AuthorityID, error) {
	state, set := of(s)
	c, err := state.open("chat.Peers", set, to)
	if err != nil {
		return nil, err
	}
	return c.peers(), nil
}
