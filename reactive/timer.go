package reactive

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

const (
	// longestWait is after how long a scheduler looks at the wall clock again: it may have been set meanwhile.
	longestWait = time.Minute
	// shortestWait keeps a view that always turns at once from keeping the scheduler busy.
	shortestWait = time.Millisecond
	// never is a time that does not come.
	never = aura.Duration(1<<63 - 1)
)

// wakes returns the executor's time at which a view turns, or at which to look again.
func (s *Scheduler) wakes(tc task.Context) aura.Duration {
	wait, now := never, tc.Now().At
	for _, b := range s.views {
		if b.timed {
			wait = min(wait, max(b.turns.Sub(now), shortestWait), longestWait)
		}
	}
	if wait == never {
		return never
	}
	return tc.Elapsed() + wait
}
