package task

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// Context holds the powers and the budget of a task: it sleeps, starts groups, reports events, and ends
// when the task's group is cancelled or its budget is spent. It is passed by value as the first
// parameter, never stored, and used only by the task that received it. It is not a context.Context.
type Context struct {
	task  *task
	stage *stage // innermost budget; nil: none
}

// Err returns nil while the work may go on, else an *aura.Error: [aura.Cancelled] when the group was
// cancelled or the stage is over, [aura.Timeout] when the budget is spent. It names task and stage.
func (tc Context) Err() error {
	s := tc.stage
	if s == nil {
		if tc.task.group.cancelled.Load() {
			return tc.cancelled()
		}
		return nil
	}
	if !s.grace && tc.task.group.cancelled.Load() {
		return tc.cancelled()
	}
	if s.over.Load() {
		return ended(aura.Cancelled, "%s: stage %s is over", tc.Name(), s.name)
	}
	if s.deadline != never && tc.Elapsed() >= s.deadline {
		return ended(aura.Timeout, "%s: budget of stage %s is spent", tc.Name(), s.limit)
	}
	return nil
}

func (tc Context) cancelled() error {
	return ended(aura.Cancelled, "%s: cancelled", tc.Name())
}

// Ended is the cause of every error of [Context.Err]. Its text names a task, for developers: code that answers a person
// says it in that person's words.
type Ended struct{ text string }

// Error implements error.
func (e *Ended) Error() string { return e.text }

func ended(kind aura.Kind, format string, args ...any) error {
	return &aura.Error{Op: "task.Wait", Kind: kind, Err: &Ended{fmt.Sprintf(format, args...)}}
}

// enter is the first thing of every operation that may park: a context that has ended ends it. It yields
// then, so that a loop which ignores the error lets others run and is seen by a simulation's step limit.
func (tc Context) enter() error {
	if tc.task.interrupt != nil {
		tc.task.interrupt()
	}
	err := tc.Err()
	if err != nil {
		tc.task.yield()
	}
	return err
}

func (tc Context) engine() engine { return tc.task.group.engine }

// Now returns the wall clock.
func (tc Context) Now() aura.Physical { return tc.task.group.now() }

// Elapsed returns the time since the executor's start. It never goes back.
func (tc Context) Elapsed() aura.Duration { return tc.engine().Elapsed() }

// Clock returns the clock that the task sees. It outlives the task.
func (tc Context) Clock() world.Clock {
	if g := tc.task.group; g.skew != nil {
		return groupClock{g.engine, g}
	}
	return tc.engine()
}

// Name returns the task's name after the names of the groups above it: "agent/chat/serve".
func (tc Context) Name() string { return tc.task.path() }

// Group returns the group that the task belongs to.
func (tc Context) Group() *Group { return tc.task.group }

// Observed reports whether a log takes events, for callers that must read something to report them.
func (tc Context) Observed() bool { return !tc.engine().silent() }

// Emit reports an event as one of this task and its group, unless the event names others.
func (tc Context) Emit(e world.Event) {
	if !tc.Observed() {
		return
	}
	tc.engine().record(e.By(tc.task.name, tc.task.group.path))
}

// Sleep waits for d. It returns early with the context's error. A d of zero or less is a [Context.Yield].
func (tc Context) Sleep(d aura.Duration) error {
	if d <= 0 {
		return tc.Yield()
	}
	if err := tc.enter(); err != nil {
		return err
	}
	until := later(tc.Elapsed(), d)
	limit := min(until, tc.deadline())
	for tc.Elapsed() < until {
		tc.task.park(wait{op: "sleep"}, limit)
		if err := tc.Err(); err != nil {
			return err
		}
	}
	return nil
}

// Yield lets other tasks run and returns the context's error.
func (tc Context) Yield() error {
	tc.task.yield()
	return tc.Err()
}

// later adds without overflow: a very long wait is a wait without end.
func later(t, d aura.Duration) aura.Duration {
	if d > never-t {
		return never
	}
	return t + d
}
