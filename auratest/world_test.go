package auratest_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// record is a test that keeps the errors reported to it.
type record struct{ errors, logs []string }

func (r *record) Helper()      {}
func (r *record) Failed() bool { return len(r.errors) > 0 }
func (r *record) Logf(format string, args ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}
func (r *record) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *record) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// TestTheSameSeedIsTheSameWorld: a story with crashes, a failing disk and a network that loses messages takes the
// same steps at the same times and draws the same bytes each time, and others with another seed.
func TestTheSameSeedIsTheSameWorld(t *testing.T) {
	live := func() (digests [][32]byte) {
		o := auratest.Options{
			Seeds: 3, First: 40, Preempt: 16, Network: transport.SimOptions{Loss: 0.05, Jitter: 30 * time.Millisecond},
		}
		auratest.Run(t, o, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			talk := w.Meet(tc, ada, ben)
			ben.Disk.SetFaults(journal.Faults{SyncDelay: time.Second, FailApply: 0.1})
			for i := range 5 {
				ada.Say(tc, talk, fmt.Sprint("message ", i))
				w.Sleep(tc, time.Second)
			}
			ben.Crash()
			w.Cut(ada, ben)
			ben.Disk.SetFaults(journal.Faults{})
			ben.Start(tc)
			w.Sleep(tc, time.Minute)
			w.Heal(ada, ben)
			ada.Move()
			w.Until(tc, "all of it", time.Hour, func() bool { return len(ben.Heard(tc, talk, ada)) == 5 })
			digests = append(digests, w.Sim.Digest())
		})
		return digests
	}
	first, again := live(), live()
	if diff := cmp.Diff(first, again); diff != "" || len(first) != 3 {
		t.Errorf("%d worlds: %s", len(first), diff)
	}
	if first[0] == first[1] || first[1] == first[2] {
		t.Error("two seeds gave the same world")
	}
}

func TestAFailureNamesTheSeed(t *testing.T) {
	for name, fail := range map[string]func(tc task.Context, w *auratest.World){
		"error": func(_ task.Context, w *auratest.World) { w.Errorf("planted") },
		"end":   func(_ task.Context, w *auratest.World) { w.Fatalf("planted") },
		"panic": func(task.Context, *auratest.World) { panic("planted") },
		"a hopeless wait": func(tc task.Context, w *auratest.World) {
			w.Until(tc, "planted", time.Hour, func() bool { return false })
		},
		"a deadlock": func(tc task.Context, w *auratest.World) {
			_ = task.NewLatch().Wait(tc)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &record{}
			var seeds []uint64
			auratest.Run(r, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
				seeds = append(seeds, w.Seed)
				if w.Seed == 3 {
					fail(tc, w)
				}
			})
			if len(r.errors) == 0 || !strings.HasPrefix(r.errors[0], "seed 3: ") {
				t.Errorf("reported: %q", r.errors)
			}
			if diff := cmp.Diff([]uint64{1, 2, 3}, seeds); diff != "" {
				t.Errorf("worlds: %s", diff)
			}
			if len(r.logs) != 1 || !strings.Contains(r.logs[0], "seed 3") {
				t.Errorf("logged: %q", r.logs)
			}
		})
	}
}

// TestAWorldWithoutATestPanics: an example has nothing else to fail with.
func TestAWorldWithoutATestPanics(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "seed 1: planted") {
			t.Errorf("got %q", got)
		}
	}()
	auratest.Run(nil, auratest.Options{}, func(_ task.Context, w *auratest.World) { w.Fatalf("planted") })
}

func TestBridgeKeepsTheContract(t *testing.T) {
	contract.Bridge(t, func(t *testing.T) contract.World {
		named := func(op aura.OperationID, name string) fact.Intent {
			body, err := fact.Marshal(contact.NameIntent{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return fact.Intent{Kind: contact.IntentName, Operation: op, Payload: body}
		}
		return contract.World{
			Run: func(fn func(task.Context, contract.Subject)) {
				auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) { fn(tc, w.Person(tc, "Ada").Bridge()) })
			},
			Intent:    func(i int) fact.Intent { return named(aura.OperationID{1, byte(i)}, "ada "+string(rune('a'+i))) },
			Refused:   named(aura.OperationID{2}, ""),
			RefusedAs: aura.Invalid,
		}
	})
}

