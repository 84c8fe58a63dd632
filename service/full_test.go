package service_test

import (
	"strings"
	"testing"
	"time"

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
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		u.net.Cut(ada.link(), ben.link())
		for range texts {
			ada.say(tc, context, long)
			ben.say(tc, context, long)
		}
		for _, p := range []*person{ada, ben} {
			p.disk.SetFaults(journal.Faults{SyncDelay: 10 * time.Second})
		}
		u.net.Mend(ada.link(), ben.link())
		u.until(tc, "all is delivered", 20*time.Minute, func() bool {
			return ada.states(tc, context)["delivered"] == texts && ben.states(tc, context)["delivered"] == texts
		})
	})
}
