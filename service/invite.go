package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Invite makes invitations, answers them and carries the exchange that turns one into a contact.
type Invite struct {
	*Module
	channels egress.Dialer
	sessions *session.Engine
	group    *task.Group // the service's, from Serve on

	lock     task.Mutex
	pursuing map[invite.ID]*exchange // those that have a task
}

// NewInvite returns the service of the set's module of invitations, which is serial: an invitation serves once, even if two
// people answer it, or one answers while the owner cancels, at the same moment. It returns the errors of [NewModule].
func NewInvite(e *Env, set *domain.Set, channels egress.Dialer, sessions *session.Engine) (*Invite, error) {
	_, m, ok := set.Left(invite.KindAccepting)
	if !ok {
		return nil, aura.Errorf("service.NewInvite", aura.NotFound, "no module has invitations")
	}
	s := &Invite{channels: channels, sessions: sessions, pursuing: map[invite.ID]*exchange{}}
	var err error
	s.Module, err = NewModule(e, m, Hosts{
		invite.IntentCreate: func(IntentFunc) IntentFunc { return s.create },
		invite.IntentAccept: func(IntentFunc) IntentFunc { return s.accept },
	})
	return s, err
}

// Play makes the programs of both roles of an invitation known.
func (s *Invite) Play(r *session.Registry) error {
	if err := r.Play(protocolID, roleAccepter, s.accepter); err != nil {
		return err
	}
	return r.Play(protocolID, roleInviter, s.inviter)
}

// Declaration implements [task.Service].
func (s *Invite) Declaration() task.Declaration {
	d := s.Module.Declaration()
	d.Owns = append(d.Owns, task.Locked("service.Invite")...)
	d.Events = append(d.Events, world.FamilyIngress)
	return d
}

// Serve implements [task.Service]: exchanges that a stop or a crash interrupted go on.
func (s *Invite) Serve(tc task.Context) error {
	s.group = tc.Group()
	s.group.Go("invite.repair", s.repair)
	return s.Module.Serve(tc)
}

type pursuit struct {
	id        invite.ID
	operation aura.OperationID
}

// repair takes up the exchanges that this side accepted and that have not ended.
func (s *Invite) repair(tc task.Context) error {
	return task.Retry(tc, repairPause(), s.env.Entropy, s.troubled(tc, "unfinished invitations not read"), func(tc task.Context) error {
		open, err := s.unfinished(tc)
		for _, op := range open {
			if failed := s.takeUp(tc, op.id, op.operation); failed != nil {
				err = failed
			}
		}
		return err
	})
}

// troubled reports each failure of an attempt, and has every kind tried again: the other side or the disk
// may be in order by then.
func (s *Invite) troubled(tc task.Context, what world.Text) func(error) bool {
	return func(err error) bool {
		tc.Emit(world.ServiceTroubled(s.Name(), what, "", err))
		return true
	}
}

// unfinished returns the exchanges that have not ended.
func (s *Invite) unfinished(tc task.Context) ([]pursuit, error) {
	waiting := map[invite.ID]bool{}
	s.env.Directory.Read(func(p *directory.State) {
		for _, id := range p.Invites.Contacting(s.env.Ring.Device()) {
			waiting[id] = true
		}
	})
	if len(waiting) == 0 {
		return nil, nil
	}
	var all []pursuit
	_, err := s.env.Journal.Read(tc, fact.Selection{Kinds: []string{invite.KindAccepting}}, func(r fact.Record) error {
		var p invite.Accepting
		if fact.Unmarshal(r.Fact.Payload, &p) == nil && waiting[p.ID] {
			all = append(all, pursuit{p.ID, r.Fact.Operation})
			delete(waiting, p.ID)
		}
		return nil
	})
	return all, err
}

func (s *Invite) phase(tc task.Context, id invite.ID) (phase invite.Phase) {
	now := tc.Now()
	s.env.Directory.Read(func(p *directory.State) {
		if in, ok := p.Invites.Invitation(id, now); ok {
			phase = in.Phase
		}
	})
	return phase
}

func (s *Invite) create(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p invite.CreateIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	var secret [16]byte
	s.env.Entropy.Read(secret[:])
	code, err := invite.New(s.env.Ring.Certificate(), secret, s.env.Addresses(), p.Life, tc.Now())
	if err != nil {
		return fact.Result{}, err
	}
	code.Signature = s.env.Ring.Sign(code.SigningBytes())
	r, err := s.env.plan(tc, func(*directory.State) (guard.Request, error) {
		return invite.Create(s.env.Caller(tc, in.Operation), code)
	})
	return answered(in, r, err, invite.CreateResult{ID: code.ID(), Code: code.Encode(), Expires: code.Expires})
}

