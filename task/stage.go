package task

import (
	"sync/atomic"

	"github.com/aura-runtime/aura"
)

// stage is one budget on the way in. Expiry is computed from the clock: a stage has no timer.
type stage struct {
	name     string
	deadline aura.Duration // of Elapsed; the tightest on the way in; never: none
	limit    string        // the stage that set the deadline
	grace    bool          // goes on after the group was cancelled
	over     atomic.Bool   // done was called
	std      *stdContext   // made by Context.Std
}

// deadline returns the point of Elapsed at which the budget is spent.
func (tc Context) deadline() aura.Duration {
	if tc.stage == nil {
		return never
	}
	return tc.stage.deadline
}

// Remaining returns the rest of the budget, never less than zero; false means that there is none.
func (tc Context) Remaining() (aura.Duration, bool) {
	d := tc.deadline()
	if d == never {
		return 0, false
	}
	return max(0, d-tc.Elapsed()), true
}

// WithBudget returns a context whose work must end within d and within the rest of the caller's budget. It
// narrows and never widens. The name appears in the error on expiry. Call the second result when the
// stage is over, usually by defer: the context is cancelled then.
func (tc Context) WithBudget(name string, d aura.Duration) (Context, func()) {
	return tc.until(name, later(tc.Elapsed(), max(0, d)))
}

// Stage returns a context that may use a share, between 0 and 1, of the rest of the caller's budget; without
// a budget it only names the stage. See [Context.WithBudget] for the second result.
func (tc Context) Stage(name string, share float64) (Context, func()) {
	left, limited := tc.Remaining()
	if !limited {
		return tc.until(name, never)
	}
	return tc.WithBudget(name, aura.Duration(float64(left)*min(1, max(0, share))))
}

// Grace returns a context for work that must be done although the task was cancelled: cancellation does not
// reach it, a crash does. Like every stage it narrows the budget and never widens it: it ends within d and
// within the rest of the caller's budget.
func (tc Context) Grace(name string, d aura.Duration) (Context, func()) {
	return tc.narrow(&stage{name: name, deadline: later(tc.Elapsed(), max(0, d)), limit: name, grace: true})
}

// Irrevocable returns a context that neither the budget nor a cancellation ends, for learning the outcome of
// an act that cannot be undone, such as a batch that a disk has. The task that waits here must not be the one
// that asked for the act: its own wait ends in time. A crash ends it.
func (tc Context) Irrevocable(name string) (Context, func()) {
	return tc.enterStage(&stage{name: name, deadline: never, limit: name, grace: true})
}

// until narrows the budget to a point of Elapsed.
func (tc Context) until(name string, at aura.Duration) (Context, func()) {
	return tc.narrow(&stage{name: name, deadline: at, limit: name})
}

// narrow enters a stage within the one that tc is in.
func (tc Context) narrow(s *stage) (Context, func()) {
	if outer := tc.stage; outer != nil {
		s.grace = s.grace || outer.grace
		if outer.deadline <= s.deadline {
			s.deadline, s.limit = outer.deadline, outer.limit
		}
	}
	return tc.enterStage(s)
}

func (tc Context) enterStage(s *stage) (Context, func()) {
	t := tc.task
	return Context{task: t, stage: s}, func() {
		s.over.Store(true)
		t.leaveStage(s)
	}
}
