package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// Wake makes a role ready that sleeps because its host deferred or refused. It is harmless for any other.
func (m *Machine) Wake(c own.Capability, role RoleID) error {
	s, p, err := m.ownedRole("machine.Wake", c, role)
	if err != nil {
		return err
	}
	if p.status == procBlocked && (p.wait == waitHost || p.wait == waitDeny) {
		m.log.role(m.tick, EffectWake, s.id, role, 0)
		m.changed()
		m.unblock(p, p.wait)
	}
	return nil
}

// Pause keeps a role from running until it is resumed. A paused role costs nothing.
func (m *Machine) Pause(c own.Capability, role RoleID) error {
	s, p, err := m.ownedRole("machine.Pause", c, role)
	if err != nil {
		return err
	}
	m.log.role(m.tick, EffectPause, s.id, role, 0)
	m.changed()
	m.hold(p, holdPaused)
	return nil
}

// Resume lets a paused role run again.
func (m *Machine) Resume(c own.Capability, role RoleID) error {
	s, p, err := m.ownedRole("machine.Resume", c, role)
	if err != nil {
		return err
	}
	m.log.role(m.tick, EffectResume, s.id, role, 0)
	m.changed()
	m.endHold(p, holdPaused)
	return nil
}

// SetPriority changes the priority of a role under SchedulerPriorityFixed, 0 to 15.
func (m *Machine) SetPriority(c own.Capability, role RoleID, priority uint8) error {
	const op = "machine.SetPriority"
	if priority >= levels {
		return aura.Errorf(op, aura.Invalid, "priority %d is more than %d", priority, levels-1)
	}
	s, p, err := m.ownedRole(op, c, role)
	if err != nil {
		return err
	}
	m.log.role(m.tick, EffectPriority, s.id, role, uint64(priority))
	m.changed()
	p.priority = priority
	if p.queued {
		m.ready.remove(p)
		m.enqueue(p)
	}
	return nil
}

func (m *Machine) hold(p *process, reason holdReason) {
	p.held |= reason
	m.ready.remove(p)
}

func (m *Machine) endHold(p *process, reason holdReason) {
	p.held &^= reason
	m.enqueue(p)
}

// Acquire takes a slot of a guard layer for a role and returns the evidence that gives it back. It returns
// aura.NotFound for a layer that is not configured, aura.Unavailable while all slots are taken, and
// aura.Denied if the output policy forbids it.
func (m *Machine) Acquire(c own.Capability, role RoleID, layer string) (uint64, error) {
	const op = "machine.Acquire"
	s, _, err := m.ownedRole(op, c, role)
	if err != nil {
		return 0, err
	}
	at, ok := m.layers.find(layer)
	switch {
	case !ok:
		return 0, aura.Errorf(op, aura.NotFound, "there is no guard layer %s", layer)
	case m.layers.free(at) <= 0:
		return 0, aura.Errorf(op, aura.Unavailable, "guard layer %s is taken", layer)
	case !m.options.Output.Allows(PredicateGuardAcquire):
		return 0, aura.Errorf(op, aura.Denied, "the output condition rejects the acquisition")
	}
	m.log.text(m.tick, EffectAcquire, s.id, role, layer)
	m.changed()
	m.layers.evidence++
	m.layers.held = append(m.layers.held, holding{at, s.id, role, m.layers.evidence})
	m.emit(Event{Session: s.id, Kind: EventAcquired, Role: role, Peer: NoRole, Label: LabelID(at), Seq: m.layers.evidence})
	return m.layers.evidence, nil
}

// Yield gives back what Acquire took. The evidence is good once.
func (m *Machine) Yield(c own.Capability, role RoleID, evidence uint64) error {
	const op = "machine.Yield"
	s, _, err := m.ownedRole(op, c, role)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(m.layers.held, func(h holding) bool {
		return h.evidence == evidence && h.session == s.id && h.role == role
	})
	switch {
	case i < 0:
		return aura.Errorf(op, aura.Stale, "the evidence was used, or belongs to another holder")
	case !m.options.Output.Allows(PredicateGuardRelease):
		return aura.Errorf(op, aura.Denied, "the output condition rejects the release")
	}
	m.log.role(m.tick, EffectYield, s.id, role, evidence)
	m.changed()
	layer := m.layers.held[i].layer
	m.layers.held = slices.Delete(m.layers.held, i, i+1)
	m.emit(Event{Session: s.id, Kind: EventReleased, Role: role, Peer: NoRole, Label: LabelID(layer), Seq: evidence})
	return nil
}
