package bench

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkSimulatedTime lets three agents live in a simulated world, each a contact of both others: an hour
// of silence, and a minute in which each says something every second. The metric is how much faster the
// simulated clock runs than the machine's.
func BenchmarkSimulatedTime(b *testing.B) {
	b.Run("idle", func(b *testing.B) {
		withWorld(b, func(tc task.Context, w *auratest.World, _ []talker) {
			for range b.N {
				w.Sleep(tc, time.Hour)
				w.Events = nil
			}
		})
	})
	b.Run("talking", func(b *testing.B) {
		withWorld(b, func(tc task.Context, w *auratest.World, talkers []talker) {
			for range b.N {
				for second := range 60 {
					for _, t := range talkers {
						submit(tc, b, t.person.Agent, chat.IntentSend, chat.SendIntent{To: t.contacts[second%2], Text: "a word a second"})
					}
					w.Sleep(tc, time.Second)
				}
				w.Events = nil
			}
		})
	})
}

// talker is a person with the conversations that it has with its contacts.
type talker struct {
	person   *auratest.Person
	contacts []chat.Ref
}

// withWorld runs fn once all people have met, and reports the ratio of the two clocks while it ran.
func withWorld(b *testing.B, fn func(task.Context, *auratest.World, []talker)) {
	auratest.Run(b, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		people := []*auratest.Person{w.Person(tc, "Agent 1"), w.Person(tc, "Agent 2"), w.Person(tc, "Agent 3")}
		for i, p := range people {
			for _, other := range people[:i] {
				w.Meet(tc, p, other)
			}
		}
		w.Sleep(tc, time.Minute)
		var talkers []talker
		for _, p := range people {
			t := talker{person: p}
			for _, c := range p.Look(tc).Contacts.Contacts() {
				t.contacts = append(t.contacts, chat.Ref{Context: c.Context, Epoch: c.Epoch})
			}
			talkers = append(talkers, t)
		}
		began := tc.Elapsed()
		b.ResetTimer()
		fn(tc, w, talkers)
		b.StopTimer()
		b.ReportMetric(float64(tc.Elapsed()-began)/float64(b.Elapsed()), "x-real")
		for _, p := range people {
			p.Stop(tc)
		}
	})
}
