package task_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/google/go-cmp/cmp"
)

// Each operation that can wait, parked for good until its context ends or it is granted.
func waits() map[string]struct {
	wait  func(task.Context) error
	grant func()
} {
	type w = struct {
		wait  func(task.Context) error
		grant func()
	}
	full, empty := task.NewMailbox[int]("full", 1), task.NewMailbox[int]("empty", 1)
	full.TrySend(0)
	reply, wake, latch, sem := task.NewFuture[int](), task.NewWake(), task.NewLatch(), task.NewSemaphore(1)
	sem.TryAcquire()
	return map[string]w{
		"send":      {func(tc task.Context) error { return full.Send(tc, 1) }, func() { full.TryRecv() }},
		"receive":   {func(tc task.Context) error { _, err := empty.Recv(tc); return err }, func() { empty.TrySend(1) }},
		"reply":     {func(tc task.Context) error { _, err := reply.Await(tc); return err }, func() { reply.Resolve(1, nil) }},
		"wake":      {wake.Wait, wake.Notify},
		"latch":     {latch.Wait, latch.Open},
		"semaphore": {sem.Acquire, sem.Release},
	}
}

func eachWait(t *testing.T, fn func(t *testing.T, x task.Executor, wait func(task.Context) error, grant func())) {
	for name := range waits() {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, x task.Executor) {
				w := waits()[name]
				fn(t, x, w.wait, w.grant)
			})
		})
	}
}

func TestWaitIsGranted(t *testing.T) {
	eachWait(t, func(t *testing.T, x task.Executor, wait func(task.Context) error, grant func()) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			g.Go("waits", wait)
			_ = tc.Sleep(time.Millisecond)
			if len(g.Live()) != 1 {
				t.Error("it did not wait")
			}
			grant()
			return g.Wait(tc)
		})
	})
}

func TestWaitEndsByCancellation(t *testing.T) {
	eachWait(t, func(t *testing.T, x task.Executor, wait func(task.Context) error, _ func()) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			var got error
			g.Go("waits", func(tc task.Context) error { got = wait(tc); return got })
			_ = tc.Sleep(time.Millisecond)
			if err := g.Close(tc, time.Minute); err != nil {
				return err
			}
			if !errors.Is(got, aura.Cancelled) {
				t.Errorf("got %v", got)
			}
			return nil
		})
	})
}

func TestWaitEndsByBudget(t *testing.T) {
	eachWait(t, func(t *testing.T, x task.Executor, wait func(task.Context) error, grant func()) {
		run(t, x, func(tc task.Context) error {
			short, done := tc.WithBudget("short", 2*time.Millisecond)
			defer done()
			from := tc.Elapsed()
			if err := wait(short); aura.KindOf(err) != aura.Timeout {
				t.Errorf("got %v", err)
			}
			if took := tc.Elapsed() - from; took < 2*time.Millisecond {
				t.Errorf("gave up after %v", took)
			}
			// The task that gave up left the queue: the grant is for the next.
			grant()
			return wait(tc)
		})
	})
}

func TestGrantCountsBeforeCancellation(t *testing.T) {
	eachWait(t, func(t *testing.T, x task.Executor, wait func(task.Context) error, grant func()) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			got := errPlanned
			g.Go("waits", func(tc task.Context) error { got = wait(tc); return nil })
			_ = tc.Sleep(time.Millisecond)
			grant()
			g.Cancel()
			err := g.Wait(tc)
			if got != nil {
				t.Errorf("granted and then cancelled, it returned %v", got)
			}
			return err
		})
	})
}

func TestEndedContextDoesNothing(t *testing.T) {
	eachWait(t, func(t *testing.T, x task.Executor, wait func(task.Context) error, grant func()) {
		run(t, x, func(tc task.Context) error {
			grant()
			over, done := tc.WithBudget("over", time.Hour)
			done()
			if err := wait(over); !errors.Is(err, aura.Cancelled) {
				t.Errorf("in a stage that is over: %v", err)
			}
			spent, done := tc.WithBudget("spent", 0)
			defer done()
			if err := wait(spent); !errors.Is(err, aura.Timeout) {
				t.Errorf("without budget: %v", err)
			}
			return wait(tc) // the grant is still there
		})
	})
}

func TestNotificationsOfAWakeCountAsOne(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			b := task.NewWake()
			b.Notify()
			b.Notify()
			first, _ := b.WaitUntil(tc, tc.Elapsed())
			second, _ := b.WaitUntil(tc, tc.Elapsed()+time.Millisecond)
			if !first || second {
				t.Errorf("two rings were heard as %v, %v", first, second)
			}
			return nil
		})
	})
}

func TestReplyKeepsTheFirstResult(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			r := task.NewFuture[int]()
			g := task.NewGroup(tc, "g")
			for range 3 {
				g.Go("waits", func(tc task.Context) error {
					if v, err := r.Await(tc); v != 7 || err != nil {
						t.Errorf("got %d, %v", v, err)
					}
					return nil
				})
			}
			_ = tc.Yield()
			if !r.Resolve(7, nil) || r.Resolve(8, errPlanned) {
				t.Error("the second result was taken")
			}
			return g.Wait(tc)
		})
	})
}

func TestWaitersAreServedInOrder(t *testing.T) {
	run(t, task.NewSim(5, task.SimOptions{}), func(tc task.Context) error {
		const tasks = 20
		sem := task.NewSemaphore(1)
		sem.TryAcquire()
		g := task.NewGroup(tc, "g")
		var got, want []int
		for i := range tasks {
			g.Go("waits", func(tc task.Context) error {
				if err := sem.Acquire(tc); err != nil {
					return err
				}
				got = append(got, i)
				_ = tc.Yield()
				sem.Release()
				return nil
			})
			_ = tc.Sleep(1) // it stands in line now
			want = append(want, i)
		}
		sem.Release()
		err := g.Wait(tc)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return err
	})
}
