package session

import (
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// settleStep is settle for a step of a session: begin makes its role ready, and end is called when no role is ready any more. In between an
// engine whose sessions may run wide takes up the steps of other sessions that wait for its task, so that a wave has all of them.
func settleStep[T any](tc task.Context, e *Engine, begin func(task.Context) error, end func(task.Context) (T, error)) (T, error) {
	tc, done := tc.Irrevocable("session.settle")
	defer done()
	answer := task.NewFuture[T]()
	err := e.calls.Send(tc, func(tc task.Context) {
		err, begun := hasFailed(), false
		defer func() {
			if !begun {
				var none T
				answer.Resolve(none, err)
			}
		}()
		if e.failed {
			return
		}
		if err = begin(tc); err == nil {
			e.begun, begun = append(e.begun, func(tc task.Context) { resolve(tc, e, answer, end) }), true
		}
	})
	if err != nil {
		var none T
		return none, err
	}
	return answer.Await(tc)
}

// serve makes a call, and ends the steps that it began. While there is room in a wave, calls that wait come first, but not for ever: some
// begin no step.
func (e *Engine) serve(tc task.Context, call func(task.Context)) {
	call(tc)
	for calls := 1; calls < callsAtOnce && len(e.begun) > 0 && len(e.begun) < e.options.Width && e.broken == nil; calls++ {
		next, any := e.calls.TryRecv()
		if !any {
			break
		}
		next(tc)
	}
	if len(e.begun) == 0 {
		return
	}
	e.waves(tc)
	e.pump()
	for len(e.begun) > 0 {
		end := e.begun[0]
		e.begun = e.begun[1:]
		end(tc)
	}
}

// waves lets the machine run in waves until every role waits. A wave is as wide as the sessions in it were admitted for, one step where the first
// one is canonical.
func (e *Engine) waves(tc task.Context) {
	for e.options.Width > 1 && e.machine.Status() == machine.StatusProgressing {
		w := e.machine.Plan(e.options.Width)
		e.prepareAll(tc, w.Len())
		var planned machine.Certificate
		if w.Len() > 1 {
			planned = w.Certificate()
		}
		_, _ = e.machine.Commit() // a fault ends its session, which pump sees
		if why := w.Fallback(); why != machine.FallbackNone {
			for _, f := range planned.Picks {
				if l := e.byID[f.Session]; l != nil {
					l.emit(tc, world.ProfileFellBack(l.opening.Name, l.protocol.image.Fragment(f.Role), l.admission.Profile().String(), why))
				}
			}
		}
	}
}

// prepareAll prepares the picks of the wave that was planned, each in a task of its own but the first. A preparation that fails is left out, and the
// wave's certificate does not hold then.
func (e *Engine) prepareAll(tc task.Context, picks int) {
	prepare := func(i int) error {
		return task.Contain(func() { e.prepare(i) })
	}
	if picks <= 1 {
		e.machine.Prepare(0)
		return
	}
	others := task.NewGroup(tc, "session.wave")
	for i := 1; i < picks; i++ {
		others.Go("prepare", func(task.Context) error { return prepare(i) })
	}
	failed := prepare(0)
	tc, done := tc.Irrevocable("session.wave")
	defer done()
	if err := others.Wait(tc); failed == nil { // nothing else of the machine may be touched before
		failed = err
	}
	if failed != nil {
		tc.Emit(world.ServiceTroubled(e.Name(), "a step of a wave was not prepared", "", failed))
	}
}
