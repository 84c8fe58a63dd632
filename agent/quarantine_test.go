package agent

import (
	"errors"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

type events []string

// Emit implements [world.Log].
func (e *events) Emit(ev world.Event) {
	if ev.Family() == world.FamilyInvariant {
		*e = append(*e, ev.String())
	}
}

func TestPumpReportsEachQuarantinedFactOnce(t *testing.T) {
	var log events
	var held []fact.Quarantined
	p := &pump{followers: []follower{{service: "directory", quarantined: func() []fact.Quarantined { return held }}}}
	err := task.NewSim(1, task.SimOptions{Log: &log}).Run("test", func(tc task.Context) error {
		for i := range byte(3) {
			p.report(tc)
			held = append(held, fact.Quarantined{ID: aura.FactID{i + 1}, Cause: errors.New("planted")})
			p.report(tc)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(log) != 3 || !strings.Contains(log[2], `service="directory"`) || !strings.Contains(log[2], "a fold takes every fact") {
		t.Errorf("events: %v", log)
	}
	if named := Quarantined(held); len(named) != 3 || named[2].Fact != (aura.FactID{3}) {
		t.Errorf("the status names %v", named)
	}
}
