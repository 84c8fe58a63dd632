package task_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/google/go-cmp/cmp"
)

var errPlanned = errors.New("planned failure")

// untilCancelled parks a task until its group is cancelled.
func untilCancelled(tc task.Context) error { return task.NewLatch().Wait(tc) }

func TestRunReturnsAfterTheLastTask(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		var ended atomic.Int32
		run(t, x, func(tc task.Context) error {
			outer := task.NewGroup(tc, "outer")
			outer.Go("slow", func(tc task.Context) error {
				defer ended.Add(1)
				task.NewGroup(tc, "inner").Go("slower", func(tc task.Context) error {
					defer ended.Add(1)
					return tc.Sleep(2 * time.Millisecond)
				})
				return tc.Sleep(time.Millisecond)
			})
			return nil
		})
		if n := ended.Load(); n != 2 {
			t.Errorf("%d of 2 tasks had ended when Run returned", n)
		}
	})
}

func TestFirstFailureCancelsTheGroupAndIsKept(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "pair")
			var sibling error
			g.Go("waits", func(tc task.Context) error {
				sibling = untilCancelled(tc)
				return sibling
			})
			g.Go("fails", func(tc task.Context) error { return aura.Errorf("x", aura.Corrupt, "%w", errPlanned) })
			err := g.Wait(tc)
			if !errors.Is(err, errPlanned) || aura.KindOf(err) != aura.Corrupt || !strings.Contains(err.Error(), "test/pair/fails") {
				t.Errorf("Wait returned %v", err)
			}
			if !errors.Is(sibling, aura.Cancelled) {
				t.Errorf("the sibling got %v", sibling)
			}
			return tc.Err() // the parent group goes on
		})
	})
}

func TestPanicFailsTheGroupWithItsStack(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			g.Go("panics", func(task.Context) error { panicHere(); return nil })
			var p *task.PanicError
			if err := g.Wait(tc); !errors.As(err, &p) || aura.KindOf(err) != aura.Internal {
				t.Fatalf("Wait returned %v", err)
			}
			if p.Value != "planned" || !strings.Contains(string(p.Stack), "panicHere") {
				t.Errorf("value %v, stack:\n%s", p.Value, p.Stack)
			}
			return nil
		})
	})
}

// TestAPanicThatCarriesACancellationIsAPanic: a task that panics with the error of its own cancellation did not
// stop in order.
func TestAPanicThatCarriesACancellationIsAPanic(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			g.Go("panics", func(tc task.Context) error { panic(untilCancelled(tc)) })
			g.Cancel()
			var p *task.PanicError
			if err := g.Wait(tc); !errors.As(err, &p) {
				t.Errorf("Wait returned %v", err)
			}
			return nil
		})
	})
}

func panicHere() { panic("planned") }

func TestRunReportsAFailureThatNobodyAskedAbout(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		fail := func(task.Context) error { return errPlanned }
		err := x.Run("test", func(tc task.Context) error {
			asked, forgotten := task.NewGroup(tc, "asked"), task.NewGroup(tc, "forgotten")
			asked.Go("a", fail)
			_ = asked.Wait(tc)
			forgotten.Go("f", fail)
			return nil
		})
		if !errors.Is(err, errPlanned) || !strings.Contains(err.Error(), "test/forgotten/f") {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestCancelReachesGroupsBelowAndLaterTasks(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			outer := task.NewGroup(tc, "outer")
			idle := make(chan *task.Group, 1)
			outer.Go("parent", func(tc task.Context) error {
				inner := task.NewGroup(tc, "inner")
				inner.Go("child", untilCancelled)
				idle <- task.NewGroup(tc, "idle") // empty when the cancellation passes
				return untilCancelled(tc)
			})
			_ = tc.Sleep(time.Millisecond)
			outer.Cancel()
			if err := outer.Wait(tc); err != nil {
				return err
			}
			var late error
			g := <-idle
			g.Go("late", func(tc task.Context) error { late = tc.Err(); return late })
			if err := g.Wait(tc); err != nil {
				return err
			}
			if !errors.Is(late, aura.Cancelled) {
				t.Errorf("a task started after the cancellation saw %v", late)
			}
			return nil
		})
	})
}

// stubborn returns a task that no cancellation ends before release opens.
func stubborn(release *task.Latch) func(task.Context) error {
	return func(tc task.Context) error {
		tc, done := tc.Grace("stubborn", time.Hour)
		defer done()
		return release.Wait(tc)
	}
}

// TestACloseThatTimesOutAsksForTheFailure: what failed before the tasks that hang is no failure that Run has to report.
func TestACloseThatTimesOutAsksForTheFailure(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			release := task.NewLatch()
			g.Go("stubborn", stubborn(release))
			g.Go("failing", func(task.Context) error { return errPlanned })
			_ = tc.Sleep(time.Millisecond)
			if err := g.Close(tc, 5*time.Millisecond); aura.KindOf(err) != aura.Timeout {
				t.Errorf("Close returned %v", err)
			}
			release.Open()
			return nil
		})
	})
}

