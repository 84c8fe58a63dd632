package task_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestCrashRunsDefersAndLeavesTheRest(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for seed := range uint64(20) {
		sim := task.NewSim(seed, task.SimOptions{})
		var events []string
		run(t, sim, func(tc task.Context) error {
			victim, survivor := task.NewGroup(tc, "victim"), task.NewGroup(tc, "survivor")
			victim.Go("parent", func(tc task.Context) error {
				defer func() { events = append(events, "defer") }()
				task.NewGroup(tc, "below").Go("child", func(tc task.Context) error {
					defer func() { events = append(events, "defer") }()
					return tc.Sleep(time.Hour)
				})
				return untilCancelled(tc)
			})
			victim.Go("running", func(tc task.Context) error {
				defer func() { events = append(events, "defer") }()
				for {
					_ = tc.Sleep(time.Second) // ignores cancellation
				}
			})
			survivor.Go("s", func(tc task.Context) error { return tc.Sleep(time.Hour) })
			_ = tc.Sleep(time.Minute)
			victim.Go("not begun", func(tc task.Context) error { t.Error("began"); return nil })
			sim.Crash(victim)
			events = append(events, "returned")
			if live := victim.Live(); live != nil {
				t.Errorf("live after the crash: %v", live)
			}
			victim.Go("late", func(tc task.Context) error { t.Error("late task began"); return nil })
			return survivor.Wait(tc)
		})
		if diff := cmp.Diff([]string{"defer", "defer", "defer", "returned"}, events); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
	}
}

func TestCrashIsNotSwallowed(t *testing.T) {
	attempts := map[string]func(tc task.Context){
		"recover in a loop": func(tc task.Context) {
			for {
				func() {
					defer func() { _ = recover() }()
					_ = tc.Sleep(time.Second)
				}()
			}
		},
		"a wait in a defer": func(tc task.Context) {
			defer func() {
				for {
					_ = untilCancelled(tc)
				}
			}()
			_ = tc.Sleep(time.Hour)
		},
		"a grace in a defer": func(tc task.Context) {
			defer func() {
				tc, done := tc.Grace("save everything", time.Hour)
				defer done()
				_ = tc.Sleep(time.Minute)
			}()
			_ = tc.Sleep(time.Hour)
		},
		"a panic in a defer": func(tc task.Context) {
			defer panic("planned")
			_ = tc.Sleep(time.Hour)
		},
		"new tasks in a defer": func(tc task.Context) {
			defer func() {
				task.NewGroup(tc, "new").Go("t", untilCancelled)
				tc.Group().Go("t", untilCancelled)
			}()
			_ = tc.Sleep(time.Hour)
		},
	}
	for name, attempt := range attempts {
		sim := task.NewSim(1, task.SimOptions{StallLimit: 10_000})
		err := sim.Run("world", func(tc task.Context) error {
			victim := task.NewGroup(tc, "victim")
			victim.Go("v", func(tc task.Context) error { attempt(tc); return nil })
			_ = tc.Sleep(time.Minute)
			at := tc.Elapsed()
			sim.Crash(victim)
			if live := victim.Live(); live != nil || tc.Elapsed() != at {
				t.Errorf("%s: at %v live are %v", name, tc.Elapsed(), live)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCrashFromInside(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	deferred := false
	run(t, sim, func(tc task.Context) error {
		g := task.NewGroup(tc, "g")
		g.Go("other", untilCancelled)
		g.Go("self", func(tc task.Context) error {
			defer func() { deferred = true }()
			sim.Crash(tc.Group())
			t.Error("Crash returned to a task that it ended")
			return nil
		})
		if err := g.Wait(tc); err != nil {
			t.Errorf("Wait returned %v", err)
		}
		return nil
	})
	if !deferred {
		t.Error("the deferred function did not run")
	}
}

func TestCrashLeavesAPermitThatItsTaskDidNotKnowOf(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	run(t, sim, func(tc task.Context) error {
		sem, m := task.NewSemaphore(1), task.NewMailbox[int]("m", 1)
		sem.TryAcquire()
		victim, other := task.NewGroup(tc, "victim"), task.NewGroup(tc, "other")
		victim.Go("acquires", sem.Acquire)
		victim.Go("receives", func(tc task.Context) error { _, err := m.Recv(tc); return err })
		_ = tc.Sleep(1)
		other.Go("acquires", sem.Acquire)
		other.Go("receives", func(tc task.Context) error { _, err := m.Recv(tc); return err })
		_ = tc.Sleep(1)
		sem.Release() // to the victim, first in line, which does not get to run any more
		m.TrySend(1)
		sim.Crash(victim)
		return other.Wait(tc)
	})
}

func TestUnwindingAtTheEndCannotHoldUpRun(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{StepLimit: 100})
	err := sim.Run("world", func(tc task.Context) error {
		defer func() {
			for {
				_ = tc.Yield()
			}
		}()
		for {
			_ = tc.Yield()
		}
	})
	if aura.KindOf(err) != aura.Exhausted {
		t.Errorf("Run returned %v", err)
	}
}

func TestCrashWhileTheWorldEnds(t *testing.T) {
	// The limit strikes at each step of a crash in turn: between the victims, and before its caller goes on.
	for limit := range uint64(12) {
		sim := task.NewSim(1, task.SimOptions{StepLimit: limit + 1})
		err := sim.Run("world", func(tc task.Context) error {
			outer := task.NewGroup(tc, "outer")
			outer.Go("crasher", func(tc task.Context) error {
				g := task.NewGroup(tc, "g")
				g.Go("a", untilCancelled)
				g.Go("b", untilCancelled)
				_ = tc.Sleep(1)
				sim.Crash(outer)
				return nil
			})
			_ = outer.Wait(tc)
			return tc.Sleep(time.Second)
		})
		if err != nil && aura.KindOf(err) != aura.Exhausted {
			t.Errorf("limit %d: %v", limit+1, err)
		}
	}
}

// TestACrashTakesItsFailuresAlong: a failure whose owner was crashed before it could ask is dropped.
func TestACrashTakesItsFailuresAlong(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	run(t, sim, func(tc task.Context) error {
		victim := task.NewGroup(tc, "victim")
		victim.Go("owner", func(tc task.Context) error {
			task.NewGroup(tc, "below").Go("child", func(task.Context) error { return aura.Unavailable })
			return tc.Sleep(time.Hour) // and would have asked then
		})
		_ = tc.Sleep(time.Minute)
		sim.Crash(victim)
		return nil
	})
}
