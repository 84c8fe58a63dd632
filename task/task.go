package task

import (
	"math"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// Forever is the time of a wait without an end of its own.
const Forever aura.Duration = math.MaxInt64

// never is the deadline of a wait that has none.
const never = Forever

// Executor runs tasks and is their clock. [Real] and [Sim] are the two there are.
type Executor interface {
	world.Clock
	// Run starts fn as the root task, in a group of the same name, and blocks the calling goroutine
	// until the root task and every task of every group below it have ended. It returns the first
	// failure of the root group, else the result of fn, else the failure of a group that no task asked for.
	Run(name string, fn func(Context) error) error
}

// engine is the package's interface to an executor; everything else is built on it.
type engine interface {
	world.Clock
	// newTask returns a task of the engine's own kind that has not started.
	newTask() *task
	// spawn makes a task run its body; it returns at once.
	spawn(*task)
	// record passes an event on; silent reports that no log takes it.
	record(world.Event)
	silent() bool
	// adopts reports whether goroutines of others may become tasks.
	adopts() bool
	// wall converts a point of Elapsed to wall-clock time, for libraries.
	wall(at aura.Duration) time.Time
	// after calls f on a goroutine of its own after d; stop prevents it. A simulation never calls it.
	after(d aura.Duration, f func()) (stop func() bool)
}

// parker is the executor's half of a task.
type parker interface {
	// park returns after unpark was called, at once if it was called since the last park, or when
	// Elapsed reaches until. It may also return for no reason: callers check their condition in a loop.
	park(on wait, until aura.Duration)
	// unpark ends a park, the current one or the next. On the real executor any goroutine may call it.
	unpark()
	// yield lets others run.
	yield()
	// ended releases the executor's resources for the task. It is the last call on a parker.
	ended()
}

// wait names the operation and the object that a parked task waits for, for reports.
type wait struct{ op, name string }

func (w wait) String() string {
	if w.name == "" {
		return w.op
	}
	return w.op + " " + w.name
}

// task is one thread of control, a member of exactly one group.
type task struct {
	parker
	name  string
	group *Group
	fn    func(Context) error

	next, prev *task         // in group, guarded by group.mu
	std        *stdContext   // of the context without a stage
	stds       []*stdContext // all that have not ended, guarded by group.mu

	// Membership in the one queue that the task waits in, guarded by the lock of the queue's owner.
	queue        *queue
	qnext, qprev *task
	grant        grant
	holds        *turnstile // handed the task a permit that it does not know of yet

	alone bool // in a simulation: no other task runs at the same time

	// Simulation only.
	crashed   bool   // the task is being unwound
	interrupt func() // lets others run now and then; nil: never
}

// path returns the task's name with the names of the groups above it.
func (t *task) path() string { return t.group.path + "/" + t.name }

// run executes the task's body and accounts for its end, however it ends. failures says whether an
// error that the body returns fails the group.
func (t *task) run(failures bool) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = t.broken(recover())
		}
		t.end(err, failures || !returned)
	}()
	err = t.fn(Context{task: t})
	returned = true
	return err
}

// broken explains a body that did not return: it panicked with value, or value is nil and something
// called runtime.Goexit. The stack is still there because deferred functions run on top of it.
func (t *task) broken(value any) error {
	if value != nil {
		return broken(value)
	}
	if t.crashed {
		return aura.Errorf("task.Crash", aura.Cancelled, "crashed")
	}
	return aura.Errorf("task.Run", aura.Internal, "ended by runtime.Goexit")
}

// end reports how the task ended, fails the group if it must, and leaves the group.
func (t *task) end(err error, failures bool) {
	g := t.group
	switch {
	case err == nil:
		g.report(t, world.TaskDone, nil)
	case t.crashed, g.cancelled.Load() && isCancellation(err):
		g.report(t, world.TaskAborted, err)
	case !failures:
		g.report(t, world.TaskDone, err)
	default:
		g.report(t, world.TaskFailed, err)
		g.fail(t, err)
	}
	t.endStds()
	t.ended()
	g.remove(t)
}
