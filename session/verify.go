package session

import (
	"bytes"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// machineOptions returns those of the engine's machine: of the posture are its allow list and its checks.
func (e *Engine) machineOptions() machine.Options {
	o := e.options.Hardening.Options()
	o.MaxSessions, o.MaxRoles, o.MaxPayload = e.options.Sessions, e.options.Sessions, 0
	o.Trace, o.Log = nil, nil // a persistent session has its recording
	return o
}

// verify replays the recording of a session that is about to end, and compares: each message must leave with the same bytes and each
// must have come, or the recording does not say what happened. It runs in the posture of integration tests alone.
func (e *Engine) verify(tc task.Context, l *live) error {
	const op = "session.verify"
	name := l.opening.Name
	var all []record
	if err := replay(e.options.Journal, name, func(r *record) { all = append(all, *r) }); err != nil {
		return err
	}
	again := NewEngine(e.options)
	again.options.Told = nil
	again.machine = machine.New(bridge{again}, again.machineOptions())
	if err := again.reopen(tc, name, append(all, record{Kind: recordHeld})); err != nil { // held: no program runs
		return err
	}
	same := func(x, y departure) bool {
		return x.Edge == y.Edge && x.Seq == y.Seq && bytes.Equal(x.Parcel, y.Parcel)
	}
	sent := func(x, y []departure) bool { return slices.EqualFunc(x, y, same) }
	was := again.live[name]
	switch {
	case !maps.EqualFunc(l.left, was.left, sent) || !maps.Equal(l.sent, was.sent):
		return aura.Errorf(op, aura.Internal, "session %s sent %d messages, and its recording replays to %d or to others",
			aura.Short(name), sum(countsOf(l.sent)), sum(countsOf(was.sent)))
	case !maps.Equal(l.seen, was.seen):
		return aura.Errorf(op, aura.Internal, "session %s received other messages than its recording has", aura.Short(name))
	case l.reached == was.reached && l.closed != was.closed: // else its program had left messages, which the replay takes
		return aura.Errorf(op, aura.Internal, "session %s has played its part: %t, and its recording says %t", aura.Short(name), l.closed, was.closed)
	}
	return nil
}
