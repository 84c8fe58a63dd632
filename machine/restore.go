package machine

import (
	"crypto/ed25519"
	"math/bits"
	"slices"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

// minRingBytes is the least that an edge takes in a snapshot: a session that could not follow in the rest of the
// bytes is refused before memory is taken for it.
const minRingBytes = 9

// restorer reads the parts of a snapshot into a new machine.
type restorer struct {
	m *Machine
	r *wire.Reader
}

func (x *restorer) sessions() {
	m, r := x.m, x.r
	m.tick = r.Max(maxTicks, "the rounds")
	m.next = SessionID(r.Uint())
	var images []*Image
	for range r.Count(maxRoles, 1, "images") {
		im, err := Load(r.Bytes(maxImageBytes, "an image"))
		if err != nil {
			r.Fail("an image: %w", err)
			return
		}
		images = append(images, im)
	}
	for range r.Count(m.options.MaxSessions, 32, "sessions") {
		at := r.Uint()
		if r.Err() != nil || at >= uint64(len(images)) {
			r.Fail("a session of an image that is not there")
			return
		}
		x.session(images[at])
	}
}

func (x *restorer) session(im *Image) {
	m, r := x.m, x.r
	if r.Left() < minRingBytes*len(im.edges) {
		r.Fail("a session is cut short")
		return
	}
	s := m.allot(im)
	s.id = SessionID(r.Uint())
	s.admission = readAdmission(r)
	if n := len(m.order); s.id >= m.next || (n > 0 && m.order[n-1].id >= s.id) {
		r.Fail("session %d is out of order", s.id)
	}
	x.state(s)
	s.resume = x.roleIDs(s)
	m.sessions[s.id] = s
	m.order = append(m.order, s)
	m.played += len(s.procs)
}

// roleIDs reads a list of roles that are played here, each at most once.
func (x *restorer) roleIDs(s *session) (list []RoleID) {
	for range x.r.Count(len(s.image.roles), 1, "roles") {
		role := RoleID(x.r.Max(uint64(len(s.image.roles)-1), "a role"))
		if s.proc(role) == nil || slices.Contains(list, role) {
			x.r.Fail("a role is not played here, or listed twice")
			return nil
		}
		list = append(list, role)
	}
	return list
}

// state reads what writeState wrote into a session that has its number and its admission.
func (x *restorer) state(s *session) {
	m, r, im := x.m, x.r, s.image
	r.Fixed(s.name[:])
	s.status = SessionStatus(r.Byte())
	s.epoch, s.steps, s.budget = r.Uint(), r.Uint(), r.Uint()
	if s.status < SessionActive || s.status > SessionDelegated || !s.admission.granted {
		r.Fail("session %d is in no known status", s.id)
	}
	if r.Bool() {
		s.fault = &Fault{Code: FaultCode(r.Byte()), Session: s.id, Role: choreo.Role(r.String(maxNameBytes, "a role")), Detail: r.String(maxNameBytes, "a detail")}
	}
	if s.worst = SessionStatus(r.Byte()); s.worst != 0 && (s.worst < SessionClosed || s.worst > SessionAborted) {
		r.Fail("session %d: a fragment ended in no known way", s.id)
	}
	for i := range s.byRole {
		s.byRole[i] = -1
	}
	x.processes(s)
	s.owners.Attach(&m.audit, &m.tick)
	s.owners.Decode(r, uint64(s.id), m.fragmentsOf(s))
	x.standing(s)
	o := Opening{}
	m.wire(s, &o)
	for i := range s.rings {
		x.ring(s, EdgeID(i))
	}
	for range r.Count(maxFacts, 2, "facts") {
		s.facts = append(s.facts, knowledge{RoleID(r.Max(uint64(len(im.roles)-1), "a role")), r.String(maxNameBytes, "a fact")})
	}
}

func (x *restorer) processes(s *session) {
	r, im := x.r, s.image
	owner := make([]RoleID, len(im.states))
	for i := range owner {
		owner[i] = NoRole
	}
	for range r.Count(len(im.roles), 8, "roles") {
		role := RoleID(r.Max(uint64(len(im.roles)-1), "a role"))
		state := r.Uint()
		if r.Err() != nil || s.byRole[role] >= 0 || !im.played(role) || state >= uint64(len(im.states)) ||
			!im.reach(role, im.programs[role].start, owner) || owner[state] != role {
			r.Fail("a role is in a state that is not its own")
			return
		}
		x.m.enter(s, role, 0)
		p := s.proc(role)
		x.m.ready.remove(p)
		p.state, p.status, p.wait, p.held, p.priority = int32(state), processStatus(r.Byte()), waitReason(r.Byte()), holdReason(r.Byte()), r.Byte()
		p.token, p.credits = r.Bool(), r.Uint()
		p.answer.chosen, p.answer.given, p.answer.drop, p.answer.refused = r.Bool(), r.Bool(), r.Bool(), r.Bool()
		if p.answer.chosen {
			p.answer.branch = uint32(r.Max(max(uint64(p.current().count), 1)-1, "a branch"))
		}
		if p.answer.given {
			p.answer.value.copyOf(readValue(r, 0))
		}
		ok := p.status >= procReady && p.status <= procStopped && (p.status == procBlocked) == (p.wait != waitNone) &&
			p.wait <= waitDeny && p.held <= holdPaused|holdTimeout|holdOwner && p.priority < levels &&
			(!p.answer.given || p.answer.chosen) && !(p.answer.given && p.answer.refused) &&
			(!p.answer.refused || p.current().kind == choreo.StateSend) && (!p.answer.chosen || p.current().kind == choreo.StateSend) &&
			(!s.status.Terminal() || p.status.final())
		if !ok {
			r.Fail("role %s is in no possible situation", im.roles[role])
			return
		}
		if p.status.final() {
			s.live--
			x.m.live--
		}
	}
}

// standing demands that a role is stopped where its fragment or its session is over, and that it stands still where no
// owner may act for it.
func (x *restorer) standing(s *session) {
	if x.r.Err() != nil {
		return
	}
	for i := range s.procs {
		p, owner := &s.procs[i], s.owners.Find(s.image.Fragment(s.procs[i].role))
		over := owner.State().Terminal() || s.status.Terminal()
		if (p.status == procStopped) != (over && p.status != procDone) || (!p.status.final() && (p.held&holdOwner == 0) != owner.Acts()) {
			x.r.Fail("role %s is in no possible situation", s.image.roles[p.role])
			return
		}
	}
}

func (x *restorer) ring(s *session, id EdgeID) {
	r, m, ring := x.r, x.m, &s.rings[id]
	ring.capacity = int(r.Max(uint64(m.options.Buffer.Max), "a capacity"))
	ring.sent, ring.consumed, ring.window = r.Uint(), r.Uint(), r.Uint()
	ring.cut, ring.corrupt = uint16(r.Max(1<<16-1, "cuts")), Corruption(r.Max(uint64(CorruptionErasure), "a corruption"))
	ring.crosses = r.Bool()
	if key := r.Bytes(ed25519.PublicKeySize, "a key"); len(key) == ed25519.PublicKeySize {
		ring.foreign = slices.Clone(key)
	}
	sent := ring.sent
	for range r.Count(ring.capacity, 5, "messages") {
		l := ring.push()
		l.label, l.seq, l.sum = LabelID(r.Max(uint64(len(s.image.labels)-1), "a label")), r.Uint(), r.Uint()
		l.value.copyOf(readValue(r, 0))
		l.sig = append(l.sig[:0], r.Bytes(ed25519.SignatureSize, "a signature")...)
		if l.tag = [32]byte{}; s.admission.integrity >= IntegritySealed && r.Bool() {
			l.tag = m.sealOf(s, ring, l)
		}
		if r.Err() != nil {
			return
		}
	}
	ring.sent = sent
	if ring.leaves {
		s.outbound += ring.count
	}
	if s.admission.integrity >= IntegritySealed {
		r.Fixed(ring.chain[:])
		ring.tree.leaves = r.Uint()
		for range bits.OnesCount64(ring.tree.leaves) {
			var peak [32]byte
			r.Fixed(peak[:])
			ring.tree.peaks = append(ring.tree.peaks, peak)
		}
	}
}

// queues restores the ready roles, and demands that they are exactly those that can be.
func (x *restorer) queues() {
	m, r := x.m, x.r
	ready := 0
	for _, s := range m.order {
		for i := range s.procs {
			if p := &s.procs[i]; p.status == procReady && p.held == 0 {
				ready++
			}
		}
	}
	for range r.Count(m.options.MaxRoles, 3, "ready roles") {
		s := m.sessions[SessionID(r.Uint())]
		role, level := RoleID(r.Max(1<<16-1, "a role")), r.Byte()
		if s == nil || s.proc(role) == nil || s.proc(role).queued || s.proc(role).status != procReady || s.proc(role).held != 0 || level >= levels {
			r.Fail("a role is ready that cannot be")
			return
		}
		m.ready.push(s.proc(role), level)
	}
	if r.Err() == nil && m.ready.count != ready {
		r.Fail("%d roles are ready where %d can be", m.ready.count, ready)
	}
	for range r.Count(maxEdges, 2, "edges") {
		s, e := m.sessions[SessionID(r.Uint())], r.Uint()
		if s == nil || e >= uint64(len(s.rings)) || s.rings[e].listed || s.rings[e].count == 0 || !s.rings[e].leaves {
			r.Fail("an edge has nothing to take out")
			return
		}
		s.rings[e].listed = true
		m.outbox = append(m.outbox, outEdge{s, EdgeID(e)})
	}
	for range r.Count(m.options.MaxSessions, 1, "ended sessions") {
		s := m.sessions[SessionID(r.Uint())]
		if s == nil || !s.status.Terminal() || slices.Contains(m.ended, s) {
			r.Fail("a session has not ended")
			return
		}
		m.ended = append(m.ended, s)
	}
}

func (x *restorer) sites() {
	m, r := x.m, x.r
	m.sites.crashed = readRoles(r)
	for pairs := readRoles(r); len(pairs) >= 2; pairs = pairs[2:] {
		m.sites.cut = append(m.sites.cut, [2]choreo.Role{pairs[0], pairs[1]})
	}
	m.timeouts.last = r.Uint()
	for range r.Count(maxRoles, 4, "timeouts") {
		w := Witness{ID: r.Uint(), Site: choreo.Role(r.String(maxNameBytes, "a site")), IssuedAt: r.Uint(), Until: r.Uint()}
		if n := len(m.timeouts.live); w.ID > m.timeouts.last || (n > 0 && m.timeouts.live[n-1].Until > w.Until) {
			r.Fail("timeout %d is out of order", w.ID)
		}
		m.timeouts.live = append(m.timeouts.live, w)
	}
	m.layers.evidence = r.Uint()
	for range r.Count(maxRoles, 4, "guard layers") {
		h := holding{uint32(r.Uint()), SessionID(r.Uint()), RoleID(r.Max(1<<16-1, "a role")), r.Uint()}
		if int(h.layer) >= len(m.layers.configured) || m.sessions[h.session] == nil || h.evidence > m.layers.evidence {
			r.Fail("a guard layer has no holder")
			return
		}
		m.layers.held = append(m.layers.held, h)
	}
}
