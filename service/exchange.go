package service

import (
	"crypto/ecdh"
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
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
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// exchangeBudget bounds one attempt at an exchange, from the dial to the last message, and the time that an inviter takes to answer.
const exchangeBudget = 30 * time.Second

// The choreography of an invitation, by the names of package protocols.
const (
	protocolID   = "aura.invitation.exchange"
	roleAccepter = choreo.Role("Accepter")
	roleInviter  = choreo.Role("Inviter")
)

// maxGreeting is more than the bytes of a greeting.
const maxGreeting = 256

// carrier is the channel of an invitation, for its session.
type carrier struct {
	service  *Invite
	channel  *transport.Channel
	pass     *egress.Pass // for the greeting; nil: it is charged when it leaves
	greeting egress.Kind
}

// Post implements [session.Channel].
func (p *carrier) Post(tc task.Context, kind session.Frame, covered [32]byte, body []byte) (err error) {
	number, as, pass := byte(egress.NumberGreeting), p.greeting, p.pass
	switch kind {
	case session.FrameMessage:
		number, as = egress.NumberMessage, egress.KindMessage
	case session.FrameConfirmation:
		number, as = egress.NumberConfirmation, egress.KindConfirmation
	}
	frame := append([]byte{number}, body...)
	switch {
	case kind != session.FrameGreeting:
		pass, err = egress.Covered(as, len(frame), covered)
	case pass == nil:
		pass, err = p.service.env.Decider.Charge(tc, egress.Party{Context: p.channel.Context()}, egress.Message{Kind: as, Bytes: len(frame)})
	}
	if err != nil {
		return err
	}
	return egress.Post(tc, p.channel, pass, as, frame)
}

// Recv implements [session.Channel]. A frame of a number that this build does not know is skipped.
func (p *carrier) Recv(tc task.Context) (session.Frame, []byte, error) {
	for {
		b, err := p.channel.Recv(tc)
		if err != nil {
			return 0, nil, err
		}
		if len(b) == 0 {
			continue
		}
		switch b[0] {
		case egress.NumberGreeting:
			return session.FrameGreeting, b[1:], nil
		case egress.NumberMessage:
			return session.FrameMessage, b[1:], nil
		case egress.NumberConfirmation:
			return session.FrameConfirmation, b[1:], nil
		}
	}
}

// Close implements [session.Channel].
func (p *carrier) Close(tc task.Context) { p.channel.Close(tc) }

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

// pursue begins the session of an invitation that this side accepts, and starts the task that calls the inviter until the
// session is over, whatever the end is. It does nothing for one that is pursued already.
func (s *Invite) pursue(x *exchange) {
	s.lock.Lock()
	_, begun := s.pursuing[x.id]
	s.pursuing[x.id] = x
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
			return s.attempt(tc, x)
		})
	})
}

// attempt opens the session unless it lives, dials the inviter, and speaks for the session. Nil means that the session is over
// one way or the other; an error that it is worth another attempt.
func (s *Invite) attempt(tc task.Context, x *exchange) error {
	tc, done := tc.WithBudget("invitation", exchangeBudget)
	defer done()
	code, name := &x.code, invite.SessionOf(x.id, s.env.Ring.Certificate().Agreement)
	if s.phase(tc, x.id) != invite.PhaseContacting {
		return s.abandon(tc, name) // the owner cancelled it while the inviter was away, or another road led to the contact
	}
	err := s.sessions.Open(tc, session.Opening{
		Name: name, Protocol: protocolID, Role: roleAccepter, Context: aura.ContextID(x.id),
		Parties: []session.Party{{Role: roleInviter}}, Persistent: true, Anew: true,
		Budget: code.TriedUntil().Sub(tc.Now().At) + exchangeBudget, // its acceptance has ended before
	})
	if err != nil && aura.KindOf(err) != aura.Conflict {
		return err
	}
	pass, err := s.env.Decider.Charge(tc, egress.Invited(x.id), egress.Message{Kind: egress.KindInviteOpening}, egress.Message{Kind: egress.KindInviteCall, Bytes: maxGreeting})
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
		return s.abandon(tc, name)
	}
	err = s.sessions.Call(tc, name, roleInviter, &carrier{s, channel, pass, egress.KindInviteCall})
	if err != nil && aura.KindOf(err) != aura.NotFound { // not found: it was over before the inviter answered
		return err
	}
	if s.phase(tc, x.id) == invite.PhaseContacting {
		return aura.Errorf("service.Invite", aura.Unavailable, "the session of the invitation ended without an answer that holds: it begins anew")
	}
	return nil
}

