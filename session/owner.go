package session

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Owner is the right to act on a session that lives here: its program has it, by its port, and who hands the session over takes it with
// [Engine.Owner]. A transfer consumes it: what holds it afterwards gets aura.Stale.
type Owner struct {
	session *live
	cap     own.Capability
}

// Commit makes changes of the journal durable, with the facts of a handover, in one batch. It returns nil when they are.
type Commit func(task.Context, []journal.LogChange) error

// Owner returns the handle of a session. It returns aura.NotFound for one that is not here, and aura.Unavailable for one that waits
// for the commit of its handover.
func (e *Engine) Owner(tc task.Context, name aura.SessionID) (*Owner, error) {
	return ask(tc, e, func(task.Context) (*Owner, error) {
		l, err := e.running("session.Owner", name)
		if err != nil {
			return nil, err
		}
		return &Owner{l, l.cap}, nil
	})
}

// holds returns why a capability does not act on a role's fragment; the machine has not seen it then. It is aura.Stale for one of an earlier
// owner, and aura.Denied for one of another session, of a generation that was never issued, or whose scope does not reach the fragment.
func (l *live) holds(op aura.Op, c own.Capability, fragment string) error {
	name, has := aura.Short(l.opening.Name), l.cap
	switch {
	case c.Session != uint64(l.id):
		return aura.Errorf(op, aura.Denied, "the capability is not one of session %s", name)
	case c.Generation > has.Generation || c.Generation == has.Generation && (c.Owner != has.Owner || !c.Scope.Within(has.Scope)):
		return aura.Errorf(op, aura.Denied, "the capability for session %s was never issued", name)
	case c.Generation < has.Generation || l.moved || l.authority != nil:
		return aura.Errorf(op, aura.Stale, "the capability for session %s is one of an earlier owner", name)
	case !c.Scope.Covers(fragment):
		return aura.Errorf(op, aura.Denied, "the capability for session %s does not reach the fragment %s", name, fragment)
	}
	return nil
}

// allow is holds for the role that is played here, and emits a refusal.
func (l *live) allow(tc task.Context, op aura.Op, c own.Capability) error {
	fragment := l.protocol.image.Fragment(l.role)
	err := l.holds(op, c, fragment)
	if err != nil {
		l.emit(tc, world.IngressRejected(l.engine.Name(), "capability", err))
	}
	return err
}

// Transfer is a session that stands still: its program has ended, and no message comes or leaves. Either Commit or Rollback
// ends it. After a crash the session goes on here, as after a rollback.
type Transfer struct {
	// Recording is the session, for [Engine.Import].
	Recording [][]byte
	// Receipt says from whom to whom, and with which scope.
	Receipt own.Receipt

	session *live
	over    bool
}

// programGrace is how long a program may take to end when its session is handed over.
const programGrace = 10 * time.Second

// Transfer begins to hand the session over, and consumes the handle. The scope moves intact or is stated to attenuate. It
// returns aura.Stale when the session has another owner by now or has ended, aura.Conflict for one without a recording, which is all that
// can move, and aura.Denied for a scope that is wider or does not say whether it attenuates.
func (o *Owner) Transfer(tc task.Context, to own.Owner, scope own.Scope, attenuate bool) (t *Transfer, err error) {
	const op = "session.Transfer"
	l := o.session
	e := l.engine
	check := func(tc task.Context) (struct{}, error) {
		if err := l.allow(tc, op, o.cap); err != nil {
			return struct{}{}, err
		}
		if l.ended {
			return struct{}{}, l.over(op)
		}
		if !l.opening.Persistent || !l.recorded {
			return struct{}{}, aura.Errorf(op, aura.Conflict, "session %s has no recording that could move", aura.Short(l.opening.Name))
		}
		return struct{}{}, nil
	}
	if _, err := ask(tc, e, check); err != nil {
		return nil, err
	}
	if err := l.turn.Acquire(tc); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.turn.Release()
		}
	}()
	fragment := l.protocol.image.Fragment(l.role)
	receipt, err := ask(tc, e, func(tc task.Context) (own.Receipt, error) {
		if _, err := check(tc); err != nil { // a step may have ended it
			return own.Receipt{}, err
		}
		r, err := e.machine.BeginTransfer(l.cap, to, scope, attenuate)
		if err == nil {
			l.emit(tc, world.DelegationStarted(l.opening.Name, fragment, string(l.cap.Owner), string(to)))
		}
		return r, err
	})
	if err != nil {
		return nil, err
	}
	t = &Transfer{Receipt: receipt, session: l}
	if err := l.programs.Close(tc, programGrace); err != nil {
		return nil, t.goOn(tc, err)
	}
	last := e.options.Journal.Log(logName(l.opening.Name))
	for from := last.Dropped + 1; from <= last.Last; {
		page, err := e.options.Journal.ReadLog(logName(l.opening.Name), from, 256, 0)
		if err != nil {
			return nil, t.goOn(tc, err)
		}
		t.Recording, from = append(t.Recording, page...), from+uint64(len(page))
	}
	return t, nil
}

