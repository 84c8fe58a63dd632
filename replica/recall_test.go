package replica_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/effect"
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

// TestReturningFactsLeavesEnoughToGreet: Mallory asks again and again for all facts of her device. Ada keeps of the control
// budget what openings and greetings need, returns more later in the same session, and the two talk on.
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

// TestAnAnswerAboutACrowdedPlaceIsBounded: Mallory's home began from one backup 300 times and wrote, and each time learned of
// the others then. Ada answers about the place behind the backup with no more places than an answer may hold.
func TestAnAnswerAboutACrowdedPlaceIsBounded(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		mallory.Say(tc, context, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, mallory, context)["delivered"] == 1 })
		m := corrupt(tc, mallory, ada, context)
		m.dial(tc)
		m.hello(tc)
		logical, written := m.held[0].Fact.Logical, uint64(1)
		var joined []fact.Place // by the last merge
		for round := range uint64(20) {
			facts, heads := []fact.Record{}, joined
			for i := range fact.MaxHeads - len(joined) {
				f := m.next(func(r *fact.Record) { r.Fact.Order = aura.OrderToken{byte(round), byte(i)} })
				facts, heads = append(facts, f), append(heads, f.Place())
			}
			slices.SortFunc(heads[1:], fact.Place.Compare)
			merge := m.next(func(r *fact.Record) {
				r.Fact.Logical, r.Fact.Seq, r.Fact.Prev, r.Fact.Merges = logical+aura.Logical(round)+2, round+3, [fact.ShortID]byte{}, heads
			})
			facts = append(facts, merge)
			d := wireDeliver{Proofs: fact.ShareProofs(facts)}
			for i := range facts {
				d.Facts = append(d.Facts, facts[i].Canonical())
			}
			if round == 0 {
				d.Receipts = [][]byte{m.receipt(tc, func(r *effect.Receipt) { r.FirstSeq, r.LastSeq, r.Cost = 2, 40, 39 })}
			}
			m.send(tc, wireDeliverNumber, d)
			joined, written = []fact.Place{merge.Place()}, written+uint64(len(facts))
		}
		w.Until(tc, "Ada has all of it", time.Minute, func() bool {
			return ada.Agent.Journal().Count(contextOf(context), mallory.Ring.Device()) == written
		})
		var ask []uint64
		for seq := range uint64(16) {
			ask = append(ask, seq+1)
		}
		m.send(tc, wirePlacesNumber, wirePlaces{Ask: ask})
		for {
			b, err := m.channel.Recv(tc)
			if err != nil {
				w.Fatalf("Ada hangs up: %v", err)
			}
			var answer wirePlaces
			if b[0] != wirePlacesNumber || fact.Unmarshal(b[1:], &answer) != nil {
				continue
			}
			if n := len(answer.Held); n != 15+fact.MaxHeads || answer.Held[0] != m.held[0].Place() {
				t.Errorf("an answer with %d places, the first one %v", n, answer.Held[0])
			}
			break
		}
		m.hangUp(tc)
	})
}
