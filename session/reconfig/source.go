package reconfig

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// recording is how a recording travels.
type recording struct {
	Entries [][]byte `cbor:"1,keyasint,omitempty"`
}

// source is the program that gives a session.
type source struct {
	*Controller
	giving
	port    *session.Port
	request view.MoveIntent
	stood   bool // the session was told to stand still

	transfer *session.Transfer // nil: the session does not stand still
	made     *view.Offer       // the next offer
	bytes    []byte            // its recording
}

// source is the program of the device that gives a session. It never gives up what it has not committed, and nothing takes its commit back.
func (c *Controller) source(tc task.Context, p *session.Port) error {
	s := &source{Controller: c, port: p}
	var err error
	if broken := task.Contain(func() { err = s.play(tc) }); broken != nil { // the session must not stand still for ever
		err = broken
		c.options.Engine.Emit(tc, p.Session().Name, world.ServiceTroubled(c.options.Engine.Name(), "the source of a delegation failed", "", broken))
	}
	if tc.Err() != nil {
		return err // the agent stops: after a restart it goes on where its messages end
	}
	if s.transfer != nil {
		_, _ = s.transfer.Rollback(tc, err) // an error means that the next start does it
	}
	if _, listed := c.options.listed(s.to); s.decided == "Committed" && err != nil && !listed {
		err = aura.Errorf("reconfig.Move", aura.Stale, "session %s was given to device %s, which was removed from the account before it said that it acts: the session ends",
			aura.Short(s.request.Session), aura.Short(s.request.To))
	} else if s.decided == "Committed" && err != nil {
		err = aura.Errorf("reconfig.Move", aura.Unavailable, "session %s was given to device %s, which has not said yet that it acts: it does when both devices meet",
			aura.Short(s.request.Session), aura.Short(s.request.To))
	}
	c.report(p.Session().Name, err)
	return err
}

func (s *source) play(tc task.Context) error {
	p := s.port
	if err := fact.Unmarshal(p.Session().Argument, &s.request); err != nil {
		return err
	}
	s.to = s.request.To
	said, _, err := p.Repeat(tc)
	if err != nil {
		return err
	}
	for i := range said {
		if err := s.saw(&said[i]); err != nil {
			return err
		}
	}
	done := func() {}
	defer func() { done() }()
	var cannot error
	for {
		next, why := s.next(s.stood, cannot, s.options.listed)
		var err error
		switch next {
		case giveStand:
			var over func()
			if over, err = p.Within(tc, patience); err == nil {
				done = over
				cannot, s.stood = s.stand(tc), true
			}
		case giveOffer:
			err = s.offers(tc)
		case giveAwait, giveLast:
			err = s.hear(tc)
		case givePiece:
			err = s.says(tc, "Piece", view.Piece{Bytes: s.bytes[s.sent:min(s.sent+view.MaxPiece, s.offer.Bytes)]}, nil)
		case giveWithdraw:
			return s.withdraw(tc, why)
		case giveCommit:
			done() // from here on only the commit decides
			if err = s.commit(tc); err != nil && s.mayCommit(s.options.listed) != nil {
				err = nil // the device was removed: the next step takes the session back
			}
		default:
			return why
		}
		if err != nil {
			return err
		}
	}
}

// hear waits for the next message.
func (s *source) hear(tc task.Context) error {
	label, b, err := s.port.Receive(tc, roleTarget)
	if aura.KindOf(err) == aura.Timeout && s.decided == "" {
		return aura.Errorf("reconfig.Move", aura.Timeout, "device %s did not answer within %v: session %s goes on here", aura.Short(s.to), patience, aura.Short(s.request.Session))
	}
	if err != nil {
		return err
	}
	return s.saw(&session.Message{Label: label, Payload: b})
}

// says sends a message.
func (s *source) says(tc task.Context, label string, payload any, plan session.Plan) error {
	b, err := s.send(tc, s.port, roleTarget, label, payload, plan)
	if err != nil {
		return err
	}
	return s.saw(&session.Message{Sent: true, Label: label, Payload: b})
}

