package reconfig

import (
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// recording is how a recording travels.
type recording struct {
	Entries [][]byte `cbor:"1,keyasint,omitempty"`
}

// source is what the program of who gives a session has.
type source struct {
	*Controller
	port    *session.Port
	request view.MoveIntent
	offer   *view.Offer // that was made; nil: none yet
	sent    uint64      // bytes of the recording
	pending string      // the label that came last and was not answered
	ready   view.Readiness
	refusal *view.Refusal
	decided string // the label with which this side decided

	transfer *session.Transfer // nil: the session does not stand still
	bytes    []byte            // its recording
	why      error             // it cannot
}

// source is the program of the device that gives a session. It never gives up what it has not committed, and nothing takes its commit back.
func (c *Controller) source(tc task.Context, p *session.Port) error {
	s := &source{Controller: c, port: p}
	committed, err := s.play(tc)
	if tc.Err() != nil {
		return err // the agent stops: after a restart it goes on where its messages end
	}
	if !committed && s.transfer != nil {
		_, _ = s.transfer.Rollback(tc, err) // an error means that the next start does it
	}
	if committed && err != nil {
		err = aura.Errorf("reconfig.Move", aura.Unavailable, "session %s was given to device %s, which has not said yet that it acts: it does when both devices meet",
			aura.Short(s.request.Session), aura.Short(s.request.To))
	}
	c.report(p.Session().Name, err)
	return err
}

func (s *source) play(tc task.Context) (committed bool, err error) {
	p := s.port
	if err := fact.Unmarshal(p.Session().Argument, &s.request); err != nil {
		return false, err
	}
	said, _, err := p.Repeat(tc)
	if err != nil {
		return false, err
	}
	for i := range said {
		if err := s.saw(&said[i]); err != nil {
			return false, err
		}
	}
	switch {
	case s.decided == "Committed":
		return true, s.await(tc)
	case s.decided != "":
		return false, aura.Errorf("reconfig.Move", aura.Cancelled, "the delegation of session %s was taken back", aura.Short(s.request.Session))
	case s.refusal != nil:
		return false, s.refused()
	}
	done, err := p.Within(tc, patience)
	if err != nil {
		return false, err
	}
	defer done()
	offered := s.offer != nil
	if s.why = s.stand(tc); s.why != nil && !offered {
		return false, s.why
	}
	if !offered {
		if err := s.offers(tc); err != nil {
			return false, err
		}
	}
	for {
		if s.pending == "" {
			label, b, err := p.Receive(tc, roleTarget)
			if err != nil {
				if aura.KindOf(err) == aura.Timeout {
					err = aura.Errorf("reconfig.Move", aura.Timeout, "device %s did not answer within %v: session %s goes on here", aura.Short(s.request.To), patience,
						aura.Short(s.request.Session))
				}
				return false, err
			}
			if err := s.saw(&session.Message{Label: label, Payload: b}); err != nil {
				return false, err
			}
		}
		switch s.pending {
		case "Refused":
			return false, s.refused()
		case "Next":
			if s.why == nil && s.sent >= s.offer.Bytes {
				s.why = aura.Errorf("reconfig.Move", aura.Denied, "device %s asks for more than the recording has", aura.Short(s.request.To))
			}
			if s.why != nil {
				return false, s.withdraw(tc, "Withdrawn")
			}
			piece := view.Piece{Bytes: s.bytes[s.sent:min(s.sent+view.MaxPiece, s.offer.Bytes)]}
			if err := s.send(tc, p, roleTarget, "Piece", piece, nil); err != nil {
				return false, err
			}
			s.sent, s.pending = s.sent+uint64(len(piece.Bytes)), ""
		case "Ready":
			if s.why == nil {
				s.why = s.checkReady()
			}
			if s.why != nil {
				return false, s.withdraw(tc, "RolledBack")
			}
			done() // from here on only the commit decides
			return s.commit(tc)
		}
	}
}

// saw notes a message that the role sent or received.
func (s *source) saw(m *session.Message) (err error) {
	if m.Sent {
		switch s.pending = ""; m.Label {
		case "Offer":
			s.offer = new(view.Offer)
			err = fact.Unmarshal(m.Payload, s.offer)
			s.sent = uint64(len(s.offer.Piece))
		case "Piece":
			var piece view.Piece
			err = fact.Unmarshal(m.Payload, &piece)
			s.sent += uint64(len(piece.Bytes))
		default:
			s.decided = m.Label
		}
		return err
	}
	switch s.pending = m.Label; m.Label {
	case "Refused":
		s.refusal = new(view.Refusal)
		err = fact.Unmarshal(m.Payload, s.refusal)
	case "Ready":
		err = fact.Unmarshal(m.Payload, &s.ready)
	}
	return err
}

// stand has the session stand still. After a restart it must stand where it stood when it was offered.
func (s *source) stand(tc task.Context) error {
	const op = "reconfig.Move"
	g, err := s.plan(tc, &s.request)
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
		if sha256.Sum256(s.bytes) != s.offer.Digest {
			return aura.Errorf(op, aura.Conflict, "session %s has gone on since it was offered", name)
		}
		s.transfer.Moves = s.offer.Moves // the target has this witness, and peers may have confirmed more since
		return nil
	}
	o, n := s.transfer.Opening(), uint64(len(s.transfer.Moves))
	s.offer = &view.Offer{
		Session: o.Name, Protocol: o.Protocol, Version: o.Version, Sizes: o.Sizes, Role: string(o.Role), Rule: g.rule, Attenuated: s.request.Attenuate,
		Fragments: g.handover.Scope.Names(), From: n - 1, To: n, Bytes: uint64(len(s.bytes)), Digest: sha256.Sum256(s.bytes), Moves: s.transfer.Moves,
		Piece: s.bytes[:min(len(s.bytes), view.MaxPiece)], Upgrade: s.request.Upgrade,
	}
	return nil
}

