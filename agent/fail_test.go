package agent_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
)

// planted panics once it is armed, wherever a test puts it.
type planted struct{ armed bool }

func (p *planted) fire() {
	if p.armed {
		panic("planted")
	}
}

// Committed implements [journal.Sink].
func (p *planted) Committed([]fact.Record) { p.fire() }

// explosive is an interpreter that panics.
type explosive struct {
	interp.Interpreter
	*planted
}

// Execute implements [interp.Interpreter].
func (e explosive) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	e.fire()
	return e.Interpreter.Execute(tc, d)
}

// loose is a service with a task in a group below its own, which nothing waits for.
//
// Owner: the test.
type loose struct {
	*planted
	now *task.Latch
	end bool // end instead of panicking
}

func (l *loose) Name() string                  { return "loose" }
func (l *loose) Declaration() task.Declaration { return task.Declaration{} }
func (l *loose) Start(task.Context) error      { return nil }
func (l *loose) Close(task.Context) error      { return nil }
func (l *loose) Serve(tc task.Context) error {
	if l.end {
		return l.now.Wait(tc)
	}
	task.NewGroup(tc, "below").Go("work", func(tc task.Context) error {
		if err := l.now.Wait(tc); err != nil {
			return err
		}
		l.fire()
		return nil
	})
	return task.NewLatch().Wait(tc)
}

// TestNoFailureLeavesAZombie plants a panic in each place that runs as another task, and a service that ends
// by itself: the agent must say so within a second, and stop within the budget that a dying process has.
func TestNoFailureLeavesAZombie(t *testing.T) {
	tests := map[string]struct {
		plant   func(*planted, *loose, *agent.Options)
		attach  bool
		service string
		panics  bool
	}{
		"a sink of the journal": {attach: true, service: "journal", panics: true},
		"the interpreter's caller": {
			plant: func(p *planted, _ *loose, o *agent.Options) {
				o.Wrap = func(i interp.Interpreter) interp.Interpreter { return explosive{i, p} }
			},
			service: "contact", panics: true,
		},
		"a handler": {
			plant: func(p *planted, _ *loose, o *agent.Options) {
				o.Trace = func(trace.Step) { p.fire() }
			},
			service: "contact", panics: true,
		},
		"a task below a service": {
			plant: func(_ *planted, l *loose, o *agent.Options) { o.Extra = []task.Service{l} }, service: "loose", panics: true,
		},
		"a service that ends by itself": {
			plant:   func(_ *planted, l *loose, o *agent.Options) { l.end = true; o.Extra = []task.Service{l} },
			service: "loose",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
				var o agent.Options
				p := &planted{}
				l := &loose{planted: p, now: task.NewLatch()}
				if test.plant != nil {
					test.plant(p, l, &o)
				}
				ada := w.Person(tc, "Ada", tuned(o))
				if test.attach {
					ada.Agent.Journal().Attach(p)
				}
				p.armed = true
				l.now.Open()
				task.NewGroup(tc, "user").Go("submit", func(tc task.Context) error {
					_ = ada.Submit(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
					return nil
				})
				began := tc.Elapsed()
				whole, done := tc.WithBudget("wait", time.Minute)
				defer done()
				err := ada.Agent.Wait(whole)
				_, panicked := errors.AsType[*task.PanicError](err)
				if aura.KindOf(err) != aura.Internal || !strings.Contains(err.Error(), "service "+test.service) || panicked != test.panics {
					t.Errorf("wait returned %v, want the service %s and why it ended", err, test.service)
				}
				dying, done := tc.WithBudget("stop", time.Second)
				defer done()
				if err := ada.Agent.Stop(dying); err != nil {
					t.Error(err)
				}
				if took := tc.Elapsed() - began; took > time.Second {
					t.Errorf("it took %v until the agent had ended", took)
				}
			})
		})
	}
}

func TestWaitEndsWithAStop(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		g := task.NewGroup(tc, "watch")
		g.Go("wait", func(tc task.Context) error { return ada.Agent.Wait(tc) })
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(ada.Agent.Stop(tc), g.Wait(tc)); err != nil {
			t.Error(err)
		}
	})
}

func TestStopKeepsTheCallersBudget(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		var extra []task.Service
		for range 4 {
			extra = append(extra, &hanging{})
		}
		ada := w.Person(tc, "Ada", tuned(agent.Options{Extra: extra}))
		const budget = 3 * time.Second
		short, done := tc.WithBudget("stop", budget)
		defer done()
		began := tc.Elapsed()
		err := ada.Agent.Stop(short)
		if aura.KindOf(err) != aura.Timeout || strings.Count(err.Error(), "join of hanging") != 4 || strings.Contains(err.Error(), "of journal") {
			t.Errorf("stop returned %v, want the four services that hang and no other", err)
		}
		if took := tc.Elapsed() - began; took > budget {
			t.Errorf("with %v the stop took %v", budget, took)
		}
	})
}
