package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// Trace returns a session that lives with its recorded steps, as [Registry.Trace] does, or one that has ended, as [Traced] does. It
// returns aura.NotFound for one that is not here, and aura.Unavailable for one without a recording.
func (e *Engine) Trace(tc task.Context, name aura.SessionID) (view.Shown, error) {
	const op = "session.Trace"
	now, err := e.recorded(tc, op, name)
	if err != nil {
		return e.traced(name, err)
	}
	shown, err := e.options.Registry.Trace(e.options.Journal, name)
	shown.Session = now
	return shown, err
}

// recorded returns how a session stands that has a recording.
func (e *Engine) recorded(tc task.Context, op aura.Op, name aura.SessionID) (view.Session, error) {
	return ask(tc, e, func(task.Context) (view.Session, error) {
		if s := e.suspended[name]; s != nil {
			return s.shown, s.lacks(op)
		}
		l, err := e.find(op, name)
		if err != nil {
			return view.Session{}, err
		}
		return l.shown(), l.mustRecord(op)
	})
}

// mustRecord returns aura.Unavailable for a session that is not recorded.
func (l *live) mustRecord(op aura.Op) error {
	switch {
	case !l.opening.Persistent:
		return aura.Errorf(op, aura.Unavailable, "session %s is not recorded, because it ends with its agent: aura session show has how it stands", aura.Short(l.opening.Name))
	case !l.recorded:
		return aura.Errorf(op, aura.Unavailable, "nothing of session %s is recorded before its first message: aura session show has how it stands", aura.Short(l.opening.Name))
	}
	return nil
}

// Trace returns a session from its recording with its newest steps, each with what the guard was asked and what the machine did: the
// recording is played on a machine of its own. It returns aura.NotFound when the journal has none, aura.Unavailable
// for a version of a protocol that this build does not have, and aura.Corrupt for a recording that is damaged or does not go on as it was
// recorded.
func (r *Registry) Trace(j *journal.Journal, name aura.SessionID) (view.Shown, error) {
	shown := view.Shown{Session: view.Session{Name: name, State: view.StateRecorded}}
	paid := map[budget]map[[32]byte]*view.Guarded{} // by the digest of the message
	var departed error
	err := r.rerun(j, name, everyMessage, everyMessage, func(n *rerun, e *record, departs error) {
		if departs != nil {
			departed = departs
			return
		}
		if e.Opening != nil {
			since := e.At
			shown.Session = viewOf(&n.opening)
			shown.Session.Runs = executionOf(n.admission)
			shown.Session.State, shown.Session.Since = view.StateRecorded, since
			begins(&shown, e)
			n.protocol.place(&shown.Session)
			return
		}
		narrows(&shown.Session, e)
		if e.Parcel == nil {
			return
		}
		count(&shown.Session, e)
		s := n.protocol.step(e)
		s.Events = n.events
		if n.request != nil {
			s.Guard = guarded(n.request)
			by := budget{n.request.Budget(), n.request.Sends[0].Peer}
			if paid[by] == nil {
				paid[by] = map[[32]byte]*view.Guarded{}
			}
			paid[by][n.request.Message().Digest()] = s.Guard
		}
		shown.Add(s)
	})
	if err == nil {
		err = departed
	}
	if err != nil {
		return shown, err
	}
	return shown, receipts(j, paid, shown.Session.Epoch)
}

// budget is the ledger entry that paid for a message.
type budget struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// receipts notes the receipts that the journal still has, of a session that began in an epoch, zero for one that is not known: of a message that
// was paid for again, the last one. Those from before the session are not read.
func receipts(j *journal.Journal, paid map[budget]map[[32]byte]*view.Guarded, since aura.Epoch) error {
	for b, wanted := range paid {
		err := interp.EachReceipt(j, b.context, b.peer, func(r *effect.Receipt) bool {
			if r.Epoch+1 < since { // the clock of the other side may have been an epoch ahead
				return false
			}
			if g := wanted[r.Digest]; g != nil {
				g.Units, g.Epoch = r.Cost, r.Epoch
				delete(wanted, r.Digest)
			}
			return len(wanted) > 0
		})
		if err != nil && aura.KindOf(err) != aura.NotFound { // collected meanwhile
			return err
		}
	}
	return nil
}

