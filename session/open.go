package session

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Open begins a session in which this agent plays a role, and starts its program. A persistent session is durable with its first
// message.
//
// It returns aura.NotFound for a protocol or role that the registry does not have, aura.Conflict for a name that lives, aura.Unavailable
// for one that waits for its protocol, aura.Stale for one that has ended, see Opening.Anew, aura.Denied when the protocol is not
// admitted, and aura.Exhausted when too many sessions live.
func (e *Engine) Open(tc task.Context, o Opening) error {
	epoch, err := e.epochOf(tc, &o)
	if err != nil {
		return err
	}
	_, err = ask(tc, e, func(tc task.Context) (struct{}, error) {
		o.Epoch = epoch(tc.Now())
		if over, err := e.over(&o, false); over != nil || err != nil {
			return struct{}{}, errors.Join(err, stale("session.Open", over))
		}
		return struct{}{}, e.open(tc, o, nil)
	})
	return err
}

// open opens a session. The history is what its program repeats.
func (e *Engine) open(tc task.Context, o Opening, history []record) error {
	const op = "session.Open"
	p, err := e.version(&o)
	if err != nil {
		return err
	}
	if len(o.Argument) > maxPayload {
		return aura.Errorf(op, aura.Invalid, "the argument has %d bytes, the most is %d", len(o.Argument), maxPayload)
	}
	o.Version = p.Version()
	if _, known := e.options.Registry.program(o.Protocol, o.Role); !known {
		return aura.Errorf(op, aura.NotFound, "no program plays %s of protocol %s", o.Role, o.Protocol)
	}
	if _, lives := e.live[o.Name]; lives || o.Name == (aura.SessionID{}) {
		return aura.Errorf(op, aura.Conflict, "session %s is open", aura.Short(o.Name))
	}
	if s := e.suspended[o.Name]; s != nil {
		return aura.Errorf(op, aura.Unavailable, "session %s waits for its protocol: %s", aura.Short(o.Name), s.why)
	}
	if len(e.live) >= e.options.Sessions { // the machine has forgotten those that wait for a last confirmation
		return aura.Errorf(op, aura.Exhausted, "%d sessions live: wait until one has ended", len(e.live))
	}
	var from *saved
	if len(history) > 0 {
		from = history[0].Saved
	}
	admission, err := e.admission(p, history)
	if err != nil {
		e.unlinked(tc, &o, p, err)
		return err
	}
	l, err := e.enter(p, o, admission, from)
	if err != nil {
		return err
	}
	now := tc.Now().At
	if l.since = now; len(history) > 0 {
		l.recorded, l.since, l.until = true, history[0].At, history[0].ends(now)
	} else if budget := o.budget(); budget > 0 {
		l.until = l.since.Add(budget)
	}
	if l.until != 0 {
		l.issue(tc, l.until)
	}
	if from != nil {
		l.issued = max(l.issued, from.Issued)
	}
	if err = l.repeat(history); err == nil && l.custody != CustodyHeld {
		err = l.narrow()
	}
	if err != nil {
		delete(e.live, o.Name)
		return errors.Join(err, l.cancel(e.options.Own, "its recording does not go on"))
	}
	if l.custody != CustodyHeld {
		e.run(tc, l)
		return nil
	}
	if l.ended {
		return nil
	}
	authority, err := e.machine.Release(l.cap)
	l.authority = &authority
	return err
}

// run starts the program of a session that the engine owns.
func (e *Engine) run(tc task.Context, l *live) {
	o := &l.opening
	fragment, profile := l.protocol.image.Fragment(l.role), l.admission.Profile()
	l.emit(tc, world.SessionClaimed(o.Name, fragment, e.holder(), profile.String()))
	if profile == machine.ProfileFallback {
		l.emit(tc, world.ProfileFellBack(o.Name, fragment, l.admission.Requested().String(), l.admission.Reason()))
	} else {
		evidence := world.Text("the policy of its protocol")
		if profile == machine.ProfileAdmitted {
			evidence = "a measured envelope"
		}
		l.emit(tc, world.ProfileSelected(o.Name, fragment, profile.String(), evidence))
	}
	l.programs = e.group.Child("session." + string(o.Role))
	port := &Port{session: l, cap: l.cap}
	program, _ := e.options.Registry.program(o.Protocol, o.Role) // open has found it
	e.attach(l)
	l.programs.Go("play", func(tc task.Context) error {
		return e.play(tc, l, port, program)
	})
}

