package service

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/protocols/invitation"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// accepter is the program of who accepts an invitation.
func (s *Invite) accepter(tc task.Context, p *session.Port) error {
	id := invite.ID(p.Session().Context)
	x, err := s.acceptance(tc, id)
	if aura.KindOf(err) == aura.Corrupt {
		return errors.Join(err, s.fail(tc, id, aura.OperationID{}, aura.Reason(err)))
	}
	if err != nil {
		return err
	}
	var asked invitation.AccepterS2[task.Context]
	err = s.insist(tc, func(tc task.Context) (err error) {
		asked, err = invitation.StartAccepter[task.Context](p).SendHello(tc, invitation.Hello{Payload: x.said})
		return err
	})
	if err != nil {
		return err
	}
	heard, err := asked.Receive(tc)
	if err != nil {
		return err
	}
	switch heard := heard.(type) {
	case invitation.AccepterS2Answer[task.Context]:
		return s.conclude(tc, part{p, heard.Next}, x, heard.Message.Payload)
	case invitation.AccepterS2Again[task.Context]:
		return s.conclude(tc, part{p, heard.Next}, x, heard.Message.Payload)
	case invitation.AccepterS2Renewed[task.Context]:
		if reply, err := invite.DecodeMessage(heard.Message.Payload); err == nil && reply.Renewed != nil {
			return s.insist(tc, func(tc task.Context) error { return s.again(tc, x, reply.Renewed.Addresses) })
		}
	case invitation.AccepterS2Refused[task.Context]:
		if reply, err := invite.DecodeMessage(heard.Message.Payload); err == nil && reply.Refused != nil {
			return s.insist(tc, func(tc task.Context) error { return s.fail(tc, id, x.operation, reply.Refused.Reason.String()) })
		}
	}
	return aura.Errorf("service.Invite", aura.Corrupt, "the inviter answered something else")
}

// part is where an accepter that has an answer stands: it says how it ends.
type part struct {
	port *session.Port
	next interface {
		SendCompleted(task.Context, invitation.Completed) (invitation.AccepterEnd[task.Context], error)
		SendRejected(task.Context, invitation.Rejected) (invitation.AccepterEnd[task.Context], error)
	}
}

// insist tries again while the guard or the disk is in the way: a budget begins anew, and a disk may recover. An error that no
// time mends returns at once.
func (s *Invite) insist(tc task.Context, do func(task.Context) error) error {
	return insist(tc, s.env.Entropy, s.troubled(tc, "a step of an invitation tried again"), do)
}

func insist(tc task.Context, e world.Entropy, troubled func(error) bool, do func(task.Context) error) error {
	return task.Retry(tc, repairPause(), e, func(err error) bool {
		_, guarded := errors.AsType[*guard.Denial](err)
		switch aura.KindOf(err) {
		case aura.Stale, aura.Conflict, aura.Invalid:
			return false
		case aura.Denied:
			if !guarded {
				return false
			}
		}
		return troubled(err)
	}, do)
}

// acceptance returns what the accepter's side needs: that of the task which pursues it, or else from the journal.
func (s *Invite) acceptance(tc task.Context, id invite.ID) (*exchange, error) {
	s.lock.Lock()
	x := s.pursuing[id]
	s.lock.Unlock()
	if x != nil {
		return x, nil
	}
	open, err := s.unfinished(tc)
	if err != nil {
		return nil, err
	}
	var op aura.OperationID
	for _, p := range open {
		if p.id == id {
			op = p.operation
		}
	}
	return s.resume(id, op)
}

// again ends the exchange with a contact, which gave its addresses and nothing else.
func (s *Invite) again(tc task.Context, x *exchange, addresses []string) error {
	var who contact.Ref
	known := false
	s.env.Directory.Read(func(p *directory.State) { who, known = invite.Known(p.Contacts, x.code) })
	if !known {
		return s.fail(tc, x.id, x.operation, "the inviter takes this side for a contact, and it is none")
	}
	return s.confirm(tc, x.id, who, addresses, x.operation)
}

// conclude makes the contact durable together with the message that tells the inviter. An answer that does not hold up ends the
// exchange: the same inviter would give it again.
func (s *Invite) conclude(tc task.Context, p part, x *exchange, payload []byte) error {
	reply, err := invite.DecodeMessage(payload)
	if err != nil || reply.Answer == nil {
		return s.reject(tc, p, x, "the inviter answered something else")
	}
	a := *reply.Answer
	secret, err := keyring.NewKEM(x.seed).Decapsulate(a.Ciphertext)
	if err != nil {
		return s.reject(tc, p, x, "the answer does not fit the key that was sent")
	}
	transcript, err := invite.Transcript(x.id, x.hello, a)
	if err != nil {
		return err
	}
	agreement, err := s.agree(x.code.Agreement)
	if err != nil {
		return s.reject(tc, p, x, "the inviter's key is not usable")
	}
	keys := invite.Derive(agreement, secret[:], transcript)
	done, err := invite.Message{Done: &invite.Done{Confirm: keys.Accepter}}.Encode()
	if err != nil {
		return err
	}
	plan := s.planning(x.operation, func(d *directory.State, by domain.Caller) (guard.Request, error) {
		r, err := invite.Conclude(d.Invites, d.Contacts, by, x.code, a, x.code.Agreement, keys, transcript, x.hello.Known)
		switch old, met := invite.Known(d.Contacts, x.code); {
		case met && old.Context != x.hello.Known:
			return r, err // the contact that there is stays
		case met && err == nil:
			return s.replace(d, by, old, keys.Context, r)
		}
		return d.Begin(by, newcomer(keys.Context, a.Certificate, a.Name), r, err)
	})
	err = s.insist(tc, func(tc task.Context) error {
		return s.step(tc, p.port, plan, func() error {
			_, err := p.next.SendCompleted(tc, invitation.Completed{Payload: done})
			return err
		})
	})
	if kind := aura.KindOf(err); kind == aura.Denied || kind == aura.Invalid {
		return s.reject(tc, p, x, aura.Reason(err))
	}
	return err
}

// reject ends the exchange because of an answer that does not hold up, and tells the inviter so.
func (s *Invite) reject(tc task.Context, p part, x *exchange, reason string) error {
	plan := s.planning(x.operation, func(d *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Fail(d.Invites, by, x.id, reason)
	})
	return s.insist(tc, func(tc task.Context) error {
		return s.step(tc, p.port, plan, func() error {
			_, err := p.next.SendRejected(tc, invitation.Rejected{})
			return err
		})
	})
}

// planning returns a plan over the state of the directory.
func (s *Invite) planning(op aura.OperationID, handler func(*directory.State, domain.Caller) (guard.Request, error)) session.Plan {
	return func(tc task.Context) (guard.Request, error) {
		return s.env.Directory.Plan(func(d *directory.State) (guard.Request, error) { return handler(d, s.env.Caller(tc, op)) })
	}
}

// step sends a message with the facts of a plan, while no handler makes another change of invitations.
func (s *Invite) step(tc task.Context, p *session.Port, plan session.Plan, send func() error) error {
	if err := s.exclusion.Acquire(tc); err != nil {
		return err
	}
	defer s.exclusion.Release()
	_, err := unmoved(tc, func() (struct{}, error) {
		p.With(plan)
		return struct{}{}, send()
	})
	return err
}

func (s *Invite) fail(tc task.Context, id invite.ID, op aura.OperationID, reason string) error {
	return s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Fail(p.Invites, by, id, reason)
	}, op)
}
