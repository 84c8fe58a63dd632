package session

import (
	"bytes"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Concluder says what the end of a session means, when the session's program could not: its recording was given up, it ended while this
// agent did not have the protocol, or the agent stopped between the end and what the program commits then. It is called after the start,
// with the session as it began, but for its argument, and how it ended. Commit commits the request of a plan, once, whatever crash comes; a
// plan without a capability commits nothing. When it returns an error, it is called again after the next start.
type Concluder func(tc task.Context, o Opening, end End, commit func(task.Context, Plan) error) error

// Concludes names who says what an end means of which a role's program was not told. Without one, no end of the protocol waits for that.
// It returns aura.NotFound when the registry has no such protocol or the protocol no such role.
func (r *Registry) Concludes(protocol string, role choreo.Role, fn Concluder) error {
	if err := r.has("session.Concludes", protocol, role); err != nil {
		return err
	}
	r.concluders[part{protocol, role}] = fn
	return nil
}

// concluder returns who says what the end of a session means. May is true when the protocol is not here now, and another build may know.
func (r *Registry) concluder(protocol string, role choreo.Role) (fn Concluder, may bool) {
	family, _ := role.Family()
	_, known := r.texts[protocol]
	return r.concluders[part{protocol, choreo.Role(family)}], !known
}

// unconcludedPrefix begins the names of the logs of ends that no program has concluded. The first entry is the session's beginning, as its
// recording has it. A second one says that the facts of its end are committed.
const unconcludedPrefix = "unconcluded/"

func unconcludedLog(s aura.SessionID) string { return unconcludedPrefix + string(s[:]) }

// owes reports whether the end of a session is to be concluded after the next start, when its program does not do so now. A session in which
// no message came or left has agreed on nothing. No more ends wait than are kept.
func (e *Engine) owes(s *view.Session) bool {
	fn, may := e.options.Registry.concluder(s.Protocol, choreo.Role(s.Role))
	return (fn != nil || may) && s.Sent+s.Received > 0 && len(e.unconcluded) < maxEnds
}

// unconcludes returns the change of the journal by which an end waits to be concluded. The messages of the session go with its recording,
// and so does the argument of its program.
func unconcludes(name aura.SessionID, first *opening) journal.LogChange {
	o := *first
	o.Argument = nil
	return journal.LogChange{Name: unconcludedLog(name), Values: [][]byte{encode(record{Kind: recordOpened, Opening: &o})}}
}

// lose commits the end of a session whose program does not run, and removes its recording. First is the beginning of that when the end is to be
// concluded, and else nil.
func (e *Engine) lose(tc task.Context, s view.Session, first *opening, end End) (*view.Ended, error) {
	end.At = tc.Now().At
	ended := &view.Ended{Session: s, End: end}
	ended.Session.State, ended.Session.Awaited = view.StateEnded, ""
	last := []journal.LogChange{{Name: logName(s.Name), Remove: true}, e.keep(ended)}
	if first != nil {
		last = append(last, unconcludes(s.Name, first))
	}
	return ended, e.options.Decider.EndSession(tc, s.Name, last...)
}

// lost follows lose in the engine's task.
func (e *Engine) lost(ended *view.Ended, first *opening) {
	e.kept.add(ended)
	if first != nil {
		e.unconcluded[ended.Session.Name] = true
	}
}

// concludeAll has each end concluded that waits for it. It runs once after the start.
func (e *Engine) concludeAll(tc task.Context) error {
	type waiting struct {
		name  aura.SessionID
		ended *view.Ended // nil: it is not kept any more
	}
	all, err := ask(tc, e, func(task.Context) (all []waiting, _ error) {
		for name := range e.unconcluded {
			all = append(all, waiting{name, e.kept.of[name]})
		}
		slices.SortFunc(all, func(x, y waiting) int { return bytes.Compare(x.name[:], y.name[:]) })
		return all, nil
	})
	if err != nil {
		return nil
	}
	for _, w := range all {
		if err := e.conclude(tc, w.name, w.ended); err != nil && tc.Err() == nil {
			tc.Emit(world.ServiceTroubled(e.Name(), "the end of a session is concluded after the next start", "", err).Within(w.name, ""))
		}
	}
	return nil
}

// conclude has an end concluded, unless the protocol is not here.
func (e *Engine) conclude(tc task.Context, name aura.SessionID, ended *view.Ended) error {
	var all []record
	values, err := e.options.Journal.ReadLog(unconcludedLog(name), 1, 2, 0)
	if err != nil {
		return err
	}
	for _, v := range values {
		var r record
		if err := decode(v, &r); err != nil {
			return aura.Errorf("session.conclude", aura.Corrupt, "the entry of an end that is not concluded is damaged: %w", err)
		}
		all = append(all, r)
	}
	if ended == nil || len(all) != 1 || all[0].Opening == nil {
		return e.concluded(tc, name) // the answer is durable, or there is nothing left to say
	}
	o := all[0].Opening.undo(name)
	fn, may := e.options.Registry.concluder(o.Protocol, o.Role)
	switch {
	case may:
		return nil
	case fn != nil:
		err = fn(tc, o, ended.End, func(tc task.Context, plan Plan) error {
			r, err := plan(tc)
			if err != nil || r.Capability == "" {
				return err
			}
			r.Metadata = append(r.Metadata, concludes(name, tc.Now().At))
			_, err = e.options.Decider.Decide(tc, &r)
			return err
		})
	}
	if err != nil {
		return err
	}
	return e.concluded(tc, name)
}

// concludes is the change by which what an end means becomes durable once.
func concludes(name aura.SessionID, at aura.Instant) guard.Meta {
	return guard.Meta{Key: unconcludedLog(name), Value: encode(record{Kind: recordConcluded, At: at}), Log: true}
}

// concluded lets an end that is concluded wait no more.
func (e *Engine) concluded(tc task.Context, name aura.SessionID) error {
	waits, err := ask(tc, e, func(task.Context) (bool, error) { return e.unconcluded[name], nil })
	if err != nil || !waits {
		return err
	}
	if _, err := e.options.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{{Name: unconcludedLog(name), Remove: true}}}); err != nil {
		return err
	}
	_, err = settle(tc, e, func(task.Context) (struct{}, error) {
		delete(e.unconcluded, name)
		return struct{}{}, nil
	})
	return err
}

// loadUnconcluded reads which ends wait to be concluded.
func (e *Engine) loadUnconcluded() {
	for _, l := range e.options.Journal.Logs() {
		if name, is := strings.CutPrefix(l.Name, unconcludedPrefix); is {
			e.unconcluded[nameOf(name)] = true
		}
	}
}
