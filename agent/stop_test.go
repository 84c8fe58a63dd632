package agent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// hanging is a service whose loop does not end when it is told to.
type hanging struct{ closed bool }

// Owner: the test.
func (h *hanging) Name() string                  { return "hanging" }
func (h *hanging) Declaration() task.Declaration { return task.Declaration{} }
func (h *hanging) Start(task.Context) error      { return nil }
func (h *hanging) Close(task.Context) error      { h.closed = true; return nil }
func (h *hanging) Serve(tc task.Context) error {
	tc, done := tc.Grace("hang", time.Hour)
	defer done()
	return tc.Sleep(time.Hour)
}

// TestStopOrder is the check of the runtime document's shutdown order ("Structured Concurrency"): pipeline,
// task tree, services, lifecycle; under load, and with a service that hangs.
func TestStopOrder(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		var steps []string
		hang := &hanging{}
		ada := w.Person(tc, "Ada", tuned(agent.Options{
			Extra:    []task.Service{hang},
			Stopping: func(phase, service string) { steps = append(steps, phase+" "+service) },
		}))
		ben := w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)

		// Load: messages until the agent refuses them; the watcher must see each accepted one.
		accepted, seen := map[aura.FactID]bool{}, map[aura.FactID]bool{}
		load := task.NewGroup(tc, "load")
		load.Go("watch", func(tc task.Context) error {
			return ada.Agent.Watch(tc, fact.Selection{Follow: true, Kinds: []string{chat.KindMessage}}, func(up fact.Update) error {
				for _, r := range up.Records {
					seen[r.ID] = true
				}
				return nil
			})
		})
		to := ada.Ref(tc, context)
		for i := range 8 {
			load.Go(fmt.Sprint("send ", i), func(tc task.Context) error {
				for {
					payload, _ := fact.Marshal(chat.SendIntent{To: to, Text: fmt.Sprint("message ", i)})
					r, err := ada.Agent.Submit(tc, fact.Intent{Kind: chat.IntentSend, Payload: payload})
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
		err := ada.Agent.Stop(tc)
		if aura.KindOf(err) != aura.Timeout || !strings.Contains(err.Error(), "hanging") {
			t.Errorf("seed %d: stop returned %v, want a timeout that names the service that hangs", w.Seed, err)
		}
		if took := tc.Elapsed() - began; took > 30*time.Second {
			t.Errorf("seed %d: the stop took %v", w.Seed, took)
		}

		services := []string{
			"hanging", "sync", "siblings", "maintenance", "delegation", "enrol", "device", "moderation", "chat", "contact", "capability", "invite", "session", "transport", "pump", "journal",
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
			t.Errorf("seed %d: order of the stop: %s", w.Seed, diff)
		}
		if hang.closed {
			t.Errorf("seed %d: a service was closed while its task lived", w.Seed)
		}
		if err := load.Close(tc, time.Minute); err != nil {
			t.Errorf("seed %d: %v", w.Seed, err)
		}
		// The last window was delivered: the watcher saw every fact that was accepted before the stop began.
		if before == 0 || len(seen) < before {
			t.Errorf("seed %d: %d messages were accepted and %d seen", w.Seed, before, len(seen))
		}
		ben.Stop(tc)
	})
}

// failing is a service that breaks when it is told to.
type failing struct{ now *task.Latch }

// Owner: the test.
func (f *failing) Name() string                  { return "failing" }
func (f *failing) Declaration() task.Declaration { return task.Declaration{} }
func (f *failing) Start(task.Context) error      { return nil }
func (f *failing) Close(task.Context) error      { return nil }
func (f *failing) Serve(tc task.Context) error {
	if err := f.now.Wait(tc); err != nil {
		return err
	}
	return aura.Errorf("test.Serve", aura.Corrupt, "broken on purpose")
}

func TestFailedServiceIsNoticed(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		f := &failing{now: task.NewLatch()}
		ada := w.Person(tc, "Ada", tuned(agent.Options{Extra: []task.Service{f}}))
		short, done := tc.WithBudget("whole", time.Second)
		if err := ada.Agent.Wait(short); err != nil {
			t.Errorf("a whole agent: %v", err)
		}
		done()
		f.now.Open()
		if err := ada.Agent.Wait(tc); aura.KindOf(err) != aura.Corrupt || !strings.Contains(err.Error(), "failing") {
			t.Errorf("wait returned %v, want the service and why it failed", err)
		}
		ada.Stop(tc)
	})
}
