package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// full lets every write of a disk fail for lack of space.
var full = journal.Faults{Capacity: 1}

// TestAFullDisk: what cannot be kept is refused with a word that says so, nothing that was acknowledged is
// lost, and when there is space again the conversation goes on by itself.
func TestAFullDisk(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ada.say(tc, context, "one")
		u.has(tc, context, ben, ada, "one")

		ben.disk.SetFaults(full)
		if err := ben.submit(tc, chat.IntentSend, chat.SendIntent{To: ben.ref(tc, context), Text: "lost"}, nil); aura.KindOf(err) != aura.Exhausted {
			t.Errorf("seed %d: sending with a full disk: %v", u.seed, err)
		}
		ada.say(tc, context, "two")
		ada.say(tc, context, "three")
		u.sleep(tc, time.Minute)
		if got := ada.states(tc, context)["delivered"]; got != 1 {
			t.Errorf("seed %d: %d messages are delivered, one is kept", u.seed, got)
		}
		ben.disk.SetFaults(journal.Faults{})
		u.has(tc, context, ben, ada, "one", "two", "three")
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 3 })
		if got := ben.texts(tc, context, ben); len(got) != 0 {
			t.Errorf("seed %d: what was refused is here: %q", u.seed, got)
		}
		ben.say(tc, context, "back")
		u.has(tc, context, ada, ben, "back")
	})
}

// TestTheSenderHasAFullDisk: what was delivered meanwhile is recorded as soon as it can be, in the same
// session.
func TestTheSenderHasAFullDisk(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		u.net.Cut(ada.link(), ben.link())
		ada.say(tc, context, "one")
		ada.disk.SetFaults(full)
		u.net.Mend(ada.link(), ben.link())
		u.has(tc, context, ben, ada, "one")
		if got := ada.states(tc, context)["delivered"]; got != 0 {
			t.Errorf("seed %d: a state says what is not recorded", u.seed)
		}
		ada.disk.SetFaults(journal.Faults{})
		u.until(tc, "the record", 30*time.Second, func() bool { return ada.states(tc, context)["delivered"] == 1 })
	})
}

// TestAFlakyDisk fails a share of all writes and reads on both sides while they talk.
func TestAFlakyDisk(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		to := ada.ref(tc, context)
		flaky := journal.Faults{FailApply: 0.2, FailRead: 0.05, SyncDelay: 20 * time.Millisecond}
		ada.disk.SetFaults(flaky)
		ben.disk.SetFaults(flaky)
		var said []string
		for i := range 40 {
			text := fmt.Sprint("message ", i)
			switch err := ada.submit(tc, chat.IntentSend, chat.SendIntent{To: to, Text: text}, nil); aura.KindOf(err) {
			case 0:
				said = append(said, text)
			case aura.Unavailable:
			default:
				t.Errorf("seed %d: %v", u.seed, err)
			}
			u.sleep(tc, 50*time.Millisecond)
		}
		ada.disk.SetFaults(journal.Faults{})
		ben.disk.SetFaults(journal.Faults{})
		u.until(tc, "delivery", 5*time.Minute, func() bool { return ada.states(tc, context)["delivered"] == len(said) })
		if diff := cmp.Diff(said, ben.texts(tc, context, ada)); diff != "" {
			t.Errorf("seed %d: Ben has: %s", u.seed, diff)
		}
	})
}

// TestAFrontendOutlivesAFlakyDisk: whoever watches sees what is committed after the disk recovered.
func TestAFrontendOutlivesAFlakyDisk(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ben.disk.SetFaults(journal.Faults{FailRead: 0.5})
		for _, text := range numbered(1, 20) {
			ada.say(tc, context, text)
			u.sleep(tc, 200*time.Millisecond)
		}
		ben.disk.SetFaults(journal.Faults{})
		seen := 0
		watch := task.NewGroup(tc, "watch")
		watch.Go("watch", func(tc task.Context) error {
			return ben.agent.Watch(tc, fact.Selection{Follow: true, Kinds: []string{chat.KindMessage}}, func(up fact.Update) error {
				seen += len(up.Records)
				return nil
			})
		})
		ada.say(tc, context, "and now?")
		u.until(tc, "Ben sees all", 2*time.Minute, func() bool { return seen == 21 })
		watch.Cancel()
	})
}

// TestMeetingWithAFlakyDisk: the exchange of an invitation goes on until it ends.
func TestMeetingWithAFlakyDisk(t *testing.T) {
	inWorlds(t, 20, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		code := ada.invites(tc, 0)
		flaky := journal.Faults{FailApply: 0.4, FailRead: 0.1}
		ada.disk.SetFaults(flaky)
		ben.disk.SetFaults(flaky)
		u.until(tc, "Ben accepts", time.Minute, func() bool { return ben.accepts(tc, code) == nil })
		u.sleep(tc, 2*time.Minute)
		ada.disk.SetFaults(journal.Faults{})
		ben.disk.SetFaults(journal.Faults{})
		u.friends(tc, ada, ben)
	})
}
