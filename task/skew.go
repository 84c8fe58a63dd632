package task

import (
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// skew is by how much the wall clock of a group is ahead of the executor's. Child groups share it.
type skew struct{ by atomic.Int64 }

// SetClock lets the tasks of a group, and of the groups below it that are made later, see a wall clock that is
// ahead of the simulated one, or behind: a machine whose clock is wrong. Called again it moves the clock while
// they run. Elapsed, and so every wait, goes on as before.
func (s *Sim) SetClock(g *Group, ahead aura.Duration) {
	if g.skew == nil {
		g.skew = new(skew)
	}
	g.skew.by.Store(int64(ahead))
}

// now returns the wall clock as the tasks of the group see it.
func (g *Group) now() aura.Physical {
	now := g.engine.Now()
	if g.skew != nil {
		now.At = now.At.Add(aura.Duration(g.skew.by.Load()))
	}
	return now
}

// groupClock is the clock of a group whose wall clock is wrong.
type groupClock struct {
	world.Clock
	group *Group
}

// Now implements [world.Clock].
func (c groupClock) Now() aura.Physical { return c.group.now() }
