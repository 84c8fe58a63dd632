package agent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// hanging is a service whose loop does not end when it is told to.
type hanging struct{ closed bool }

// Owner: the test.
func (h *hanging) Name() string             { return "hanging" }
func (h *hanging) Owner() string            { return "test" }
func (h *hanging) Start(task.Context) error { return nil }
func (h *hanging) Close(task.Context) error { h.closed = true; return nil }
func (h *hanging) Serve(tc task.Context) error {
	tc, done := tc.Grace("hang", time.Hour)
	defer done()
	return tc.Sleep(time.Hour)
}

// TestStopOrder is the check of the runtime document's shutdown order ("Structured Concurrency"): pipeline,
// task tree, services, lifecycle; under load, and with a service that hangs.
func TestStopOrder(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		inWorld(t, seed, func(tc task.Context, w *simulated) {
			var steps []string
			hang := &hanging{}
			ada := w.person(tc, "Ada", agent.Options{
				Extra:    []task.Service{hang},
				Stopping: func(phase, service string) { steps = append(steps, phase+" "+service) },
			})
			ben := w.person(tc, "Ben", agent.Options{})
			context := w.meet(tc, ada, ben)

			// Load: messages until the agent refuses them; what was accepted must be seen by the watcher.
			accepted, seen := map[aura.FactID]bool{}, map[aura.FactID]bool{}
			load := task.NewGroup(tc, "load")
			load.Go("watch", func(tc task.Context) error {
				return ada.Watch(tc, fact.Selection{Follow: true, Kinds: []string{chat.KindMessage}}, func(up fact.Update) error {
					for _, r := range up.Records {
						seen[r.ID] = true
					}
					return nil
				})
			})
			to := ref(t, tc, ada.Agent, context)
			for i := range 8 {
				load.Go(fmt.Sprint("send ", i), func(tc task.Context) error {
					for {
						payload, _ := fact.Marshal(chat.SendIntent{To: to, Text: fmt.Sprint("message ", i)})
						r, err := ada.Submit(tc, fact.Intent{Kind: chat.IntentSend, Payload: payload})
						if err != nil {
							return nil
						}
						accepted[r.Facts[0]] = true
						if err := tc.Sleep(20 * time.Millisecond); err != nil {
							return err
						}
					}
				})
			}
			if err := tc.Sleep(time.Second); err != nil {
				t.Fatal(err)
			}
			before := len(accepted)
			began := tc.Elapsed()
			err := ada.Stop(tc)
			if aura.KindOf(err) != aura.Timeout || !strings.Contains(err.Error(), "hanging") {
				t.Errorf("seed %d: stop returned %v, want a timeout that names the service that hangs", seed, err)
			}
			if took := tc.Elapsed() - began; took > 30*time.Second {
				t.Errorf("seed %d: the stop took %v", seed, took)
			}

			services := []string{
				"hanging", "sync", "maintenance", "capability", "moderation", "chat", "invite", "contact", "transport", "pump", "journal",
			}
			want := []string{"drain reactive"}
			for _, s := range services {
				want = append(want, "join "+s)
			}
			for _, s := range services {
				want = append(want, "close "+s)
			}
			want = append(want, "close reactive", "lifecycle agent")
			if diff := cmp.Diff(want, steps); diff != "" {
				t.Errorf("seed %d: order of the stop: %s", seed, diff)
			}
			if hang.closed {
				t.Errorf("seed %d: a service was closed while its task lived", seed)
			}
			if err := load.Close(tc, time.Minute); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			// The last window was delivered: whatever was accepted before the stop began was seen.
			if before == 0 || len(seen) < before {
				t.Errorf("seed %d: %d messages were accepted and %d seen", seed, before, len(seen))
			}
			if err := ben.Stop(tc); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		})
	}
}

// failing is a service that breaks when it is told to.
type failing struct{ now *task.Latch }

// Owner: the test.
func (f *failing) Name() string             { return "failing" }
func (f *failing) Owner() string            { return "test" }
func (f *failing) Start(task.Context) error { return nil }
func (f *failing) Close(task.Context) error { return nil }
func (f *failing) Serve(tc task.Context) error {
	if err := f.now.Wait(tc); err != nil {
		return err
	}
	return aura.Errorf("test.Serve", aura.Corrupt, "broken on purpose")
}

func TestFailedServiceIsNoticed(t *testing.T) {
	inWorld(t, 1, func(tc task.Context, w *simulated) {
		f := &failing{now: task.NewLatch()}
		ada := w.person(tc, "Ada", agent.Options{Extra: []task.Service{f}})
		short, done := tc.WithBudget("whole", time.Second)
		if err := ada.Wait(short); err != nil {
			t.Errorf("a whole agent: %v", err)
		}
		done()
		f.now.Open()
		if err := ada.Wait(tc); aura.KindOf(err) != aura.Corrupt || !strings.Contains(err.Error(), "failing") {
			t.Errorf("wait returned %v, want the service and why it failed", err)
		}
		if err := ada.Stop(tc); err != nil {
			t.Error(err)
		}
	})
}
