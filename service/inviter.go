package service

import (
	"crypto/ecdh"
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/protocols/invitation"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// inviter is the program of who is asked to keep an invitation.
func (s *Invite) inviter(tc task.Context, p *session.Port) error {
	const op = "service.Invite"
	id := invite.ID(p.Session().Context)
	if _, err := s.code(id); err != nil {
		return err
	}
	// An accepter that gets no answer now comes again, and begins anew. It must not hold a session until then: a
	// stranger who has the code can be any number of accepters.
	answered, err := p.Within(tc, exchangeBudget)
	if err != nil {
		return err
	}
	hello, asked, err := invitation.StartInviter[task.Context](p).ReceiveHello(tc)
	if err != nil {
		return err
	}
	m, err := invite.DecodeMessage(hello.Payload)
	if err != nil || m.Hello == nil {
		return errors.Join(aura.Errorf(op, aura.Corrupt, "the session of an invitation did not begin with a hello"), err)
	}
	// The name of the session is made of the key that the channel proved.
	cert, err := contact.CheckCertificate(m.Hello.Certificate)
	if err != nil || invite.SessionOf(id, cert.Agreement) != p.Session().Name {
		return errors.Join(aura.Errorf(op, aura.Denied, "the hello comes from another device than the channel"), err)
	}
	var said answer
	if label, sent := p.Sent(); sent { // before a restart: what the answer was is in the recording
		said, err = repeatAnswer(tc, asked, label)
	} else {
		err = s.insist(tc, func(tc task.Context) error {
			_, err := unmoved(tc, func() (_ struct{}, err error) {
				said, err = s.admit(tc, p, asked, id, *m.Hello, cert.Agreement)
				return struct{}{}, err
			})
			return err
		})
	}
	if err != nil || said.heard == nil {
		return err
	}
	answered()
	completed, err := said.heard(tc) // it may be away for days with the answer: the session's budget bounds that
	if err != nil || completed == nil {
		return err
	}
	m, err = invite.DecodeMessage(completed.Payload)
	if err != nil || m.Done == nil {
		return errors.Join(aura.Errorf(op, aura.Corrupt, "the accepter ended the exchange with something else"), err)
	}
	if said.keys == nil {
		return nil // it heard the answer again: the first session in the context settles it
	}
	if !invite.Confirmed(said.keys.Accepter, m.Done.Confirm) {
		return aura.Errorf(op, aura.Denied, "the two sides did not derive the same keys")
	}
	err = s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Settle(p.Invites, p.Contacts, by, id)
	}, aura.OperationID{})
	if aura.KindOf(err) == aura.Conflict {
		return nil // the first session in the context has settled it
	}
	return err
}

// replace adds to the request that makes a contact anew what ends the old relation: the contact keeps its label.
func (s *Invite) replace(p *directory.State, by domain.Caller, old contact.Ref, context aura.ContextID, r guard.Request) (guard.Request, error) {
	if err := delivery.Abandon(&r, home{env: s.env}, by, old.Context, old.Authority, "you were no contact of the other side, the two of you met anew"); err != nil {
		return r, err
	}
	name, _ := p.Contacts.Label(old.Context)
	label, err := contact.Label(by, context, name)
	r.Entries = append(r.Entries, label)
	return r, err
}

// newcomer is who becomes a contact, by a certificate that was checked.
func newcomer(context aura.ContextID, certificate []byte, name string) chat.Newcomer {
	n := chat.Newcomer{Context: context, Name: name}
	if cert, err := contact.CheckCertificate(certificate); err == nil {
		n.Authority = cert.Authority()
	}
	return n
}

// answer is what an inviter has said.
type answer struct {
	keys *invite.Keys // of one that it made; nil: it is that of an earlier session
	// heard waits for what the accepter makes of it, and returns nil when that could not use it. Nil: nothing more comes.
	heard func(task.Context) (*invitation.Completed, error)
}

// answering sends a new answer.
func answering(tc task.Context, to invitation.InviterS2[task.Context], payload []byte) (answer, error) {
	next, err := to.SendAnswer(tc, invitation.Answer{Payload: payload})
	return answer{heard: func(tc task.Context) (*invitation.Completed, error) {
		heard, err := next.Receive(tc)
		if done, is := heard.(invitation.InviterS3Completed[task.Context]); is {
			return &done.Message, err
		}
		return nil, err
	}}, err
}

// answeringAgain sends the answer of an earlier session.
func answeringAgain(tc task.Context, to invitation.InviterS2[task.Context], payload []byte) (answer, error) {
	next, err := to.SendAgain(tc, invitation.Again{Payload: payload})
	return answer{heard: func(tc task.Context) (*invitation.Completed, error) {
		heard, err := next.Receive(tc)
		if done, is := heard.(invitation.InviterS5Completed[task.Context]); is {
			return &done.Message, err
		}
		return nil, err
	}}, err
}

// repeatAnswer passes over the answer that left before a restart.
func repeatAnswer(tc task.Context, to invitation.InviterS2[task.Context], label string) (answer, error) {
	switch label {
	case "Answer":
		return answering(tc, to, nil)
	case "Again":
		return answeringAgain(tc, to, nil)
	case "Renewed":
		_, err := to.SendRenewed(tc, invitation.Renewed{})
		return answer{}, err
	}
	_, err := to.SendRefused(tc, invitation.Refused{})
	return answer{}, err
}

