package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// watched is a store that tells of every record that is read.
type watched struct {
	journal.Store
	read func()
}

// tableRecord is the first byte of the store keys of records.
const tableRecord = 0x02

func (w *watched) Get(key []byte) ([]byte, bool, error) {
	if key[0] == tableRecord {
		w.read()
	}
	return w.Store.Get(key)
}

func (w *watched) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return w.Store.Iterate(start, end, func(key, value []byte) error {
		if key[0] == tableRecord {
			w.read()
		}
		return fn(key, value)
	})
}

// TestLookingForOverdueMessagesStopsWhenTold has a long backlog without a date, and ends the agent while
// maintenance looks through it.
func TestLookingForOverdueMessagesStopsWhenTold(t *testing.T) {
	const backlog, before, page = 5000, 1000, 128
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		var hands agent.Hands
		ada := w.Person(tc, "Ada", func(p *auratest.Person) {
			p.Hands = func(h agent.Hands) agent.Hands { hands = h; return h }
		})
		ben := w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ben.Stop(tc)
		payload, err := fact.Marshal(chat.Read{})
		if err != nil {
			t.Fatal(err)
		}
		for range backlog / 500 {
			e := &journal.Entry{}
			for range 500 {
				e.Drafts = append(e.Drafts, fact.Draft{Namespace: fact.ContextNamespace(context), Kind: chat.KindRead, Payload: payload})
			}
			if _, err := ada.Agent.Journal().Append(tc, e); err != nil {
				t.Fatal(err)
			}
		}
		ada.Stop(tc)

		reads := 0
		group := task.NewGroup(tc, "Ada")
		hands.Store = &watched{Store: ada.Disk, read: func() {
			if reads++; reads == before {
				group.Cancel()
			}
		}}
		a, err := agent.New(tc, group, hands, agent.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Start(tc) // the cancellation may come as early as this
		w.Sleep(tc, time.Minute)
		if reads < before || reads > before+2*page {
			t.Errorf("%d records were read, the agent was cancelled at %d", reads, before)
		}
		_ = group.Close(tc, time.Minute)
	})
}
