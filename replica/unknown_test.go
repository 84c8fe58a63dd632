package replica_test

import (
	"testing"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// TestMessagesOfANewerPeerAreSkipped: this build is the older one. Every number that it does not know, with a body that it
// cannot read, is passed over, and what follows on the same channel is taken.
func TestMessagesOfANewerPeerAreSkipped(t *testing.T) {
	known := map[byte]bool{}
	for _, row := range egress.Table() {
		known[row.Number] = row.Number != 0
	}
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		scene.Has(tc, w, context, ada, mallory, "one")
		m := corrupt(tc, mallory, ada, context)
		m.dial(tc)
		m.hello(tc)
		for number := range 256 {
			if !known[byte(number)] {
				m.sendBytes(tc, []byte{byte(number)})
				m.sendBytes(tc, []byte{byte(number), 0xff, 'n', 'e', 'w'})
			}
		}
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			w.Errorf("acknowledged through %d, %t", got, ok)
		}
		scene.Has(tc, w, context, ada, mallory, "one", "not said")
		m.hangUp(tc)
	})
}
