package task_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// bustle is a world with a bit of everything: mailboxes, timers, cancellation, failures, entropy, events.
func bustle(sim *task.Sim) (trace []string, err error) {
	err = sim.Run("world", func(tc task.Context) error {
		m := task.NewMailbox[string]("m", 2)
		producers, consumers := task.NewGroup(tc, "producers"), task.NewGroup(tc, "consumers")
		entropy := sim.Entropy("delays")
		for i := range 6 {
			producers.Go(fmt.Sprint("p", i), func(tc task.Context) error {
				for n := range 5 {
					var p [1]byte
					_, _ = entropy.Read(p[:])
					if err := tc.Sleep(time.Duration(p[0]%4) * time.Millisecond); err != nil {
						return err
					}
					if err := m.Send(tc, fmt.Sprint(i, ".", n)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for range 3 {
			consumers.Go("c", func(tc task.Context) error {
				for {
					v, ok, err := m.RecvUntil(tc, tc.Elapsed()+time.Millisecond)
					if err != nil {
						return err
					}
					if ok {
						trace = append(trace, v)
						tc.Emit(world.IngressAccepted("consumer", world.Text(v)))
					}
				}
			})
		}
		if err := producers.Wait(tc); err != nil {
			return err
		}
		return consumers.Close(tc, time.Second)
	})
	return trace, err
}

func TestSameSeedSameHistory(t *testing.T) {
	for seed := range uint64(10) {
		a, b := task.NewSim(seed, task.SimOptions{}), task.NewSim(seed, task.SimOptions{Log: world.Discard()})
		traceA, err := bustle(a)
		if err != nil {
			t.Fatal(err)
		}
		traceB, _ := bustle(b)
		if diff := cmp.Diff(traceA, traceB); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		if a.Digest() != b.Digest() || a.Steps() != b.Steps() || a.Elapsed() != b.Elapsed() {
			t.Errorf("seed %d gave two histories", seed)
		}
	}
}

func TestDistinctSeedsGiveDistinctHistories(t *testing.T) {
	seen := map[[32]byte]uint64{}
	for seed := range uint64(100) {
		sim := task.NewSim(seed, task.SimOptions{})
		if _, err := bustle(sim); err != nil {
			t.Fatal(err)
		}
		if other, found := seen[sim.Digest()]; found {
			t.Errorf("seeds %d and %d have the same digest", other, seed)
		}
		seen[sim.Digest()] = seed
	}
}

// The digest of one seed is the same on every platform and with every version of this package that does
// not mean to change schedules: a change here is a decision.
func TestDigestIsTheSameEverywhere(t *testing.T) {
	sim := task.NewSim(42, task.SimOptions{Preempt: 3})
	if _, err := bustle(sim); err != nil {
		t.Fatal(err)
	}
	const want = "4cb79f21a5b02777e3a97ab6930dbe4e78cc834d10b678f36be0a9f28b6cb946"
	if got := fmt.Sprintf("%x", sim.Digest()); got != want {
		t.Errorf("digest of seed 42:\nwant %s\ngot  %s", want, got)
	}
}

func TestTheTimeJumps(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{Start: 1000})
	real := time.Now()
	run(t, sim, func(tc task.Context) error {
		if err := tc.Sleep(1000 * time.Hour); err != nil {
			return err
		}
		if got := tc.Now().At; got != aura.Instant(1000).Add(1000*time.Hour) {
			t.Errorf("woke at %d", got)
		}
		return nil
	})
	if took := time.Since(real); took > time.Minute {
		t.Errorf("1000 simulated hours took %v", took)
	}
}

func TestEntropyFollowsFromSeedLabelAndUse(t *testing.T) {
	draw := func(sim *task.Sim, label string) (p [16]byte) {
		_, _ = sim.Entropy(label).Read(p[:])
		return p
	}
	a, b, other := task.NewSim(1, task.SimOptions{}), task.NewSim(1, task.SimOptions{}), task.NewSim(2, task.SimOptions{})
	first := draw(a, "x")
	if first != draw(b, "x") {
		t.Error("the same seed and label gave different bytes")
	}
	if first == draw(a, "x") {
		t.Error("a second stream of the same label repeats the first")
	}
	if first == draw(a, "y") || first == draw(other, "x") {
		t.Error("another label or seed gave the same bytes")
	}
}

func TestDeadlockIsReportedWithNamesAndReasons(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	unwound := 0
	err := task.NewSim(1, task.SimOptions{}).Run("world", func(tc task.Context) error {
		m, full := task.NewMailbox[int]("orders", 1), task.NewMailbox[int]("bills", 1)
		full.TrySend(1)
		g := task.NewGroup(tc, "shop")
		g.Go("clerk", func(tc task.Context) error {
			defer func() { unwound++ }()
			_, err := m.Recv(tc)
			return err
		})
		g.Go("cashier", func(tc task.Context) error {
			defer func() { unwound++ }()
			return full.Send(tc, 2)
		})
		return g.Wait(tc)
	})
	if aura.KindOf(err) != aura.Internal {
		t.Fatalf("Run returned %v", err)
	}
	for _, want := range []string{
		"world/main (group world/shop)", "world/shop/clerk (receive from orders)", "world/shop/cashier (send to bills)",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if unwound != 2 {
		t.Errorf("%d of 2 tasks were unwound", unwound)
	}
}

func TestStepLimitEndsTheWorld(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	err := task.NewSim(1, task.SimOptions{StepLimit: 1000}).Run("world", func(tc task.Context) error {
		for {
			if err := tc.Sleep(time.Second); err != nil {
				return err
			}
		}
	})
	if aura.KindOf(err) != aura.Exhausted {
		t.Errorf("Run returned %v", err)
	}
}

func TestLoopWithoutDelayEndsTheWorld(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	loops := map[string]func(task.Context){
		"yields":               func(tc task.Context) { _ = tc.Yield() },
		"waits for the past":   func(tc task.Context) { _, _ = task.NewWake().WaitUntil(tc, tc.Elapsed()) },
		"ignores cancellation": func(tc task.Context) { tc.Group().Cancel(); _ = tc.Sleep(time.Second) },
	}
	for name, body := range loops {
		err := task.NewSim(1, task.SimOptions{StallLimit: 1000}).Run("world", func(tc task.Context) error {
			task.NewGroup(tc, "g").Go("other", func(tc task.Context) error { return tc.Sleep(time.Hour) })
			for {
				body(tc)
			}
		})
		if aura.KindOf(err) != aura.Exhausted || !strings.Contains(err.Error(), "world/main") {
			t.Errorf("%s: Run returned %v", name, err)
		}
	}
}

func TestWatchdogNamesATaskThatReallyBlocks(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	err := task.NewSim(1, task.SimOptions{Watchdog: 20 * time.Millisecond}).Run("world", func(tc task.Context) error {
		g := task.NewGroup(tc, "g")
		g.Go("innocent", untilCancelled)
		g.Go("guilty", func(task.Context) error { blockOutside(release); return nil })
		return g.Wait(tc)
	})
	if aura.KindOf(err) != aura.Internal || !strings.Contains(err.Error(), "world/g/guilty") ||
		!strings.Contains(err.Error(), "blockOutside") {
		t.Errorf("Run returned %v", err)
	}
}

func blockOutside(release chan struct{}) { <-release }

func TestLeafContentionFailsTheTaskInASimulation(t *testing.T) {
	err := task.NewSim(1, task.SimOptions{}).Run("world", func(tc task.Context) error {
		var leaf task.Mutex
		g := task.NewGroup(tc, "g")
		g.Go("holder", func(tc task.Context) error {
			leaf.Lock()
			defer leaf.Unlock()
			return tc.Sleep(time.Second)
		})
		_ = tc.Sleep(time.Millisecond)
		h := task.NewGroup(tc, "h")
		h.Go("contender", func(tc task.Context) error { leaf.Lock(); return nil })
		return h.Wait(tc)
	})
	var p *task.PanicError
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "world/h/contender") {
		t.Errorf("Run returned %v", err)
	}
}

func TestGoexitFailsTheTaskAndTheWorldGoesOn(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for seed := range uint64(10) {
		run(t, task.NewSim(seed, task.SimOptions{}), func(tc task.Context) error {
			g, h := task.NewGroup(tc, "g"), task.NewGroup(tc, "h")
			g.Go("exits", func(tc task.Context) error { _ = tc.Yield(); runtime.Goexit(); return nil })
			finished := false
			h.Go("goes on", func(tc task.Context) error { err := tc.Sleep(time.Second); finished = true; return err })
			if err := g.Wait(tc); aura.KindOf(err) != aura.Internal || !strings.Contains(err.Error(), "Goexit") {
				t.Errorf("Wait returned %v", err)
			}
			err := h.Wait(tc)
			if !finished {
				t.Error("the other task did not finish")
			}
			return err
		})
	}
}

func TestContextOfAnotherTaskIsRefused(t *testing.T) {
	err := task.NewSim(1, task.SimOptions{}).Run("world", func(mine task.Context) error {
		g := task.NewGroup(mine, "g")
		g.Go("thief", func(task.Context) error { return mine.Sleep(time.Second) })
		return g.Wait(mine)
	})
	if err == nil || !strings.Contains(err.Error(), "the context of world/main") {
		t.Errorf("Run returned %v", err)
	}
}

func TestRunInsideRunIsRefused(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	run(t, sim, func(tc task.Context) error {
		if err := sim.Run("again", func(task.Context) error { return nil }); aura.KindOf(err) != aura.Conflict {
			t.Errorf("Run returned %v", err)
		}
		return nil
	})
	run(t, sim, func(task.Context) error { return nil }) // afterwards it may
}

func TestNoGoroutineOutlivesRun(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			for range 300 { // more than the pool keeps
				g.Go("t", func(tc task.Context) error { return tc.Sleep(time.Millisecond) })
			}
			return g.Wait(tc)
		})
	})
}

