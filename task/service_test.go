package task_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
	"github.com/google/go-cmp/cmp"
)

// fake is a service whose parts a test replaces; what stays nil does the usual.
type fake struct {
	start, serve, close func(task.Context) error
}

func (f *fake) Name() string                  { return "fake" }
func (f *fake) Declaration() task.Declaration { return task.Declaration{} }

func (f *fake) Start(tc task.Context) error { return call(f.start, tc) }
func (f *fake) Close(tc task.Context) error { return call(f.close, tc) }
func (f *fake) Serve(tc task.Context) error {
	if f.serve == nil {
		return untilCancelled(tc)
	}
	return f.serve(tc)
}

func call(fn func(task.Context) error, tc task.Context) error {
	if fn == nil {
		return nil
	}
	return fn(tc)
}

// journal is a log that keeps the transitions of services, and the events of tasks, as text.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Emit(e world.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch e.Family() {
	case world.FamilyService:
		line := e.Service() + " of " + e.Owner() + ": " + e.Field("from_state") + " to " + e.Field("to_state")
		if e.ErrorKind() != 0 {
			line += ": " + e.ErrorKind().String()
		}
		j.lines = append(j.lines, line)
	case world.FamilyTask:
		line := e.Message() + " " + e.Owner() + "/" + e.Task()
		if e.ErrorKind() != 0 {
			line += ": " + e.ErrorKind().String()
		}
		j.lines = append(j.lines, line)
	}
}

func (j *journal) of(prefix string) (lines []string) {
	for _, line := range j.lines {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, line)
		}
	}
	return lines
}

// eachLogged is each with a journal.
func eachLogged(t *testing.T, fn func(t *testing.T, x task.Executor, j *journal)) {
	t.Run("real", func(t *testing.T) {
		j := &journal{}
		fn(t, task.NewReal(task.RealOptions{Log: j}), j)
	})
	for seed := range uint64(5) {
		t.Run("sim", func(t *testing.T) {
			j := &journal{}
			fn(t, task.NewSim(seed, task.SimOptions{Log: j}), j)
		})
	}
}

func TestServiceLivesThroughItsStates(t *testing.T) {
	eachLogged(t, func(t *testing.T, x task.Executor, j *journal) {
		closed := false
		s := &fake{close: func(tc task.Context) error { closed = true; return tc.Err() }}
		run(t, x, func(tc task.Context) error {
			h := task.Supervise(tc.Group(), s)
			if err := h.Start(tc); err != nil {
				return err
			}
			if got := h.Observe().State(); got != task.Running {
				t.Errorf("after Start it is %v", got)
			}
			if err := h.Close(tc, time.Second); aura.KindOf(err) != aura.Conflict {
				t.Errorf("Close before Join returned %v", err)
			}
			h.Cancel()
			if err := errors.Join(h.Join(tc, time.Minute), h.Close(tc, time.Minute), h.Close(tc, time.Minute)); err != nil {
				return err
			}
			return h.Observe().Wait(tc, task.Stopped)
		})
		if !closed {
			t.Error("the service was not closed")
		}
		want := []string{
			"fake of test: new to starting", "fake of test: starting to running",
			"fake of test: running to stopping", "fake of test: stopping to stopped",
		}
		if diff := cmp.Diff(want, j.of("fake")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPanicBelowAServiceFailsIt(t *testing.T) {
	tests := map[string]func(task.Context){
		"in its group": func(tc task.Context) { tc.Group().Go("t", func(task.Context) error { panic("planted") }) },
		"in a group below that nobody waits for": func(tc task.Context) {
			task.NewGroup(tc, "below").Go("t", func(tc task.Context) error {
				task.NewGroup(tc, "deeper").Go("t", func(task.Context) error { panic("planted") })
				return untilCancelled(tc)
			})
		},
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, x task.Executor) {
				run(t, x, func(tc task.Context) error {
					h := task.Supervise(tc.Group(), &fake{serve: func(tc task.Context) error {
						begin(tc)
						return untilCancelled(tc)
					}})
					if err := h.Start(tc); err != nil {
						return err
					}
					err := h.Observe().Wait(tc, task.Stopped)
					if _, ok := errors.AsType[*task.PanicError](err); !ok || h.Observe().State() != task.Failed {
						t.Errorf("the service is %v with %v, want failed by a panic", h.Observe().State(), err)
					}
					return h.Join(tc, time.Minute)
				})
			})
		})
	}
}