// TestACrashEndsTheCallsOfFrontends: a caller learns that the agent died with its call, and the same frontend goes on
// with the next process.
func TestACrashEndsTheCallsOfFrontends(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		core := ada.Core(tc)
		ada.Disk.SetFaults(journal.Faults{Stuck: true})
		calls := task.NewGroup(tc, "calls")
		var ends []error
		calls.Go("submit", func(tc task.Context) error {
			ends = append(ends, ada.Submit(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil))
			return nil
		})
		calls.Go("watch", func(tc task.Context) error {
			ends = append(ends, ada.Bridge().Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error { return nil }))
			return nil
		})
		w.Sleep(tc, time.Minute)
		if len(ends) > 0 {
			t.Errorf("seed %d: ended before the crash: %v", w.Seed, ends)
		}
		ada.Crash()
		if err := calls.Wait(tc); err != nil || len(ends) != 2 {
			t.Fatalf("seed %d: %v, %d of 2 calls ended", w.Seed, err, len(ends))
		}
		_, err := core.Status(tc)
		for _, err := range append(ends, err) {
			if !errors.Is(err, aura.Unavailable) {
				t.Errorf("seed %d: a call to no agent: %v", w.Seed, err)
			}
		}
		ada.Disk.SetFaults(journal.Faults{})
		ada.Start(tc)
		if err := core.SetName(tc, "Ada III"); err != nil {
			t.Errorf("seed %d: the next process: %v", w.Seed, err)
		}
		if name := ada.Look(tc).Contacts.Own(); name != "Ada III" {
			t.Errorf("seed %d: the name is %q", w.Seed, name)
		}
	})
}

// TestABudgetReachesTheAgent: the agent gives up with its caller.
func TestABudgetReachesTheAgent(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		var left aura.Duration
		ada := w.Person(tc, "Ada", func(p *auratest.Person) {
			p.Options.Wrap = func(i interp.Interpreter) interp.Interpreter {
				return before{i, func(tc task.Context) { left, _ = tc.Remaining() }}
			}
		})
		short, done := tc.WithBudget("short", time.Minute)
		defer done()
		if err := ada.Submit(short, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil); err != nil {
			t.Fatal(err)
		}
		if left <= 0 || left > time.Minute {
			t.Errorf("the interpreter had %v of a minute left", left)
		}
	})
}

// TestACallEndsWithItsCaller and no earlier: one that has a grace asks though its group is cancelled.
func TestACallEndsWithItsCaller(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		var ends, answer error
		began := tc.Elapsed()
		ended := began
		ada := w.Person(tc, "Ada")
		ada.Options.Wrap = func(i interp.Interpreter) interp.Interpreter {
			return before{i, func(tc task.Context) {
				ends = tc.Sleep(time.Hour)
				ended = tc.Elapsed()
			}}
		}
		ada.Stop(tc)
		ada.Start(tc)
		core := ada.Core(tc)
		g := task.NewGroup(tc, "caller")
		g.Go("call", func(tc task.Context) error {
			_ = ada.Submit(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
			tc, done := tc.Grace("ask", time.Minute)
			defer done()
			_, answer = core.Status(tc)
			return nil
		})
		w.Sleep(tc, time.Minute)
		g.Cancel()
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, time.Minute)
		if took := ended - began; !errors.Is(ends, aura.Cancelled) || took > 2*time.Minute {
			t.Errorf("seed %d: after %v the work ended with %v", w.Seed, took, ends)
		}
		if answer != nil {
			t.Errorf("seed %d: a caller with a grace: %v", w.Seed, answer)
		}
	})
}

// before is an interpreter that does something first.
type before struct {
	interp.Interpreter
	fn func(task.Context)
}

func (b before) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	b.fn(tc)
	return b.Interpreter.Execute(tc, d)
}

