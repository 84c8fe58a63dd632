package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// full lets every write of a disk fail for lack of space.
var full = journal.Faults{Capacity: 1}

// TestAFullDisk: what cannot be kept is refused with a word that says so, nothing that was acknowledged is
// lost, and when there is space again the conversation goes on by itself.
func TestAFullDisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ada.Say(tc, context, "one")
		scene.Has(tc, w, context, ben, ada, "one")

		ben.Disk.SetFaults(full)
		if err := ben.Submit(tc, chat.IntentSend, chat.SendIntent{To: ben.Ref(tc, context), Text: "lost"}, nil); aura.KindOf(err) != aura.Exhausted {
			w.Errorf("sending with a full disk: %v", err)
		}
		ada.Say(tc, context, "two")
		ada.Say(tc, context, "three")
		w.Sleep(tc, time.Minute)
		if got := scene.States(tc, ada, context)["delivered"]; got != 1 {
			w.Errorf("%d messages are delivered, one is kept", got)
		}
		ben.Disk.SetFaults(journal.Faults{})
		scene.Has(tc, w, context, ben, ada, "one", "two", "three")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 3 })
		if got := ben.Heard(tc, context, ben); len(got) != 0 {
			w.Errorf("what was refused is here: %q", got)
		}
		ben.Say(tc, context, "back")
		scene.Has(tc, w, context, ada, ben, "back")
	})
}

// TestTheSenderHasAFullDisk: a delivery meanwhile is recorded as soon as it can be, in the same session.
func TestTheSenderHasAFullDisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		w.Cut(ada, ben)
		ada.Say(tc, context, "one")
		ada.Disk.SetFaults(full)
		w.Heal(ada, ben)
		scene.Has(tc, w, context, ben, ada, "one")
		if got := scene.States(tc, ada, context)["delivered"]; got != 0 {
			w.Errorf("a state says what is not recorded")
		}
		ada.Disk.SetFaults(journal.Faults{})
		w.Until(tc, "the record", 30*time.Second, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
	})
}

// TestAFlakyDisk fails a share of all writes and reads on both sides while they talk.
func TestAFlakyDisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		to := ada.Ref(tc, context)
		flaky := journal.Faults{FailApply: 0.2, FailRead: 0.05, SyncDelay: 20 * time.Millisecond}
		ada.Disk.SetFaults(flaky)
		ben.Disk.SetFaults(flaky)
		var said []string
		for i := range 40 {
			text := fmt.Sprint("message ", i)
			switch err := ada.Submit(tc, chat.IntentSend, chat.SendIntent{To: to, Text: text}, nil); aura.KindOf(err) {
			case 0:
				said = append(said, text)
			case aura.Unavailable:
			default:
				w.Errorf("%v", err)
			}
			w.Sleep(tc, 50*time.Millisecond)
		}
		ada.Disk.SetFaults(journal.Faults{})
		ben.Disk.SetFaults(journal.Faults{})
		w.Until(tc, "delivery", 5*time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == len(said) })
		if diff := cmp.Diff(said, ben.Heard(tc, context, ada)); diff != "" {
			w.Errorf("Ben has: %s", diff)
		}
	})
}

// TestAFrontendOutlivesAFlakyDisk: a watcher sees the facts committed after the disk recovered.
func TestAFrontendOutlivesAFlakyDisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ben.Disk.SetFaults(journal.Faults{FailRead: 0.5})
		for _, text := range numbered(1, 20) {
			ada.Say(tc, context, text)
			w.Sleep(tc, 200*time.Millisecond)
		}
		ben.Disk.SetFaults(journal.Faults{})
		seen := 0
		watch := task.NewGroup(tc, "watch")
		watch.Go("watch", func(tc task.Context) error {
			return ben.Agent.Watch(tc, fact.Selection{Follow: true, Kinds: []string{chat.KindMessage}}, func(up fact.Update) error {
				seen += len(up.Records)
				return nil
			})
		})
		ada.Say(tc, context, "and now?")
		w.Until(tc, "Ben sees all", 2*time.Minute, func() bool { return seen == 21 })
		watch.Cancel()
	})
}

// TestMeetingWithAFlakyDisk: the exchange of an invitation goes on until it ends.
func TestMeetingWithAFlakyDisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 30}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		code := scene.Invites(tc, ada, 0)
		flaky := journal.Faults{FailApply: 0.4, FailRead: 0.1}
		ada.Disk.SetFaults(flaky)
		ben.Disk.SetFaults(flaky)
		w.Until(tc, "Ben accepts", time.Minute, func() bool { return scene.Accepts(tc, ben, code) == nil })
		w.Sleep(tc, 2*time.Minute)
		ada.Disk.SetFaults(journal.Faults{})
		ben.Disk.SetFaults(journal.Faults{})
		scene.Friends(tc, w, ada, ben)
	})
}