func TestIsolatedPanicIsItsOwnersToAnswer(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			attempts, third := 0, task.NewLatch()
			h := task.Supervise(tc.Group(), &fake{serve: func(tc task.Context) error {
				for {
					g := task.NewIsolated(tc, "attempt")
					g.Go("t", func(tc task.Context) error {
						if attempts++; attempts < 3 {
							panic("planted")
						}
						third.Open()
						return untilCancelled(tc)
					})
					if err := g.Wait(tc); tc.Err() != nil {
						return err
					}
				}
			}})
			if err := h.Start(tc); err != nil {
				return err
			}
			if err := third.Wait(tc); err != nil {
				return err
			}
			if s := h.Observe().State(); s != task.Running {
				t.Errorf("the service is %v after panics that its own loop restarts", s)
			}
			return h.Join(tc, time.Minute)
		})
	})
}

func TestContainReturnsThePanic(t *testing.T) {
	if err := task.Contain(func() {}); err != nil {
		t.Error(err)
	}
	p, ok := errors.AsType[*task.PanicError](task.Contain(func() { panic("planted") }))
	if !ok || p.Value != "planted" || !strings.Contains(string(p.Stack), "TestContainReturnsThePanic") {
		t.Errorf("got %v", p)
	}
	if at := p.Origin(); !strings.HasPrefix(at, "task_test.TestContainReturnsThePanic") || !strings.Contains(at, "(service_test.go:") {
		t.Errorf("the origin is %q", at)
	}
	var none []int
	p, _ = errors.AsType[*task.PanicError](task.Contain(func() { none[len(t.Name())]++ }))
	if at := p.Origin(); !strings.HasPrefix(at, "task_test.TestContainReturnsThePanic") {
		t.Errorf("the origin of a runtime error is %q", at)
	}
}

// TestEveryTransitionOfAServiceIsReported lives through every way that a service can go and reads the events.
func TestEveryTransitionOfAServiceIsReported(t *testing.T) {
	planned := func(task.Context) error { return aura.Errorf("x", aura.Corrupt, "%w", errPlanned) }
	slow := func(tc task.Context) error {
		tc, done := tc.Grace("hang", time.Hour)
		defer done()
		return tc.Sleep(time.Hour)
	}
	late := func(tc task.Context) error { // after its caller's budget
		tc, done := tc.Irrevocable("late")
		defer done()
		return tc.Sleep(80 * time.Second)
	}
	start := func(tc task.Context, h *task.Handle) {
		tc, done := tc.WithBudget("start", time.Minute)
		defer done()
		_ = h.Start(tc)
	}
	end := func(tc task.Context, h *task.Handle) {
		_, _ = h.Join(tc, time.Minute), h.Close(tc, time.Minute)
	}
	life := func(tc task.Context, h *task.Handle) { start(tc, h); end(tc, h) }
	broken := func(tc task.Context, h *task.Handle) {
		start(tc, h)
		_ = h.Observe().Wait(tc, task.Stopped)
		end(tc, h)
	}
	for name, c := range map[string]struct {
		service *fake
		live    func(tc task.Context, h *task.Handle)
		want    string
	}{
		"goes well":             {&fake{}, life, "new starting running stopping stopped"},
		"ends before it begins": {&fake{}, end, "new stopping stopped"},
		"is slow to start":      {&fake{start: late}, life, "new starting stopping stopped"},
		"fails to start":        {&fake{start: planned}, life, "new starting failed: corrupt"},
		"panics in its start":   {&fake{start: func(task.Context) error { panic("planned") }}, life, "new starting failed: internal"},
		"fails while it runs":   {&fake{serve: planned}, broken, "new starting running failed: corrupt"},
		"panics while it runs":  {&fake{serve: func(task.Context) error { panic("planned") }}, broken, "new starting running failed: internal"},
		"fails to release":      {&fake{close: planned}, life, "new starting running stopping failed: corrupt"},
		"is slow to end":        {&fake{serve: slow}, life, "new starting running stopping failed: timeout"},
		"is slow to release":    {&fake{close: slow}, life, "new starting running stopping failed: timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				j := &journal{}
				sim := task.NewSim(seed, task.SimOptions{Log: j})
				_ = sim.Run("test", func(tc task.Context) error { // a service that broke is its owner's error, too
					c.live(tc, task.Supervise(tc.Group(), c.service))
					return nil
				})
				got := "new"
				for _, line := range j.of("fake of test: ") {
					from, to, ok := strings.Cut(strings.TrimPrefix(line, "fake of test: "), " to ")
					if last := got[strings.LastIndex(got, " ")+1:]; !ok || from != last {
						t.Errorf("seed %d: %q follows %q", seed, line, got)
					}
					got += " " + to
				}
				if got != c.want {
					t.Errorf("seed %d: it was %s, want %s", seed, got, c.want)
				}
			}
		})
	}
}

