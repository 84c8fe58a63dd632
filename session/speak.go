package session

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// ChannelOptions says who has the other end of a channel, and for which sessions it is.
type ChannelOptions struct {
	// Context is the shared context of the channel, or the invitation that stands for it.
	Context aura.ContextID
	// Peer is who has the other end, as the channel proved, without a role. It is zero for one who has no name yet.
	Peer Party
	// Only is the one session that the channel carries: the channel ends with it. Zero: all sessions with the peer in the context.
	Only aura.SessionID
	// Payments keeps what the peer pays. Nil: no receipts pass on the channel, and it takes maxUnpaid messages at most. The channel of an invitation is
	// such a one, since its sides share no context yet in which budgets could be compared.
	Payments Payments
	// Ahead returns how far the peer's clock is ahead of this one, zero when the two agree or the difference is not known. It must not wait.
	// Nil: they agree.
	Ahead func(task.Context) aura.Duration
	// Admit decides what the peer may begin. Nil: what the registry says, and on a channel of one session nothing.
	Admit Admit
}

// closeGrace is how long the tasks of a channel may take to end.
const closeGrace = 5 * time.Second

// Speak speaks for sessions on a channel, until the channel ends: for those with the peer that live here, each that begins
// while the channel is up, and those that the peer begins. It greets for each one, sends what the peer lacks, and
// confirms what comes. A session ends on a channel without ending it, and goes on over the next channel.
//
// A frame that is not the peer's to send changes nothing and is an event. The channel ends with aura.Corrupt for
// bytes that are no frame, and with aura.Denied when too many frames of the peer were refused.
//
// A channel of one session ends with the first frame that is refused, and with a version of the protocol that differs: aura.Denied. It ends
// with nil when the session is over, and with aura.NotFound when neither side can begin it.
func (e *Engine) Speak(tc task.Context, talk ChannelOptions, channel Channel) error {
	s, err := ask(tc, e, func(task.Context) (*speaker, error) { return e.begin(talk) })
	if err != nil {
		return err
	}
	defer e.hangUp(tc, s)
	sending := task.NewGroup(tc, "session.send")
	over, said, sent := false, false, error(nil)
	sending.Go("send", func(tc task.Context) error {
		if over, said, sent = e.send(tc, s, channel); over || !said || sent != nil {
			channel.Close(tc)
		}
		return nil
	})
	refused, err := e.receive(tc, s, channel)
	if refused && talk.Only != (aura.SessionID{}) && e.close(tc, s) == nil && sending.Wait(tc) == nil {
		awaitHangUp(tc, channel) // the other side learns why
	}
	closing := sending.Close(tc, closeGrace)
	channel.Close(tc)
	switch {
	case closing != nil:
		return closing
	case over || tc.Err() == nil && e.awaitEnd(tc, s):
		return nil
	case sent != nil && !refused && aura.KindOf(sent) != aura.Cancelled:
		return sent // it is why the channel ended
	}
	return err
}

// awaitHangUp waits until the other side ends a channel, at most closeGrace: it does so when it has read the last frame, and to close the
// channel earlier would lose that.
func awaitHangUp(tc task.Context, channel Channel) {
	tc, done := tc.WithBudget("session.hangup", closeGrace)
	defer done()
	for {
		if _, _, err := channel.Recv(tc); err != nil {
			return
		}
	}
}

// close has the sending task end when all was said.
func (e *Engine) close(tc task.Context, s *speaker) error {
	_, err := ask(tc, e, func(task.Context) (struct{}, error) {
		s.closing = true
		s.wake.Notify()
		return struct{}{}, nil
	})
	return err
}

// awaitEnd waits for the end of the session of a channel that carries one, if it has nothing more to say, and reports whether
// it came to that.
func (e *Engine) awaitEnd(tc task.Context, s *speaker) bool {
	l, err := ask(tc, e, func(task.Context) (*live, error) { return s.only, nil })
	if err != nil || l == nil {
		return false
	}
	over, err := until(tc, l, func() (bool, bool, error) { return l.gone, l.gone || !l.settled(), nil })
	return err == nil && over
}

