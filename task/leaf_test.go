package task_test

import (
	"testing"

	"github.com/aura-runtime/aura/task"
)

func TestLeafExcludesOnTheRealExecutor(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		const tasks, rounds = 4, 1000
		n := 0
		run(t, x, func(tc task.Context) error {
			var leaf task.Leaf
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
