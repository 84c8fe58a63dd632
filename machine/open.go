package machine

import (
	"crypto/ed25519"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/own"
)

// Opening says how a session begins.
type Opening struct {
	// Owner owns the session from the start; required.
	Owner own.Owner
	// Admission is the decision about the image that is opened; required. See [Admit] and [AdmitTrusted].
	Admission Admission
	// Protocol is the id that the participants named; default that of the admission, from which it may not differ.
	Protocol string
	// Name is the session's name among all participants. It is sealed and signed with each message.
	Name aura.SessionID
	// Roles are those to play here; default all that the image has a part of. A message to another role
	// waits to be taken out with [Machine.Take].
	Roles []choreo.Role
	// Authorities gives roles to authorities, for signed sessions: values that pass between roles of
	// different authorities are signed. A role that is not listed is an authority of its own.
	Authorities []Authority
	// Priority of all its roles under SchedulerPriorityFixed, 0 to 15.
	Priority uint8
	// Budget bounds the steps of the session; default none. See [TerminationBudget].
	Budget uint64
}

// Authority is the signing identity of some roles.
type Authority struct {
	Roles []choreo.Role
	// Key verifies the signatures of these roles; required where they are played elsewhere.
	Key ed25519.PublicKey
}

// Open begins a session and returns the capability of its owner, which every operation on the session
// asks for.
//
// It returns aura.Denied without an admission of this image, of the protocol that was named and for the posture of
// the machine, or where the machine lacks a part that the admission requires (key, signer, scheduler), aura.Invalid for
// roles that the image does not play, and aura.Exhausted beyond the limits of the machine.
func (m *Machine) Open(image *Image, o Opening) (own.Capability, error) {
	const op = "machine.Open"
	roles, err := m.mayOpen(op, image, &o)
	if err != nil {
		return own.Capability{}, err
	}
	s := m.allot(image)
	s.id, s.name, s.admission, s.status, s.budget = m.next, o.Name, o.Admission, SessionActive, o.Budget
	if s.budget == 0 {
		s.budget = ^uint64(0)
	}
	m.next++
	m.played += len(roles)
	m.sessions[s.id] = s
	m.order = append(m.order, s)
	for i := range s.byRole {
		s.byRole[i] = -1
	}
	for _, role := range roles {
		m.enter(s, role, o.Priority)
	}
	m.wire(s, &o)
	s.owners.Attach(&m.audit, &m.tick)
	cap := s.owners.Open(uint64(s.id), o.Owner, m.fragmentsOf(s))
	digest := image.digest
	m.emit(Event{Session: s.id, Kind: EventOpened, Sum: binary.BigEndian.Uint64(digest[:8]), Code: uint8(o.Admission.integrity),
		Role: NoRole, Peer: NoRole, Label: NoLabel})
	m.log.opened(m.tick, s, &o, roles)
	m.changed()
	m.applySites(s)
	return cap, nil
}

// fragmentsOf returns the fragments that have roles here, by name, in memory that the next call uses again.
func (m *Machine) fragmentsOf(s *session) []string {
	m.fragmentsScratch = m.fragmentsScratch[:0]
	for i := range s.procs {
		m.fragmentsScratch = append(m.fragmentsScratch, s.image.Fragment(s.procs[i].role))
	}
	slices.Sort(m.fragmentsScratch)
	m.fragmentsScratch = slices.Compact(m.fragmentsScratch)
	return m.fragmentsScratch
}

// mayOpen checks everything before anything changes, and returns the roles to play.
func (m *Machine) mayOpen(op aura.Op, image *Image, o *Opening) ([]RoleID, error) {
	a := &o.Admission
	if err := m.admits(op, image, a); err != nil {
		return nil, err
	}
	switch {
	case o.Protocol != "" && o.Protocol != a.protocol:
		return nil, aura.Errorf(op, aura.Denied, "protocol %s was named where %s was admitted", o.Protocol, a.protocol)
	case o.Owner == "":
		return nil, aura.Errorf(op, aura.Invalid, "a session needs an owner")
	case o.Priority >= levels:
		return nil, aura.Errorf(op, aura.Invalid, "priority %d is more than %d", o.Priority, levels-1)
	case len(m.sessions) >= m.options.MaxSessions:
		return nil, aura.Errorf(op, aura.Exhausted, "the machine has %d sessions", len(m.sessions))
	}
	roles := m.rolesScratch[:0]
	for _, name := range o.Roles {
		id, ok := image.Role(name)
		if !ok || !image.played(id) {
			return nil, aura.Errorf(op, aura.Invalid, "image %s does not play role %s", image.name, name)
		}
		roles = append(roles, id)
	}
	for id := range image.programs {
		if o.Roles == nil && image.played(RoleID(id)) {
			roles = append(roles, RoleID(id))
		}
	}
	m.rolesScratch = roles
	if len(roles) == 0 || m.played+len(roles) > m.options.MaxRoles {
		return nil, aura.Errorf(op, aura.Exhausted, "%d more roles where the machine plays %d of %d", len(roles), m.played, m.options.MaxRoles)
	}
	if a.integrity != IntegritySigned && o.Roles == nil && o.Authorities == nil {
		return roles, nil
	}
	if err := checkAuthorities(op, image, o, roles); err != nil {
		return nil, err
	}
	return roles, nil
}

