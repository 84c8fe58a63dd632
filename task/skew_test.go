package task_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// TestAGroupHasAClockOfItsOwn: the groups below share it, it moves while they run, and others and every wait
// keep the world's.
func TestAGroupHasAClockOfItsOwn(t *testing.T) {
	const ahead = 80 * 365 * 24 * time.Hour
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("world", func(tc task.Context) error {
		g := task.NewGroup(tc, "machine")
		sim.SetClock(g, ahead)
		var seen []aura.Duration
		look := func(tc task.Context) {
			seen = append(seen, tc.Now().At.Sub(sim.Now().At), tc.Clock().Now().At.Sub(sim.Now().At))
		}
		g.Go("boot", func(tc task.Context) error {
			below := task.NewGroup(tc, "below")
			below.Go("look", func(tc task.Context) error {
				look(tc)
				sim.SetClock(g, -time.Hour)
				before := tc.Elapsed()
				err := tc.Sleep(time.Second)
				look(tc)
				if tc.Elapsed()-before != time.Second {
					t.Errorf("a second took %v", tc.Elapsed()-before)
				}
				return err
			})
			return below.Wait(tc)
		})
		if err := g.Wait(tc); err != nil {
			return err
		}
		look(tc)
		for i, want := range []aura.Duration{ahead, ahead, -time.Hour, -time.Hour, 0, 0} {
			if seen[i] != want {
				t.Errorf("reading %d is ahead by %v, not %v", i, seen[i], want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
