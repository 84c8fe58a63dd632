package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
)

// maxImports is how many sessions wait for the commits of their handovers at most. Each has a recording in memory and on the disk.
const maxImports = 64

// Import is a session that was handed over from elsewhere and not claimed yet: it is durable, stands where its recording ends, and does not
// act. So it is after a restart too, see [Reconfig.Imports].
type Import struct{ session *live }

// Name returns the session.
func (i *Import) Name() aura.SessionID { return i.session.opening.Name }

// Opening returns how the session began.
func (i *Import) Opening() Opening { return i.session.began() }

// Moves returns the witnesses with which the session came, and as the last one the offer of the handover that brought it.
func (i *Import) Moves() []view.Move { return i.session.moves[i.session.opening.Role] }

// Delegation returns the session in which the other device offered this one.
func (i *Import) Delegation() aura.SessionID { return i.session.broughtBy }

// Import takes the recording of a session in that another one, by, brought here by a handover with its witnesses. It returns
// aura.Conflict for a session that lives here, or that is with a participant who has no name, aura.Stale for one that has ended,
// aura.NotFound for one whose role has no program here, aura.Exhausted while 64 imports wait, aura.Denied for a scope that is not the
// recording's, or that the handover does not state to narrow, and aura.Corrupt for a recording that is damaged or does not hold
// together; then the engine keeps none of it.
func (r *Reconfig) Import(tc task.Context, name, by aura.SessionID, recording [][]byte, h Handover, moves []view.Move) (*Import, error) {
	const op = "session.Import"
	e := r.engine
	held := record{Kind: recordHeld, Fragments: h.Scope.Names(), Moves: moves, Delegation: by}
	all, a := make([]record, 0, len(recording)+1), assembler{name: name}
	for _, v := range recording {
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
	if slices.ContainsFunc(all[0].Opening.Parties, func(p party) bool { return p.Authority == (aura.AuthorityID{}) }) {
		return nil, aura.Errorf(op, aura.Conflict, "session %s is with a stranger, who does not know this device", aura.Short(name))
	}
	if err := h.states(op, scopeOf(all)); err != nil {
		return nil, err
	}
	l, err := settle(tc, e, func(tc task.Context) (*live, error) {
		o := all[0].Opening.undo(name)
		p, err := e.version(&o)
		if err != nil {
			return nil, err
		}
		decided, err := p.admit(&e.options) // that of the source was for the source
		if err != nil {
			e.unlinked(tc, &o, p, err)
			return nil, err
		}
		held.Admission = decided.Encode()
		all = append(all, held)
		if l := e.live[name]; l != nil && l.custody == CustodyHeld {
			return nil, aura.Errorf(op, aura.Conflict, "session %s waits here for the commit of another handover", aura.Short(name))
		} else if l != nil {
			err := aura.Errorf(op, aura.Conflict, "session %s has an owner here", aura.Short(name))
			e.violated(tc, "a session has one owner", name, err)
			return nil, err
		}
		waiting := 0
		for _, l := range e.live {
			if l.custody == CustodyHeld {
				waiting++
			}
		}
		if waiting >= maxImports {
			return nil, aura.Errorf(op, aura.Exhausted, "%d sessions wait here for the commits of their handovers: that is the most", waiting)
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
		l.turn.TryAcquire() // no other task has it yet: a timeout that is over ends the session when its recording is durable
		return l, nil
	})
	if err != nil {
		return nil, err
	}
	defer l.turn.Release()
	if err := l.record(tc, append(recording[:len(recording):len(recording)], encode(held))); err != nil {
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
func (r *Reconfig) Imports(tc task.Context) ([]*Import, error) {
	e := r.engine
	return ask(tc, e, func(task.Context) (all []*Import, err error) {
		for _, name := range e.names() {
			if l := e.live[name]; l.custody == CustodyHeld {
				all = append(all, &Import{l})
			}
		}
		return all, nil
	})
}

// Claim makes this engine the owner, by commit, whose changes bring the session to life: its program begins. The witness takes the place of the
// offer, see [Transfer.Witness]. It returns aura.Stale for an import that was claimed or dropped.
func (i *Import) Claim(tc task.Context, witness view.Move, commit Commit) (*Owner, error) {
	l := i.session
	e := l.engine
	if err := l.turn.Acquire(tc); err != nil {
		return nil, err
	}
	defer l.turn.Release()
	if err := l.may(tc, "session.Claim", CustodyStepClaim); err != nil {
		return nil, err
	}
	owned, before := record{Kind: recordOwned, Moves: given(i.Moves(), witness)}, l.recording().Last
	changes := &journal.Entry{Logs: []journal.LogChange{{Name: logName(l.opening.Name), Values: [][]byte{encode(owned)}}}}
	err := l.contained(tc, commit, changes)
	if err != nil && l.recording().Last <= before { // nothing else writes while this side has the turn
		return nil, err // otherwise it is durable all the same
	}
	return settle(tc, e, func(tc task.Context) (*Owner, error) {
		put(&l.moves, l.opening.Role, owned.Moves)
		if err := e.claim(tc, l); err != nil {
			return nil, err
		}
		return &Owner{l, l.cap}, nil
	})
}

// claim makes the engine the owner of a session that it imported.
func (e *Engine) claim(tc task.Context, l *live) error {
	cap, err := e.machine.Claim(*l.authority, owner)
	if err != nil {
		return err
	}
	l.cap, l.authority = cap, nil
	l.pass(CustodyStepClaim)
	if err := l.narrow(); err != nil {
		return err
	}
	e.pump()
	e.run(tc, l)
	return nil
}

// scopeOf returns the scope that the owner of a recording has at its end.
func scopeOf(all []record) own.Scope {
	var fragments []string
	for i := range all {
		if s := all[i].Saved; s != nil {
			fragments = s.Fragments
		}
		if all[i].Kind == recordHeld {
			fragments = all[i].Fragments
		}
	}
	return reach(fragments)
}

// reach returns the scope of some fragments, and the whole session for none.
func reach(fragments []string) own.Scope {
	if len(fragments) == 0 {
		return own.Whole()
	}
	return own.Fragments(fragments...)
}

// narrow gives the owner no more than the scope with which the session came.
func (l *live) narrow() error {
	if len(l.scope) == 0 {
		return nil
	}
	if l.ended { // the machine knows no more of it
		l.cap.Scope = reach(l.scope)
		return nil
	}
	cap, err := l.engine.machine.Attenuate(l.cap, reach(l.scope))
	if err == nil {
		l.cap = cap
	}
	return err
}

// Drop forgets an import whose handover was rolled back.
func (i *Import) Drop(tc task.Context) error {
	l := i.session
	if err := l.turn.Acquire(tc); err != nil {
		return err
	}
	defer l.turn.Release()
	if err := l.may(tc, "session.Drop", CustodyStepDrop); err != nil {
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