func TestServiceFailures(t *testing.T) {
	fail := func(task.Context) error { return aura.Errorf("x", aura.Corrupt, "%w", errPlanned) }
	tests := map[string]struct {
		service    *fake
		startFails bool
	}{
		"start fails":  {&fake{start: fail}, true},
		"start panics": {&fake{start: func(task.Context) error { panic(errPlanned) }}, true},
		"serve fails":  {&fake{serve: fail}, false},
		"a child task fails": {&fake{serve: func(tc task.Context) error {
			tc.Group().Go("child", fail)
			return untilCancelled(tc)
		}}, false},
		"close fails": {&fake{close: fail}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, x task.Executor) {
				run(t, x, func(tc task.Context) error {
					h := task.Supervise(tc.Group(), test.service)
					if err := h.Start(tc); test.startFails != errors.Is(err, errPlanned) {
						t.Errorf("Start returned %v", err)
					}
					if test.service.close == nil {
						if err := h.Observe().Wait(tc, task.Stopped); !errors.Is(err, errPlanned) {
							t.Errorf("Wait for stopped returned %v", err)
						}
					}
					if err := h.Join(tc, time.Minute); err != nil {
						t.Errorf("Join returned %v", err)
					}
					err := h.Close(tc, time.Minute)
					if failed := test.service.close != nil; failed != errors.Is(err, errPlanned) {
						t.Errorf("Close returned %v", err)
					}
					if l := h.Observe(); l.State() != task.Failed || !errors.Is(l.Err(), errPlanned) {
						t.Errorf("it is %v, %v", l.State(), l.Err())
					}
					return nil
				})
			})
		})
	}
}

func TestServiceThatHangs(t *testing.T) {
	hang := func(release *task.Latch) func(task.Context) error {
		return func(tc task.Context) error {
			tc, done := tc.Irrevocable("hang") // it does not heed its budget
			defer done()
			return release.Wait(tc)
		}
	}
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			release := task.NewLatch()
			inServe := task.Supervise(tc.Group(), &fake{serve: hang(release)})
			inClose := task.Supervise(tc.Group(), &fake{close: hang(release)})
			if err := errors.Join(inServe.Start(tc), inClose.Start(tc)); err != nil {
				return err
			}
			const grace = 2 * time.Millisecond
			if err := inServe.Join(tc, grace); aura.KindOf(err) != aura.Timeout || !strings.Contains(err.Error(), "test/fake/serve") {
				t.Errorf("Join returned %v", err)
			}
			if err := inServe.Close(tc, grace); aura.KindOf(err) != aura.Conflict {
				t.Errorf("Close of a service with live tasks returned %v", err)
			}
			if err := inClose.Join(tc, time.Minute); err != nil {
				t.Errorf("Join returned %v", err)
			}
			if err := inClose.Close(tc, grace); aura.KindOf(err) != aura.Timeout {
				t.Errorf("Close returned %v", err)
			}
			if a, b := inServe.Observe().State(), inClose.Observe().State(); a != task.Failed || b != task.Failed {
				t.Errorf("they are %v and %v", a, b)
			}
			release.Open()
			return nil
		})
	})
}