// send posts the frames that are due. It reports whether the session of a channel that carries one is over, and whether any frame left.
func (e *Engine) send(tc task.Context, s *speaker, channel Channel) (over, said bool, err error) {
	for {
		due, err := ask(tc, e, func(tc task.Context) (due, error) { return s.collect(tc.Elapsed()), nil })
		if err != nil {
			return false, said, err
		}
		frames, err := e.pay(tc, s, due.frames)
		if err != nil {
			return false, said, err
		}
		for i := range frames {
			f := &frames[i]
			err := channel.Post(tc, f.kind, f.covered, f.body)
			if _, denied := errors.AsType[*guard.Denial](err); denied && s.talk.Only == (aura.SessionID{}) {
				// The budget has no room for a control message: the others leave, and this one later.
				if err := e.postpone(tc, s, f); err != nil {
					return false, said, err
				}
				continue
			}
			if err != nil {
				return false, said, err
			}
			said = true
		}
		if due.last {
			return due.over, said, nil
		}
		if len(due.frames) == 0 {
			if _, err := s.wake.WaitUntil(tc, due.again); err != nil {
				return false, said, err
			}
		}
	}
}

// postpone notes that a frame did not leave for which the peer waits: a greeting, or the refusal of a session or of a message.
func (e *Engine) postpone(tc task.Context, s *speaker, f *frame) error {
	if f.kind != FrameGreeting && f.kind != FrameRefusal {
		return nil
	}
	_, err := ask(tc, e, func(tc task.Context) (struct{}, error) {
		switch o := f.of; {
		case f.greets != nil:
			s.postpone(f.greets, tc.Elapsed()+f.greets.pause.Next(e.options.Entropy))
		case f.reply != nil:
			s.replyLater(f, tc.Elapsed())
		case f.refuses != nil && s.spoken[o.session.opening.Name] == o && o.refuses == nil:
			o.refuses = f.refuses
			s.pause(o, tc.Elapsed()+o.pause.Next(e.options.Entropy))
		}
		return struct{}{}, nil
	})
	return err
}

// receive takes what the other side sends, until the channel ends or a frame of it was refused that ends the channel.
func (e *Engine) receive(tc task.Context, s *speaker, channel Channel) (refused bool, err error) {
	strikes, unpaid := allowance{most: maxStrikes, every: strikeRefill}, 0
	for {
		kind, body, err := channel.Recv(tc)
		if err != nil {
			return false, err
		}
		if kind == FrameMessage && s.talk.Payments == nil {
			if unpaid++; unpaid > maxUnpaid {
				return false, aura.Errorf("session.receive", aura.Denied, "more than %d messages on a channel that shows no receipts", maxUnpaid)
			}
		}
		if err = e.take(tc, s, kind, body); err == nil {
			continue
		}
		switch aura.KindOf(err) {
		case aura.Denied, aura.Invalid, aura.Conflict, aura.NotFound, aura.Stale, aura.Exhausted:
		default: // bytes that are no frame, a disk that fails, or the end of tc
			return true, err
		}
		if s.talk.Only != (aura.SessionID{}) {
			return true, err
		}
		if !strikes.take(tc.Elapsed()) {
			return true, aura.Errorf("session.receive", aura.Denied, "too many frames of sessions were refused, the last one because: %s", aura.Reason(err))
		}
	}
}

// take takes one frame of the peer. An error is a refusal of that frame, which had its event, or ends the channel.
func (e *Engine) take(tc task.Context, s *speaker, kind Frame, body []byte) (err error) {
	what, of := world.Text("frame of a session"), aura.SessionID{} // zero: its bytes name none
	switch kind {
	case FrameGreeting:
		what = "greeting of a session"
		var g Greeting
		if err = decode(body, &g); err == nil {
			of = g.Session
			err = e.takeGreeting(tc, s, &g)
		}
	case FrameMessage:
		var m message
		if err = decode(body, &m); err == nil {
			return e.takeMessage(tc, s, &m) // which is an event there
		}
	case FrameConfirmation:
		what = "confirmation of a session"
		var c confirmation
		if err = decode(body, &c); err == nil {
			of = c.Session
			_, err = ask(tc, e, func(task.Context) (struct{}, error) { return struct{}{}, s.confirm(&c) })
		}
	case FrameRefusal:
		what = "refusal of a session"
		var r refused
		if err = decode(body, &r); err == nil {
			of = r.Session
			err = e.takeRefusal(tc, s, &r)
		}
	default:
		err = aura.Errorf("session.receive", aura.Corrupt, "frame %d, which this build does not know", kind)
	}
	if err != nil && tc.Err() == nil {
		e.Emit(tc, of, world.IngressRejected(e.Name(), what, err))
	}
	return err
}

