package service

import (
	"crypto/ecdh"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// exchangeBudget bounds one attempt at an exchange, from the dial to the last message.
const exchangeBudget = 30 * time.Second

// The pauses between attempts grow to a fifth of the time that the inviter has been away, and to ten minutes at most: it
// cannot call back, since it does not know yet who accepts. Each attempt costs a synced commit.
const (
	inviterBase   = 500 * time.Millisecond
	inviterMost   = 10 * time.Minute
	inviterFactor = 1.25
)

// awaitInviter paces the dials of an inviter that does not answer.
func awaitInviter() task.Backoff {
	return task.Backoff{Base: inviterBase, Max: inviterMost, Factor: inviterFactor, Jitter: 0.3}
}

// pursue starts the accepter's task, unless there is one: it tries until the exchange ends, whatever the end
// is.
func (s *Invite) pursue(x *exchange) {
	s.lock.Lock()
	begun := s.pursuing[x.id]
	s.pursuing[x.id] = true
	s.lock.Unlock()
	if begun {
		return
	}
	s.group.Go("invite.pursue", func(tc task.Context) error {
		defer func() {
			s.lock.Lock()
			delete(s.pursuing, x.id)
			s.lock.Unlock()
		}()
		return task.Retry(tc, awaitInviter(), s.env.Entropy, s.troubled(tc, "exchange tried again"), func(tc task.Context) error {
			if s.phase(tc, x.id) != invite.PhaseContacting {
				return nil
			}
			return s.attempt(tc, x)
		})
	})
}

// attempt dials the inviter and exchanges Hello, Answer and Done. Nil means that the exchange has ended,
// one way or the other; an error that it is worth another attempt.
func (s *Invite) attempt(tc task.Context, x *exchange) error {
	tc, done := tc.WithBudget("invitation", exchangeBudget)
	defer done()
	code := &x.code
	pass, err := s.env.Decider.Charge(tc, egress.Invited(x.id), egress.Message{Kind: egress.KindInviteOpening}, egress.Message{Kind: egress.KindInviteHello, Bytes: len(x.said)})
	if err != nil {
		return err
	}
	channel, err := egress.Dial(tc, s.channels, pass, egress.KindInviteOpening, transport.Target{
		Context: aura.ContextID(x.id), PSK: code.PSK(), Static: code.Agreement, Peer: code.Link,
		Addresses: directory.Addresses(code.Addresses),
	})
	if err != nil {
		return err
	}
	defer channel.Close(tc)
	if s.phase(tc, x.id) != invite.PhaseContacting {
		return nil // the owner cancelled it while the inviter was away: the hello would bind the inviter alone
	}
	if err := egress.Post(tc, channel, pass, egress.KindInviteHello, x.said); err != nil {
		return err
	}
	b, err := channel.Recv(tc)
	if err != nil {
		return err
	}
	reply, err := invite.DecodeMessage(b)
	if err != nil {
		return err
	}
	switch {
	case reply.Refused != nil:
		return s.fail(tc, x.id, x.operation, reply.Refused.Reason.String())
	case reply.Renewed != nil:
		return s.again(tc, x, reply.Renewed.Addresses)
	case reply.Answer != nil:
		return s.conclude(tc, channel, x, *reply.Answer)
	}
	return aura.Errorf("service.Invite", aura.Corrupt, "the inviter answered something else")
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

// conclude makes the contact durable and tells the inviter. An answer that does not hold up ends the
// exchange: the same inviter would give it again.
func (s *Invite) conclude(tc task.Context, c *transport.Channel, x *exchange, a invite.Answer) error {
	id, code, op := x.id, x.code, x.operation
	secret, err := keyring.NewKEM(x.seed).Decapsulate(a.Ciphertext)
	if err != nil {
		return s.fail(tc, id, op, "the answer does not fit the key that was sent")
	}
	transcript, err := invite.Transcript(id, x.hello, a)
	if err != nil {
		return err
	}
	agreement, err := s.agree(code.Agreement)
	if err != nil {
		return s.fail(tc, id, op, "the inviter's key is not usable")
	}
	keys := invite.Derive(agreement, secret[:], transcript)
	err = s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		r, err := invite.Conclude(p.Invites, p.Contacts, by, code, a, c.RemoteStatic(), keys, transcript, x.hello.Known)
		switch old, met := invite.Known(p.Contacts, code); {
		case met && old.Context != x.hello.Known:
			return r, err // the contact that there is stays
		case met && err == nil:
			return s.replace(p, by, old, keys.Context, r)
		}
		return p.Begin(by, newcomer(keys.Context, a.Certificate, a.Name), r, err)
	}, op)
	if aura.KindOf(err) == aura.Denied || aura.KindOf(err) == aura.Invalid {
		return s.fail(tc, id, op, aura.Reason(err))
	}
	if err != nil {
		return err
	}
	done, err := invite.Message{Done: &invite.Done{Confirm: keys.Accepter}}.Encode()
	if err != nil {
		return err
	}
	// The contact exists. If this message is lost, the first session in the context says the same.
	pass, err := s.env.Decider.Charge(tc, egress.Invited(id), egress.Message{Kind: egress.KindInviteDone, Bytes: len(done)})
	if err != nil {
		return tc.Err()
	}
	if egress.Post(tc, c, pass, egress.KindInviteDone, done) == nil {
		_, _ = c.Recv(tc) // until the inviter has read it and closes
	}
	return nil
}

