package machine

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// owned resolves the session of a capability and demands that it is current and reaches a fragment; ""
// asks for the whole session. A session that ended has no owner.
func (m *Machine) owned(op aura.Op, c own.Capability, fragment string) (*session, error) {
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return nil, err
	}
	if err := s.owner.Check(op, c, fragment); err != nil {
		return nil, err
	}
	return s, nil
}

// ownedRole resolves a role of the session of a capability, and demands that the capability reaches the
// role's fragment.
func (m *Machine) ownedRole(op aura.Op, c own.Capability, role RoleID) (*session, *process, error) {
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return nil, nil, err
	}
	p := s.proc(role)
	if p == nil {
		return nil, nil, aura.Errorf(op, aura.NotFound, "session %d does not play role %s here", s.id, s.image.RoleName(role))
	}
	if err := s.owner.Check(op, c, s.image.Fragment(role)); err != nil {
		return nil, nil, err
	}
	return s, p, nil
}

// Claim makes owner the owner of a session that was released.
func (m *Machine) Claim(id SessionID, owner own.Owner) (own.Capability, error) {
	const op = "machine.Claim"
	s, err := m.active(op, id)
	if err != nil {
		return own.Capability{}, err
	}
	c, err := s.owner.Claim(op, owner)
	if err == nil {
		m.log.command(m.tick, EffectClaim, s.id, owner)
		m.changed()
	}
	return c, err
}

// Release gives a session up, so that another owner can claim it.
func (m *Machine) Release(c own.Capability) error {
	const op = "machine.Release"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return err
	}
	if err := s.owner.Release(op, c); err != nil {
		return err
	}
	m.log.command(m.tick, EffectRelease, s.id, c.Owner)
	m.changed()
	return nil
}

// Attenuate narrows a capability to some fragments of its session. The old capability is stale.
func (m *Machine) Attenuate(c own.Capability, scope own.Scope) (own.Capability, error) {
	const op = "machine.Attenuate"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return own.Capability{}, err
	}
	if err := s.hasFragments(op, scope); err != nil {
		return own.Capability{}, err
	}
	narrowed, err := s.owner.Attenuate(op, c, scope)
	if err == nil {
		m.log.scoped(m.tick, EffectAttenuate, s.id, c.Owner, scope, false)
		m.changed()
	}
	return narrowed, err
}

// BeginTransfer stages the transfer of a session to another owner: with its scope as it is, or, if it is
// stated to attenuate, with a narrower one. Until the receipt is committed nothing has moved.
func (m *Machine) BeginTransfer(c own.Capability, to own.Owner, scope own.Scope, attenuate bool) (own.Receipt, error) {
	const op = "machine.BeginTransfer"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return own.Receipt{}, err
	}
	if err := s.hasFragments(op, scope); err != nil {
		return own.Receipt{}, err
	}
	r, err := s.owner.Begin(op, c, to, scope, attenuate)
	if err == nil {
		m.log.scoped(m.tick, EffectBeginTransfer, s.id, to, scope, attenuate)
		m.changed()
	}
	return r, err
}

// CommitTransfer makes the receiver of a receipt the owner: the record and the capability move
// together. In a signed session, values that cross from now on are signed on every edge.
func (m *Machine) CommitTransfer(r own.Receipt) (own.Capability, error) {
	const op = "machine.CommitTransfer"
	s, err := m.active(op, SessionID(r.Session))
	if err != nil {
		return own.Capability{}, err
	}
	c, err := s.owner.Commit(op, r)
	if err != nil {
		return own.Capability{}, err
	}
	m.log.command(m.tick, EffectCommitTransfer, s.id, r.To)
	m.changed()
	for i := range s.procs {
		p := &s.procs[i]
		if !r.Scope.Covers(s.image.Fragment(p.role)) {
			continue
		}
		m.emit(Event{Session: s.id, Kind: EventTransferred, Role: p.role, Peer: NoRole, Label: NoLabel, Seq: r.ToGeneration})
		for e := range s.rings {
			if s.admission.integrity == IntegritySigned && s.image.edges[e].from == p.role {
				s.rings[e].crosses = true
			}
		}
	}
	return c, nil
}

// RollbackTransfer takes a staged transfer back.
func (m *Machine) RollbackTransfer(r own.Receipt) error {
	const op = "machine.RollbackTransfer"
	s, err := m.active(op, SessionID(r.Session))
	if err != nil {
		return err
	}
	if err := s.owner.Rollback(op, r); err != nil {
		return err
	}
	m.log.command(m.tick, EffectRollbackTransfer, s.id, r.To)
	m.changed()
	return nil
}

// Ready issues a single-use witness that the owner of a session is ready to act on it; UseReady consumes
// it, and refuses one that outlived a change of owner.
func (m *Machine) Ready(c own.Capability) (own.Readiness, error) {
	const op = "machine.Ready"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return own.Readiness{}, err
	}
	return s.owner.Ready(op, c)
}

// UseReady consumes a readiness witness.
func (m *Machine) UseReady(w own.Readiness) error {
	const op = "machine.UseReady"
	s, err := m.active(op, SessionID(w.Session))
	if err != nil {
		return err
	}
	return s.owner.Use(op, w)
}

// Audit returns the last entries of the machine's ownership log.
func (m *Machine) Audit() []own.Entry { return m.audit.Entries() }

// hasFragments demands that a scope speaks of fragments of the session.
func (s *session) hasFragments(op aura.Op, scope own.Scope) error {
	for _, f := range scope.Names() {
		found := false
		for _, have := range s.image.fragments {
			found = found || have == f
		}
		if !found {
			return aura.Errorf(op, aura.NotFound, "session %d has no fragment %s", s.id, f)
		}
	}
	return nil
}