// takeMessage takes one message and has it confirmed.
func (e *Engine) takeMessage(tc task.Context, s *speaker, m *message) error {
	came := effect.Message{Session: m.Session, Edge: m.Edge, Seq: m.Seq, Parcel: m.Parcel, Receipt: m.Receipt}
	next, err := e.deliver(tc, &s.talk, &came, s.repeated)
	if err != nil && tc.Err() != nil {
		return err
	}
	_, settled := settle(tc, e, func(task.Context) (struct{}, error) {
		err = s.answer(&came, next, err)
		return struct{}{}, nil
	})
	return errors.Join(err, settled)
}

// takeGreeting takes a greeting: it begins a session, or goes on with one.
func (e *Engine) takeGreeting(tc task.Context, s *speaker, g *Greeting) error {
	type entry struct {
		admit Admit // nil: the greeting is of a session that is here
		role  choreo.Role
		other *live // which runs in another version here
		with  choreo.Role
	}
	if g.Ended != 0 {
		return e.endThere(tc, s, g)
	}
	if elsewhere, err := e.follow(tc, s, g); elsewhere || err != nil {
		return err
	}
	begun, err := ask(tc, e, func(tc task.Context) (in entry, err error) {
		if _, lives := e.live[g.Session]; lives {
			in.other, in.with, err = e.goOn(s, g, tc.Elapsed())
			return in, err
		}
		in.admit, in.role, err = e.mayBegin(s, g)
		return in, err
	})
	if err == nil && begun.other != nil {
		return e.refusedThere(tc, begun.other, begun.with, begun.other.protocol.differs(g))
	}
	if err != nil || begun.admit == nil {
		return err
	}
	from := s.talk.Peer
	from.Role = choreo.Role(g.Role)
	var o Opening
	if broken := task.Contain(func() { o, err = begun.admit(tc, from, s.talk.Context, g) }); broken != nil {
		err = broken
	}
	if err == nil {
		err = s.complete(&o, begun.role, from, g)
	}
	in := anyEpoch
	if err == nil {
		in, err = s.epochsOf(tc, &o)
	}
	refused := err != nil
	_, settled := settle(tc, e, func(tc task.Context) (struct{}, error) {
		if err == nil {
			err = e.beginFor(tc, s, o, in, g)
		} else {
			s.reply(g.Session, refusalOf(err))
		}
		return struct{}{}, nil
	})
	if refused && settled == nil && tc.Err() == nil && s.talk.Only == (aura.SessionID{}) {
		// The other sessions of the channel go on, also after a fault of the admission.
		return aura.Errorf("session.Speak", aura.Denied, "session %s is not admitted: %w", aura.Short(g.Session), err)
	}
	return errors.Join(err, settled)
}

// refusalOf returns what a peer is told of an error that keeps its session from beginning.
func refusalOf(err error) Refusal {
	switch aura.KindOf(err) {
	case aura.Stale:
		return RefusalEnded
	case aura.Exhausted, aura.Unavailable, aura.Timeout, aura.Cancelled:
		return RefusalBusy
	}
	return RefusalPeer
}

// allowance lets some things happen at once, and one more after each pause.
type allowance struct {
	most, used int
	every      aura.Duration
	since      aura.Duration // when used shrank last
}

func (a *allowance) take(now aura.Duration) bool {
	if back := int((now - a.since) / a.every); back > 0 {
		a.used, a.since = max(0, a.used-back), now
	}
	if a.used >= a.most {
		return false
	}
	a.used++
	return true
}

const (
	// maxStrikes is how many frames of a channel may be refused at once, and strikeRefill after which time one more may. A peer
	// whose session ended here a moment ago may have a window of messages on their way for each of several sessions.
	maxStrikes   = 256
	strikeRefill = time.Second
	// maxUnpaid is how many messages a channel takes that shows no receipts. An invitation has a few in each direction.
	maxUnpaid = 256
	// maxRegreetings is how often at once a peer may have this side greet again on a channel for sessions that it has greeted for, and
	// regreetRefill after which time once more. Handovers that are taken back are that frequent at most.
	maxRegreetings = 16
	regreetRefill  = time.Minute
)
