package machine

// Status is how a machine stands after a round. The numbers are append-only.
type Status uint8

// The statuses.
const (
	// StatusProgressing: a role is ready.
	StatusProgressing Status = 1
	// StatusAllDone: no role is left.
	StatusAllDone Status = 2
	// StatusStuck: roles are left and all of them wait, for a message from outside, for the host, or for a
	// timeout to end.
	StatusStuck Status = 3
)

func (s Status) String() string {
	return named([]string{StatusProgressing: "progressing", StatusAllDone: "all done", StatusStuck: "stuck"}, uint8(s))
}

// Status returns how the machine stands.
func (m *Machine) Status() Status {
	switch {
	case m.live == 0:
		return StatusAllDone
	case m.ready.count == 0:
		return StatusStuck
	}
	return StatusProgressing
}

// Step takes one canonical round: time moves on by one tick, and the role whose turn it is takes one step.
// A step that is refused ends its session; the *Fault is the cause of the error, and the machine goes on
// with the other sessions. A stuck or finished machine only moves its time.
func (m *Machine) Step() (Status, error) {
	m.abandon()
	m.advance()
	p := m.ready.first()
	if p == nil {
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
	if f != nil {
		return m.Status(), f.in("machine.Step")
	}
	return m.Status(), nil
}

// Run takes canonical rounds until nothing is ready, a step is refused, or rounds are used up.
func (m *Machine) Run(rounds int) (Status, error) {
	status := m.Status()
	for range rounds {
		if status != StatusProgressing {
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