// Commit makes the handover durable by commit, whose changes take the session from here: from then on the receiver alone acts on
// it. While Commit returns an error the session stands still.
func (t *Transfer) Commit(tc task.Context, commit Commit) error {
	l := t.session
	e, name := l.engine, l.opening.Name
	if t.over {
		return aura.Errorf("session.Commit", aura.Stale, "the handover of session %s is decided", aura.Short(name))
	}
	if err := e.options.Decider.EndSession(tc, name); err != nil {
		return err
	}
	if err := commit(tc, []journal.LogChange{{Name: logName(name), Remove: true}}); err != nil {
		return err
	}
	t.over = true
	defer l.turn.Release()
	_, err := settle(tc, e, func(tc task.Context) (struct{}, error) {
		err := e.machine.Depart(t.Receipt)
		e.pump()
		l.leaveEngine()
		l.emit(tc, world.DelegationCommitted(name, l.protocol.image.Fragment(l.role), string(t.Receipt.From), string(t.Receipt.To)))
		return struct{}{}, err
	})
	return err
}

// Rollback takes the handover back: the session goes on here, its program from its beginning, and the handle that is returned is good.
func (t *Transfer) Rollback(tc task.Context, why error) (*Owner, error) {
	if t.over {
		return nil, aura.Errorf("session.Rollback", aura.Stale, "the handover of session %s is decided", aura.Short(t.session.opening.Name))
	}
	if err := t.goOn(tc, nil); err != nil {
		return nil, err
	}
	defer t.session.turn.Release()
	e, name := t.session.engine, t.session.opening.Name
	o, err := e.Owner(tc, name)
	if err == nil {
		t.session.emit(tc, world.DelegationRolledBack(name, t.session.protocol.image.Fragment(t.session.role), string(t.Receipt.From), string(t.Receipt.To), why))
	}
	return o, err
}

// goOn has the session go on here, as a restart would, and returns why the handover did not begin.
func (t *Transfer) goOn(tc task.Context, why error) error {
	l := t.session
	e := l.engine
	t.over = true
	_, err := settle(tc, e, func(tc task.Context) (struct{}, error) {
		err := e.machine.RollbackTransfer(t.Receipt)
		if err != nil {
			return struct{}{}, err
		}
		_ = e.machine.Cancel(l.cap)
		e.pump()
		l.leaveEngine()
		return struct{}{}, e.restore(tc, l.opening.Name)
	})
	if err != nil {
		return err
	}
	return why
}

// leaveEngine has the engine know no more of the session, which has not ended.
func (l *live) leaveEngine() {
	delete(l.engine.live, l.opening.Name)
	l.gone, l.moved = true, true
	l.takeBack()
	l.changed()
}

// Import is a session that was handed over from elsewhere and not claimed yet: it is durable, stands where its recording ends, and does not
// act. So it is after a restart too, see [Engine.Imports].
type Import struct{ session *live }

// Name returns the session.
func (i *Import) Name() aura.SessionID { return i.session.opening.Name }

// Import takes the recording of a session in. The scope is that of the handover's receipt. It returns aura.Conflict for a session that
// lives here, aura.Stale for one that has ended, aura.NotFound for one whose role has no program here, and aura.Corrupt for a
// recording that is damaged or does not hold together; then the engine keeps none of it.
func (e *Engine) Import(tc task.Context, name aura.SessionID, recording [][]byte, scope own.Scope) (*Import, error) {
	const op = "session.Import"
	held := encode(record{Kind: recordHeld, Fragments: scope.Names()})
	all, a := make([]record, 0, len(recording)+1), assembler{name: name}
	for _, v := range append(recording[:len(recording):len(recording)], held) {
		r, err := a.add(v)
		if err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
		}
		if r != nil {
			all = append(all, *r)
		}
	}
	if err := a.end(); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	if all[0].Opening.Role == "" {
		return nil, aura.Errorf(op, aura.Corrupt, "the recording of session %s has no beginning", aura.Short(name))
	}
	l, err := ask(tc, e, func(tc task.Context) (*live, error) {
		if _, lives := e.live[name]; lives {
			err := aura.Errorf(op, aura.Conflict, "session %s has an owner here", aura.Short(name))
			e.violated(tc, "a session has one owner", name, err)
			return nil, err
		}
		if ended := e.kept.of[name]; ended != nil {
			return nil, stale(op, ended)
		}
		if err := e.reopen(tc, name, all); err != nil {
			return nil, err
		}
		l := e.live[name]
		if l.ended {
			l.leaveEngine()
			return nil, aura.Errorf(op, aura.Stale, "session %s has ended where it comes from", aura.Short(name))
		}
		return l, nil
	})
	if err != nil {
		return nil, err
	}
	if err := l.turn.Acquire(tc); err != nil {
		return nil, err
	}
	defer l.turn.Release()
	if err := l.record(tc, append(recording[:len(recording):len(recording)], held)); err != nil {
		_, _ = settle(tc, e, func(task.Context) (struct{}, error) {
			_ = l.cancel(e.options.Own, "")
			l.leaveEngine()
			return struct{}{}, nil
		})
		return nil, err
	}
	return &Import{l}, nil
}