// TestAProcessMayCrashItself: also before it runs.
func TestAProcessMayCrashItself(t *testing.T) {
	for _, atStart := range []bool{false, true} {
		auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
			ada := w.Person(tc, "Ada")
			facts := ada.Agent.Journal().Head()
			ada.Stop(tc)
			armed := atStart
			ada.Hands = func(h agent.Hands) agent.Hands {
				if armed {
					ada.Crash()
				}
				return h
			}
			ada.Options.Wrap = func(i interp.Interpreter) interp.Interpreter {
				return before{i, func(task.Context) { ada.Crash() }}
			}
			ada.Start(tc)
			if runs := ada.Agent != nil; runs == atStart {
				t.Fatalf("seed %d: the agent runs: %t", w.Seed, runs)
			}
			if !atStart {
				if err := ada.Submit(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil); !errors.Is(err, aura.Unavailable) {
					t.Errorf("seed %d: a submit to an agent that dies: %v", w.Seed, err)
				}
			}
			armed, ada.Options.Wrap = false, nil
			ada.Start(tc)
			if got := ada.Agent.Journal().Head(); got != facts {
				t.Errorf("seed %d: %d facts before, %d afterwards", w.Seed, facts, got)
			}
		})
	}
}

// TestAProcessOutlivesWhoStartedIt: the group of the task that starts an agent is not the agent's.
func TestAProcessOutlivesWhoStartedIt(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		var ada *auratest.Person
		g := task.NewGroup(tc, "starter")
		g.Go("start", func(tc task.Context) error {
			ada = w.Person(tc, "Ada")
			return nil
		})
		wait, done := tc.WithBudget("start", time.Minute)
		defer done()
		if err := errors.Join(g.Wait(wait), g.Close(tc, time.Minute)); err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, time.Minute)
		ada.Do(tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
		ada.Stop(tc)
	})
}

// TestAClockThatIsAhead shows in what the agent stores, from the next start on.
func TestAClockThatIsAhead(t *testing.T) {
	const ahead = 100 * 24 * time.Hour
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		ada.Stop(tc)
		ada.Ahead = ahead
		ada.Start(tc)
		s, err := ada.Core(tc).Status(tc)
		if off := s.Started.Sub(tc.Now().At); err != nil || (off-ahead).Abs() > time.Minute {
			t.Errorf("the agent says that it started %v ahead: %v", off, err)
		}
	})
}

// TestServicesReport: events of services are reported in order, and events of tasks name the person.
func TestServicesReport(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		w.Person(tc, "Ada").Stop(tc)
		var states []string
		tasks := 0
		for _, e := range w.Events {
			switch {
			case e.Family() == world.FamilyService && e.Service() == "journal":
				states = append(states, e.Field("to_state"))
			case e.Family() == world.FamilyTask && strings.HasPrefix(e.Owner(), "world/people/Ada"):
				tasks++
			}
		}
		life := []string{"starting", "running", "stopping", "stopped"}
		if diff := cmp.Diff(append(life, life...), states); diff != "" { // the first is that of the founding
			t.Error(diff)
		}
		if tasks == 0 {
			t.Error("no task of Ada's was reported")
		}
	})
}

// hanging is a service that does not end when it is told to. Owner: the test.
type hanging struct{}

func (hanging) Name() string                  { return "hanging" }
func (hanging) Declaration() task.Declaration { return task.Declaration{} }
func (hanging) Start(task.Context) error      { return nil }
func (hanging) Close(task.Context) error      { return nil }
func (hanging) Serve(tc task.Context) error {
	tc, done := tc.Grace("hang", time.Hour)
	defer done()
	return tc.Sleep(time.Hour)
}

func TestAStopThatLeavesTasksFailsTheTest(t *testing.T) {
	r := &record{}
	auratest.Run(r, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Extra = []task.Service{hanging{}} })
		ada.Stop(tc)
		ada.Options.Extra = nil
		ada.Start(tc) // what hung is gone
		ada.Stop(tc)
	})
	if len(r.errors) != 2 || !strings.Contains(r.errors[0], "hanging") || !strings.Contains(r.errors[1], "hanging") {
		t.Errorf("reported: %q", r.errors)
	}
}
