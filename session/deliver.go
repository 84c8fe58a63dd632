package session

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Deliver gives a session a message that came on a channel, and returns up to which number the messages of its edge are here: the peer
// need not send those again. A message of a persistent session is durable then. One that came before changes nothing.
//
// A message that is not of the session is refused, and leaves the session as it was: aura.NotFound for a session that is not here,
// aura.Denied when the peer does not play the sender, aura.Conflict for a message before its turn, aura.Corrupt for
// one that does not decode, aura.Invalid for one that the role cannot receive, aura.Exhausted while there is no room or the session is handed
// over, aura.Unavailable while the disk takes nothing, aura.Stale after the end. One that the peer did not pay for is aura.Denied with a
// [guard.UnpaidError] as its cause.
func (e *Engine) Deliver(tc task.Context, on *ChannelOptions, m *effect.Message) (next uint64, err error) {
	return e.deliver(tc, on, m, nil)
}

// deliver is [Engine.Deliver] of a channel, which may refuse a message that came before; nil: it does not.
func (e *Engine) deliver(tc task.Context, on *ChannelOptions, m *effect.Message, repeated func(*effect.Message) error) (next uint64, err error) {
	const op = "session.Deliver"
	var l *live
	defer func() {
		if err != nil && tc.Err() != nil {
			return // the caller went
		}
		what := world.Text("message of a session")
		if _, unpaid := errors.AsType[*guard.UnpaidError](err); unpaid {
			what = "receipt of a message of a session"
		}
		event := world.IngressAccepted(e.Name(), what)
		switch kind := aura.KindOf(err); {
		case kind == aura.Exhausted || kind == aura.Unavailable: // there was no room for it
			event = world.IngressDropped(e.Name(), what, err)
		case err != nil:
			event = world.IngressRejected(e.Name(), what, err)
		}
		if l != nil {
			l.emit(tc, event)
		} else {
			e.Emit(tc, m.Session, event)
		}
	}()
	var p parcel
	if err := decode(m.Parcel, &p); err != nil || p.edge() != m.Edge {
		return 0, aura.Errorf(op, aura.Corrupt, "a message of session %s does not decode", aura.Short(m.Session))
	}
	if l, err = ask(tc, e, func(task.Context) (*live, error) {
		l, err := e.find(op, m.Session)
		if err == nil && (l.stands() || l.custody == CustodyHeld) { // the channel must neither wait for the end of it nor end
			return l, aura.Errorf(op, aura.Exhausted, "session %s is being handed over", aura.Short(m.Session))
		}
		return l, err
	}); err != nil {
		return 0, err
	}
	from := l.protocol.image.RoleName(machine.RoleID(p.From))
	if err := l.turn.Acquire(tc); err != nil {
		return 0, err
	}
	defer l.turn.Release()
	next, err = ask(tc, e, func(tc task.Context) (uint64, error) {
		if role, plays := l.roleOf(on); !plays || role != from {
			return 0, aura.Errorf(op, aura.Denied, "%s does not play the sender of a message of session %s", aura.Short(on.Peer.Authority), aura.Short(m.Session))
		}
		next, err := l.mayTake(tc, &p, m.Seq)
		if err == nil && next > m.Seq && repeated != nil {
			err = repeated(m)
		}
		return next, err
	})
	if err != nil || next > m.Seq {
		return next, err
	}
	var entries [][]byte
	if l.opening.Persistent {
		r := record{Kind: recordReceived, Parcel: &p, Seq: m.Seq, At: tc.Now().At}
		if m.Seq == 0 && !l.names(from) {
			r.Device = on.Peer.Device
		}
		entries = l.records(r)
	}
	if err := l.receive(tc, on, m, &p, entries); err != nil {
		// A full disk is no matter of the program, which would make room by taking a message: the channel ends, and the message comes on another one.
		return 0, diskOf(op, err)
	}
	return settleStep(tc, e, func(task.Context) error { return l.inject(&p, m.Seq) }, func(task.Context) (uint64, error) {
		l.bind(from, on.Peer.Device)
		l.told(l.protocol.step(&record{Kind: recordReceived, Parcel: &p}))
		return m.Seq + 1, nil
	})
}

