package task

import (
	"fmt"
	"iter"
	"runtime"

	"github.com/aura-runtime/aura"
)

// simTask parks a coroutine.
type simTask struct {
	task
	sim       *Sim
	id        uint64
	coroutine *coroutine // nil until the first step
	parked    bool
	permit    bool
	on        wait          // its wait, while parked
	until     aura.Duration // the deadline of the wait; never: none
	due       aura.Duration // when its timer is due; never: it is not among the timers
	slot      int           // its place among the timers
}

func (t *simTask) park(on wait, until aura.Duration) {
	t.mustRun()
	if t.permit {
		t.permit = false
		return
	}
	t.on, t.until = on, until
	switch {
	case until <= t.sim.now:
		t.sim.runnable = append(t.sim.runnable, t)
	case until < t.due:
		t.parked = true
		t.sim.timers.set(t, until)
	default:
		// A timer that is due earlier stays: it finds the later deadline when it comes up.
		t.parked = true
	}
	t.coroutine.yield(struct{}{}) // suspend, by hand: each return after a switch is mispredicted
	if t.crashed {
		runtime.Goexit()
	}
}

func (t *simTask) unpark() {
	if !t.parked {
		t.permit = true
		return
	}
	t.parked = false
	t.sim.runnable = append(t.sim.runnable, t)
}

func (t *simTask) yield() {
	t.mustRun()
	t.sim.runnable = append(t.sim.runnable, t)
	t.suspend()
}

// preempt yields with the chance that [SimOptions.Preempt] sets.
func (t *simTask) preempt() {
	if t.sim.below(int(t.sim.options.Preempt)) == 0 {
		t.yield()
	}
}

func (t *simTask) ended() {
	if t.due != never {
		t.sim.timers.remove(t)
	}
}

// mustRun checks that the caller is the task that runs, and ends it if it has crashed: nothing that a
// deferred function of a crashed task does may wait.
func (t *simTask) mustRun() {
	if running := t.sim.current.Load(); running != t {
		panic(fmt.Sprintf("task: the context of %s is used outside of its task", t.path()))
	}
	if t.crashed {
		runtime.Goexit()
	}
}

// suspend gives control back to the driver until the next step.
func (t *simTask) suspend() {
	t.coroutine.yield(struct{}{})
	if t.crashed {
		runtime.Goexit()
	}
}

// coroutine is a stack that runs one simulated task after another.
type coroutine struct {
	task  *simTask // nil: idle
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

func newCoroutine() *coroutine {
	c := &coroutine{}
	c.next, c.stop = iter.Pull(c.work)
	return c
}

// work is the body of the coroutine. [Mutex] knows it by name.
func (c *coroutine) work(yield func(struct{}) bool) {
	c.yield = yield
	for {
		_ = c.task.run(true) // the group has it
		c.task = nil
		if !yield(struct{}{}) {
			return
		}
	}
}
