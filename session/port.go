package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
)

// Plan returns what a program commits together with its next message: facts, metadata and the marks that they rest on. The rest
// of the request is the engine's.
type Plan func(task.Context) (guard.Request, error)

// Port is the place of a program in its session. It belongs to the program's task, whose context its calls take.
type Port struct {
	session *live
	cap     own.Capability // checked before each step is decided and again before it is taken
	next    Plan           // for the next message
}

// Session returns the session's opening.
func (p *Port) Session() Opening { return p.session.opening }

// With has the plan's facts committed together with the next message, or not at all.
func (p *Port) With(plan Plan) { p.next = plan }

// Sent returns the label of the next message that the role sent before a restart and that the program has not passed over yet; false
// when there is none. The journal may have changed since that message was sent. So a program that chooses by the journal's state
// calls Sent first, and sends the same label again.
func (p *Port) Sent() (label string, again bool) {
	r := p.session.sentNext()
	if r == nil {
		return "", false
	}
	return p.session.labelName(r), true
}

// Send sends a message to another role. When it returns nil, the guard has allowed the message, its cost, its facts and its place
// in the recording are durable in one batch, the session has gone on, and the message may leave. A message that was sent before a
// restart is not sent again, whatever the payload is now.
//
// A denial is aura.Denied with a *[guard.Denial] as its cause: nothing was charged, written or sent, and the
// program may send another message of the protocol, try later, or end. It returns aura.Invalid for a message that the role
// cannot send now, aura.Exhausted when the recording has no room, see [Port.Save], aura.Unavailable while the disk takes nothing, be it full, and
// aura.Stale when the session has ended.
func (p *Port) Send(tc task.Context, to choreo.Role, label string, payload []byte) error {
	l := p.session
	plan := p.next
	p.next = nil
	if err := l.turn.Acquire(tc); err != nil {
		return err
	}
	defer l.turn.Release()
	if r := l.sentNext(); r != nil {
		return l.sendAgain(r, label)
	}
	type step struct {
		message effect.Message
		demands *demands
		state   [32]byte
	}
	s, err := ask(tc, l.engine, func(tc task.Context) (s step, err error) {
		if err := l.allow(tc, "session.Send", p.cap); err != nil {
			return s, err
		}
		if err := l.full("session.Send"); err != nil && !l.ended {
			return s, err
		}
		l.goOn()
		if other, known := l.protocol.image.Role(to); known && !l.ended {
			if err := l.route(tc, "session.Send", l.role, other); err != nil {
				return s, err
			}
		}
		s.message, s.demands, err = l.plan(to, label, payload)
		if l.opening.Persistent {
			s.state = l.digest()
		}
		return s, err
	})
	if err != nil {
		return err
	}
	receipt, err := l.decide(tc, plan, to, &s.message, s.demands, s.state)
	if err != nil {
		return err
	}
	sends := answer{label, payload}
	_, err = settleStep(tc, l.engine, func(tc task.Context) error {
		if err := l.allow(tc, "session.Send", p.cap); err != nil { // nothing may change the owner while a step is under way
			l.engine.violated(tc, "the owner alone acts on a session", l.opening.Name, err)
			return err
		}
		return l.beginStep(sends)
	}, func(task.Context) (struct{}, error) {
		err := l.endStep(sends)
		if err == nil {
			l.keepReceipt(place{s.message.Edge, s.message.Seq}, receipt)
			l.told(view.Step{Sent: true, Other: string(to), Label: label, Size: len(payload)})
		}
		return struct{}{}, err
	})
	return err
}

// sendAgain passes over a message that was sent before a restart. Only the program's task reads the history of a session
// that was restored.
func (l *live) sendAgain(r *record, label string) error {
	if was := l.labelName(r); was != label {
		return aura.Errorf("session.Send", aura.Corrupt, "the program of role %s sends %s after a restart where it had sent %s", l.opening.Role, label, was)
	}
	l.history = l.history[1:]
	return nil
}

// sentNext returns the next message that the role sent before a restart and that its program has not passed over yet, nil for none.
func (l *live) sentNext() *record {
	for len(l.history) > 0 && l.history[0].Kind != recordSent { // the program gets what came by Receive
		l.history = l.history[1:]
	}
	if len(l.history) == 0 {
		l.history = nil
		return nil
	}
	return &l.history[0]
}

func (l *live) labelName(r *record) string { return l.protocol.image.Label(labelOf(r.Parcel)).Name }

// decide takes a message through guard and journal, and returns its receipt. The state is that before it.
func (l *live) decide(tc task.Context, plan Plan, to choreo.Role, m *effect.Message, d *demands, state [32]byte) (receipt []byte, err error) {
	var add guard.Request
	if plan != nil {
		if add, err = plan(tc); err != nil {
			return nil, err
		}
	}
	peer, known := l.peer(to)
	if !known {
		return nil, aura.Errorf("session.Send", aura.NotFound, "nobody plays %s in session %s", to, aura.Short(l.opening.Name))
	}
	r := d.request(add, l.opening.Context, l.engine.options.Own, peer, m)
	r.Sends[0].Fleeting = !l.opening.Persistent
	if l.opening.Persistent {
		var content parcel
		if err := decode(m.Parcel, &content); err != nil {
			return nil, err
		}
		for _, v := range l.records(record{Kind: recordSent, Parcel: &content, Seq: m.Seq, At: tc.Now().At, State: state}) {
			r.Metadata = append(r.Metadata, guard.Meta{Key: logName(l.opening.Name), Value: v, Log: true})
		}
	}
	var result effect.Result
	err = l.commits(place{m.Edge, m.Seq}, func() (err error) {
		result, err = l.engine.options.Decider.Decide(tc, &r)
		return err
	})
	if err != nil {
		return nil, diskOf("session.Send", err)
	}
	l.recorded = l.opening.Persistent
	return receiptOf(m.Digest(), &result), nil
}

// commits commits a message, and notes when it is not known whether it is durable: the commit failed or panicked.
func (l *live) commits(at place, commit func() error) (err error) {
	known := false
	defer func() {
		if known {
			delete(l.unsure, at)
		} else if aura.KindOf(err) != aura.Denied {
			put(&l.unsure, at, true)
		}
	}()
	err = commit()
	known = err == nil
	return err
}

// Receive waits for the next message of another role and returns it. It returns aura.Stale when the session has ended and none is
// left, aura.Timeout when it has expired, aura.Exhausted when the recording has no room, see [Port.Save], and tc's error.
func (p *Port) Receive(tc task.Context, from choreo.Role) (label string, payload []byte, err error) {
	l := p.session
	r, err := until(tc, l, func() (received, bool, error) {
		for i, r := range l.inbox {
			if r.from != from {
				continue
			}
			l.inbox = append(l.inbox[:i], l.inbox[i+1:]...)
			l.room++
			l.taken++
			if !l.ended { // a message that found no room may have its turn now
				_ = l.engine.machine.Wake(l.cap, l.role)
				l.engine.pump()
				l.changed() // a peer may send a message again that found none
			}
			return r, true, nil
		}
		if err := l.silent(); err != nil {
			return received{}, false, err
		}
		if err := l.full("session.Receive"); err != nil { // what it waits for finds no room
			return received{}, false, err
		}
		l.goOn()
		return received{}, false, nil
	})
	return r.label, r.payload, err
}
