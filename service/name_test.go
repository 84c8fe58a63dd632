package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestEveryContactLearnsANameWhoseOwnerHadNoPatience: the budget of the action ends after the own fact, while the
// contacts are told.
func TestEveryContactLearnsANameWhoseOwnerHadNoPatience(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada")
		others := []*person{u.person(tc, "Ben"), u.person(tc, "Cleo"), u.person(tc, "Dan")}
		for _, other := range others {
			u.meet(tc, ada, other)
		}
		ada.disk.SetFaults(journal.Faults{SyncDelay: 10 * time.Second})
		hurry, done := tc.WithBudget("hurry", 15*time.Second)
		_ = ada.submit(hurry, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
		done()
		ada.disk.SetFaults(journal.Faults{})
		for _, other := range others {
			u.until(tc, other.name+" knows the name", 5*time.Minute, func() bool {
				c, _ := other.with(tc, ada)
				return c.PeerName == "Ada II"
			})
		}
	})
}