// Imports returns the sessions that were handed over and not claimed yet.
func (e *Engine) Imports(tc task.Context) ([]*Import, error) {
	return ask(tc, e, func(task.Context) (all []*Import, err error) {
		for _, name := range e.names() {
			if l := e.live[name]; l.authority != nil {
				all = append(all, &Import{l})
			}
		}
		return all, nil
	})
}

// Claim makes this engine the owner, by commit, whose changes bring the session to life: its program begins. It returns aura.Stale for
// an import that was claimed or dropped.
func (i *Import) Claim(tc task.Context, commit Commit) (*Owner, error) {
	l := i.session
	e := l.engine
	if err := l.turn.Acquire(tc); err != nil {
		return nil, err
	}
	defer l.turn.Release()
	if err := i.waits(tc, "session.Claim"); err != nil {
		return nil, err
	}
	if err := commit(tc, []journal.LogChange{{Name: logName(l.opening.Name), Values: [][]byte{encode(record{Kind: recordOwned})}}}); err != nil {
		return nil, err
	}
	return settle(tc, e, func(tc task.Context) (*Owner, error) {
		if err := e.claim(tc, l); err != nil {
			return nil, err
		}
		return &Owner{l, l.cap}, nil
	})
}

// claim makes the engine the owner of a session that it imported.
func (e *Engine) claim(tc task.Context, l *live) error {
	cap, err := e.machine.Claim(*l.authority, owner)
	if err == nil && len(l.scope) > 0 {
		cap, err = e.machine.Attenuate(cap, own.Fragments(l.scope...))
	}
	if err != nil {
		return err
	}
	l.cap, l.authority = cap, nil
	e.pump()
	e.run(tc, l)
	return nil
}

// Drop forgets an import whose handover was rolled back.
func (i *Import) Drop(tc task.Context) error {
	l := i.session
	if err := l.turn.Acquire(tc); err != nil {
		return err
	}
	defer l.turn.Release()
	if err := i.waits(tc, "session.Drop"); err != nil {
		return err
	}
	entry := journal.Entry{Logs: []journal.LogChange{{Name: logName(l.opening.Name), Remove: true}}}
	if _, err := l.engine.options.Journal.Append(tc, &entry); err != nil {
		return err
	}
	_, err := settle(tc, l.engine, func(task.Context) (struct{}, error) {
		_ = l.cancel(l.engine.options.Own, "")
		l.leaveEngine()
		return struct{}{}, nil
	})
	return err
}

func (i *Import) waits(tc task.Context, op aura.Op) error {
	_, err := ask(tc, i.session.engine, func(task.Context) (struct{}, error) {
		if i.session.gone || i.session.authority == nil {
			return struct{}{}, aura.Errorf(op, aura.Stale, "session %s was claimed or dropped", aura.Short(i.Name()))
		}
		return struct{}{}, nil
	})
	return err
}

// running returns a session that this engine owns.
func (e *Engine) running(op aura.Op, name aura.SessionID) (*live, error) {
	l, err := e.find(op, name)
	if err == nil && l.authority != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "session %s waits for the commit of its handover", aura.Short(name))
	}
	return l, err
}

// violated reports that something which always holds does not. Outside of production the engine ends with it, and the agent.
func (e *Engine) violated(tc task.Context, invariant world.Text, name aura.SessionID, err error) {
	event := world.InvariantViolated(e.Name(), invariant, aura.FactID{}, err)
	if l := e.live[name]; l != nil {
		l.emit(tc, event)
	} else {
		tc.Emit(event.Within(name, ""))
	}
	if e.options.Hardening != machine.HardeningProduction && e.broken == nil {
		e.broken = aura.Errorf("session.Serve", aura.Internal, "%s: %w", string(invariant), err)
	}
}
