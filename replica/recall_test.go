package replica_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// returned counts the facts of the intruder that Ada sends, until nothing has come for a moment.
func (m *intruder) returned(tc task.Context) (n int) {
	for {
		wait, done := tc.WithBudget("returned", 5*time.Second)
		b, err := m.channel.Recv(wait)
		done()
		if err != nil {
			return n
		}
		var d wireDeliver
		if b[0] == wireDeliverNumber && fact.Unmarshal(b[1:], &d) == nil {
			n += len(d.Facts)
		}
	}
}

// TestReturningFactsLeavesEnoughToGreet: a peer asks again and again for all facts of its device. What it gets leaves of the
// control budget what openings and greetings need, it gets more later in the same session, and the two talk on.
func TestReturningFactsLeavesEnoughToGreet(t *testing.T) {
	const texts = 150
	auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		for range texts {
			mallory.Say(tc, context, strings.Repeat("lengthy ", 500))
		}
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == texts })
		m := corrupt(tc, mallory, ada, context)
		m.dial(tc)
		m.hello(tc)
		got := 0
		for range 20 {
			m.send(tc, wirePlacesNumber, wirePlaces{Return: true})
			got += m.returned(tc)
		}
		spent := ada.Agent.Journal().Charge(guard.ControlContext(context), mallory.Self()).Spent
		if most := uint64(guard.ControlLimit * 3 / 4); got < 2*texts || spent > most {
			t.Errorf("%d facts were returned, %d units are spent, the most is %d", got, spent, most)
		}
		w.Sleep(tc, 2*time.Hour)
		m.send(tc, wirePlacesNumber, wirePlaces{Return: true})
		if n := m.returned(tc); n != texts {
			t.Errorf("%d facts were returned in another epoch of the session", n)
		}
		for range 20 {
			m.send(tc, wirePlacesNumber, wirePlaces{Return: true})
			m.returned(tc)
		}
		m.hangUp(tc)
		mallory.Start(tc)
		mallory.Say(tc, context, "sorry")
		ada.Say(tc, context, "forgiven")
		scene.Has(tc, w, context, mallory, ada, "forgiven")
	})
}