func TestCloseNamesTheTasksThatHang(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			release := task.NewLatch()
			g.Go("stubborn", stubborn(release))
			g.Go("obedient", untilCancelled)
			_ = tc.Sleep(time.Millisecond)
			err := g.Close(tc, 5*time.Millisecond)
			if aura.KindOf(err) != aura.Timeout || !strings.Contains(err.Error(), "test/g/stubborn") ||
				strings.Contains(err.Error(), "obedient") {
				t.Errorf("Close returned %v", err)
			}
			if diff := cmp.Diff([]string{"test/g/stubborn"}, g.Live()); diff != "" {
				t.Error(diff)
			}
			release.Open()
			return g.Close(tc, time.Minute)
		})
	})
}

func TestCloseWaitsAlthoughTheCallerIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			caller := task.NewGroup(tc, "caller")
			closed := false
			caller.Go("c", func(tc task.Context) error {
				g := task.NewGroup(tc, "g")
				g.Go("cleans up", func(tc task.Context) error {
					err := untilCancelled(tc)
					tc, done := tc.Grace("clean up", time.Second)
					defer done()
					_ = tc.Sleep(time.Millisecond)
					closed = true
					return err
				})
				_ = untilCancelled(tc)
				return g.Close(tc, time.Minute)
			})
			_ = tc.Sleep(time.Millisecond)
			err := caller.Close(tc, time.Minute)
			if !closed {
				t.Error("Close returned before the task had ended")
			}
			return err
		})
	})
}

func TestClosedGroupStartsNothing(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			if err := g.Close(tc, 0); err != nil {
				return err
			}
			g.Go("late", func(task.Context) error { t.Error("started"); return nil })
			return g.Wait(tc)
		})
	})
}

func TestWaitInsideTheGroupIsRefused(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			outer := task.NewGroup(tc, "outer")
			outer.Go("t", func(tc task.Context) error {
				inner := task.NewGroup(tc, "inner")
				inner.Go("waits for its grandparent", func(tc task.Context) error {
					if err := outer.Wait(tc); aura.KindOf(err) != aura.Invalid {
						t.Errorf("Wait returned %v", err)
					}
					return nil
				})
				return inner.Wait(tc)
			})
			return outer.Wait(tc)
		})
	})
}

func TestAdoptMakesAForeignGoroutineATask(t *testing.T) {
	x := task.NewReal(task.RealOptions{})
	run(t, x, func(tc task.Context) error {
		g := task.NewGroup(tc, "library")
		m := task.NewMailbox[string]("m", 1)
		result := make(chan error)
		go func() {
			result <- g.Adopt("callback", func(tc task.Context) error {
				if err := m.Send(tc, tc.Name()); err != nil {
					return err
				}
				return errPlanned
			})
		}()
		name, err := m.Recv(tc)
		if name != "test/library/callback" || err != nil {
			t.Errorf("received %q, %v", name, err)
		}
		if err := <-result; !errors.Is(err, errPlanned) {
			t.Errorf("Adopt returned %v", err)
		}
		if err := g.Close(tc, time.Second); err != nil {
			t.Errorf("an error of an adopted goroutine failed the group: %v", err)
		}
		if err := g.Adopt("late", func(task.Context) error { return nil }); aura.KindOf(err) != aura.Unavailable {
			t.Errorf("a closed group adopted: %v", err)
		}
		return nil
	})
}

func TestAdoptIsRefusedInASimulation(t *testing.T) {
	run(t, task.NewSim(1, task.SimOptions{}), func(tc task.Context) error {
		err := tc.Group().Adopt("foreign", func(task.Context) error { t.Error("ran"); return nil })
		if aura.KindOf(err) != aura.Unavailable {
			t.Errorf("Adopt returned %v", err)
		}
		return nil
	})
}

func TestAdoptAfterTheEndIsRefused(t *testing.T) {
	var g *task.Group
	run(t, task.NewReal(task.RealOptions{}), func(tc task.Context) error { g = tc.Group(); return nil })
	if err := g.Adopt("late", func(task.Context) error { return nil }); aura.KindOf(err) != aura.Unavailable {
		t.Errorf("Adopt returned %v", err)
	}
}

func TestFinishedGroupsAreGarbage(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			var seen []weak.Pointer[task.Group]
			for i := range 20 {
				g := task.NewGroup(tc, fmt.Sprint("g", i))
				g.Go("t", func(tc task.Context) error { return tc.Yield() })
				if err := g.Wait(tc); err != nil {
					return err
				}
				seen = append(seen, weak.Make(g))
			}
			runtime.GC()
			kept := 0
			for _, p := range seen {
				if p.Value() != nil {
					kept++
				}
			}
			if kept > 2 { // a stack slot may still hold the last ones
				t.Errorf("%d of 20 finished groups are still reachable", kept)
			}
			return nil
		})
	})
}

// TestAnEmptyGroupBelowACancelledOneAdoptsNothing: a group that is empty while a group above it is cancelled is
// not told. It learns of it when it is used.
func TestAnEmptyGroupBelowACancelledOneAdoptsNothing(t *testing.T) {
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		parent := task.NewGroup(tc, "parent")
		child := task.NewGroup(tc, "unused")
		parent.Go("make", func(tc task.Context) error {
			child = task.NewGroup(tc, "child")
			return nil
		})
		if err := parent.Wait(tc); err != nil {
			return err
		}
		parent.Cancel()
		err := child.Adopt("foreign", func(task.Context) error {
			t.Error("a cancelled group adopts")
			return nil
		})
		if aura.KindOf(err) != aura.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