func (s *Invite) fail(tc task.Context, id invite.ID, op aura.OperationID, reason string) error {
	return s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Fail(p.Invites, by, id, reason)
	}, op)
}

// Stranger answers a channel that opened with an invitation of this side, and closes it.
func (s *Invite) Stranger(tc task.Context, c *transport.Channel) {
	defer c.Close(tc)
	tc, done := tc.WithBudget("invitation", exchangeBudget)
	defer done()
	if err := s.respond(tc, c); err != nil {
		tc.Emit(world.IngressRejected(s.Name(), "invitation exchange", err))
	}
}

func (s *Invite) respond(tc task.Context, c *transport.Channel) error {
	const op = "service.Invite"
	code, err := s.code(invite.ID(c.Context()))
	if err != nil {
		return err
	}
	b, err := c.Recv(tc)
	if err != nil {
		return err
	}
	m, err := invite.DecodeMessage(b)
	if err != nil {
		return err
	}
	if m.Hello == nil {
		return aura.Errorf(op, aura.Corrupt, "the channel of an invitation did not begin with a hello")
	}
	reply, err := s.admit(tc, code, *m.Hello, c.RemoteStatic())
	if err != nil {
		return err
	}
	if err := egress.Post(tc, c, reply.pass, reply.kind, reply.message); err != nil {
		return err
	}
	if b, err = c.Recv(tc); err != nil {
		if reply.keys == nil {
			return nil // it was refused, or heard the answer again, and need not say more
		}
		return err
	}
	m, err = invite.DecodeMessage(b)
	if err != nil || m.Done == nil {
		return aura.Errorf(op, aura.Corrupt, "the accepter ended the exchange with something else: %v", err)
	}
	if reply.keys != nil && !invite.Confirmed(reply.keys.Accepter, m.Done.Confirm) {
		return aura.Errorf(op, aura.Denied, "the two sides did not derive the same keys")
	}
	if reply.keys == nil {
		return nil // the same hello again: the first session in the context settles it
	}
	return s.change(tc, func(p *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Settle(p.Invites, p.Contacts, by, code.ID())
	}, aura.OperationID{})
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

// reply is the inviter's message to an accepter and the pass with which it leaves.
type reply struct {
	kind    egress.Kind
	message []byte
	pass    *egress.Pass
	keys    *invite.Keys // nil for a stored answer or a refusal
}

// admit returns the reply to a Hello, after it is paid for and its promises are durable.
func (s *Invite) admit(tc task.Context, code invite.Code, h invite.Hello, static [32]byte) (reply, error) {
	if err := s.exclusion.Acquire(tc); err != nil {
		return reply{}, err
	}
	defer s.exclusion.Release()
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
		// The accepter tries again, and learns then what came of this side's attempt.
		return reply{}, aura.Errorf("service.Invite", aura.Conflict, "this side is answering an invitation of the same peer")
	case !offer.Renew.Context.IsZero():
		return s.renew(tc, by, code, h, offer)
	case offer.Refusal != 0:
		return s.refuse(tc, code, offer.Refusal)
	case offer.Again:
		b, err := s.env.Journal.Meta(invite.MessageKey(code.ID()))
		if err != nil {
			return reply{}, err
		}
		if b == nil { // an earlier build forgot the answer with the end of the exchange
			return s.refuse(tc, code, invite.RefusalUsed)
		}
		pass, err := s.env.Decider.Charge(tc, egress.Invited(code.ID()), egress.Message{Kind: egress.KindInviteAnswer, Bytes: len(b)})
		return reply{kind: egress.KindInviteAnswer, message: b, pass: pass}, err
	}
	secret, ciphertext, err := keyring.Encapsulate(h.Key, s.env.Entropy)
	if err != nil {
		return s.refuse(tc, code, invite.RefusalInvalid)
	}
	answer := invite.Answer{Certificate: s.certificate(), Name: name, Addresses: s.env.Addresses(), Ciphertext: ciphertext}
	transcript, err := invite.Transcript(code.ID(), h, answer)
	if err != nil {
		return reply{}, err
	}
	agreement, err := s.agree(static)
	if err != nil {
		return reply{}, err
	}
	keys := invite.Derive(agreement, secret[:], transcript)
	answer.Confirm = keys.Inviter
	return s.bind(tc, by, code, h, answer, keys, transcript, offer.Replace)
}