func TestStartSpendsTheCallersBudget(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			h := task.Supervise(tc.Group(), &fake{start: func(tc task.Context) error { return tc.Sleep(time.Hour) }})
			short, done := tc.WithBudget("short", time.Millisecond)
			defer done()
			if err := h.Start(short); aura.KindOf(err) != aura.Timeout {
				t.Errorf("Start returned %v", err)
			}
			return errors.Join(h.Join(tc, time.Minute), h.Close(tc, time.Minute))
		})
	})
}

func TestServiceInACancelledGroupStops(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			g := task.NewGroup(tc, "g")
			before, during, never := task.Supervise(g, &fake{}), task.Supervise(g, &fake{}), task.Supervise(g, &fake{})
			if err := during.Start(tc); err != nil {
				return err
			}
			g.Cancel()
			if err := before.Start(tc); err == nil {
				t.Error("a service started in a cancelled group")
			}
			for _, h := range []*task.Handle{before, during, never} {
				if err := errors.Join(h.Join(tc, time.Minute), h.Close(tc, time.Minute)); err != nil {
					return err
				}
				if got := h.Observe().State(); got != task.Stopped {
					t.Errorf("it is %v", got)
				}
				if err := h.Start(tc); aura.KindOf(err) != aura.Conflict {
					t.Errorf("a stopped service started: %v", err)
				}
			}
			return g.Close(tc, time.Minute)
		})
	})
}

func TestServiceThatEndsByItselfStops(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			child := false
			h := task.Supervise(tc.Group(), &fake{serve: func(tc task.Context) error {
				tc.Group().Go("child", func(tc task.Context) error {
					err := untilCancelled(tc)
					child = true
					return err
				})
				return tc.Sleep(time.Millisecond)
			}})
			if err := h.Start(tc); err != nil {
				return err
			}
			if err := h.Observe().Wait(tc, task.Stopping); err != nil {
				return err
			}
			err := errors.Join(h.Join(tc, time.Minute), h.Close(tc, time.Minute))
			if !child {
				t.Error("its child was not told")
			}
			return err
		})
	})
}

func TestTasksReportTheirSpawnAndEnd(t *testing.T) {
	eachLogged(t, func(t *testing.T, x task.Executor, j *journal) {
		_ = x.Run("r", func(tc task.Context) error {
			ends := map[string]func(task.Context) error{
				"done": func(task.Context) error { return nil },
				"fail": func(task.Context) error { return aura.Denied },
			}
			for _, name := range []string{"done", "fail"} {
				g := task.NewGroup(tc, "g")
				g.Go(name, ends[name])
				_ = g.Wait(tc)
			}
			g := task.NewGroup(tc, "g")
			g.Go("abort", untilCancelled)
			_ = g.Close(tc, time.Minute)
			return nil
		})
		want := []string{
			"spawn r/main",
			"spawn r/g/done", "done r/g/done",
			"spawn r/g/fail", "fail r/g/fail: denied",
			"spawn r/g/abort", "abort r/g/abort: cancelled",
			"done r/main",
		}
		if diff := cmp.Diff(want, j.lines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEmitFillsInTaskAndOwner(t *testing.T) {
	events := &collector{}
	run(t, task.NewSim(1, task.SimOptions{Log: events}), func(tc task.Context) error {
		tc.Emit(world.Simulated("a", "x"))
		tc.Emit(world.Simulated("b", "x").By("t", "o"))
		return nil
	})
	want := []world.Event{
		world.Simulated("a", "x").By("main", "test"),
		world.Simulated("b", "x").By("t", "o"),
	}
	if !slices.Equal(events.seen, want) {
		t.Errorf("events %v, want %v", events.seen, want)
	}
}

type collector struct{ seen []world.Event }

func (c *collector) Emit(e world.Event) {
	if e.Family() == world.FamilySimulation {
		c.seen = append(c.seen, e)
	}
}