// withdraw keeps the session here and says so.
func (s *source) withdraw(tc task.Context, label string) error {
	if s.transfer != nil {
		if _, err := s.transfer.Rollback(tc, s.why); err != nil {
			return err
		}
		s.transfer = nil
	}
	if err := s.send(tc, s.port, roleTarget, label, view.Refusal{Reason: view.ReasonDenied, Text: short(aura.Reason(s.why))}, nil); err != nil {
		return err
	}
	return s.why
}

// checkReady returns aura.Denied unless the other device has signed that it has the recording of the offer.
func (s *source) checkReady() error {
	by, listed := s.options.Vouch(s.options.Own, s.request.To)
	last := &s.offer.Moves[len(s.offer.Moves)-1]
	if !listed || s.ready.Digest != s.offer.Digest || !ed25519.Verify(by[:], s.ready.SigningBytes(last), s.ready.Signature[:]) {
		return aura.Errorf("reconfig.Move", aura.Denied, "device %s has not signed that it took session %s in", aura.Short(s.request.To), aura.Short(s.request.Session))
	}
	return nil
}

// commit gives the session away: its recording, its capability and its record go from here in the batch of the fact, which has the witness and
// the signature of the other device.
func (s *source) commit(tc task.Context) (committed bool, err error) {
	o := s.offer
	d := &view.Delegated{
		Session: o.Session, Protocol: o.Protocol, Role: o.Role, Move: s.transfer.Witness(), Ready: s.ready, Rule: o.Rule,
		Attenuated: o.Attenuated, Fragments: o.Fragments, Upgrade: o.Upgrade,
	}
	err = s.transfer.Commit(tc, func(tc task.Context, changes []journal.LogChange) error {
		return s.send(tc, s.port, roleTarget, "Committed", d, func(tc task.Context) (guard.Request, error) {
			by := s.caller(tc, s.port.Session().Operation)
			r, err := view.Delegate(by, d)
			if err == nil {
				err = s.executes(tc, by, s.port.Session().Name, d.Upgrade, s.request.To, &r)
			}
			r.Metadata = append(r.Metadata, metas(changes)...)
			return r, err
		})
	})
	if err != nil {
		return false, err
	}
	s.transfer = nil
	s.followed(tc, d.Upgrade)
	return true, s.await(tc)
}

// await waits for the word that the other device acts.
func (s *source) await(tc task.Context) error {
	if s.pending == "Activated" {
		return nil
	}
	_, _, err := s.port.Receive(tc, roleTarget)
	return err
}

// refused is the error of a delegation that the other device refuses.
func (s *source) refused() error {
	kind := aura.Denied
	switch s.refusal.Reason {
	case view.ReasonUnknown, view.ReasonVersion:
		kind = aura.NotFound
	case view.ReasonExhausted:
		kind = aura.Exhausted
	case view.ReasonEnded:
		kind = aura.Stale
	}
	text := s.refusal.Reason.String()
	if s.refusal.Text != "" {
		text += ": " + short(s.refusal.Text)
	}
	return aura.Errorf("reconfig.Move", kind, "device %s does not take session %s, which goes on here: %s", aura.Short(s.request.To), aura.Short(s.request.Session), text)
}

// offers sends the offer.
func (s *source) offers(tc task.Context) error {
	if err := s.offer.Check(); err != nil {
		return err
	}
	s.sent = uint64(len(s.offer.Piece))
	return s.send(tc, s.port, roleTarget, "Offer", s.offer, func(tc task.Context) (guard.Request, error) {
		return s.asks(s.caller(tc, s.port.Session().Operation), s.port.Session().Name, s.request.Upgrade, s.request.To)
	})
}

// short cuts a text to the bound of facts.
func short(text string) string {
	if len(text) > view.MaxReason {
		text = text[:view.MaxReason]
	}
	for len(text) > 0 && text[len(text)-1] >= 0x80 {
		text = text[:len(text)-1]
	}
	return text
}

// scopeOf returns the scope of an offer.
func scopeOf(o *view.Offer) own.Scope {
	if len(o.Fragments) == 0 {
		return own.Whole()
	}
	return own.Fragments(o.Fragments...)
}
