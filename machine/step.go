package machine

// Status is how a machine stands after a round. The numbers are append-only.
type Status uint8

// The statuses.
const (
	// Progressing: a role is ready.
	Progressing Status = 1
	// AllDone: no role is left.
	AllDone Status = 2
	// Stuck: roles are left and all of them wait, for a message from outside, for the host, or for a
	// timeout to end.
	Stuck Status = 3
)

func (s Status) String() string {
	return named([]string{Progressing: "progressing", AllDone: "all done", Stuck: "stuck"}, uint8(s))
}

// Status returns how the machine stands.
func (m *Machine) Status() Status {
	switch {
	case m.live == 0:
		return AllDone
	case m.ready.count == 0:
		return Stuck
	}
	return Progressing
}

// Step takes one canonical round: time moves on by one tick, and the role whose turn it is takes one step.
// A step that is refused ends its session; the *Fault is the cause of the error, and the machine goes on
// with the other sessions. A stuck or finished machine only moves its time.
func (m *Machine) Step() (Status, error) {
	m.abandon()
	m.advance()
	p := m.ready.first()
	if p == nil {
		m.objects.Advance(m.tick)
		return m.Status(), nil
	}
	m.ready.remove(p)
	w := &m.wave
	if len(w.picks) == 0 {
		w.picks = append(w.picks, pick{hasher: newHasher()})
	}
	k := &w.picks[0]
	m.plan(k, p)
	m.prepare(k)
	f := m.commit(k)
	m.objects.Advance(m.tick)
	if f != nil {
		return m.Status(), f.in("machine.Step")
	}
	return m.Status(), nil
}

// Run takes canonical rounds until nothing is ready, a step is refused, or rounds are used up.
func (m *Machine) Run(rounds int) (Status, error) {
	status := m.Status()
	for range rounds {
		if status != Progressing {
			return status, nil
		}
		var err error
		if status, err = m.Step(); err != nil {
			return status, err
		}
	}
	return status, nil
}

// advance begins a round.
func (m *Machine) advance() {
	m.tick++
	m.expire()
}
