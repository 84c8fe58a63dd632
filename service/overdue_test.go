package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura/agent"
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
	inWorlds(t, 1, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ben.stop(tc)
		payload, err := fact.Marshal(chat.Read{})
		if err != nil {
			t.Fatal(err)
		}
		for range backlog / 500 {
			e := &journal.Entry{}
			for range 500 {
				e.Drafts = append(e.Drafts, fact.Draft{Namespace: contextOf(context), Kind: chat.KindRead, Payload: payload})
			}
			if _, err := ada.agent.Journal().Append(tc, e); err != nil {
				t.Fatal(err)
			}
		}
		ada.stop(tc)

		reads := 0
		group := task.NewGroup(tc, "Ada")
		hands := ada.hands()
		hands.Store = &watched{Store: ada.disk, read: func() {
			if reads++; reads == before {
				group.Cancel()
			}
		}}
		a, err := agent.New(tc, group, hands, agent.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Start(tc) // the cancellation may come as early as this
		u.sleep(tc, time.Minute)
		if reads < before || reads > before+2*page {
			t.Errorf("%d records were read, the agent was cancelled at %d", reads, before)
		}
		_ = group.Close(tc, time.Minute)
	})
}

// TestWhatWasGivenUpReachesAPeerThatComesBack: nobody dials for what was given up. Once the device is there for
// another reason, the group that waits for it has its turn, too.
func TestWhatWasGivenUpReachesAPeerThatComesBack(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben, cleo := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
		u.meet(tc, ada, ben)
		u.meet(tc, ada, cleo)
		u.meet(tc, ben, cleo)
		group := ada.founds(tc, "Club", ben, cleo)
		u.until(tc, "all take part", time.Minute, func() bool { return ben.takesPart(tc, group) && cleo.takesPart(tc, group) })
		u.sleep(tc, time.Minute)
		cleo.stop(tc)
		ben.say(tc, group, "are you there")
		u.sleep(tc, time.Minute)
		ada.stop(tc)
		ben.stop(tc)
		u.sleep(tc, 91*24*time.Hour) // with everybody off, which costs no steps
		ben.start(tc)
		u.until(tc, "Ben is told", time.Minute, func() bool {
			return ben.states(tc, group)["failed: not delivered within 90 days"] == 1
		})
		ada.start(tc)
		cleo.start(tc)
		u.until(tc, "Cleo has it", 10*time.Minute, func() bool { return len(cleo.texts(tc, group, ben)) == 1 })
		u.until(tc, "Ben is told", time.Minute, func() bool { return ben.states(tc, group)["delivered"] == 1 })
	})
}
