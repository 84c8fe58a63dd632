package session

import (
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/interp"
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

// Commit makes the changes of an entry durable, of logs and of metadata, with the facts of a handover, in one batch. It returns nil when
// they are.
type Commit func(task.Context, *journal.Entry) error

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

// Scope returns how far the handle reaches.
func (o *Owner) Scope() own.Scope { return o.cap.Scope }

// Opening returns how the session began here, with the version and the sizes that it has.
func (o *Owner) Opening() Opening { return o.session.began() }

// Moves returns the witnesses of the role that is played here, the oldest first: nil when it never went to another device.
func (o *Owner) Moves(tc task.Context) ([]view.Move, error) {
	return ask(tc, o.session.engine, func(task.Context) ([]view.Move, error) { return o.session.moves[o.session.opening.Role], nil })
}

func (l *live) began() Opening {
	o := l.opening
	o.Sizes, o.Version = l.protocol.sizes, l.protocol.Version()
	return o
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
	case c.Generation < has.Generation || l.custody == CustodyGone || l.custody == CustodyHeld:
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
	// Recording is the session, for [Reconfig.Import].
	Recording [][]byte
	// Receipt says from whom to whom, and with which scope.
	Receipt own.Receipt
	// Moves are the witnesses of the role that is played here, and the last one the offer of this handover.
	Moves []view.Move

	session *live
	sign    func([]byte) [64]byte
	over    bool // it is taken back, at once or when the disk answers again
}

// programGrace is how long a program may take to end when its session is handed over.
const programGrace = 10 * time.Second

// Transfer begins to hand a session over, and consumes the handle. The scope moves intact or is stated to attenuate. It
// returns aura.Stale when the session has another owner by now or has ended, aura.Conflict for one without a recording, which is all that
// can move, or with a participant who has no name, aura.Denied for a scope that is wider or does not say whether it attenuates, and
// aura.Exhausted for one that has moved sixteen times.
func (r *Reconfig) Transfer(tc task.Context, o *Owner, h Handover) (*Transfer, error) {
	const op = "session.Transfer"
	l, to := o.session, ownerOf(h.To)
	e := r.engine
	if l.engine != e { // its capability may be good here for another session
		err := aura.Errorf(op, aura.Denied, "the handle for session %s is one of another agent", aura.Short(l.opening.Name))
		tc.Emit(world.IngressRejected(e.Name(), "capability", err))
		return nil, err
	}
	turn := false
	check := func(tc task.Context) (struct{}, error) {
		if err := l.decided(op); err != nil {
			l.emit(tc, world.DelegationRejected(l.opening.Name, "", OwnerOf(h.From), OwnerOf(h.To), err))
			return struct{}{}, err
		}
		if err := l.allow(tc, op, o.cap); err != nil {
			return struct{}{}, err
		}
		if l.ended {
			return struct{}{}, l.over(op)
		}
		// Before its turn, a step may be about to record it.
		if !l.opening.Persistent || turn && !l.recorded {
			return struct{}{}, aura.Errorf(op, aura.Conflict, "session %s has no recording that could move", aura.Short(l.opening.Name))
		}
		err := l.mayMove(op, &h)
		if err == nil {
			err = h.states(op, l.cap.Scope)
		}
		if err != nil {
			l.emit(tc, world.DelegationRejected(l.opening.Name, "", OwnerOf(h.From), OwnerOf(h.To), err))
		}
		return struct{}{}, err
	}
	_, err := settle(tc, e, func(tc task.Context) (struct{}, error) {
		_, err := check(tc)
		if err == nil {
			l.moving++
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	if err := l.turn.Acquire(tc); err != nil {
		_, _ = settle(tc, e, func(task.Context) (struct{}, error) {
			l.stays()
			return struct{}{}, nil
		})
		return nil, err
	}
	turn = true
	type begun struct {
		receipt   own.Receipt
		confirmed map[uint32]uint64
		moves     []view.Move
	}
	b, err := settle(tc, e, func(tc task.Context) (b begun, err error) { // a caller whose time ends leaves nothing standing still
		defer l.stays()                      // when it does not stand
		if _, err := check(tc); err != nil { // a step may have ended it
			return b, err
		}
		b.receipt, err = e.machine.BeginTransfer(l.cap, to, h.Scope, h.Attenuate)
		if err == nil {
			b.confirmed, b.moves = maps.Clone(l.confirmed), l.moves[l.opening.Role]
			l.pass(CustodyStepStand)
			l.emit(tc, world.DelegationStarted(l.opening.Name, "", OwnerOf(h.From), OwnerOf(h.To)))
		}
		return b, err
	})
	if err != nil {
		l.turn.Release()
		return nil, err
	}
	t := &Transfer{Receipt: b.receipt, session: l, sign: h.Sign}
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
	if t.Moves, err = h.moves(l.played(), b.moves, t.Recording, b.confirmed); err != nil {
		return nil, t.goOn(tc, err)
	}
	return t, nil
}

// decided returns aura.Stale for a session of which another handover was decided meanwhile: it went, or goes on here from its recording.
func (l *live) decided(op aura.Op) error {
	name := l.opening.Name
	if !l.gone || l.custody != CustodyGone {
		return nil
	}
	if l.engine.live[name] != nil {
		return aura.Errorf(op, aura.Stale, "another move of session %s was taken back, and it goes on here: try again", aura.Short(name))
	}
	if d := l.engine.departed.of[name]; d != nil {
		return aura.Errorf(op, aura.Stale, "session %s was moved already, to device %s", aura.Short(name), aura.Short(d.Moves[len(d.Moves)-1].To))
	}
	return nil
}

// mayMove returns why a session cannot go to another device.
func (l *live) mayMove(op aura.Op, h *Handover) error {
	name := aura.Short(l.opening.Name)
	if h.From == h.To {
		return aura.Errorf(op, aura.Invalid, "session %s is on this device", name)
	}
	for i := range l.opening.Parties {
		p := &l.opening.Parties[i]
		switch {
		case p.Authority == (aura.AuthorityID{}):
			return aura.Errorf(op, aura.Conflict, "session %s is with a stranger, whom another device could not find", name)
		case l.device(p) == h.To:
			return aura.Errorf(op, aura.Conflict, "the device plays %s in session %s already", p.Role, name)
		}
	}
	if n := len(l.moves[l.opening.Role]); n >= view.MaxMoves {
		return aura.Errorf(op, aura.Exhausted, "session %s has moved %d times: that is the most", name, n)
	}
	return nil
}

// Opening returns how the session began here, with the version and the sizes that it has.
func (t *Transfer) Opening() Opening { return t.session.began() }

// Witness returns the last move as a witness, by which the other participants go on with the other device. It belongs to the commit: a device that
// has it before could play the role although the session goes on here.
func (t *Transfer) Witness() view.Move {
	m := t.Moves[len(t.Moves)-1]
	m.Signature = t.sign(m.SigningBytes(t.session.played()))
	return m
}

// given returns moves with a witness in the place of the offer that is their last one.
func given(moves []view.Move, witness view.Move) []view.Move {
	return append(slices.Clone(moves[:len(moves)-1]), witness)
}

// played is the role that is played here.
func (l *live) played() view.Played {
	return view.Played{Session: l.opening.Name, Authority: l.engine.options.Own, Role: string(l.opening.Role)}
}

// Commit makes the handover durable by commit, whose changes take the session from here: from then on the receiver alone acts on
// it. While Commit returns an error the session stands still.
func (t *Transfer) Commit(tc task.Context, commit Commit) error {
	l := t.session
	e, name := l.engine, l.opening.Name
	if err := t.may(tc, "session.Commit", CustodyStepGive); err != nil {
		return err
	}
	decisions, err := interp.Forgotten(e.options.Journal, name) // none follows: the session stands still
	if err != nil {
		return err
	}
	gone, last := l.departs(given(t.Moves, t.Witness())), t.Moves[len(t.Moves)-1]
	changes := &journal.Entry{
		Logs: []journal.LogChange{{Name: logName(name), Remove: true}, {Name: departLog, Values: [][]byte{encode(gone)}}}, Meta: decisions,
	}
	if err := l.contained(tc, commit, changes); err != nil && e.options.Journal.Log(logName(name)).Last > 0 {
		return err // otherwise it is durable all the same
	}
	defer l.turn.Release()
	_, err = settle(tc, e, func(tc task.Context) (struct{}, error) {
		err := e.machine.Depart(t.Receipt)
		e.pump()
		e.departed.add(gone)
		l.leaveEngine()
		l.emit(tc, world.DelegationCommitted(name, "", OwnerOf(last.From), OwnerOf(last.To)))
		return struct{}{}, err
	})
	return err
}

// contained makes a commit whose panic is an error: the journal says whether the batch is durable all the same.
func (l *live) contained(tc task.Context, commit Commit, changes *journal.Entry) (err error) {
	if broken := task.Contain(func() { err = commit(tc, changes) }); broken != nil {
		l.emit(tc, world.ServiceTroubled(l.engine.Name(), "a commit of a handover failed", "", broken))
		err = broken
	}
	return err
}

// Rollback takes the handover back: the session goes on here, its program from its beginning, and the handle that is returned is good.
func (t *Transfer) Rollback(tc task.Context, why error) (*Owner, error) {
	if err := t.may(tc, "session.Rollback", CustodyStepTakeBack); err != nil {
		return nil, err
	}
	if err := t.goOn(tc, nil); err != nil {
		return nil, err
	}
	e, name := t.session.engine, t.session.opening.Name
	o, err := e.Owner(tc, name)
	if last := t.Moves[len(t.Moves)-1]; err == nil {
		t.session.emit(tc, world.DelegationRolledBack(name, "", OwnerOf(last.From), OwnerOf(last.To), why))
	}
	return o, err
}

// may returns aura.Stale when the handover was decided.
func (t *Transfer) may(tc task.Context, op aura.Op, s CustodyStep) error {
	if t.over {
		return aura.Errorf(op, aura.Stale, "the handover of session %s is taken back", aura.Short(t.session.opening.Name))
	}
	return t.session.may(tc, op, s)
}

// goOn has the session go on here, as a restart would, and returns why the handover did not begin. While the disk does not answer it returns
// that error, the session stands still, and a task of the engine tries again. Callers that wait for the session's turn get it
// afterwards, and learn that it was restored.
func (t *Transfer) goOn(tc task.Context, why error) error {
	l := t.session
	e := l.engine
	t.over = true
	failed := t.resume(tc)
	if failed == nil {
		l.turn.Release()
		return why
	}
	e.group.Go("session.goOn", func(tc task.Context) error {
		defer l.turn.Release()
		_ = task.Retry(tc, endPause(), e.options.Entropy, func(err error) bool {
			l.emit(tc, world.ServiceTroubled(e.Name(), "a session that stands still goes on later", "", err))
			return true
		}, t.resume)
		return nil
	})
	return failed
}

// resume opens the session again from its recording. While that cannot be read, nothing changes.
func (t *Transfer) resume(tc task.Context) error {
	l := t.session
	e, name := l.engine, l.opening.Name
	_, err := settle(tc, e, func(tc task.Context) (struct{}, error) {
		all, err := e.entriesOf(name)
		if err != nil {
			return struct{}{}, err
		}
		if err := e.machine.RollbackTransfer(t.Receipt); err != nil {
			return struct{}{}, err
		}
		_ = e.machine.Cancel(l.cap)
		e.pump()
		e.standing = l // its channels go on with it
		delete(e.live, name)
		l.gone, l.custody = true, CustodyGone
		l.takeBack()
		err = e.reopen(tc, name, all)
		e.standing = nil
		l.changed()
		return struct{}{}, err
	})
	return err
}

// leaveEngine has the engine know no more of the session, which has not ended.
func (l *live) leaveEngine() {
	delete(l.engine.live, l.opening.Name)
	l.gone, l.custody = true, CustodyGone
	l.takeBack()
	l.changed()
}

// running returns a session that this engine owns.
func (e *Engine) running(op aura.Op, name aura.SessionID) (*live, error) {
	l, err := e.find(op, name)
	if err == nil && l.custody == CustodyHeld {
		return nil, aura.Errorf(op, aura.Unavailable, "session %s waits for the commit of its handover", aura.Short(name))
	}
	return l, err
}

// violated reports that something which always holds does not. Outside of production the engine ends with it, and the agent.
func (e *Engine) violated(tc task.Context, invariant world.Text, name aura.SessionID, err error) {
	event := world.InvariantViolated(e.Name(), invariant, aura.FactID{}, err)
	tc.Emit(e.about(name, event))
	if e.options.Hardening != machine.HardeningProduction && e.broken == nil {
		e.broken = aura.Errorf("session.Serve", aura.Internal, "%s: %w", string(invariant), err)
	}
}