// admit answers a Hello. The answer is paid for and its promises are durable when it returns.
func (s *Invite) admit(
	tc task.Context, p *session.Port, to invitation.InviterS2[task.Context], id invite.ID, h invite.Hello, static [32]byte,
) (answer, error) {
	if err := s.exclusion.Acquire(tc); err != nil {
		return answer{}, err
	}
	defer s.exclusion.Release()
	code, err := s.code(id)
	if err != nil {
		return answer{}, err
	}
	by := s.env.Caller(tc, aura.OperationID{})
	var offer invite.Admission
	var name string
	s.env.Directory.Read(func(p *directory.State) {
		offer = invite.Offer(p.Invites, p.Contacts, by, code, h, static)
		if p.Moderation.Arrival(offer.Who) == moderation.ArrivalRefused {
			offer = invite.Admission{Refusal: invite.RefusalInvalid}
		}
		name = p.Contacts.Own()
	})
	switch {
	case offer.Wait:
		// The end of this side's attempt decides.
		return answer{}, aura.Errorf("service.Invite", aura.Unavailable, "this side is answering an invitation of the same peer")
	case !offer.Renew.Context.IsZero():
		return answer{}, s.renew(tc, p, to, code, h, offer)
	case offer.Refusal != 0:
		return answer{}, s.refuse(tc, to, offer.Refusal)
	case offer.Again:
		b, err := s.env.Journal.Meta(invite.MessageKey(id))
		if err != nil {
			return answer{}, err
		}
		if b == nil { // an earlier build forgot the answer with the end of the exchange
			return answer{}, s.refuse(tc, to, invite.RefusalUsed)
		}
		return answeringAgain(tc, to, b)
	}
	secret, ciphertext, err := keyring.Encapsulate(h.Key, s.env.Entropy)
	if err != nil {
		return answer{}, s.refuse(tc, to, invite.RefusalInvalid)
	}
	offered := invite.Answer{Certificate: s.certificate(), Name: name, Addresses: s.env.Addresses(), Ciphertext: ciphertext}
	transcript, err := invite.Transcript(id, h, offered)
	if err != nil {
		return answer{}, err
	}
	agreement, err := s.agree(static)
	if err != nil {
		return answer{}, err
	}
	made := invite.Derive(agreement, secret[:], transcript)
	offered.Confirm = made.Inviter
	said, err := s.bind(tc, p, to, code, h, offered, made, transcript, offer.Replace)
	said.keys = &made
	return said, err
}

// bind sends an answer and commits its promises in one decision.
func (s *Invite) bind(
	tc task.Context, p *session.Port, to invitation.InviterS2[task.Context], code invite.Code, h invite.Hello, a invite.Answer, keys invite.Keys,
	transcript [32]byte, old contact.Ref,
) (answer, error) {
	b, err := invite.Message{Answer: &a}.Encode()
	if err != nil {
		return answer{}, err
	}
	p.With(s.planning(aura.OperationID{}, func(d *directory.State, by domain.Caller) (guard.Request, error) {
		r, err := invite.Admit(d.Contacts, by, code, h, a, keys, transcript, old)
		if !old.Context.IsZero() && err == nil {
			return s.replace(d, by, old, keys.Context, r)
		}
		return d.Begin(by, newcomer(keys.Context, h.Certificate, h.Name), r, err)
	}))
	return answering(tc, to, b)
}

// refuse tells an accepter why there is no answer.
func (s *Invite) refuse(tc task.Context, to invitation.InviterS2[task.Context], why invite.Refusal) error {
	b, err := invite.Message{Refused: &invite.Refused{Reason: why}}.Encode()
	if err != nil {
		return err
	}
	_, err = to.SendRefused(tc, invitation.Refused{Payload: b})
	return err
}

// renew takes the addresses of a contact who answers an invitation, and gives the own ones, in one decision.
func (s *Invite) renew(
	tc task.Context, p *session.Port, to invitation.InviterS2[task.Context], code invite.Code, h invite.Hello, offer invite.Admission,
) error {
	b, err := invite.Message{Renewed: &invite.Renewed{Addresses: s.env.Addresses()}}.Encode()
	if err != nil {
		return err
	}
	if !offer.Again {
		p.With(s.planning(aura.OperationID{}, func(d *directory.State, by domain.Caller) (guard.Request, error) {
			return invite.Renew(d.Contacts, by, code, h, offer.Renew)
		}))
	}
	_, err = to.SendRenewed(tc, invitation.Renewed{Payload: b})
	return err
}

// agree returns the X25519 secret of this device's static key and another's.
func (s *Invite) agree(public [32]byte) ([32]byte, error) {
	private, _ := s.env.Ring.Agreement()
	own, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return [32]byte{}, err
	}
	theirs, err := ecdh.X25519().NewPublicKey(public[:])
	if err != nil {
		return [32]byte{}, err
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(shared), nil
}
