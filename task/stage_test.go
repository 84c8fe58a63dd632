package task_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"pgregory.net/rapid"
)

func TestBudgetsOnlyNarrow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		shares := rapid.SliceOfN(rapid.Float64Range(-1, 2), 1, 5).Draw(rt, "shares")
		budgets := rapid.SliceOfN(rapid.Int64Range(-5, 100), 1, 5).Draw(rt, "budgets")
		_ = task.NewSim(1, task.SimOptions{}).Run("world", func(tc task.Context) error {
			left, limited := tc.Remaining()
			check := func(inner task.Context, most aura.Duration) {
				now, ok := inner.Remaining()
				if !ok || limited && now > left || now > max(0, most) || now < 0 {
					rt.Fatalf("%v remain of %v, allowed %v", now, left, most)
				}
				tc, left, limited = inner, now, true
			}
			for _, b := range budgets {
				inner, done := tc.WithBudget("b", time.Duration(b))
				defer done()
				check(inner, time.Duration(b))
			}
			for _, b := range budgets {
				inner, done := tc.Grace("g", time.Duration(b))
				defer done()
				check(inner, time.Duration(b))
			}
			for _, s := range shares {
				inner, done := tc.Stage("s", s)
				defer done()
				check(inner, left)
			}
			return nil
		})
	})
}

func TestExpiryNamesTheStageThatSetTheLimit(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			outer, done := tc.WithBudget("connect", 10*time.Millisecond)
			defer done()
			if inner, done := outer.WithBudget("generous", time.Hour); true {
				defer done()
				err := inner.Sleep(time.Hour)
				if aura.KindOf(err) != aura.Timeout || !strings.Contains(err.Error(), "connect") {
					t.Errorf("got %v", err)
				}
			}
			return tc.Err() // the caller's own time goes on
		})
	})
}

func TestStageIsAShareOfWhatRemains(t *testing.T) {
	run(t, task.NewSim(1, task.SimOptions{}), func(tc task.Context) error {
		if _, limited := tc.Remaining(); limited {
			t.Error("a task starts with a budget")
		}
		named, done := tc.Stage("named", 0.5)
		defer done()
		if _, limited := named.Remaining(); limited {
			t.Error("a share of no budget is a budget")
		}
		outer, done := tc.WithBudget("outer", time.Minute)
		defer done()
		_ = outer.Sleep(20 * time.Second)
		half, done := outer.Stage("half", 0.5)
		defer done()
		if left, _ := half.Remaining(); left != 20*time.Second {
			t.Errorf("half of 40 s is %v", left)
		}
		return nil
	})
}

func TestGraceOutlastsCancellationWithinTheBudget(t *testing.T) {
	run(t, task.NewSim(1, task.SimOptions{}), func(tc task.Context) error {
		g := task.NewGroup(tc, "g")
		g.Go("t", func(tc task.Context) error {
			tc.Group().Cancel()
			spent, done := tc.WithBudget("spent", time.Second)
			defer done()
			late, done := spent.Grace("late", time.Hour)
			defer done()
			if err := late.Sleep(time.Minute); !errors.Is(err, aura.Timeout) || !strings.Contains(err.Error(), "spent") {
				t.Errorf("a grace within a budget: %v", err)
			}
			grace, done := tc.Grace("goodbye", time.Second)
			defer done()
			if err := grace.Sleep(time.Millisecond); err != nil {
				t.Errorf("within the grace: %v", err)
			}
			inner, done := grace.WithBudget("inner", time.Hour)
			defer done()
			if err := inner.Sleep(time.Minute); !errors.Is(err, aura.Timeout) || !strings.Contains(err.Error(), "goodbye") {
				t.Errorf("after the grace: %v", err)
			}
			return tc.Err()
		})
		return g.Wait(tc)
	})
}

func TestVeryLongWaitsDoNotOverflow(t *testing.T) {
	run(t, task.NewSim(1, task.SimOptions{}), func(tc task.Context) error {
		_ = tc.Sleep(time.Hour)
		const forever = aura.Duration(1<<63 - 1)
		if b, done := tc.WithBudget("long", forever); b.Err() != nil {
			t.Error(b.Err())
		} else {
			done()
		}
		short, done := tc.WithBudget("short", time.Second)
		defer done()
		if err := short.Sleep(forever); !errors.Is(err, aura.Timeout) {
			t.Errorf("got %v", err)
		}
		return nil
	})
}
