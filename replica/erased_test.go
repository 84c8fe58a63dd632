package replica_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// TestAnErasedFactIsTakenAndSaysNothing: a build that erases sends the header of a fact without its payload. Ada stores and
// acknowledges it, shows nothing of it, and takes what follows. Mallory's home, a copy from before, has it returned and
// goes on behind it. It is the same after a restart.
func TestAnErasedFactIsTakenAndSaysNothing(t *testing.T) {
	for _, kind := range []string{chat.KindMessage, chat.KindLeft, chat.KindInvited} {
		auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
			w.Logf("%s", kind)
			ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
			context := w.Meet(tc, ada, mallory)
			mallory.Say(tc, context, "one")
			scene.Has(tc, w, context, ada, mallory, "one")
			w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
			m := corrupt(tc, mallory, ada, context)
			m.dial(tc)
			m.hello(tc)
			m.deliver(tc, func(r *fact.Record) {
				r.Fact.Kind, r.Fact.Payload, r.Fact.Erased = kind, nil, sha256.Sum256(r.Fact.Payload)
			}, keep)
			if got, ok := m.acked(tc); !ok || got != 2 {
				w.Errorf("acknowledged through %d, %t", got, ok)
			}
			m.hangUp(tc)

			mallory.Start(tc)
			mallory.Say(tc, context, "two")
			scene.Has(tc, w, context, ada, mallory, "one", "two")
			w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 2 })
			scene.Restart(tc, ada)
			scene.Restart(tc, mallory)
			ada.Say(tc, context, "three")
			scene.Has(tc, w, context, mallory, ada, "three")
			for _, p := range []*auratest.Person{ada, mallory} {
				scene.Has(tc, w, context, p, mallory, "one", "two")
				records, err := p.Agent.Journal().ByAuthor(contextOf(context), mallory.Ring.Device(), 1, 10)
				if err != nil || len(records) != 3 {
					w.Fatalf("%s has %d facts of Mallory's: %v", p.Name, len(records), err)
				}
				erased := 0
				for i := range records {
					if f := &records[i].Fact; f.Erased != ([32]byte{}) && f.Kind == kind && len(f.Payload) == 0 {
						erased++
					}
				}
				if quarantined := p.Agent.Status().Quarantined; erased != 1 || len(quarantined) != 0 {
					w.Errorf("%s has %d erased facts, and in quarantine %v", p.Name, erased, quarantined)
				}
			}
		})
	}
}
