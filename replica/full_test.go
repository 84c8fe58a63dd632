package replica_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestFullBuffersOnBothSidesDoNotStopASession: while they are apart, both write far more than the buffers of a
// channel and an inbox hold, and both disks are slow, so that all of these fill while each waits for its sync.
// An acknowledgement that waited for room in its sending buffer would keep its side from reading, and so the
// other's buffer full: both would wait for each other for ever, with 37 of 100 texts sent.
func TestFullBuffersOnBothSidesDoNotStopASession(t *testing.T) {
	const texts = 100
	long := strings.Repeat("x", 60<<10)
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		w.Cut(ada, ben)
		for range texts {
			ada.Say(tc, context, long)
			ben.Say(tc, context, long)
		}
		for _, p := range []*auratest.Person{ada, ben} {
			p.Disk.SetFaults(journal.Faults{SyncDelay: 10 * time.Second})
		}
		w.Heal(ada, ben)
		w.Until(tc, "all is delivered", 20*time.Minute, func() bool {
			return scene.States(tc, ada, context)["delivered"] == texts && scene.States(tc, ben, context)["delivered"] == texts
		})
	})
}