func TestFinishedCoroutinesAreKeptUpToTheLimitOfThePool(t *testing.T) {
	const limit = 4
	sim := task.NewSim(1, task.SimOptions{Pool: limit})
	run(t, sim, func(tc task.Context) error {
		g := task.NewGroup(tc, "g")
		for range 100 {
			g.Go("t", func(tc task.Context) error { return tc.Sleep(time.Second) })
		}
		_ = tc.Sleep(time.Millisecond)
		during := runtime.NumGoroutine()
		if err := g.Wait(tc); err != nil {
			return err
		}
		_ = tc.Yield()
		if after := runtime.NumGoroutine(); after > during-100+limit {
			t.Errorf("%d goroutines while 100 tasks lived, %d afterwards", during, after)
		}
		return nil
	})
}

// Several tasks whose random walk over every primitive never breaks an account of what went in and out.
func TestRandomWalksBalance(t *testing.T) {
	for seed := range uint64(30) {
		sim := task.NewSim(seed, task.SimOptions{Preempt: 4})
		var in, out, inside, most int
		run(t, sim, func(tc task.Context) error {
			m, sem := task.NewMailbox[int]("m", 3), task.NewSemaphore(2)
			walkers := task.NewGroup(tc, "walkers")
			for i := range 8 {
				walkers.Go("w", func(tc task.Context) error {
					r := rand.New(rand.NewPCG(seed, uint64(i)))
					for range 100 {
						short, done := tc.WithBudget("short", time.Duration(r.IntN(3))*time.Millisecond)
						switch r.IntN(4) {
						case 0:
							if m.Send(short, 1) == nil {
								in++
							}
						case 1:
							if _, err := m.Recv(short); err == nil {
								out++
							}
						case 2:
							if sem.Acquire(short) == nil {
								inside++
								most = max(most, inside)
								_ = tc.Sleep(time.Millisecond)
								inside--
								sem.Release()
							}
						case 3:
							_ = tc.Sleep(time.Millisecond)
						}
						done()
					}
					return nil
				})
			}
			if err := walkers.Wait(tc); err != nil {
				return err
			}
			if in != out+m.Len() {
				t.Errorf("seed %d: %d in, %d out, %d left", seed, in, out, m.Len())
			}
			return nil
		})
		if most > 2 || inside != 0 {
			t.Errorf("seed %d: %d inside at once, %d at the end", seed, most, inside)
		}
	}
}
