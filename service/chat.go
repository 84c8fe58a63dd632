package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Chat takes messages and groups through the guard. It also works off what a group's founding leaves to
// do: members who were not told yet, groups that a contact invited the owner into. Owner: agent root
// group.
type Chat struct {
	front
	env     *Env
	changed *task.Wake
}

// NewChat returns the service.
func NewChat(e *Env) *Chat {
	s := &Chat{env: e, changed: task.NewWake()}
	s.front = newFront(e, "chat", map[string]handler{
		chat.IntentSend: s.send, chat.IntentRead: s.read, chat.IntentCreate: s.create, chat.IntentLeave: s.leave,
	})
	e.Directory.OnChange(s.changed)
	return s
}

// Serve implements [task.Service].
func (s *Chat) Serve(tc task.Context) error {
	tc.Group().Go("chat.repair", s.repair)
	return s.front.Serve(tc)
}

func (s *Chat) send(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p chat.SendIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	if p.Again {
		if stored, err := s.stored(tc, in.Operation, p); err != nil || !stored.IsZero() {
			return fact.Result{Operation: in.Operation, Facts: []aura.FactID{stored}}, err
		}
	}
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		return chat.Send(pages.Chats, pages.Setting(), s.env.Caller(tc, in.Operation), p)
	})
	return submitted(in, r, err)
}

// stored returns the message that an action stored before: a frontend asks again when the answer was lost. The zero
// identifier names no action.
func (s *Chat) stored(tc task.Context, by aura.OperationID, p chat.SendIntent) (id aura.FactID, err error) {
	if by.IsZero() {
		return id, nil
	}
	left := fact.Selection{Author: s.env.Ring.Authority(), Operation: by}
	_, err = s.env.Journal.Read(tc, left, func(r fact.Record) error {
		id = r.ID
		return chat.Repeats(&r.Fact, p)
	})
	return id, err
}

func (s *Chat) read(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p chat.ReadIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	news := false
	request, err := s.env.Directory.Plan(func(pages *directory.State) (r guard.Request, err error) {
		r, news, err = chat.MarkRead(pages.Chats, pages.Setting(), s.env.Caller(tc, in.Operation), p)
		return r, err
	})
	if err != nil || !news {
		return fact.Result{Operation: in.Operation}, err
	}
	r, err := s.env.Decider.Decide(tc, &request)
	return submitted(in, r, err)
}

func (s *Chat) create(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p chat.CreateIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	var nonce aura.Nonce
	var secret [32]byte
	s.env.Entropy.Read(nonce[:])
	s.env.Entropy.Read(secret[:])
	cert := s.env.Ring.Certificate()
	var context aura.ContextID
	by := s.env.Caller(tc, in.Operation)
	r, err := s.env.plan(tc, func(pages *directory.State) (request guard.Request, err error) {
		request, context, err = chat.Create(pages.Setting(), by, p, chat.Member{
			Authority: s.env.Ring.Authority(), Certificate: cert.Encode(), Name: pages.Contacts.Own(),
			Addresses: s.env.Addresses(),
		}, nonce, secret)
		return pages.Begin(by, chat.Newcomer{Context: context, Name: p.Name}, request, err)
	})
	if err != nil {
		return fact.Result{}, err
	}
	return answered(in, r, nil, chat.Created{Context: context, Epoch: r.Records[0].Fact.Logical})
}

func (s *Chat) leave(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p chat.LeaveIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		return chat.Leave(pages.Chats, pages.Setting(), s.env.Caller(tc, in.Operation), p)
	})
	return submitted(in, r, err)
}

// repair works off what is pending, at the start and whenever the directory changes.
func (s *Chat) repair(tc task.Context) error {
	pause := repairPause()
	for {
		until := task.Forever
		err := s.catchUp(tc)
		if tc.Err() != nil {
			return tc.Err()
		}
		if err == nil {
			pause.Reset()
		} else {
			tc.Emit(world.ServiceTroubled(s.Name(), "delivery states behind", "", err))
			until = tc.Elapsed() + pause.Next(s.env.Entropy)
		}
		if _, err := s.changed.WaitUntil(tc, until); err != nil {
			return err
		}
	}
}

// catchUp tells members about groups that the owner founded, and joins those that contacts founded. What
// cannot be done now does not hold up the rest; the first such error is returned.
func (s *Chat) catchUp(tc task.Context) (first error) {
	var pending []chat.Pending
	var invitations []chat.Invitation
	s.env.Directory.Read(func(p *directory.State) {
		pending = p.Chats.Pending(&p.Contacts)
		invitations = p.Chats.Invitations(&p.Contacts)
	})
	for _, to := range pending {
		if err := s.tell(tc, to); err != nil && first == nil {
			first = err
		}
	}
	for _, in := range invitations {
		by := s.env.Caller(tc, aura.OperationID{})
		if _, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
			r, err := chat.Join(by, in)
			return pages.Begin(by, chat.Newcomer{Context: in.Context, Name: in.Group.Name}, r, err)
		}); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// tell invites one member into a group that the owner founded.
func (s *Chat) tell(tc task.Context, to chat.Pending) error {
	secret, err := s.env.Secret(to.Group)
	if err != nil {
		return err
	}
	_, err = s.env.plan(tc, func(p *directory.State) (guard.Request, error) {
		return chat.Invite(p.Chats, s.env.Caller(tc, aura.OperationID{}), to, secret)
	})
	return err
}