// bind commits the promises of an answer and its cost in one decision.
func (s *Invite) bind(
	tc task.Context, by domain.Caller, code invite.Code, h invite.Hello, a invite.Answer, keys invite.Keys, transcript [32]byte, old contact.Ref,
) (reply, error) {
	b, err := invite.Message{Answer: &a}.Encode()
	if err != nil {
		return reply{}, err
	}
	request, err := s.env.Directory.Plan(func(p *directory.State) (guard.Request, error) {
		r, err := invite.Admit(p.Contacts, by, code, h, a, keys, transcript, old)
		if !old.Context.IsZero() && err == nil {
			return s.replace(p, by, old, keys.Context, r)
		}
		return p.Begin(by, newcomer(keys.Context, h.Certificate, h.Name), r, err)
	})
	if err != nil {
		return reply{}, err
	}
	pass, _, err := s.env.Decider.ChargeWith(tc, &request, egress.Invited(code.ID()), egress.Message{Kind: egress.KindInviteAnswer, Bytes: len(b)})
	return reply{kind: egress.KindInviteAnswer, message: b, pass: pass, keys: &keys}, err
}

// refuse returns the reply that tells an accepter why there is no answer.
func (s *Invite) refuse(tc task.Context, code invite.Code, why invite.Refusal) (reply, error) {
	b, err := invite.Message{Refused: &invite.Refused{Reason: why}}.Encode()
	if err != nil {
		return reply{}, err
	}
	pass, err := s.env.Decider.Charge(tc, egress.Invited(code.ID()), egress.Message{Kind: egress.KindInviteRefusal, Bytes: len(b)})
	return reply{kind: egress.KindInviteRefusal, message: b, pass: pass}, err
}

// renew takes the addresses of a contact who answers an invitation, and gives the own ones, in one decision. The
// caller holds the exclusion.
func (s *Invite) renew(tc task.Context, by domain.Caller, code invite.Code, h invite.Hello, offer invite.Admission) (reply, error) {
	b, err := invite.Message{Renewed: &invite.Renewed{Addresses: s.env.Addresses()}}.Encode()
	if err != nil {
		return reply{}, err
	}
	request := guard.Request{Authority: by.Authority}
	if !offer.Again {
		request, err = s.env.Directory.Plan(func(p *directory.State) (guard.Request, error) {
			return invite.Renew(p.Contacts, by, code, h, offer.Renew)
		})
		if err != nil {
			return reply{}, err
		}
	}
	pass, _, err := s.env.Decider.ChargeWith(tc, &request, egress.Invited(code.ID()), egress.Message{Kind: egress.KindInviteRenewal, Bytes: len(b)})
	return reply{kind: egress.KindInviteRenewal, message: b, pass: pass}, err
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

// answered turns the facts of a decision into the answer to an intent, with the result that its kind has.
func answered(in fact.Intent, r effect.Result, err error, result any) (fact.Result, error) {
	out, err := submitted(in, r, err)
	if err != nil {
		return fact.Result{}, err
	}
	out.Payload, err = fact.Marshal(result)
	return out, err
}