// guarded describes what the guard was asked and allowed.
func guarded(r *guard.Request) *view.Guarded {
	g := &view.Guarded{Capability: r.Capability, Facts: slices.Clone(r.SiteFacts), Units: uint64(r.Sends[0].Cost)}
	for class, bits := range r.Sends[0].Leak {
		if bits > 0 {
			g.Leak = append(g.Leak, view.Leaked{Observer: fact.Observer(class).String(), Bits: bits})
		}
	}
	return g
}

// Replay plays the recording of a session that lives on a fresh machine, and compares the states: those that the recording
// has, and that of the agent's machine. The session waits meanwhile. The errors are those of [Engine.Trace], and a departure is part of the answer.
func (e *Engine) Replay(tc task.Context, name aura.SessionID) (view.Replayed, error) {
	const op = "session.Replay"
	l, err := ask(tc, e, func(task.Context) (*live, error) {
		l, err := e.find(op, name)
		if err == nil {
			return l, l.mustRecord(op)
		}
		if s := e.suspended[name]; s != nil {
			err = s.lacks(op)
		}
		if ended := e.kept.of[name]; ended != nil {
			err = aura.Errorf(op, aura.Stale, "session %s has ended (%s) and its recording is gone: aura session trace has what is kept", aura.Short(name), ended.End.Kind)
		}
		return nil, err
	})
	if err != nil {
		return view.Replayed{}, err
	}
	if err := l.turn.Acquire(tc); err != nil { // nothing becomes durable
		return view.Replayed{}, err
	}
	defer l.turn.Release()
	type standing struct {
		session     view.Session
		state       [32]byte
		taken, most uint64
	}
	now, err := ask(tc, e, func(task.Context) (standing, error) {
		s := standing{session: l.shown(), taken: l.reached}
		if l.custody != CustodyHeld { // its role rests until it is claimed
			s.state = l.standing()
		}
		s.most = s.session.Sent + s.session.Received
		return s, nil
	})
	if err != nil {
		return view.Replayed{}, err
	}
	again, err := e.options.Registry.replay(e.options.Journal, name, now.taken, now.most)
	again.Session = now.session
	if err == nil && again.Departs == nil && now.state != [32]byte{} {
		if again.State == now.state {
			again.Checked++
		} else {
			again.Departs = &view.Departure{Message: again.Before + again.Messages, Reason: "the agent's machine stands elsewhere than the replay"}
		}
	}
	return again, err
}

// Replay plays a recording on a fresh machine, and compares the states that the recording has. The errors are those of
// [Registry.Trace], but that a departure is part of the answer.
func (r *Registry) Replay(j *journal.Journal, name aura.SessionID) (view.Replayed, error) {
	return r.replay(j, name, everyMessage, everyMessage)
}

func (r *Registry) replay(j *journal.Journal, name aura.SessionID, room, most uint64) (again view.Replayed, err error) {
	again.Session.Name = name
	var refused error
	err = r.rerun(j, name, room, most, func(n *rerun, e *record, departs error) {
		switch {
		case departs != nil && e.Opening != nil:
			refused = departs
			return
		case departs != nil:
			again.Departs = &view.Departure{Message: again.Before + again.Messages + 1, Reason: aura.Reason(departs)}
		case e.Opening != nil:
			shown := view.Shown{Session: viewOf(&n.opening)}
			begins(&shown, e)
			n.protocol.place(&shown.Session)
			again.Session, again.Before = shown.Session, shown.Earlier
			again.Session.Since = e.At
		case e.Kind == recordHeld:
			narrows(&again.Session, e)
		case e.Parcel != nil:
			again.Messages++
			count(&again.Session, e)
		}
		again.Checked, again.State = n.checked, n.standing()
		again.Session.State = view.StateRecorded
	})
	if err == nil {
		err = refused
	}
	return again, err
}
