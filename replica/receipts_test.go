package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// greeted says hello as one who has these facts and receipts of Ada, and returns the receipts and facts that she sends until
// nothing has come for a moment.
func (m *intruder) greeted(tc task.Context, h wireHello) (receipts []effect.Receipt, facts []fact.Place) {
	m.World.Helper()
	m.dial(tc)
	h.Format = 2
	m.send(tc, wireHelloNumber, h)
	for {
		wait, done := tc.WithBudget("delivered", 5*time.Second)
		b, err := m.channel.Recv(wait)
		done()
		if err != nil {
			m.hangUp(tc)
			return receipts, facts
		}
		var d wireDeliver
		if b[0] != wireDeliverNumber || fact.Unmarshal(b[1:], &d) != nil {
			continue
		}
		for _, b := range d.Receipts {
			r, err := effect.DecodeReceipt(b)
			if err != nil {
				m.World.Fatalf("%v", err)
			}
			receipts = append(receipts, r)
		}
		for _, b := range d.Facts {
			r, err := fact.OpenRecord(0, b)
			if err != nil {
				m.World.Fatalf("%v", err)
			}
			facts = append(facts, r.Place())
		}
	}
}

func shortOf(r *effect.Receipt) [fact.ShortID]byte {
	hash := r.Hash()
	return [fact.ShortID]byte(hash[:])
}

// TestReceiptsGoOnWhereThePeerIs: a peer names the last receipts of all branches that it has. Ada goes on behind the one that
// she knows. When she knows none of them, she sends no receipt again, which the peer might count twice, and pays again for
// the facts that the peer lacks.
func TestReceiptsGoOnWhereThePeerIs(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, mallory := w.Person(tc, "Ada"), w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		ada.Say(tc, context, "one")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
		has, err := mallory.Agent.Journal().Heads(contextOf(context), ada.Ring.Device())
		if err != nil {
			t.Fatal(err)
		}
		m := corrupt(tc, mallory, ada, context)
		for _, text := range []string{"two", "three", "four", "five"} {
			ada.Say(tc, context, text)
		}
		all, facts := m.greeted(tc, wireHello{Heads: has})
		if len(all) < 4 || len(facts) != 4 {
			t.Fatalf("Ada sent %d receipts and %d facts", len(all), len(facts))
		}
		epoch, unknown := all[0].Epoch, [fact.ShortID]byte{1}
		for known := 1; known <= len(all); known++ {
			got, again := m.greeted(tc, wireHello{
				Heads: has, Epoch: epoch, Receipts: [][fact.ShortID]byte{unknown, shortOf(&all[known-1]), {2}},
			})
			if !slices.Equal(got, all[known:]) || !slices.Equal(again, facts) {
				t.Errorf("a peer with %d of %d receipts got %d, and %d facts", known, len(all), len(got), len(again))
			}
		}
		got, again := m.greeted(tc, wireHello{Heads: facts[:1], Epoch: epoch, Receipts: [][fact.ShortID]byte{unknown}})
		if len(got) != 1 || slices.Contains(all, got[0]) || got[0].Previous != all[len(all)-1].Hash() || !slices.Equal(again, facts[1:]) {
			t.Errorf("a peer whose receipts Ada does not know got %d of them and %d facts: %+v", len(got), len(again), got)
		}
		if len(got) == 1 && (got[0].FirstSeq != facts[1].Seq || got[0].LastSeq != facts[3].Seq) {
			t.Errorf("paid for again are %d to %d, the peer lacks %v", got[0].FirstSeq, got[0].LastSeq, facts[1:])
		}
	})
}
