package machine

import "github.com/aura-runtime/aura"

// maxWave bounds the picks of one wave, maxSeen the ready roles that are looked at to find them.
const (
	maxWave = 256
	maxSeen = 4 * maxWave
)

// Wave is a set of steps that may be prepared in any order, or at once: their roles and edges are
// different. It belongs to its machine and is good until it is committed.
type Wave struct {
	machine *Machine
	picks   []pick
	n       int
	version uint64 // of the machine when it was planned
	live    bool
	fell    FallbackReason
}

// Len returns the number of picks; 0 if nothing is ready.
func (w *Wave) Len() int { return w.n }

// Fallback returns why the wave was reduced to its first pick when it was committed; FallbackNone if it was not.
func (w *Wave) Fallback() FallbackReason { return w.fell }

// Certificate is the evidence that a wave stays within the envelope: which roles it steps, and that they
// have nothing in common. It is computed anew when the wave is committed.
type Certificate struct {
	// Version is the state of the machine that the wave was planned for.
	Version uint64
	Picks   []Footprint
}

// Footprint is the state that one step touches: its role, and the edge to or from its peer.
type Footprint struct {
	Session SessionID
	Role    RoleID
	// Edge is the edge that is used; -1 if none is.
	Edge int64
}

// Certificate returns the evidence of the wave.
func (w *Wave) Certificate() Certificate {
	c := Certificate{Version: w.version}
	for i := range w.picks[:w.n] {
		k := &w.picks[i]
		f := Footprint{Session: k.proc.session.id, Role: k.proc.role, Edge: -1}
		if k.ring != nil {
			f.Edge = int64(k.edge)
		}
		c.Picks = append(c.Picks, f)
	}
	return c
}

// Plan begins a round: it moves time on by one tick and picks up to n ready roles that can step
// independently of each other, in the order of the scheduler. Roles whose sessions were admitted for less
// width get it. The host is asked for the choices and payloads of the picks, in their order.
//
// A wave that is not committed is void when the next one is planned. n below 1 is 1.
func (m *Machine) Plan(n int) *Wave {
	m.abandon()
	n = min(max(n, 1), maxWave)
	m.log.wave(m.tick, EffectWave, n)
	m.advance()
	w := &m.wave
	w.n, w.version, w.live, w.fell = 0, m.version, true, FallbackNone
	seen := 0
	for p := m.ready.first(); p != nil && w.n < n && seen < maxSeen; seen++ {
		next := m.ready.after(p)
		s := p.session
		if limit := s.admission.width; w.n >= limit {
			if w.n > 0 {
				break // the wave is as wide as this session allows
			}
		} else {
			n = min(n, limit)
		}
		if s.passed == m.tick || !w.admits(p) {
			s.passed = m.tick // a later role of the session must not overtake this one
		} else {
			w.add(p)
			if !m.options.Scheduler.fifo() {
				s.passed = m.tick // the step of this one may give another role of the session precedence
			}
		}
		p = next
	}
	for i := range w.picks[:w.n] {
		k := &w.picks[i]
		m.ready.remove(k.proc)
	}
	for i := range w.picks[:w.n] {
		m.plan(&w.picks[i], w.picks[i].proc)
	}
	return w
}

// admits reports whether a process touches nothing that a pick touches.
func (w *Wave) admits(p *process) bool {
	e := p.current().edge
	for i := range w.picks[:w.n] {
		o := w.picks[i].proc
		if o == p || (o.session == p.session && !o.stateEnds() && !p.stateEnds() && o.current().edge == e) {
			return false
		}
	}
	return true
}

func (w *Wave) add(p *process) {
	if w.n == len(w.picks) {
		w.picks = append(w.picks, pick{hasher: newHasher()})
	}
	w.picks[w.n].proc = p
	p.picked = true
	w.n++
}

// Prepare computes the pick with index i, from 0. Calls for different picks may run at once; the machine
// itself must be left alone meanwhile.
func (m *Machine) Prepare(i int) { m.prepare(&m.wave.picks[i]) }

// Commit applies the picks of the planned wave in their order and returns how the machine stands. If the
// wave cannot be certified any more (the machine was changed after it was planned, a pick is not prepared,
// two picks overlap), it takes the first pick alone, as canonical execution would, puts the others back in
// their places, and writes the reason in the trace.
//
// A session that faults ends, the others go on: the first *Fault is returned when all picks are applied.
func (m *Machine) Commit() (Status, error) {
	w := &m.wave
	if !w.live {
		return m.Status(), aura.Errorf("machine.Commit", aura.Stale, "no wave is planned")
	}
	m.log.wave(m.tick, EffectCommit, w.prepared())
	if w.fell = m.certify(); w.fell != FallbackNone {
		m.fallBack(w.fell)
	}
	var first *Fault
	for i := range w.picks[:w.n] {
		k := &w.picks[i]
		if k.proc.status != procReady { // its session was ended by an earlier pick of the wave
			k.proc.picked = false
			continue
		}
		if f := m.commit(k); f != nil && first == nil {
			first = f
		}
	}
	w.n, w.live = 0, false
	if first != nil {
		return m.Status(), first.in("machine.Commit")
	}
	return m.Status(), nil
}

// prepared returns 1 if every pick is prepared, else 0.
func (w *Wave) prepared() int {
	for i := range w.picks[:w.n] {
		if !w.picks[i].prepared {
			return 0
		}
	}
	return 1
}

// certify checks the wave against the machine as it is now.
func (m *Machine) certify() FallbackReason {
	w := &m.wave
	if w.version != m.version {
		return FallbackWaveStale
	}
	for i := range w.picks[:w.n] {
		k := &w.picks[i]
		switch {
		case !k.prepared:
			return FallbackWaveNotPrepared
		case !k.proc.picked || k.proc.status != procReady:
			return FallbackWaveNotReady
		case w.n > 1 && w.n > k.proc.session.admission.width:
			return FallbackWaveWiderThanBudget
		}
		for j := range w.picks[:i] {
			o := &w.picks[j]
			if o.proc == k.proc || (o.ring != nil && o.ring == k.ring) {
				return FallbackWaveOverlap
			}
		}
	}
	return FallbackNone
}

// fallBack reduces the wave to its first pick that can still step, planned anew, and puts the others back.
func (m *Machine) fallBack(reason FallbackReason) {
	w := &m.wave
	m.emit(Event{Session: NoSession, Kind: EventProfile, Code: uint8(reason), Seq: uint64(w.n), Role: NoRole, Peer: NoRole, Label: NoLabel})
	m.putBack()
	w.n = 0
	if p := m.ready.first(); p != nil {
		w.add(p)
		m.ready.remove(p)
		m.plan(&w.picks[0], p)
		m.prepare(&w.picks[0])
	}
}

// putBack returns the picks to the front of the ready queue, in their order.
func (m *Machine) putBack() {
	for i := m.wave.n - 1; i >= 0; i-- {
		p := m.wave.picks[i].proc
		if !p.picked {
			continue
		}
		p.picked = false
		if p.status == procReady && !p.queued && p.held == 0 {
			m.ready.pushFront(p, m.level(p))
		}
	}
}

// abandon makes a wave void that was planned and not committed.
func (m *Machine) abandon() {
	if m.wave.live {
		m.putBack()
		m.wave.n, m.wave.live = 0, false
	}
}
