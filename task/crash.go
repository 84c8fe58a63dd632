package task

import (
	"slices"
)

// Crash ends every task of g and of the groups below it where it stands, as a power failure would, and
// returns when all have unwound: their deferred functions have run, but a wait in one of them ends
// it instead. A recover does not hold a crash up. The groups take no more tasks. Make the hands of the
// crashed world dead first, or deferred functions reach the outside. A caller inside g does not return.
// Only a task of this simulation may call it.
func (s *Sim) Crash(g *Group) {
	self := s.current.Load()
	if s.root == nil || self.crashed {
		return
	}
	s.markCrashed(g, self)
	s.crasher = self
	self.suspend()
}

// markCrashed marks the tasks of g and below for unwinding, takes them out of their waits, and closes
// their groups. The caller's own turn comes last: it is marked, and unwinds when it is resumed.
func (s *Sim) markCrashed(g *Group, self *simTask) {
	g.abandon()
	g.each(func(t *task) {
		if t.crashed {
			return // it is in line already
		}
		st := t.parker.(*simTask)
		t.crashed = true
		if t.queue != nil {
			t.queue.remove(t)
		}
		if t.holds != nil {
			t.holds.put() // the permit stays when the task goes
		}
		st.parked, st.permit = false, false
		if st != self {
			s.doomed = append(s.doomed, st)
		}
	})
	s.runnable = slices.DeleteFunc(s.runnable, func(t *simTask) bool { return t.crashed })
}

// abandon cancels the group and the groups below it for good.
func (g *Group) abandon() {
	g.Cancel()
	g.mu.Lock()
	g.closed, g.crashed = true, true
	children := g.childrenLocked()
	g.mu.Unlock()
	for _, c := range children {
		c.abandon()
	}
}
