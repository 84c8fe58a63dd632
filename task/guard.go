package task

import (
	"sync"

	"github.com/aura-runtime/aura"
)

// guard is the lock of a primitive. In a simulation one task runs at a time and never parks inside, so
// its tasks pass without taking it.
type guard struct{ sync.Mutex }

func (g *guard) lock(t *task) {
	if !t.alone {
		g.Lock()
	}
}

func (g *guard) unlock(t *task) {
	if !t.alone {
		g.Unlock()
	}
}

// park parks t without the lock.
func (g *guard) park(t *task, on wait, until aura.Duration) {
	g.unlock(t)
	t.park(on, until)
	g.lock(t)
}
