package session

import (
	"maps"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// Saved returns what the program saved last, in this run or before a restart: it begins with that then, and repeats only what came later. It is
// false when the program never saved, and begins from its beginning.
func (p *Port) Saved() (state []byte, has bool) { return p.session.saved, p.session.saved != nil }

// Save says that after a restart the program begins with a state of its own, at most MaxSaved bytes, which [Port.Saved] returns then. In one batch
// a checkpoint takes the place of the recording so far: the state, that of the machine, and the messages that a peer has not confirmed or the
// program has not taken yet. So a restart costs what happened since. It does nothing in a session without a recording, and
// nothing after the end of the role's part.
//
// It returns aura.Conflict for a program that has not repeated all recorded messages yet, or that works within a budget of [Port.Within], and
// aura.Exhausted when peers have not confirmed thousands of messages: see [Port.Delivered], and aura.Unavailable while the disk takes nothing, be it
// full. A copy of a peer's home that lacks a message which the peer had confirmed is refused from then on.
func (p *Port) Save(tc task.Context, state []byte) error {
	const op = "session.Save"
	l := p.session
	e, name := l.engine, l.opening.Name
	if len(state) > MaxSaved {
		return aura.Errorf(op, aura.Invalid, "the program of session %s saves %d bytes, the most is %d", aura.Short(name), len(state), MaxSaved)
	}
	state = append(make([]byte, 0, len(state)), state...) // not nil: it was saved
	if err := l.turn.Acquire(tc); err != nil {
		return err
	}
	defer l.turn.Release()
	if l.sentNext() != nil || len(l.granted) > 0 {
		return aura.Errorf(op, aura.Conflict, "the program of session %s saves before it has repeated the recorded messages", aura.Short(name))
	}
	type made struct {
		entries   [][]byte
		confirmed map[uint32]uint64
	}
	c, err := ask(tc, e, func(tc task.Context) (c made, err error) {
		if err := l.allow(tc, op, p.cap); err != nil {
			return c, err
		}
		switch {
		case l.ended && l.closed, !l.opening.Persistent:
			return c, nil
		case l.ended:
			return c, l.over(op)
		case l.within():
			return c, aura.Errorf(op, aura.Conflict, "the program of session %s saves within a budget of its work, which a restart would not give again", aura.Short(name))
		}
		c.confirmed = maps.Clone(l.confirmed)
		c.entries, err = l.checkpoint(state)
		return c, err
	})
	if err != nil || c.entries == nil {
		return err
	}
	change := journal.LogChange{Name: logName(name), Values: c.entries, Drop: l.recording().Last}
	if _, err := e.options.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
		return diskOf(op, err)
	}
	_, err = settle(tc, e, func(task.Context) (struct{}, error) {
		l.saves(state, c.confirmed)
		return struct{}{}, nil
	})
	l.history = nil
	return err
}

// within reports whether the program works within a budget of its own.
func (l *live) within() bool {
	whole := 0
	if l.until != 0 {
		whole = 1
	}
	return len(l.timeouts) > whole || len(l.again) > 0
}
