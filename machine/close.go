package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// Close ends a session in the ordinary way before its roles are done. Messages that wait in it are lost.
func (m *Machine) Close(c own.Capability) error {
	s, err := m.owned("machine.Close", c, "")
	if err != nil {
		return err
	}
	m.log.command(m.tick, EffectClose, s.id, c.Owner)
	m.changed()
	m.close(s)
	return nil
}

// Cancel ends a session at the wish of its owner.
func (m *Machine) Cancel(c own.Capability) error {
	s, err := m.owned("machine.Cancel", c, "")
	if err != nil {
		return err
	}
	m.log.command(m.tick, EffectCancel, s.id, c.Owner)
	m.changed()
	m.cancel(s, "cancelled")
	return nil
}

// Abort ends a session because it cannot go on.
func (m *Machine) Abort(c own.Capability) error {
	s, err := m.owned("machine.Abort", c, "")
	if err != nil {
		return err
	}
	m.log.command(m.tick, EffectAbort, s.id, c.Owner)
	m.changed()
	m.emitSession(s, EventAborted, 0, 0)
	m.end(s, SessionAborted, true, "aborted")
	m.emitSession(s, EventSessionTerminal, 0, uint8(SessionAborted))
	return nil
}

// OwnerDied ends the sessions of an owner that is gone, without its capability: it has no holder any more.
// A session with a transfer under way is cancelled, every other one faults. It returns their number.
func (m *Machine) OwnerDied(owner own.Owner) int {
	n := 0
	for _, s := range m.order {
		if s.status.Terminal() || s.owner.Owner() != owner {
			continue
		}
		if n == 0 {
			m.log.command(m.tick, EffectOwnerDied, NoSession, owner)
			m.changed()
		}
		n++
		if _, pending := s.owner.Pending(); pending {
			m.cancel(s, "the transfer was abandoned")
			continue
		}
		f := &Fault{Code: FaultTransfer, Session: s.id, Detail: "ownership owner `" + string(owner) + "` died"}
		m.failSession(s, NoRole, NoLabel, f)
	}
	return n
}

// cancel follows the order of events that a cancellation has.
func (m *Machine) cancel(s *session, reason string) {
	m.emitSession(s, EventCancellationRequested, 0, 0)
	m.emitSession(s, EventCancelled, 0, 0)
	m.end(s, SessionCancelled, true, reason)
	m.emitSession(s, EventSessionTerminal, 0, uint8(SessionCancelled))
}

// settle closes a session whose roles here are done, as soon as its messages were taken out.
func (m *Machine) settle(s *session) {
	switch {
	case s.live > 0 || s.status.Terminal():
	case s.outbound > 0:
		s.status = SessionDraining
	default:
		m.close(s)
	}
}

// close follows the order of events that an ordinary end has.
func (m *Machine) close(s *session) {
	m.emitSession(s, EventClosed, 0, 0)
	m.end(s, SessionClosed, false, "closed")
	m.emitSession(s, EventSessionTerminal, 0, uint8(SessionClosed))
	s.epoch++
	m.emitSession(s, EventEpochAdvanced, s.epoch, 0)
}

// end stops the roles of a session and releases its resources. Its buffers keep their messages until
// it is reaped, so that a summary can count it.
func (m *Machine) end(s *session, status SessionStatus, failed bool, reason string) {
	s.status = status
	for i := range s.procs {
		p := &s.procs[i]
		m.ready.remove(p)
		if !p.status.final() {
			p.status, p.wait = procStopped, waitNone
			s.live--
			m.live--
		}
	}
	s.owner.End(failed, reason)
	m.layers.release(s.id)
	m.ended = append(m.ended, s)
}

// Summary is the final report of a reaped session.
type Summary struct {
	Session SessionID
	Name    aura.SessionID
	Image   *Image
	Status  SessionStatus
	Epoch   uint64
	Steps   uint64
	// Orphans is the number of messages that no role took.
	Orphans int
	// Fault is why it ended; nil unless Status is SessionFaulted.
	Fault *Fault
	// Roots are, in a sealed session, the roots of the authentication trees of its edges: of the messages
	// sent on each, in the order of the edges. Consumed are the ends of their chains, of the messages received.
	// Otherwise both are nil.
	Roots, Consumed [][32]byte
}

// Reap forgets the sessions that have ended, in the order of their end, and appends their
// summaries to into. Their memory is used again for later sessions of the same image.
func (m *Machine) Reap(into []Summary) []Summary {
	if len(m.ended) == 0 {
		return into
	}
	m.log.command(m.tick, EffectReap, NoSession, "")
	m.changed()
	for _, s := range m.ended {
		sum := Summary{Session: s.id, Name: s.name, Image: s.image, Status: s.status, Epoch: s.epoch, Steps: s.steps, Fault: s.fault}
		if s.admission.integrity >= IntegritySealed {
			both := make([][32]byte, 2*len(s.rings))
			sum.Roots, sum.Consumed = both[:0:len(s.rings)], both[len(s.rings):len(s.rings)]
		}
		for i := range s.rings {
			sum.Orphans += s.rings[i].count
			if s.admission.integrity >= IntegritySealed {
				sum.Roots = append(sum.Roots, s.rings[i].tree.root(m.hasher))
				sum.Consumed = append(sum.Consumed, s.rings[i].chain)
			}
		}
		m.recycle(s)
		into = append(into, sum)
	}
	m.ended = m.ended[:0]
	return into
}

// recycle keeps the memory of a session for the next one of its image, up to the number that may live at
// once.
func (m *Machine) recycle(s *session) {
	if s.outbound > 0 {
		m.outbox = slices.DeleteFunc(m.outbox, func(o outEdge) bool { return o.session == s })
	}
	m.drop(s)
	m.played -= len(s.procs)
	*s = session{image: s.image, byRole: s.byRole, rings: s.rings, procs: s.procs[:0], facts: s.facts[:0], owner: s.owner}
	if free := m.pool[s.image]; len(free) < m.options.MaxSessions {
		m.pool[s.image] = append(free, s)
	}
}
