package session

import (
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// Message is a message of a session that a program had sent or received before a restart.
type Message struct {
	Sent    bool
	Other   choreo.Role
	Label   string
	Payload []byte
}

// Repeat passes over all that the role had sent and received before a restart, and returns it in order: a program that decides by
// the messages goes on from there. It returns none in a session that begins. Over says that the program had concluded.
func (p *Port) Repeat(tc task.Context) (all []Message, over bool, err error) {
	l := p.session
	history := l.history
	for i := range history {
		r := &history[i]
		s := Message{Sent: r.Kind == recordSent, Label: l.labelName(r), Payload: r.Parcel.Payload}
		if s.Sent {
			s.Other = l.protocol.image.RoleName(machine.RoleID(r.Parcel.To))
			err = p.Send(tc, s.Other, s.Label, nil)
		} else {
			s.Other = l.protocol.image.RoleName(machine.RoleID(r.Parcel.From))
			_, _, err = p.Receive(tc, s.Other)
		}
		if err != nil {
			return nil, false, err
		}
		all = append(all, s)
	}
	return all, l.concluded, nil
}

// Conclude commits the request of a plan at the end of a program, where no message goes with it: once, whatever crash comes. The guard decides about
// it as about any other.
func (p *Port) Conclude(tc task.Context, plan Plan) error {
	l := p.session
	if err := l.turn.Acquire(tc); err != nil {
		return err
	}
	defer l.turn.Release()
	if l.concluded {
		return nil
	}
	r, err := plan(tc)
	if err != nil || r.Capability == "" {
		return err
	}
	type standing struct{ gone, waits bool }
	is, err := ask(tc, l.engine, func(task.Context) (standing, error) {
		return standing{l.gone, l.engine.unconcluded[l.opening.Name]}, nil
	})
	if err != nil {
		return err
	}
	if is.gone && is.waits {
		r.Metadata = append(r.Metadata, concludes(l.opening.Name, tc.Now().At))
	}
	records := l.opening.Persistent && !is.gone
	if records {
		for _, v := range l.records(record{Kind: recordConcluded, At: tc.Now().At}) {
			r.Metadata = append(r.Metadata, guard.Meta{Key: logName(l.opening.Name), Value: v, Log: true})
		}
	}
	if _, err := l.engine.options.Decider.Decide(tc, &r); err != nil {
		l.unconcluded = true
		return diskOf("session.Conclude", err)
	}
	l.recorded, l.concluded = l.recorded || records, true
	return nil
}

// Over returns the error of [Port.Receive] when the session has ended for the role, though its program runs, and no message is left. Otherwise it
// notifies the wake as soon as that is so: a program that waits for something else need not ask again and again.
func (p *Port) Over(tc task.Context, wake *task.Wake) error {
	_, err := ask(tc, p.session.engine, func(task.Context) (struct{}, error) {
		l := p.session
		if l.onEnd = wake; len(l.inbox) > 0 {
			return struct{}{}, nil
		}
		return struct{}{}, l.silent()
	})
	return err
}

// Delivered waits until the peers have all messages that the role sent, or want no more of the session. Without it a session ends a minute after
// its program, whether or not its last message came.
func (p *Port) Delivered(tc task.Context) error {
	l := p.session
	_, err := until(tc, l, func() (struct{}, bool, error) {
		return struct{}{}, l.confirmedAll() || l.fault != nil || l.cancelled != nil || l.expired != nil || l.gone, nil
	})
	return err
}

// confirmedAll reports whether the peers have all messages that left.
func (l *live) confirmedAll() bool {
	for edge, n := range l.sent {
		if l.confirmed[edge] < n {
			return false
		}
	}
	return true
}
