package task_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aura-runtime/aura/task"
)

func TestRealExecutorInABubbleTakesNoTime(t *testing.T) {
	outside := time.Now()
	synctest.Test(t, func(t *testing.T) {
		run(t, task.NewReal(task.RealOptions{}), func(tc task.Context) error {
			m := task.NewMailbox[int]("m", 1)
			g := task.NewGroup(tc, "g")
			g.Go("sends", func(tc task.Context) error {
				for i := range 100 {
					if err := tc.Sleep(time.Hour); err != nil {
						return err
					}
					if err := m.Send(tc, i); err != nil {
						return err
					}
				}
				return nil
			})
			from := tc.Elapsed()
			for range 100 {
				if _, ok, err := m.RecvUntil(tc, tc.Elapsed()+2*time.Hour); !ok || err != nil {
					t.Fatal("nothing came in time", err)
				}
			}
			if took := tc.Elapsed() - from; took != 100*time.Hour {
				t.Errorf("it took %v", took)
			}
			_, ok, err := m.RecvUntil(tc, tc.Elapsed()+time.Minute)
			if ok || err != nil {
				t.Errorf("got %v, %v", ok, err)
			}
			return g.Wait(tc)
		})
	})
	if took := time.Since(outside); took > 10*time.Second {
		t.Errorf("it took %v outside", took)
	}
}

func TestSimulationRunsInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := bustle(task.NewSim(1, task.SimOptions{})); err != nil {
			t.Error(err)
		}
	})
}