// stand has the session stand still. After a restart it must stand where it stood when it was offered.
func (s *source) stand(tc task.Context) error {
	const op = "reconfig.Move"
	g, err := s.plan(tc, s.port.Session().Name, &s.request)
	if err != nil {
		return err
	}
	if s.transfer, err = s.reconfig.Transfer(tc, g.owner, g.handover); err != nil {
		return err
	}
	if s.bytes, err = fact.Marshal(recording{s.transfer.Recording}); err != nil {
		return err
	}
	name := aura.Short(s.request.Session)
	if len(s.bytes) > view.MaxRecording {
		return aura.Errorf(op, aura.Exhausted, "the recording of session %s has %d bytes, the most that moves is %d", name, len(s.bytes), view.MaxRecording)
	}
	if s.offer != nil {
		if sha256.Sum256(s.bytes) != s.offer.Digest || s.offer.To != uint64(len(s.transfer.Moves)) {
			return aura.Errorf(op, aura.Conflict, "session %s has gone on since it was offered", name)
		}
		s.transfer.Moves = s.offer.Moves // the target has this witness, and peers may have confirmed more since
		return nil
	}
	o, n := s.transfer.Opening(), uint64(len(s.transfer.Moves))
	s.made = &view.Offer{
		Session: o.Name, Protocol: o.Protocol, Version: o.Version, Sizes: o.Sizes, Role: string(o.Role), Rule: g.rule, Attenuated: g.handover.Attenuate,
		Fragments: g.handover.Scope.Names(), From: n - 1, To: n, Bytes: uint64(len(s.bytes)), Digest: sha256.Sum256(s.bytes), Moves: s.transfer.Moves,
		Piece: s.bytes[:min(len(s.bytes), view.MaxPiece)], Upgrade: s.request.Upgrade,
	}
	return s.made.Check()
}

// withdraw keeps the session here and says so.
func (s *source) withdraw(tc task.Context, why error) error {
	if s.transfer != nil {
		if _, err := s.transfer.Rollback(tc, why); err != nil {
			return err
		}
		s.transfer = nil
	}
	if err := s.says(tc, s.withdrawal(), refusal(view.ReasonDenied, aura.Reason(why)), nil); err != nil {
		return err
	}
	return why
}

// commit gives the session away: its recording, its capability and its record go from here in the batch of the fact, which has the witness and
// the signature of the other device.
func (s *source) commit(tc task.Context) error {
	o := s.offer
	d := &view.Delegated{
		Session: o.Session, Protocol: o.Protocol, Role: o.Role, Move: s.transfer.Witness(), Ready: s.ready, Rule: o.Rule,
		Attenuated: o.Attenuated, Fragments: o.Fragments, Upgrade: o.Upgrade,
	}
	err := s.transfer.Commit(tc, func(tc task.Context, changes *journal.Entry) error {
		return s.says(tc, "Committed", d, func(tc task.Context) (guard.Request, error) {
			if err := s.mayCommit(s.options.listed); err != nil { // the guard may have been in the way for some time
				return guard.Request{}, err
			}
			by := s.caller(tc, s.port.Session().Operation)
			r, err := view.Delegate(by, d)
			if err == nil {
				err = s.executes(tc, by, s.port.Session().Name, d.Upgrade, s.to, &r)
			}
			r.Metadata = append(r.Metadata, metas(changes)...)
			return r, err
		})
	})
	if err != nil {
		return err
	}
	s.transfer = nil
	if s.decided != "Committed" { // the commit was durable, and its caller was told otherwise: the message leaves by the same decision
		if err := s.repeat(tc, s.port, roleTarget, "Committed", d); err != nil {
			return err
		}
		s.decided, s.pending = "Committed", ""
	}
	s.followed(tc, d.Upgrade)
	return nil
}

// offers sends the offer.
func (s *source) offers(tc task.Context) error {
	return s.says(tc, "Offer", s.made, func(tc task.Context) (guard.Request, error) {
		return s.asks(tc, s.caller(tc, s.port.Session().Operation), s.port.Session().Name, s.request.Upgrade, s.to)
	})
}

// short cuts a text to the bound of facts.
func short(text string) string { return aura.Clip(text, view.MaxReason) }

// scopeOf returns the scope of an offer.
func scopeOf(o *view.Offer) own.Scope {
	if len(o.Fragments) == 0 {
		return own.Whole()
	}
	return own.Fragments(o.Fragments...)
}
