package session

import (
	"crypto/sha256"
	"math"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
)

// digest returns the SHA-256 of the session as the machine has it, zero when it has none of it any more. Sessions with equal digests go on to
// the same events and messages.
func (l *live) digest() [32]byte {
	state, err := l.engine.machine.Export(l.cap)
	if err != nil {
		return [32]byte{}
	}
	return sha256.Sum256(state)
}

// standing returns the SHA-256 of where the session stands on the machine, without its owner: it is the same for a session that came from another
// device, and for one that did not. It is zero when the machine has none of it any more.
func (l *live) standing() [32]byte {
	state, err := l.engine.machine.Standing(l.id)
	if err != nil {
		return [32]byte{}
	}
	return sha256.Sum256(state)
}

// rerun is a recording that is played on a machine of its own, without programs, guard and journal.
type rerun struct {
	*live
	trace *machine.Trace
	moved bool // it was handed over, or its scope was: the recorded states have another owner
	// Of the entry that was played last.
	request *guard.Request // of a message that was sent: what the guard was asked, but for the facts of its program
	events  []string       // of the machine
	checked uint64         // states that the recording has and that came again
}

// newRerun returns an engine that runs nothing, with a machine for one session. The role takes at most so many messages, as
// its program had room for.
func (r *Registry) newRerun(room uint64) *rerun {
	trace := machine.NewTrace(0)
	e := &Engine{options: Options{Registry: r, Sessions: 1}, live: map[aura.SessionID]*live{}, byID: map[machine.SessionID]*live{}}
	e.machine = machine.New(bridge{e}, machine.Options{MaxSessions: 1, MaxRoles: 1, Trace: trace})
	return &rerun{live: &live{engine: e, room: room}, trace: trace}
}

// play takes the step of an entry. It returns an error when the machine does not take it as it did, or stood elsewhere before it.
func (n *rerun) play(name aura.SessionID, r *record) error {
	const op = "session.Replay"
	n.request = nil
	if r.Opening != nil {
		o := r.Opening.undo(name)
		p, err := n.engine.options.Registry.image(o.Protocol, r.Opening.Version, r.Opening.Sizes)
		if err != nil {
			return aura.Errorf(op, aura.Unavailable, "this build does not have protocol %s in version %x: use the one that recorded the session",
				o.Protocol, r.Opening.Version[:4])
		}
		a, err := n.posture(p, r)
		if err != nil {
			return err
		}
		l, err := n.engine.enter(p, o, a, r.Saved)
		if err != nil {
			return err
		}
		l.room, n.live = n.room, l
		n.moved = len(l.scope) > 0 // a restart narrows it anew
		if err := n.takeAgain(r); err != nil {
			return err
		}
	} else if r.Parcel == nil {
		n.moved = n.moved || r.Kind == recordHeld
		return nil
	} else if err := n.message(r); err != nil {
		return err
	}
	n.events = nil
	for _, e := range n.trace.Events() {
		e.Session = machine.NoSession
		_, said, _ := strings.Cut(e.Describe(n.protocol.image), " ") // without the round
		n.events = append(n.events, said)
	}
	n.trace.Clear()
	return nil
}

// posture makes the machine that of the posture in which the session was admitted, and returns the admission.
func (n *rerun) posture(p *Protocol, r *record) (*machine.Admission, error) {
	if len(r.Admission) > 0 {
		a, err := machine.ParseAdmission(r.Admission)
		if err != nil {
			return nil, err
		}
		n.engine.options.Hardening = a.Hardening()
		n.engine.machine = machine.New(bridge{n.engine}, machine.Options{MaxSessions: 1, MaxRoles: 1, Trace: n.trace, Hardening: a.Hardening()})
	}
	return n.engine.admission(p, []record{*r})
}

// message takes the step of a message.
func (n *rerun) message(r *record) error {
	const op = "session.Replay"
	edge, to := r.Parcel.edge(), n.protocol.image.RoleName(machine.RoleID(r.Parcel.To))
	if r.Kind == recordReceived {
		if next := n.seen[edge]; r.Seq != next {
			return aura.Errorf(op, aura.Corrupt, "message %d came where message %d is next on its edge", r.Seq, next)
		}
		n.inbox = n.inbox[:0] // there is no program
		return n.takeAgain(r)
	}
	m, d, err := n.plan(to, n.protocol.image.Label(labelOf(r.Parcel)).Name, r.Parcel.Payload)
	if err != nil {
		return err
	}
	if r.State != [32]byte{} && !n.moved {
		if is := n.digest(); is != r.State {
			return aura.Errorf(op, aura.Corrupt, "the session stands at %x and stood at %x", is[:4], r.State[:4])
		}
		n.checked++
	}
	if m.Seq != r.Seq || string(m.Parcel) != string(encode(r.Parcel)) {
		return aura.Errorf(op, aura.Corrupt, "the message that is sent is not the one that was")
	}
	peer, _ := n.peer(to)
	request := d.request(guard.Request{}, n.opening.Context, n.engine.options.Own, peer, &m)
	n.request = &request
	return n.takeAgain(r)
}

// everyMessage is the room of a role that takes all messages of its recording.
const everyMessage = math.MaxUint64

// rerun plays a recording up to so many messages, with those before its checkpoint, and calls fn after each entry. A departure is an error of play,
// in whose place fn gets it and ends the run.
func (r *Registry) rerun(j *journal.Journal, name aura.SessionID, room, most uint64, fn func(n *rerun, e *record, departs error)) error {
	n, over, messages := r.newRerun(room), false, uint64(0)
	return replay(j, name, func(e *record) {
		messages += e.Saved.messages()
		if e.Parcel != nil {
			messages++
		}
		if over || messages > most {
			return
		}
		err := n.play(name, e)
		over = err != nil
		fn(n, e, err)
	})
}
