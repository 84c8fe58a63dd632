package agent_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
)

// TestAFoundingSaysWhetherItHappened: on a disk that fails now and then an authority is founded whole, or the error
// says that it was not, and the next attempt founds it. It is founded once.
func TestAFoundingSaysWhetherItHappened(t *testing.T) {
	refused := 0
	auratest.Run(t, auratest.Options{Seeds: 20}, func(tc task.Context, w *auratest.World) {
		disk := journal.NewFaulty(w.Sim.Entropy("disk"), journal.Faults{FailApply: 0.3})
		entropy := w.Sim.Entropy("Ada")
		h := agent.Hands{Ring: keyring.Ephemeral(entropy), Entropy: entropy}
		founded := false
		for attempt := range 20 {
			h.Store = disk
			switch kind := aura.KindOf(agent.Found(tc, h, "Ada", nil)); {
			case kind == 0 && !founded:
				founded = true
			case kind == aura.Conflict && founded:
				return
			case kind == aura.Unavailable:
				refused++
			default:
				t.Fatalf("seed %d: attempt %d of a founding, which had happened: %t: kind %v", w.Seed, attempt, founded, kind)
			}
			disk = disk.Crash()
			disk.SetFaults(journal.Faults{FailApply: 0.3})
		}
		t.Errorf("seed %d: no end of the attempts, founded: %t", w.Seed, founded)
	})
	if refused == 0 {
		t.Error("no founding met a failing disk")
	}
}
