package service

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestAnIntentNeedsAPlanOrAHost: an operation that nothing carries out is refused when the agent is made, not when a
// person asks for it.
func TestAnIntentNeedsAPlanOrAHost(t *testing.T) {
	m := domain.Module{Name: "notes", Operations: []domain.Operation{{Name: "note.write", Category: domain.CategoryOptimistic}}}
	if _, err := NewModule(&Env{}, &m, nil); aura.KindOf(err) != aura.Invalid || !strings.Contains(err.Error(), "note.write") {
		t.Errorf("without both: %v", err)
	}
	hosts := Hosts{"note.write": func(planned IntentFunc) IntentFunc {
		if planned != nil {
			t.Error("an operation without a plan has one")
		}
		return func(task.Context, fact.Intent) (fact.Result, error) { return fact.Result{}, nil }
	}}
	if s, err := NewModule(&Env{}, &m, hosts); err != nil || s.Idle() {
		t.Errorf("with a host: %v", err)
	}
}