// admits demands that an admission speaks of this image and that the machine is what it was decided for.
func (m *Machine) admits(op aura.Op, image *Image, a *Admission) error {
	switch {
	case !a.granted || a.image != image.digest:
		return aura.Errorf(op, aura.Denied, "the image %s was not admitted", image)
	case a.hardening != m.options.Hardening:
		return aura.Errorf(op, aura.Denied, "protocol %s was admitted for the posture %s, the machine has %s", image.name, a.hardening, m.options.Hardening)
	case a.scheduler != 0 && a.scheduler.order() != m.options.Scheduler.order():
		return aura.Errorf(op, aura.Denied, "protocol %s was admitted for the scheduler %s, the machine has %s", image.name, a.scheduler, m.options.Scheduler)
	case a.integrity >= IntegritySealed && m.options.Key == [32]byte{}:
		return aura.Errorf(op, aura.Denied, "a %s session needs a key", a.integrity)
	case a.integrity == IntegritySigned && m.options.Signer == nil:
		return aura.Errorf(op, aura.Denied, "a signed session needs a signer")
	}
	return nil
}

// checkAuthorities demands that no role is played or owned twice, and that a signed session knows the key
// of every role that is played elsewhere.
func checkAuthorities(op aura.Op, image *Image, o *Opening, roles []RoleID) error {
	here, known := make([]bool, len(image.roles)), make([]bool, len(image.roles))
	for _, id := range roles {
		if here[id] {
			return aura.Errorf(op, aura.Invalid, "role %s is named twice", image.roles[id])
		}
		here[id] = true
	}
	for _, a := range o.Authorities {
		for _, name := range a.Roles {
			id, ok := image.Role(name)
			if !ok || known[id] || (a.Key != nil && len(a.Key) != ed25519.PublicKeySize) {
				return aura.Errorf(op, aura.Invalid, "the authority of role %s is not clear", name)
			}
			known[id] = true
			here[id] = here[id] || a.Key != nil
		}
	}
	for id, ok := range here {
		if !ok && o.Admission.integrity == IntegritySigned {
			return aura.Errorf(op, aura.Denied, "no key for role %s, which is played elsewhere", image.roles[id])
		}
	}
	return nil
}

// allot returns the memory for a session of an image: that of one which was reaped, if there is any.
func (m *Machine) allot(image *Image) *session {
	if free := m.pool[image]; len(free) > 0 {
		s := free[len(free)-1]
		m.pool[image] = free[:len(free)-1]
		return s
	}
	return &session{
		image: image, rings: make([]ring, len(image.edges)), byRole: make([]int32, len(image.roles)),
		procs: make([]process, 0, len(image.roles)),
	}
}

// enter puts a role at the start of its part.
func (m *Machine) enter(s *session, role RoleID, priority uint8) {
	s.byRole[role] = int32(len(s.procs))
	s.procs = s.procs[:len(s.procs)+1]
	p := &s.procs[len(s.procs)-1]
	*p = process{
		session: s, role: role, state: s.image.programs[role].start, status: procReady,
		credits: m.options.Credits, priority: priority, answer: answer{value: Value{data: p.answer.value.data[:0]}},
	}
	if p.credits == 0 {
		p.credits = ^uint64(0)
	}
	s.live++
	m.live++
	m.enqueue(p)
}

// wire prepares the edges that a role played here takes part in.
func (m *Machine) wire(s *session, o *Opening) {
	for i := range s.rings {
		r, e := &s.rings[i], s.image.edges[i]
		r.reset(m.options.Buffer.Capacity)
		r.leaves = s.byRole[e.to] < 0
		if s.admission.integrity < IntegritySealed {
			continue
		}
		r.context = m.hasher.context(s, e)
		key := m.hasher.mac(&m.rootKey, r.context[:])
		m.hasher.derive(&r.key, key[:])
		if s.admission.integrity == IntegritySigned {
			from, to := o.authority(s.image.roles[e.from]), o.authority(s.image.roles[e.to])
			r.crosses = from != to || from == nil
			if s.byRole[e.from] < 0 && from != nil {
				r.foreign = from.Key
			}
		}
	}
}

// authority returns the authority of a role, nil if it is one of its own.
func (o *Opening) authority(role choreo.Role) *Authority {
	for i := range o.Authorities {
		for _, r := range o.Authorities[i].Roles {
			if r == role {
				return &o.Authorities[i]
			}
		}
	}
	return nil
}
