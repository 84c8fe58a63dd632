package session

import (
	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
)

const (
	// tracedLog is the log of the traces of sessions that have ended and whose recordings are gone. Its entries are view.Shown, which has
	// no payload: nothing that was said outlives the session.
	tracedLog = "traced"
	// maxTraced is how many traces are kept, and maxTracedSteps how many steps of each, the newest.
	maxTraced      = 100
	maxTracedSteps = 100
)

// keepTrace returns the change of the journal that keeps the trace of a session with its end, false when its recording cannot be traced.
func (e *Engine) keepTrace(end *view.Ended) (journal.LogChange, bool) {
	shown, err := e.options.Registry.Trace(e.options.Journal, end.Session.Name)
	if err != nil {
		return journal.LogChange{}, false
	}
	shown.Session, shown.End = end.Session, &end.End
	if over := len(shown.Steps) - maxTracedSteps; over > 0 {
		shown.Steps, shown.Earlier = shown.Steps[over:], shown.Earlier+uint64(over)
	}
	change := journal.LogChange{Name: tracedLog, Values: [][]byte{encode(shown)}}
	if last := e.options.Journal.Log(tracedLog).Last + 1; last > maxTraced {
		change.Drop = last - maxTraced
	}
	return change, true
}

// Traced returns the trace of a session that has ended. It returns aura.NotFound when the journal has none, or none any more, and
// aura.Corrupt when the traces are damaged.
func Traced(j *journal.Journal, name aura.SessionID) (view.Shown, error) {
	const op = "session.Traced"
	l := j.Log(tracedLog)
	values, err := j.ReadLog(tracedLog, l.Dropped+1, maxTraced, 0)
	if err != nil && aura.KindOf(err) != aura.NotFound { // the last ones went meanwhile
		return view.Shown{}, err
	}
	for i := len(values) - 1; i >= 0; i-- {
		var shown view.Shown
		if err := decode(values[i], &shown); err != nil {
			return view.Shown{}, aura.Errorf(op, aura.Corrupt, "the trace of a session that has ended is damaged: %w", err)
		}
		if shown.Session.Name == name {
			return shown, nil
		}
	}
	return view.Shown{}, aura.Errorf(op, aura.NotFound, "session %s is not here, and of those that have ended the traces of the newest %d are kept",
		aura.Short(name), maxTraced)
}

// OrTraced returns a session from its recording or, when there is none, as [Traced] does.
func OrTraced(j *journal.Journal, name aura.SessionID, recorded func(*journal.Journal, aura.SessionID) (view.Shown, error)) (view.Shown, error) {
	shown, err := recorded(j, name)
	if aura.KindOf(err) == aura.NotFound {
		return Traced(j, name)
	}
	return shown, err
}

// traced returns a session that has ended, where another error than that it does not live stays.
func (e *Engine) traced(name aura.SessionID, err error) (view.Shown, error) {
	if aura.KindOf(err) != aura.NotFound {
		return view.Shown{}, err
	}
	shown, missing := Traced(e.options.Journal, name)
	if aura.KindOf(missing) == aura.NotFound {
		missing = err // it may say where the session went
	}
	return shown, missing
}
