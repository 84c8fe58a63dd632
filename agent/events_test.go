package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// lives is a log that keeps the states of services, each with its owner.
type lives map[string]string

// Emit implements [world.Log].
func (l lives) Emit(e world.Event) {
	if e.Family() != world.FamilyService {
		return
	}
	if e.Field("from_state") == "new" {
		l[e.Service()] += e.Owner() + ": new"
	}
	l[e.Service()] += " " + e.Field("to_state")
}

// TestEveryServiceReportsItsLife starts and stops a whole agent, one service of which breaks.
func TestEveryServiceReportsItsLife(t *testing.T) {
	events := lives{}
	inLoggedWorld(t, 1, events, func(tc task.Context, w *simulated) {
		stopped := map[string]bool{}
		f := &failing{now: task.NewLatch()}
		ada := w.person(tc, "Ada", agent.Options{
			Extra: []task.Service{f},
			Stopping: func(phase, service string) {
				if phase == "close" {
					stopped[service] = true
				}
			},
		})
		f.now.Open()
		_ = ada.Wait(tc)
		if err := ada.Stop(tc); err != nil {
			t.Error(err)
		}
		const whole = "agent root group: new starting running stopping stopped"
		want := lives{"failing": "test: new starting running failed"}
		for service := range stopped {
			if service != f.Name() {
				want[service] = whole
			}
		}
		want["journal"] += whole // it also served the founding
		if diff := cmp.Diff(want, events); diff != "" || len(want) < 12 {
			t.Errorf("%d services: %s", len(want), diff)
		}
	})
}
