package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestEveryContactLearnsANameWhoseOwnerHadNoPatience: the budget of the action ends after the own fact, while the
// contacts are told.
func TestEveryContactLearnsANameWhoseOwnerHadNoPatience(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		others := []*auratest.Person{w.Person(tc, "Ben"), w.Person(tc, "Cleo"), w.Person(tc, "Dan")}
		for _, other := range others {
			w.Meet(tc, ada, other)
		}
		ada.Disk.SetFaults(journal.Faults{SyncDelay: 10 * time.Second})
		hurry, done := tc.WithBudget("hurry", 15*time.Second)
		_ = ada.Submit(hurry, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
		done()
		ada.Disk.SetFaults(journal.Faults{})
		for _, other := range others {
			w.Until(tc, other.Name+" knows the name", 5*time.Minute, func() bool {
				c, _ := scene.With(tc, other, ada)
				return c.PeerName == "Ada II"
			})
		}
	})
}
