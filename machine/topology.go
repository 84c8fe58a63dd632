package machine

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/own"
)

// Corruption is the damage to the next message on an edge. The numbers are append-only.
type Corruption uint8

// The corruptions.
const (
	CorruptionBitFlip    Corruption = 1
	CorruptionTruncation Corruption = 2
	CorruptionErasure    Corruption = 3
)

// damage changes a value after it was sealed. Of a vector or a pair only bytes are left.
func (c Corruption) damage(v *Value) {
	if v.kind == choreo.SortVector || v.kind == choreo.SortProd {
		v.kind = choreo.SortString
	}
	switch {
	case c == CorruptionErasure:
		*v = Value{data: v.data[:0]}
	case v.kind == choreo.SortUnit:
		*v = Value{kind: choreo.SortBool, data: v.data}
	case len(v.data) == 0:
		v.num ^= 1
	case c == CorruptionTruncation:
		v.data = v.data[:len(v.data)/2]
	default:
		v.data[0] ^= 1
	}
}

// sites are the faults that hold for all sessions, also for those that open later. Sites are named by role.
type sites struct {
	crashed []choreo.Role
	cut     [][2]choreo.Role // each pair in order
}

// Crash ends all sessions in which a site takes part, and every session that it would join later.
func (m *Machine) Crash(site choreo.Role) {
	m.log.sites(m.tick, EffectCrash, site, "", 0)
	m.changed()
	if !slices.Contains(m.sites.crashed, site) {
		m.sites.crashed = append(m.sites.crashed, site)
	}
	for _, s := range m.order {
		m.applyCrash(s, site)
	}
}

// Partition cuts the edges between two sites, both ways, until they heal. Senders wait.
func (m *Machine) Partition(a, b choreo.Role) {
	pair := inOrder(a, b)
	if slices.Contains(m.sites.cut, pair) {
		return
	}
	m.log.sites(m.tick, EffectPartition, a, b, 0)
	m.changed()
	m.sites.cut = append(m.sites.cut, pair)
	for _, s := range m.order {
		m.cutEdges(s, a, b, 1)
	}
}

// Heal ends a partition.
func (m *Machine) Heal(a, b choreo.Role) {
	i := slices.Index(m.sites.cut, inOrder(a, b))
	if i < 0 {
		return
	}
	m.log.sites(m.tick, EffectHeal, a, b, 0)
	m.changed()
	m.sites.cut = slices.Delete(m.sites.cut, i, i+1)
	for _, s := range m.order {
		m.cutEdges(s, a, b, -1)
	}
}

// Corrupt damages the next message from one site to another, in every session that is open, after it was
// sealed.
func (m *Machine) Corrupt(from, to choreo.Role, how Corruption) {
	m.log.sites(m.tick, EffectCorrupt, from, to, uint64(how))
	m.changed()
	for _, s := range m.order {
		if e, ok := s.between(from, to); ok {
			s.rings[e].corrupt = how
		}
	}
}

// applySites makes a new session subject to the faults that hold.
func (m *Machine) applySites(s *session) {
	for _, pair := range m.sites.cut {
		m.cutEdges(s, pair[0], pair[1], 1)
	}
	for _, w := range m.timeouts.live {
		m.holdSite(s, w.Site)
	}
	for _, site := range m.sites.crashed {
		m.applyCrash(s, site)
	}
}

func (m *Machine) applyCrash(s *session, site choreo.Role) {
	id, ok := s.image.Role(site)
	if !ok || s.status.Terminal() {
		return
	}
	f := &Fault{Code: FaultInvoke, Session: s.id, Role: site, Detail: AnswerTopologyDisrupted.String()}
	m.failSession(s, id, NoLabel, f)
}

// cutEdges adds to the reasons for which both edges between two sites are cut, or takes one away.
func (m *Machine) cutEdges(s *session, a, b choreo.Role, by int) {
	for _, pair := range [2][2]choreo.Role{{a, b}, {b, a}} {
		if e, ok := s.between(pair[0], pair[1]); ok {
			m.cut(s, e, by)
		}
	}
}

