package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// Close ends the fragments of a capability in the ordinary way before their roles are done, and with the last
// fragment the session. Messages that wait in it are lost.
func (m *Machine) Close(c own.Capability) error {
	return m.finish("machine.Close", c, EffectClose, SessionClosed)
}

// Cancel ends the fragments of a capability at the wish of their owner, and with the last fragment the session.
func (m *Machine) Cancel(c own.Capability) error {
	return m.finish("machine.Cancel", c, EffectCancel, SessionCancelled)
}

// Abort ends the fragments of a capability because they cannot go on, and with the last fragment the session.
func (m *Machine) Abort(c own.Capability) error {
	return m.finish("machine.Abort", c, EffectAbort, SessionAborted)
}

func (m *Machine) finish(op aura.Op, c own.Capability, effect EffectKind, status SessionStatus) error {
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return err
	}
	if err := s.owners.Owns(op, c); err != nil {
		return err
	}
	m.log.command(m.tick, effect, s.id, c.Owner, c.Generation)
	m.changed()
	others := false
	for _, r := range s.owners.Records() {
		others = others || (!r.State().Terminal() && !s.owners.Holds(c, r.Fragment()))
	}
	if !others {
		m.finishAll(s, status)
		return nil
	}
	for i, r := range s.owners.Records() {
		if s.owners.Holds(c, r.Fragment()) {
			m.stop(s, i, status)
		}
	}
	m.holdFragments(s) // a transfer that was under way for others too is off
	m.settle(s)
	return nil
}

// finishAll ends a session as its last fragment ends, or as the worst of those before did.
func (m *Machine) finishAll(s *session, status SessionStatus) {
	switch max(status, s.worst) {
	case SessionCancelled:
		m.cancel(s, "cancelled")
	case SessionAborted:
		m.emitSession(s, EventAborted, 0, 0)
		m.end(s, SessionAborted, true, "aborted")
		m.emitSession(s, EventSessionTerminal, 0, uint8(SessionAborted))
	default:
		m.close(s)
	}
}

// stop ends one fragment of a session that goes on: its roles stop, and the messages that they wanted to send out stay
// until the session is reaped.
func (m *Machine) stop(s *session, fragment int, status SessionStatus) {
	name := s.owners.Records()[fragment].Fragment()
	for i := range s.procs {
		if p := &s.procs[i]; s.image.Fragment(p.role) == name {
			m.stopRole(p)
		}
	}
	m.outbox = slices.DeleteFunc(m.outbox, func(o outEdge) bool {
		if o.session != s || s.image.Fragment(s.image.edges[o.edge].from) != name {
			return false
		}
		s.rings[o.edge].listed = false
		s.outbound -= s.rings[o.edge].count
		return true
	})
	s.owners.End(name, status != SessionClosed, status.String())
	s.worst = max(s.worst, status)
	m.emitSession(s, EventFragmentEnded, uint64(fragment), uint8(status))
}

func (m *Machine) stopRole(p *process) {
	m.ready.remove(p)
	if !p.status.final() {
		p.status, p.wait = procStopped, waitNone
		p.session.live--
		m.live--
	}
}

// OwnerDied ends the sessions with a fragment of an owner that is gone, or with one that it released and that was not
// claimed, without a capability: it has no holder any more. A session whose fragment was to be handed over is cancelled,
// every other one faults. It returns their number.
func (m *Machine) OwnerDied(owner own.Owner) int {
	n := 0
	if owner == "" { // no owner: those of fragments that wait for their first claim
		return 0
	}
	for _, s := range m.order {
		dead := slices.IndexFunc(s.owners.Records(), func(r own.Record) bool { return !r.State().Terminal() && r.Responsible() == owner })
		if s.status.Terminal() || dead < 0 {
			continue
		}
		if n == 0 {
			m.log.command(m.tick, EffectOwnerDied, NoSession, owner, 0)
			m.changed()
		}
		n++
		if s.owners.Records()[dead].Pending() {
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
		m.finishAll(s, SessionClosed)
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
		m.stopRole(&s.procs[i])
	}
	for _, r := range s.owners.Records() {
		s.owners.End(r.Fragment(), failed, reason)
	}
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
	m.log.command(m.tick, EffectReap, NoSession, "", 0)
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
	*s = session{image: s.image, byRole: s.byRole, rings: s.rings, procs: s.procs[:0], facts: s.facts[:0], owners: s.owners}
	if free := m.pool[s.image]; len(free) < m.options.MaxSessions {
		m.pool[s.image] = append(free, s)
	}
}
