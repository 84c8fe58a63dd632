package task_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/task"
)

func TestLeafExcludesOnTheRealExecutor(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		const tasks, rounds = 4, 1000
		n := 0
		run(t, x, func(tc task.Context) error {
			var leaf task.Mutex
			g := task.NewGroup(tc, "g")
			for range tasks {
				g.Go("adds", func(tc task.Context) error {
					for range rounds {
						leaf.Lock()
						n++
						leaf.Unlock()
					}
					return tc.Yield()
				})
			}
			return g.Wait(tc)
		})
		if n != tasks*rounds {
			t.Errorf("%d of %d", n, tasks*rounds)
		}
	})
}

// TestALeafIsWaitedForOutsideASimulation: the operating system may take a holder off its processor for longer than
// a task spins. Only in a simulation is that a mistake.
func TestALeafIsWaitedForOutsideASimulation(t *testing.T) {
	var leaf task.Mutex
	leaf.Lock()
	got := make(chan struct{})
	go func() {
		leaf.Lock()
		defer leaf.Unlock()
		close(got)
	}()
	select {
	case <-got:
		t.Fatal("the leaf was locked twice")
	case <-time.After(50 * time.Millisecond):
	}
	leaf.Unlock()
	<-got
}