func (m *Machine) cut(s *session, e EdgeID, by int) {
	r := &s.rings[e]
	r.cut = uint16(int(r.cut) + by)
	if r.cut == 0 {
		m.released(s.proc(s.image.edges[e].from), e)
	}
}

func (s *session) between(from, to choreo.Role) (EdgeID, bool) {
	f, ok := s.image.Role(from)
	t, ok2 := s.image.Role(to)
	if !ok || !ok2 {
		return 0, false
	}
	return s.image.findEdge(f, t)
}

func inOrder(a, b choreo.Role) [2]choreo.Role {
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return [2]choreo.Role{a, b}
}

// Witness is a timeout that was issued: its site does not act until the tick has come. Expiry consumes the
// witness; nothing is concluded from time alone.
type Witness struct {
	ID       uint64
	Site     choreo.Role
	IssuedAt uint64
	Until    uint64
}

// timeouts are the witnesses that live, sorted by when they end.
type timeouts struct {
	live []Witness
	last uint64
}

// Timeout takes a site out of action for a duration, rounded up to ticks, at least one. While it lasts, the
// site's roles do not run and messages to and from it wait. A timeout of a site that has one replaces it.
func (m *Machine) Timeout(site choreo.Role, d aura.Duration) Witness {
	m.log.sites(m.tick, EffectTimeout, site, "", uint64(max(0, d)))
	m.changed()
	if i := slices.IndexFunc(m.timeouts.live, func(w Witness) bool { return w.Site == site }); i >= 0 {
		m.conclude(i, own.EventInvalidated)
	}
	ticks := max(1, (uint64(max(0, d))+uint64(m.options.TickLength)-1)/uint64(m.options.TickLength))
	m.timeouts.last++
	w := Witness{ID: m.timeouts.last, Site: site, IssuedAt: m.tick, Until: m.tick + ticks}
	at := slices.IndexFunc(m.timeouts.live, func(o Witness) bool { return o.Until > w.Until })
	if at < 0 {
		at = len(m.timeouts.live)
	}
	m.timeouts.live = slices.Insert(m.timeouts.live, at, w)
	m.audit.Add(own.Entry{Tick: m.tick, Artifact: own.ArtifactTimeout, ID: w.ID, Event: own.EventIssued, Owner: own.Owner(site)})
	m.emit(Event{Session: NoSession, Kind: EventTimeoutIssued, Seq: w.ID, Sum: Bytes([]byte(site)).sum(), Role: NoRole, Peer: NoRole, Label: NoLabel})
	for _, s := range m.order {
		m.holdSite(s, site)
	}
	return w
}

// Timeouts returns the witnesses that live, the next to end first.
func (m *Machine) Timeouts() []Witness { return slices.Clone(m.timeouts.live) }

// expire consumes the witnesses whose tick has come.
func (m *Machine) expire() {
	for len(m.timeouts.live) > 0 && m.timeouts.live[0].Until <= m.tick {
		m.conclude(0, own.EventExpired)
	}
}

// conclude ends a timeout.
func (m *Machine) conclude(i int, how own.Event) {
	w := m.timeouts.live[i]
	m.timeouts.live = slices.Delete(m.timeouts.live, i, i+1)
	m.audit.Add(own.Entry{Tick: m.tick, Artifact: own.ArtifactTimeout, ID: w.ID, Event: how, Owner: own.Owner(w.Site)})
	for _, s := range m.order {
		m.siteEdges(s, w.Site, -1)
		if p := s.site(w.Site); p != nil {
			m.endHold(p, holdTimeout)
		}
	}
}

func (m *Machine) holdSite(s *session, site choreo.Role) {
	m.siteEdges(s, site, 1)
	if p := s.site(site); p != nil {
		m.hold(p, holdTimeout)
	}
}

// site returns the process of a role by name, nil if it is not played here.
func (s *session) site(name choreo.Role) *process {
	id, ok := s.image.Role(name)
	if !ok {
		return nil
	}
	return s.proc(id)
}

func (m *Machine) siteEdges(s *session, site choreo.Role, by int) {
	id, ok := s.image.Role(site)
	if !ok {
		return
	}
	for i, e := range s.image.edges {
		if e.from == id || e.to == id {
			m.cut(s, EdgeID(i), by)
		}
	}
}
