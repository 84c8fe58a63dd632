package task_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/aura-runtime/aura/task"
)

func TestStdEndsWithTheGroupTheStageAndTheTask(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			ends := map[string]context.Context{}
			derived := map[string]context.Context{}
			g.Go("t", func(tc task.Context) error {
				keep := func(name string, ctx context.Context) {
					ends[name] = ctx
					derived[name] = derive(t, ctx)
				}
				stage, done := tc.WithBudget("stage", time.Hour)
				keep("stage", stage.Std())
				if ends["stage"].Err() != nil || derived["stage"].Err() != nil {
					t.Error("it ended before its stage")
				}
				done()
				if derived["stage"].Err() != context.Canceled {
					t.Errorf("after its stage: %v", derived["stage"].Err())
				}
				keep("task", tc.Std())
				if tc.Std() != ends["task"] {
					t.Error("a task has two contexts")
				}
				return nil
			})
			if err := g.Wait(tc); err != nil {
				return err
			}
			if derived["task"].Err() != context.Canceled {
				t.Errorf("after its task: %v", derived["task"].Err())
			}

			h := task.NewGroup(tc, "h")
			var ctx, grace context.Context
			h.Go("t", func(tc task.Context) error {
				ctx = derive(t, tc.Std())
				closing, done := tc.Grace("closing", time.Hour)
				defer done()
				grace = closing.Std()
				err := untilCancelled(tc)
				<-ctx.Done() // open in a simulation, it would be the watchdog's
				if ctx.Err() != context.Canceled {
					t.Errorf("after the cancellation: %v", ctx.Err())
				}
				if grace.Err() != nil {
					t.Errorf("within the grace: %v", grace.Err())
				}
				return err
			})
			_ = tc.Sleep(time.Millisecond)
			return h.Close(tc, time.Minute)
		})
	})
}

// derive returns a context that only its parent or the end of the test ends.
func derive(t *testing.T, parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	t.Cleanup(cancel)
	return ctx
}

func TestStdKnowsTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			if _, ok := tc.Std().Deadline(); ok {
				t.Error("there is a deadline without a budget")
			}
			stage, done := tc.WithBudget("stage", 5*time.Millisecond)
			defer done()
			at, ok := stage.Std().Deadline()
			if now := tc.Now().At.Std(); !ok || at.Before(now.Add(-time.Minute)) || at.After(now.Add(time.Minute)) {
				t.Errorf("deadline %v, %v", at, ok)
			}
			_ = tc.Sleep(6 * time.Millisecond)
			if err := stage.Std().Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Err is %v", err)
			}
			select {
			case <-stage.Std().Done():
			default:
				t.Error("Err is set and Done is open")
			}
			return nil
		})
	})
}

func TestStdClosesDoneAtTheDeadline(t *testing.T) {
	run(t, task.NewReal(task.RealOptions{}), func(tc task.Context) error {
		stage, done := tc.WithBudget("stage", time.Millisecond)
		defer done()
		<-stage.Std().Done()
		if err := stage.Std().Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Err is %v", err)
		}
		return nil
	})
}

func TestStdMakesTheStandardLibraryStartNoGoroutine(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			before := runtime.NumGoroutine()
			var cancels []context.CancelFunc
			for range 50 {
				_, cancel := context.WithCancel(tc.Std())
				cancels = append(cancels, cancel)
			}
			if after := runtime.NumGoroutine(); after > before+10 {
				t.Errorf("%d goroutines became %d", before, after)
			}
			for _, cancel := range cancels {
				cancel()
			}
			return nil
		})
	})
}

func TestStdAfterFunc(t *testing.T) {
	run(t, task.NewReal(task.RealOptions{}), func(tc task.Context) error {
		stage, done := tc.WithBudget("stage", time.Hour)
		called := make(chan string, 2)
		stopped := context.AfterFunc(stage.Std(), func() { called <- "stopped" })
		context.AfterFunc(stage.Std(), func() { called <- "kept" })
		if !stopped() {
			t.Error("stop came too late")
		}
		done()
		if got := <-called; got != "kept" {
			t.Errorf("%s function was called", got)
		}
		return nil
	})
}
