package agent_test

import (
	"fmt"
	"path"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// The process that runs an agent can say which services it has, and who owns each.
func ExampleAgent_Services() {
	auratest.Run(nil, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		for _, d := range ada.Agent.Services() {
			fmt.Printf("%-10s %s\n", path.Base(d.Owner), d.Name)
		}
	})
	// Output:
	// views      reactive
	// storage    journal
	// views      pump
	// network    transport
	// sessions   session
	// intents    invite
	// intents    capability
	// intents    contact
	// intents    chat
	// intents    moderation
	// intents    device
	// intents    enrol
	// intents    delegation
	// intents    maintenance
	// intents    siblings
	// network    sync
}

// TestAccessorsSayWhatTheRunningServicesDo: the typed answers of a running agent are those that a frontend gets, its
// journal has the facts that a service committed, and its chain decides as that service was decided.
func TestAccessorsSayWhatTheRunningServicesDo(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		before := ada.Agent.Status()
		ada.Say(tc, context, "hi")
		w.Sleep(tc, time.Minute)

		asked, err := ada.Core(tc).Status(tc)
		if err != nil {
			t.Fatalf("the question for the status: %v", err)
		}
		now := ada.Agent.Status()
		if diff := cmp.Diff(asked, now); diff != "" {
			t.Errorf("the status and the answer to the question differ (-answer +status):\n%s", diff)
		}
		if now.Authority != ada.Agent.Self() || now.Facts != ada.Agent.Journal().Head() || now.Facts <= before.Facts {
			t.Errorf("%s has %d facts, before the message %d: the status says %+v", ada.Agent.Self(), ada.Agent.Journal().Head(), before.Facts, now)
		}
		services := ada.Agent.Services()
		for i, s := range now.Services {
			if s.Name != services[i+1].Name || s.State != task.Running.String() {
				t.Errorf("service %d is %+v, its declaration %s", i, s, services[i+1].Name)
			}
		}
		if len(now.Services) != len(services)-1 {
			t.Errorf("the status has %d services of %d", len(now.Services), len(services))
		}
		if _, ok := ada.Agent.Set().Operation(chat.IntentSend); !ok {
			t.Errorf("the set lacks %s", chat.IntentSend)
		}
		request := guard.Request{Capability: chat.CapSend, Context: context, Authority: ada.Agent.Self()}
		if _, verdict, err := ada.Agent.Chain().DryRun(tc, &request); err != nil || !verdict.Allowed {
			t.Errorf("the chain refuses what it permitted a minute ago: %+v, %v", verdict, err)
		}
	})
}