// abandon ends a session that has nothing to do any more.
func (s *Invite) abandon(tc task.Context, name aura.SessionID) error {
	if err := s.sessions.End(tc, name); err != nil && aura.KindOf(err) != aura.NotFound {
		return err
	}
	return nil
}

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
	if err := s.insist(tc, func(tc task.Context) error { return p.Send(tc, roleInviter, "Hello", x.said) }); err != nil {
		return err
	}
	label, b, err := p.Receive(tc, roleInviter)
	if err != nil {
		return err
	}
	reply, err := invite.DecodeMessage(b)
	switch {
	case err == nil && label == "Refused" && reply.Refused != nil:
		return s.insist(tc, func(tc task.Context) error { return s.fail(tc, id, x.operation, reply.Refused.Reason.String()) })
	case err == nil && label == "Renewed" && reply.Renewed != nil:
		return s.insist(tc, func(tc task.Context) error { return s.again(tc, x, reply.Renewed.Addresses) })
	case err == nil && (label == "Answer" || label == "Again") && reply.Answer != nil:
		return s.conclude(tc, p, x, *reply.Answer)
	case label == "Answer" || label == "Again":
		return s.reject(tc, p, x, "the inviter answered something else")
	}
	return errors.Join(aura.Errorf("service.Invite", aura.Corrupt, "the inviter answered something else"), err)
}

