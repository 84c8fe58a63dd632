package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
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

// TestReceiptsOfAnotherKindAreRefused: one that a newer build made, and those that do not cover facts. The channel ends with
// an event, and the facts that came with the receipt are not kept. Tests of effect and guard hold the
// texts of the errors.
func TestReceiptsOfAnotherKindAreRefused(t *testing.T) {
	for kind, want := range map[effect.ReceiptKind]aura.Kind{
		9: aura.Invalid, effect.ReceiptKindParcel: aura.Denied, effect.ReceiptKindCarry: aura.Denied,
	} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
			context := w.Meet(tc, ada, mallory)
			mallory.Say(tc, context, "one")
			scene.Has(tc, w, context, ada, mallory, "one")
			m := corrupt(tc, mallory, ada, context)
			m.dial(tc)
			m.hello(tc)
			m.deliver(tc, keep, func(r *effect.Receipt) {
				if r.Kind = kind; kind == effect.ReceiptKindParcel {
					r.FirstSeq, r.LastSeq, r.Digest = 0, 0, [32]byte{1}
				}
			})
			if _, more := m.acked(tc); more {
				t.Errorf("kind %d: acknowledged", kind)
			}
			w.Sleep(tc, time.Minute)
			if !slices.ContainsFunc(w.Events, func(e world.Event) bool {
				return e.Family() == world.FamilyIngress && e.Message() == "rejected" && e.ErrorKind() == want
			}) {
				t.Errorf("kind %d: no event of kind %v", kind, want)
			}
			if got := ada.Agent.Journal().Count(contextOf(context), mallory.Ring.Device()); got != 1 {
				t.Errorf("kind %d: %d facts are kept", kind, got)
			}
			m.hangUp(tc)
			mallory.Start(tc)
			mallory.Say(tc, context, "two")
			scene.Has(tc, w, context, ada, mallory, "one", "two")
		})
	}
}
