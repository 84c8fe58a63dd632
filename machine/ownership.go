package machine

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

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
	if err := s.owners.Check(op, c, s.image.Fragment(role)); err != nil {
		return nil, nil, err
	}
	return s, p, nil
}

// Claim makes owner the owner of fragments that have none, by the authority that their release gave.
func (m *Machine) Claim(authority own.Claim, owner own.Owner) (own.Capability, error) {
	const op = "machine.Claim"
	s, err := m.active(op, SessionID(authority.Session()))
	if err != nil {
		return own.Capability{}, err
	}
	c, err := s.owners.Claim(op, authority, owner)
	if err == nil {
		m.log.command(m.tick, EffectClaim, s.id, owner, authority.Generation())
		m.changed()
		m.holdFragments(s)
	}
	return c, err
}

// Release gives the fragments of a capability up and returns the authority to claim them. Their roles do not run until
// there is an owner again.
func (m *Machine) Release(c own.Capability) (own.Claim, error) {
	const op = "machine.Release"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return own.Claim{}, err
	}
	authority, err := s.owners.Release(op, c)
	if err == nil {
		m.log.command(m.tick, EffectRelease, s.id, c.Owner, c.Generation)
		m.changed()
		m.holdFragments(s)
	}
	return authority, err
}

// holdFragments lets the roles of the fragments run whose owner may act, and no others.
func (m *Machine) holdFragments(s *session) {
	for _, role := range s.resume {
		if p := s.proc(role); s.owners.Find(s.image.Fragment(role)).Acts() {
			m.endHold(p, holdOwner)
		}
	}
	s.resume = nil
	for i := range s.procs {
		p := &s.procs[i]
		switch acts := s.owners.Find(s.image.Fragment(p.role)).Acts(); {
		case p.status.final():
		case acts && p.held&holdOwner != 0:
			m.endHold(p, holdOwner)
		case !acts:
			m.hold(p, holdOwner)
		}
	}
}

// Attenuate gives the owner a capability for some of its fragments alone. The old one is stale for these, and good for
// the others.
func (m *Machine) Attenuate(c own.Capability, scope own.Scope) (own.Capability, error) {
	const op = "machine.Attenuate"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return own.Capability{}, err
	}
	if err := s.hasFragments(op, scope); err != nil {
		return own.Capability{}, err
	}
	narrowed, err := s.owners.Attenuate(op, c, scope)
	if err == nil {
		m.log.scoped(m.tick, EffectAttenuate, s.id, c.Owner, c.Generation, scope, false)
		m.changed()
	}
	return narrowed, err
}

// BeginTransfer stages the transfer of fragments to another owner: all that the capability reaches, or, if it is
// stated to attenuate, fewer. Until the receipt is committed nothing has moved, and the fragments stand still: the
// receiver gets what the owner last saw.
func (m *Machine) BeginTransfer(c own.Capability, to own.Owner, scope own.Scope, attenuate bool) (own.Receipt, error) {
	const op = "machine.BeginTransfer"
	s, err := m.active(op, SessionID(c.Session))
	if err != nil {
		return own.Receipt{}, err
	}
	if err := s.hasFragments(op, scope); err != nil {
		return own.Receipt{}, err
	}
	r, err := s.owners.Begin(op, c, to, scope, attenuate)
	if err == nil {
		m.log.scoped(m.tick, EffectBeginTransfer, s.id, to, c.Generation, scope, attenuate)
		m.changed()
		m.holdFragments(s)
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
	c, err := s.owners.Commit(op, r)
	if err != nil {
		return own.Capability{}, err
	}
	m.log.command(m.tick, EffectCommitTransfer, s.id, r.To, r.ID)
	m.changed()
	m.holdFragments(s)
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
	if err := s.owners.Rollback(op, r); err != nil {
		return err
	}
	m.log.command(m.tick, EffectRollbackTransfer, s.id, r.To, r.ID)
	m.changed()
	m.holdFragments(s)
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
	return s.owners.Ready(op, c)
}

// UseReady consumes a readiness witness.
func (m *Machine) UseReady(w own.Readiness) error {
	const op = "machine.UseReady"
	s, err := m.active(op, SessionID(w.Session))
	if err != nil {
		return err
	}
	return s.owners.Use(op, w)
}

// Audit returns the last entries of the machine's ownership log.
func (m *Machine) Audit() []own.Entry { return m.audit.Entries() }

// hasFragments demands that a scope speaks of fragments that have roles here.
func (s *session) hasFragments(op aura.Op, scope own.Scope) error {
	for _, f := range scope.Names() {
		if s.owners.Find(f) == nil {
			return aura.Errorf(op, aura.NotFound, "session %d has no fragment %s", s.id, f)
		}
	}
	return nil
}
