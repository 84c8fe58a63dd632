package task

import (
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// Group owns tasks and child groups: it cancels them together and knows when the last has ended. Tasks
// may be added until it is closed, also after it was empty. Its methods are safe for concurrent use.
type Group struct {
	path   string // the names of all groups above, and this one's
	engine engine
	parent *Group // nil: root
	skew   *skew  // nil: the wall clock is the executor's

	cancelled atomic.Bool // also set by a parent's cancellation
	asked     atomic.Bool // a task has been given err

	mu          guard
	first, last *task  // live tasks, in order of their start
	eldest      *Group // live child groups, in order of their linking
	youngest    *Group
	next, prev  *Group // in the parent, guarded by the parent's lock
	live        int    // live tasks and child groups; a group is linked to its parent while live > 0
	closed      bool   // refuses new tasks
	ended       bool   // root only: the last task has ended, and nothing starts any more
	crashed     bool   // simulation only
	isolated    bool   // panics below stay here, see NewIsolated
	err         error  // the first failure
	empty       queue  // waits for live == 0

	// The hooks are set before the first task and called without the lock.
	onFail   func(error)
	onCancel func()
	onEmpty  func() // root only
	lost     *Group // root only: a group below whose failure no task asked for yet
}

// NewGroup returns an empty group, a child of the calling task's group. It does not inherit tc's budget:
// a group lives until its work ends, a budget belongs to one operation.
func NewGroup(tc Context, name string) *Group { return tc.Group().newChild(name) }

// Child returns an empty group below g, for tasks that belong together: a stop of g ends it too.
func (g *Group) Child(name string) *Group { return g.newChild(name) }

// NewIsolated is [NewGroup] for work that its owner restarts: a panic below the group fails the group and not
// the service above it. The owner waits for the group, reads the failure, and begins again under a [Backoff].
// Nothing that outlives the group may be left half-changed by a panic.
func NewIsolated(tc Context, name string) *Group {
	g := NewGroup(tc, name)
	g.isolated = true
	return g
}

// Go starts fn as a task. A cancelled group still starts it, with a context that is cancelled; a closed
// one does not and reports an abort. An error that fn returns, other than the cancellation of its group,
// and a panic fail the group: its other tasks are cancelled. A panic fails the service above the group too,
// because it may have left the service's state half-changed, unless the group or one in between is
// isolated.
func (g *Group) Go(name string, fn func(Context) error) {
	t := g.engine.newTask()
	t.name, t.group, t.fn = name, g, fn
	if !g.add(t) {
		g.report(t, world.TaskAborted, aura.Cancelled)
		return
	}
	g.spawned(t)
	g.engine.spawn(t)
}

// Adopt makes the calling goroutine, which a library started, a task of the group for the time of fn and
// returns the result of fn; that error does not fail the group, a panic does. It refuses with
// [aura.Unavailable] in a simulation and in a group that is cancelled or closed.
func (g *Group) Adopt(name string, fn func(Context) error) error {
	const op = "task.Adopt"
	if !g.engine.adopts() {
		return aura.Errorf(op, aura.Unavailable, "%s/%s: a simulation takes no foreign goroutine", g.path, name)
	}
	t := g.engine.newTask()
	t.name, t.group, t.fn = name, g, fn
	if g.isCancelled() || !g.add(t) {
		return aura.Errorf(op, aura.Unavailable, "%s/%s: the group is closing", g.path, name)
	}
	g.spawned(t)
	return t.run(false)
}

// Err returns the group's first failure, with the name of the task, or nil.
func (g *Group) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked.Store(true)
	return g.err
}

// Wait waits until no task of the group or of the groups below it is live, and returns the group's first
// failure. It returns tc's error if that comes first, and [aura.Invalid] to a task that is inside.
func (g *Group) Wait(tc Context) error {
	if err := g.join(tc); err != nil {
		return err
	}
	return g.Err()
}

// Close cancels the group, refuses new tasks and waits at most grace, within the caller's budget, even if tc
// is cancelled. It returns the group's first failure, or [aura.Timeout] with the names of the tasks that hang: they stay members.
func (g *Group) Close(tc Context, grace aura.Duration) error {
	g.mu.lock(tc.task)
	g.closed = true
	g.mu.unlock(tc.task)
	g.asked.Store(true) // also when the answer is what hangs
	g.Cancel()
	began := tc.Elapsed()
	tc, done := tc.Grace("close "+g.path, grace)
	defer done()
	err := g.join(tc)
	if aura.KindOf(err) == aura.Timeout {
		return aura.Errorf("task.Close", aura.Timeout, "%s: still live after %v: %v", g.path, tc.Elapsed()-began, g.Live())
	}
	if err != nil {
		return err
	}
	return g.Err()
}

// isCancelled reports whether g or a group above it is cancelled. An empty group learns of a cancellation
// above it only when it is used again.
func (g *Group) isCancelled() bool {
	for ; g != nil; g = g.parent {
		if g.cancelled.Load() {
			return true
		}
	}
	return false
}

// join waits until the group is empty.
func (g *Group) join(tc Context) error {
	for up := tc.Group(); up != nil; up = up.parent {
		if up == g {
			return aura.Errorf("task.Wait", aura.Invalid, "%s waits for a group that it belongs to", tc.Name())
		}
	}
	if g.isEmpty() {
		return nil
	}
	if err := tc.enter(); err != nil {
		return err
	}
	g.mu.lock(tc.task)
	defer g.mu.unlock(tc.task)
	if g.live == 0 {
		return nil
	}
	_, err := g.empty.await(tc, &g.mu, wait{"group", g.path}, never)
	return err
}

// spawned reports a task that was added, unless no log would take it.
func (g *Group) spawned(t *task) {
	if !g.engine.silent() {
		g.engine.record(world.TaskSpawned(t.name, g.path))
	}
}

// report reports how a task ended, with the constructor for such an end.
func (g *Group) report(t *task, ended func(task, owner string, err error) world.Event, err error) {
	if !g.engine.silent() {
		g.engine.record(ended(t.name, g.path, err))
	}
}