// enter admits a protocol and begins a session of it on the machine, without its program: anew, or from a checkpoint.
func (e *Engine) enter(p *Protocol, o Opening, admission *machine.Admission, from *saved) (*live, error) {
	role, _ := p.image.Role(o.Role)
	cap, err := e.mount(p, &o, *admission, role, from)
	if err != nil {
		return nil, err
	}
	// The maps are made when something is put into them: most sessions of an agent sleep.
	l := &live{
		engine: e, opening: o, protocol: p, role: role, id: machine.SessionID(cap.Session), cap: cap, room: maxInbox, admission: admission,
		turn: task.NewSemaphore(1),
	}
	if from != nil {
		if err := l.resumed(from); err != nil {
			_ = e.machine.Cancel(cap)
			e.machine.Reap(nil)
			return nil, err
		}
	}
	if was := e.standing; was != nil && was.opening.Name == o.Name {
		l.adopt(was)
	}
	e.live[o.Name], e.byID[l.id] = l, l
	e.pump()
	return l, nil
}

// play runs the program of a session's role to its end, and ends the session. A panic of the program ends its session and no
// other.
func (e *Engine) play(tc task.Context, l *live, port *Port, program Program) error {
	var failed error
	if broken := task.Contain(func() { failed = program(tc, port) }); broken != nil {
		failed = broken
		l.emit(tc, world.ServiceTroubled(e.Name(), "the program of a session failed", "", broken))
	}
	if tc.Err() == nil && failed == nil {
		l.linger(tc)
	}
	// When the agent stops, a persistent session goes on at the next start. A disk that is in the way may recover.
	_ = task.Retry(tc, endPause(), e.options.Entropy, func(err error) bool {
		l.emit(tc, world.ServiceTroubled(e.Name(), "the end of a session tried again", "", err))
		return true
	}, func(tc task.Context) error { return e.finish(tc, l, failed, nil) })
	if _, broken := errors.AsType[*task.PanicError](failed); tc.Err() == nil && !broken && (l.concluded || !l.unconcluded) {
		if err := e.concluded(tc, l.opening.Name); err != nil && tc.Err() == nil {
			l.emit(tc, world.ServiceTroubled(e.Name(), "the end of a session is concluded after the next start", "", err))
		}
	}
	return nil
}

// The pauses between attempts to end a session: a disk that is full or slow is in order within minutes, or not at all.
const (
	endBase = time.Second
	endMost = time.Minute
)

func endPause() task.Backoff {
	return task.Backoff{Base: endBase, Max: endMost, Factor: 2, Jitter: 0.3}
}

// restore reads the recording of a session and brings it to where it stood, or suspends it. It returns the entries that it could read.
func (e *Engine) restore(tc task.Context, name aura.SessionID) (all []record, err error) {
	if all, err = e.entriesOf(name); err != nil {
		return all, err
	}
	o := all[0].Opening.undo(name)
	if why := e.playable(&o); why != nil && o.suspends() {
		return all, e.suspend(tc, name, &all[0], why)
	}
	return all, e.reopen(tc, name, all)
}

// entriesOf returns the entries of a session's recording.
func (e *Engine) entriesOf(name aura.SessionID) (all []record, err error) {
	err = replay(e.options.Journal, name, func(r *record) { all = append(all, *r) })
	return all, err
}

// reopen opens a session from the entries of its recording.
func (e *Engine) reopen(tc task.Context, name aura.SessionID, all []record) error {
	o := all[0].Opening
	return e.open(tc, o.undo(name), all)
}

// version returns the protocol of an opening: in the version that it names, or else in that in which sessions begin.
func (e *Engine) version(o *Opening) (*Protocol, error) {
	r := e.options.Registry
	if o.Version != ([32]byte{}) {
		return r.image(o.Protocol, o.Version, o.Sizes)
	}
	v, err := e.versions(o.Protocol)
	if err != nil {
		return nil, err
	}
	return r.sized(o.Protocol, v.Active, o.Sizes)
}