func (s *Invite) accept(tc task.Context, in fact.Intent) (fact.Result, error) {
	code, err := parseCode(in)
	if err != nil {
		return fact.Result{}, err
	}
	x := &exchange{id: code.ID(), operation: in.Operation, code: code}
	s.env.Entropy.Read(x.seed[:])
	kem := keyring.NewKEM(x.seed)
	var known contact.Ref
	addresses := s.env.Addresses() // before the directory's lock: the network asks the directory under its own
	r, err := s.env.plan(tc, func(p *directory.State) (guard.Request, error) {
		known, _ = invite.Known(p.Contacts, code)
		x.hello = invite.Hello{
			Certificate: s.certificate(), Name: p.Contacts.Own(), Addresses: addresses, Key: kem.EncapsulationKey(),
			Known: known.Context,
		}
		var err error
		if x.said, err = (invite.Message{Hello: &x.hello}).Encode(); err != nil {
			return guard.Request{}, err
		}
		return invite.Accept(p.Invites, p.Contacts, s.env.Caller(tc, in.Operation), code, x.hello, x.seed)
	})
	if err == nil {
		s.pursue(x)
	}
	return answered(in, r, err, invite.CodeResult{ID: code.ID(), Known: known.Context})
}

func (s *Invite) certificate() []byte {
	c := s.env.Ring.Certificate()
	return c.Encode()
}

func parseCode(in fact.Intent) (invite.Code, error) {
	var p invite.CodeIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return invite.Code{}, err
	}
	return invite.Parse(p.Code)
}

// code returns the code of an unfinished invitation, as the metadata keeps it.
func (s *Invite) code(id invite.ID) (invite.Code, error) {
	const op = "service.Invite"
	value, err := s.env.Journal.Meta(invite.CodeKey(id))
	if err != nil {
		return invite.Code{}, err
	}
	if value == nil {
		return invite.Code{}, aura.Errorf(op, aura.NotFound, "the invitation has ended")
	}
	return invite.Parse(string(value))
}

// Met ends what a session in a contact's own context makes clear: the inviter's part of the exchange that
// opened the context, since the accepter speaks in it; and the acceptance of the contact's invitations, which have
// led here or have nothing more to do.
func (s *Invite) Met(tc task.Context, who contact.Ref) {
	var id invite.ID
	var accepter [32]byte
	var accepted []invite.ID
	now, context, own := tc.Now(), who.Context, s.env.Ring.Device()
	s.env.Directory.Read(func(p *directory.State) {
		for _, open := range p.Invites.Listening(own, now) {
			if in, ok := p.Invites.Invitation(open, now); ok && in.Context == context && in.Phase == invite.PhaseAnswered {
				id = open
			}
		}
		accepted = p.Invites.From(who.Device, own)
	})
	if len(accepted) > 0 { // one ends all
		if err := s.confirm(tc, accepted[0], who, nil, aura.OperationID{}); err != nil {
			tc.Emit(world.ServiceTroubled(s.Name(), "an invitation was not settled", "", err)) // the exchange itself goes on
		}
	}
	if id.IsZero() {
		return
	}
	err := s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Settle(p.Invites, p.Contacts, by, id)
	}, aura.OperationID{})
	if err != nil && aura.KindOf(err) != aura.Conflict { // the exchange itself may have settled it meanwhile
		tc.Emit(world.ServiceTroubled(s.Name(), "invitation not settled", "", err)) // the next session settles it
		return
	}
	// Its session has nothing to wait for any more.
	s.env.Directory.Read(func(p *directory.State) {
		if cert, known := p.Contacts.Certificate(context); known {
			accepter = cert.Agreement
		}
	})
	_ = s.abandon(tc, invite.SessionOf(id, accepter))
}

// confirm ends the acceptance of an invitation by a contact.
func (s *Invite) confirm(tc task.Context, id invite.ID, who contact.Ref, addresses []string, op aura.OperationID) error {
	return s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Confirm(p.Invites, p.Contacts, by, id, who, addresses)
	}, op)
}

// change makes one change of invitations while no handler makes another.
func (s *Invite) change(tc task.Context, handler func(*directory.State, domain.Caller) (guard.Request, error), op aura.OperationID) error {
	if err := s.exclusion.Acquire(tc); err != nil {
		return err
	}
	defer s.exclusion.Release()
	_, err := s.env.plan(tc, func(p *directory.State) (guard.Request, error) { return handler(p, s.env.Caller(tc, op)) })
	return err
}
