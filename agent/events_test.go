package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// lives has the states of services, each with its owner.
func lives(events []world.Event) map[string]string {
	l := map[string]string{}
	for _, e := range events {
		if e.Family() != world.FamilyService {
			continue
		}
		if e.Field("from_state") == "new" {
			l[e.Service()] += e.Owner() + ": new"
		}
		l[e.Service()] += " " + e.Field("to_state")
	}
	return l
}

// TestEveryServiceReportsItsLife starts and stops a whole agent, one service of which breaks.
func TestEveryServiceReportsItsLife(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		f := &failing{now: task.NewLatch()}
		ada := w.Person(tc, "Ada", tuned(agent.Options{
			Extra: []task.Service{f},
		}))
		services := ada.Agent.Services()
		f.now.Open()
		_ = ada.Agent.Wait(tc)
		ada.Stop(tc)
		const whole = ": new starting running stopping stopped"
		want := map[string]string{}
		for _, d := range services {
			want[d.Name] = d.Owner + whole
		}
		want["failing"] = "world/people/Ada/doors: new starting running failed"
		want["journal"] = "world/room" + whole + want["journal"] // it also served the founding
		if diff := cmp.Diff(want, lives(w.Events)); diff != "" || len(want) < 12 {
			t.Errorf("%d services: %s", len(want), diff)
		}
	})
}