// mayTake returns up to which number messages of an edge are here, or why this one cannot be taken.
func (l *live) mayTake(tc task.Context, p *parcel, seq uint64) (uint64, error) {
	const op = "session.Deliver"
	switch next := l.seen[p.edge()]; {
	case seq < next:
		return next, nil
	case seq > next:
		return 0, aura.Errorf(op, aura.Conflict, "message %d of an edge of session %s came before message %d", seq, aura.Short(l.opening.Name), next)
	case l.ended:
		return 0, l.over(op)
	}
	if err := l.route(tc, op, machine.RoleID(p.To), machine.RoleID(p.From)); err != nil {
		return 0, err
	}
	if err := l.full(op); err != nil {
		return 0, err
	}
	return l.seen[p.edge()], l.engine.machine.MayInject(l.cap, p.of(seq))
}

func (e *Engine) find(op aura.Op, name aura.SessionID) (*live, error) {
	l, lives := e.live[name]
	if lives {
		return l, nil
	}
	if d := e.departed.of[name]; d != nil && len(d.Moves) > 0 {
		return nil, aura.Errorf(op, aura.NotFound, "session %s went from here to device %s", aura.Short(name), aura.Short(d.Moves[len(d.Moves)-1].To))
	}
	return nil, aura.Errorf(op, aura.NotFound, "session %s is not here%s", aura.Short(name), view.HintList)
}

// have returns how many messages of a role are here.
func (l *live) have(role choreo.Role) uint64 { return l.seen[l.edgeFrom(role)] }

func (l *live) edgeFrom(role choreo.Role) uint32 {
	from, _ := l.protocol.image.Role(role)
	return (&parcel{From: uint16(from), To: uint16(l.role)}).edge()
}

func (l *live) edgeTo(role choreo.Role) uint32 {
	to, _ := l.protocol.image.Role(role)
	return (&parcel{From: uint16(l.role), To: uint16(to)}).edge()
}

// confirm notes that a role has this side's messages up to a number.
func (l *live) confirm(by choreo.Role, next uint64) error {
	edge := l.edgeTo(by)
	if next > l.sent[edge] {
		return aura.Errorf("session.confirm", aura.Denied, "role %s confirms %d messages of session %s, and %d were sent", by, next, aura.Short(l.opening.Name), l.sent[edge])
	}
	l.has(edge, next)
	return nil
}

// has notes that the peer has the messages of an edge up to a number.
func (l *live) has(edge uint32, next uint64) {
	if next <= l.confirmed[edge] {
		return
	}
	put(&l.confirmed, edge, next)
	l.paidFor(edge, next)
	if !l.opening.Persistent { // those of a persistent one stay with its recording, for a copy of the peer's home
		l.trim(edge, next)
	}
	l.changed()
}

// settled reports whether the role has played its part and all of its messages are confirmed.
func (l *live) settled() bool {
	return l.ended && l.confirmedAll()
}

// decode reads one of this package's structures.
func decode(b []byte, v any) error { return fact.Unmarshal(b, v) }

// decodeRecord reads an entry of a recording, all parts of which are there.
func decodeRecord(b []byte, r *record) error {
	if err := decode(b, r); err != nil {
		return err
	}
	whole := r.Opening != nil && (r.Kind == recordOpened || r.Kind == recordSaved && r.Saved != nil) ||
		r.Parcel != nil && (r.Kind == recordSent || r.Kind == recordReceived || r.Kind == recordKept) || r.Kind == recordPart ||
		r.Until != 0 && r.Kind == recordTimeout || r.Kind == recordHeld || r.Kind == recordOwned || r.Kind == recordConcluded ||
		len(r.Moves) > 0 && r.Role != "" && r.Kind == recordMoved
	if !whole {
		return aura.Errorf("session.decodeRecord", aura.Corrupt, "an entry of kind %d", r.Kind)
	}
	return nil
}

func labelOf(p *parcel) machine.LabelID { return machine.LabelID(p.Label) }
