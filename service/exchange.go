package service

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/egress"
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

// carrier is the channel of an invitation or of an enrolment, for its session.
type carrier struct {
	decider  *egress.Decider
	channel  *transport.Channel
	pass     *egress.Pass // for the greeting; nil: it is charged when it leaves
	greeting egress.Kind
}

// Post implements [session.Channel].
func (p *carrier) Post(tc task.Context, kind session.Frame, covered [32]byte, body []byte) (err error) {
	as, pass := p.greeting, p.pass
	switch kind {
	case session.FrameMessage:
		as = egress.KindMessage
	case session.FrameConfirmation:
		as = egress.KindConfirmation
	}
	frame := append([]byte{kind}, body...)
	switch {
	case kind != session.FrameGreeting:
		pass, err = egress.Covered(as, len(frame), covered)
	case pass == nil:
		pass, err = p.decider.Charge(tc, egress.Party{Context: p.channel.Context()}, egress.Message{Kind: as, Bytes: len(frame)})
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
		case session.FrameGreeting, session.FrameMessage, session.FrameConfirmation:
			return b[0], b[1:], nil
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
		Addresses: directory.Addresses(s.where(code)),
	})
	if err != nil {
		return err
	}
	defer channel.Close(tc)
	if s.phase(tc, x.id) != invite.PhaseContacting {
		return s.abandon(tc, name)
	}
	err = s.sessions.Speak(tc, session.ChannelOptions{Context: aura.ContextID(x.id), Only: name}, &carrier{s.env.Decider, channel, pass, egress.KindInviteCall})
	if err != nil && aura.KindOf(err) != aura.NotFound { // not found: it was over before the inviter answered
		return err
	}
	if s.phase(tc, x.id) == invite.PhaseContacting {
		return aura.Errorf("service.Invite", aura.Unavailable, "the session of the invitation ended without an answer that holds: it begins anew")
	}
	return nil
}

// where returns the addresses of a code and, when a contact made it, who may have moved since, those that are known of the contact now.
func (s *Invite) where(code *invite.Code) []string {
	all := slices.Clone(code.Addresses)
	s.env.Directory.Read(func(p *directory.State) {
		if known, is := invite.Known(p.Contacts, *code); is {
			for _, a := range p.Contacts.Addresses(known.Context) {
				if !slices.Contains(all, a) {
					all = append(all, a)
				}
			}
		}
	})
	return all
}

// abandon ends a session that has nothing to do any more.
func (s *Invite) abandon(tc task.Context, name aura.SessionID) error {
	if err := s.sessions.End(tc, name); err != nil && aura.KindOf(err) != aura.NotFound {
		return err
	}
	return nil
}

// Stranger answers a channel that opened with an invitation of this side, and closes it.
func (s *Invite) Stranger(tc task.Context, c *transport.Channel) {
	defer c.Close(tc)
	tc, done := tc.WithBudget("invitation", exchangeBudget)
	defer done()
	id := invite.ID(c.Context())
	talk := session.ChannelOptions{Context: aura.ContextID(id), Only: invite.SessionOf(id, c.RemoteStatic())}
	talk.Admit = func(_ task.Context, from session.Party, _ aura.ContextID, g *session.Greeting) (session.Opening, error) {
		code, err := s.code(id)
		if err != nil {
			return session.Opening{}, err
		}
		if g.Protocol != protocolID || from.Role != roleAccepter {
			return session.Opening{}, aura.Errorf("service.Invite", aura.Denied, "the channel of an invitation opened with another session")
		}
		return session.Opening{
			Role: roleInviter, Persistent: true, Anew: true,
			// The accepter may be away for days with the answer, but no longer than it tries.
			Budget: max(exchangeBudget, code.TriedUntil().Sub(tc.Now().At)),
		}, nil
	}
	err := s.sessions.Speak(tc, talk, &carrier{s.env.Decider, c, nil, egress.KindInviteReply})
	if err != nil {
		tc.Emit(world.IngressRejected(s.Name(), "invitation exchange", err))
	}
}