// insist tries again while the guard or the disk is in the way: a budget begins anew, and a disk may recover. An error that no
// time mends returns at once.
func (s *Invite) insist(tc task.Context, do func(task.Context) error) error {
	return task.Retry(tc, repairPause(), s.env.Entropy, func(err error) bool {
		_, guarded := errors.AsType[*guard.Denial](err)
		switch aura.KindOf(err) {
		case aura.Stale, aura.Conflict, aura.Invalid:
			return false
		case aura.Denied:
			if !guarded {
				return false
			}
		}
		return s.troubled(tc, "a step of an invitation tried again")(err)
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
func (s *Invite) conclude(tc task.Context, p *session.Port, x *exchange, a invite.Answer) error {
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
	err = s.insist(tc, func(tc task.Context) error { return s.step(tc, p, plan, roleInviter, "Completed", done) })
	if kind := aura.KindOf(err); kind == aura.Denied || kind == aura.Invalid {
		return s.reject(tc, p, x, aura.Reason(err))
	}
	return err
}

// reject ends the exchange because of an answer that does not hold up, and tells the inviter so.
func (s *Invite) reject(tc task.Context, p *session.Port, x *exchange, reason string) error {
	plan := s.planning(x.operation, func(d *directory.State, by domain.Caller) (guard.Request, error) {
		return invite.Fail(d.Invites, by, x.id, reason)
	})
	return s.insist(tc, func(tc task.Context) error { return s.step(tc, p, plan, roleInviter, "Rejected", nil) })
}

// planning returns a plan over the state of the directory.
func (s *Invite) planning(op aura.OperationID, handler func(*directory.State, domain.Caller) (guard.Request, error)) session.Plan {
	return func(tc task.Context) (guard.Request, error) {
		return s.env.Directory.Plan(func(d *directory.State) (guard.Request, error) { return handler(d, s.env.Caller(tc, op)) })
	}
}

// step sends a message with the facts of a plan, while no handler makes another change of invitations.
func (s *Invite) step(tc task.Context, p *session.Port, plan session.Plan, to choreo.Role, label string, payload []byte) error {
	if err := s.exclusion.Acquire(tc); err != nil {
		return err
	}
	defer s.exclusion.Release()
	_, err := unmoved(tc, func() (struct{}, error) {
		p.With(plan)
		return struct{}{}, p.Send(tc, to, label, payload)
	})
	return err
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
	id := invite.ID(c.Context())
	err := s.sessions.Answer(tc, &carrier{s, c, nil, egress.KindInviteReply}, func(g *session.Greeting) (session.Opening, error) {
		code, err := s.code(id)
		if err != nil {
			return session.Opening{}, err
		}
		if g.Protocol != protocolID || choreo.Role(g.Role) != roleAccepter || g.Session != invite.SessionOf(id, c.RemoteStatic()) {
			return session.Opening{}, aura.Errorf("service.Invite", aura.Denied, "the channel of an invitation opened with another session")
		}
		return session.Opening{
			Name: g.Session, Protocol: protocolID, Role: roleInviter, Context: aura.ContextID(id),
			Parties: []session.Party{{Role: roleAccepter}}, Persistent: true, Anew: true,
			Budget: max(exchangeBudget, code.TriedUntil().Sub(tc.Now().At)), // it may be away for days with the answer, but no longer than it tries
		}, nil
	})
	if err != nil {
		tc.Emit(world.IngressRejected(s.Name(), "invitation exchange", err))
	}
}

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
	_, b, err := p.Receive(tc, roleAccepter)
	if err != nil {
		return err
	}
	m, err := invite.DecodeMessage(b)
	if err != nil || m.Hello == nil {
		return errors.Join(aura.Errorf(op, aura.Corrupt, "the session of an invitation did not begin with a hello"), err)
	}
	// The name of the session is made of the key that the channel proved.
	cert, err := contact.CheckCertificate(m.Hello.Certificate)
	if err != nil || invite.SessionOf(id, cert.Agreement) != p.Session().Name {
		return errors.Join(aura.Errorf(op, aura.Denied, "the hello comes from another device than the channel"), err)
	}
	var keys *invite.Keys
	label, sent := p.Sent()
	if sent { // before a restart: what the answer was is in the recording
		err = p.Send(tc, roleAccepter, label, nil)
	} else {
		err = s.insist(tc, func(tc task.Context) error {
			_, err := unmoved(tc, func() (_ struct{}, err error) {
				label, keys, err = s.admit(tc, p, id, *m.Hello, cert.Agreement)
				return struct{}{}, err
			})
			return err
		})
	}
	if err != nil || label != "Answer" && label != "Again" {
		return err
	}
	answered()
	label, b, err = p.Receive(tc, roleAccepter)
	if err != nil || label == "Rejected" {
		return err
	}
	m, err = invite.DecodeMessage(b)
	if err != nil || m.Done == nil {
		return errors.Join(aura.Errorf(op, aura.Corrupt, "the accepter ended the exchange with something else"), err)
	}
	if keys == nil {
		return nil // it heard the answer again: the first session in the context settles it
	}
	if !invite.Confirmed(keys.Accepter, m.Done.Confirm) {
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

// admit answers a Hello: it returns the message that was sent, after it was paid for and its promises were durable. The keys are
// those of an answer that it made.
func (s *Invite) admit(tc task.Context, p *session.Port, id invite.ID, h invite.Hello, static [32]byte) (label string, keys *invite.Keys, err error) {
	if err := s.exclusion.Acquire(tc); err != nil {
		return "", nil, err
	}
	defer s.exclusion.Release()
	code, err := s.code(id)
	if err != nil {
		return "", nil, err
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
		return "", nil, aura.Errorf("service.Invite", aura.Unavailable, "this side is answering an invitation of the same peer")
	case !offer.Renew.Context.IsZero():
		return "Renewed", nil, s.renew(tc, p, code, h, offer)
	case offer.Refusal != 0:
		return "Refused", nil, s.refuse(tc, p, offer.Refusal)
	case offer.Again:
		b, err := s.env.Journal.Meta(invite.MessageKey(id))
		if err != nil {
			return "", nil, err
		}
		if b == nil { // an earlier build forgot the answer with the end of the exchange
			return "Refused", nil, s.refuse(tc, p, invite.RefusalUsed)
		}
		return "Again", nil, p.Send(tc, roleAccepter, "Again", b)
	}
	secret, ciphertext, err := keyring.Encapsulate(h.Key, s.env.Entropy)
	if err != nil {
		return "Refused", nil, s.refuse(tc, p, invite.RefusalInvalid)
	}
	answer := invite.Answer{Certificate: s.certificate(), Name: name, Addresses: s.env.Addresses(), Ciphertext: ciphertext}
	transcript, err := invite.Transcript(id, h, answer)
	if err != nil {
		return "", nil, err
	}
	agreement, err := s.agree(static)
	if err != nil {
		return "", nil, err
	}
	made := invite.Derive(agreement, secret[:], transcript)
	answer.Confirm = made.Inviter
	return "Answer", &made, s.bind(tc, p, code, h, answer, made, transcript, offer.Replace)
}

// bind sends an answer and commits its promises in one decision.
func (s *Invite) bind(
	tc task.Context, p *session.Port, code invite.Code, h invite.Hello, a invite.Answer, keys invite.Keys, transcript [32]byte, old contact.Ref,
) error {
	b, err := invite.Message{Answer: &a}.Encode()
	if err != nil {
		return err
	}
	p.With(s.planning(aura.OperationID{}, func(d *directory.State, by domain.Caller) (guard.Request, error) {
		r, err := invite.Admit(d.Contacts, by, code, h, a, keys, transcript, old)
		if !old.Context.IsZero() && err == nil {
			return s.replace(d, by, old, keys.Context, r)
		}
		return d.Begin(by, newcomer(keys.Context, h.Certificate, h.Name), r, err)
	}))
	return p.Send(tc, roleAccepter, "Answer", b)
}

// refuse tells an accepter why there is no answer.
func (s *Invite) refuse(tc task.Context, p *session.Port, why invite.Refusal) error {
	b, err := invite.Message{Refused: &invite.Refused{Reason: why}}.Encode()
	if err != nil {
		return err
	}
	return p.Send(tc, roleAccepter, "Refused", b)
}

// renew takes the addresses of a contact who answers an invitation, and gives the own ones, in one decision.
func (s *Invite) renew(tc task.Context, p *session.Port, code invite.Code, h invite.Hello, offer invite.Admission) error {
	b, err := invite.Message{Renewed: &invite.Renewed{Addresses: s.env.Addresses()}}.Encode()
	if err != nil {
		return err
	}
	if !offer.Again {
		p.With(s.planning(aura.OperationID{}, func(d *directory.State, by domain.Caller) (guard.Request, error) {
			return invite.Renew(d.Contacts, by, code, h, offer.Renew)
		}))
	}
	return p.Send(tc, roleAccepter, "Renewed", b)
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
