package app_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// A conversation read from its end equals the end of the conversation folded from all facts.
func TestAHistoryIsTheEndOfTheWholeConversation(t *testing.T) {
	for seed := range uint64(8) {
		within(t, task.NewSim(seed, task.SimOptions{}), func(t *testing.T, tc task.Context) {
			a := met(t, ben, cleo)
			c, h := a.live(tc)
			defer stop(t, tc, h)
			to := resolve(t, tc, c, "ben")
			whole, err := c.Conversation(tc, to, 0)
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(seed, 1))
			acked := uint64(0)
			mine := func() uint64 { return a.seqs[fact.ContextNamespace(ben.pair())][ada.cert.Device()] }
			for n := range 200 {
				a.late = random.IntN(3) == 0
				switch random.IntN(12) {
				case 0, 1, 2:
					if _, err := c.Send(tc, to, fmt.Sprint("to ben ", n), aura.FactID{}); err != nil {
						t.Fatal(err)
					}
				case 3, 4, 5:
					a.hears(ben, chat.KindMessage, chat.Text{Text: fmt.Sprint("from ben ", n)})
				case 6, 7:
					a.hears(cleo, chat.KindMessage, chat.Text{Text: "elsewhere"})
				case 8:
					if err := c.MarkRead(tc, to); err != nil {
						t.Fatal(err)
					}
				case 9:
					if mine() > 0 {
						marks := []chat.Mark{{Device: ada.cert.Device(), Through: 1 + random.Uint64N(mine())}}
						a.hears(ben, chat.KindRead, chat.Read{Marks: marks})
					}
				case 10:
					a.acked(ben)
					if acked = mine(); seed%2 == 0 {
						a.outbox(ben, delivery.Outbox{Sent: acked, Charged: acked, Acked: acked, Counted: true})
					}
				default:
					if gone := mine(); gone > 0 && seed > 3 {
						a.own(delivery.KindFailed, delivery.Failed{Context: ben.pair(), Peer: ben.cert.Authority(), Through: gone, Reason: "gone"})
					}
				}
			}
			for _, last := range []int{0, 1, 2, 7, 40, 1000} {
				got, err := c.History(tc, to, last)
				if err != nil {
					t.Fatal(err)
				}
				shows(t, tc, c, whole, func(v app.Conversation) bool {
					want := v.Messages
					if last > 0 {
						want = want[max(0, len(want)-last):]
					}
					return got.More == (len(want) < len(v.Messages)) && reflect.DeepEqual(want, got.Messages)
				})
			}
		})
	}
}

func TestHiddenMessagesAreNotCounted(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben, cleo)
		c := a.core(tc)
		group, err := c.CreateGroup(tc, "Friends", []app.Ref{resolve(t, tc, c, "ben"), resolve(t, tc, c, "cleo")})
		if err != nil {
			t.Fatal(err)
		}
		say := func(who person, text string) {
			a.say(who, fact.ContextNamespace(group.Context), aura.OperationID{0xfe}, chat.KindMessage, chat.Text{Text: text})
		}
		for n := range 3 {
			say(ben, fmt.Sprint(n))
		}
		for range 300 {
			say(cleo, "not to be seen")
		}
		if err := c.Block(tc, resolve(t, tc, c, "cleo")); err != nil {
			t.Fatal(err)
		}
		got, err := c.History(tc, group, 2)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ben: 1", "ben: 2"}, texts(got.Messages)); diff != "" || !got.More {
			t.Errorf("the last two (more: %v; -want +got):\n%s", got.More, diff)
		}
	})
}

func TestWaitingEndsWithWhatIsObserved(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		sent, err := c.Send(tc, to, "hi", aura.FactID{})
		if err != nil {
			t.Fatal(err)
		}
		a.outbox(ben, delivery.Outbox{Sent: 1, Charged: 1})
		g := task.NewGroup(tc, "wait")
		var m chat.Message
		var ended error
		g.Go("wait", func(tc task.Context) error {
			m, ended = c.WaitDelivered(tc, to, sent)
			return nil
		})
		a.outbox(ben, delivery.Outbox{Sent: 1, Charged: 1, Acked: 1, Counted: true})
		if err := g.Wait(tc); err != nil || ended != nil || m.State != delivery.ProgressDelivered {
			t.Errorf("%v, %v, %v", m.State, ended, err)
		}
	})
}

func TestOverviewCountsWhatIsUnread(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben, cleo)
		c := a.core(tc)
		for n := range 30 {
			a.hears(ben, chat.KindMessage, chat.Text{Text: fmt.Sprint("old ", n)})
		}
		if err := c.MarkRead(tc, resolve(t, tc, c, "ben")); err != nil {
			t.Fatal(err)
		}
		for n := range 20 {
			a.hears(ben, chat.KindMessage, chat.Text{Text: fmt.Sprint("new ", n)})
		}
		if _, err := c.Send(tc, resolve(t, tc, c, "cleo"), "hi", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		lines := func() (lines []string) {
			all, err := c.Overview(tc)
			if err != nil {
				t.Fatal(err)
			}
			for _, thread := range all {
				lines = append(lines, fmt.Sprintf("%s %d %s", thread.Name, thread.Unread, thread.Last.Text))
			}
			return lines
		}
		if diff := cmp.Diff([]string{"cleo 0 hi", "ben 20 new 19"}, lines()); diff != "" {
			t.Errorf("overview (-want +got):\n%s", diff)
		}
		for range 2000 {
			a.hears(cleo, chat.KindMessage, chat.Text{Text: "again"})
		}
		if diff := cmp.Diff([]string{"cleo 999 again", "ben 20 new 19"}, lines()); diff != "" {
			t.Errorf("overview (-want +got):\n%s", diff)
		}
	})
}

// TestAnOverviewKnowsTheMarksOfAllBranches: a mark may come before the message, by another copy of a home, and it is not
// true of two branches that the last mark says all.
func TestAnOverviewKnowsTheMarksOfAllBranches(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		mark := func(through uint64, id aura.FactID) {
			a.say(ada, fact.ContextNamespace(ben.pair()), aura.OperationID{0xfe}, chat.KindRead, chat.Read{
				Marks: []chat.Mark{{Device: ben.cert.Device(), Through: through, ID: fact.PlaceOf(through, id).ID}},
			})
		}
		back := uint64(0)
		a.place = func(r *fact.Record) {
			if r.Fact.Author == ben.cert.Authority() {
				r.Seq, r.Fork = r.Seq-back, 1
			}
		}
		var last aura.FactID
		for n := range 40 {
			last = a.hears(ben, chat.KindMessage, chat.Text{Text: fmt.Sprint("one ", n)})
		}
		mark(40, last)
		back = 40
		for n := range 30 {
			last = a.hears(ben, chat.KindMessage, chat.Text{Text: fmt.Sprint("two ", n)})
		}
		mark(30, last)
		c := a.core(tc)
		all, err := c.Overview(tc)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := c.History(tc, resolve(t, tc, c, "ben"), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := *all[0].Last, whole.Messages[len(whole.Messages)-1]; !cmp.Equal(got, want) {
			t.Errorf("the last message in the overview and in the conversation (-want +got):\n%s", cmp.Diff(want, got))
		}
	})
}

// TestTheEndOfAConversationNamesDevicesAsTheWholeDoes: without an agent the facts about old texts alone say that the contact has another device,
// and who reads from the end does not read them.
func TestTheEndOfAConversationNamesDevicesAsTheWholeDoes(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		has := func(through uint64, devices ...aura.DeviceID) {
			for _, d := range devices {
				a.own(delivery.KindAcked, delivery.Acked{Context: ben.pair(), Peer: ben.cert.Authority(), Device: d, Through: through})
			}
		}
		one, other := ben.cert.Device(), aura.DeviceID{0xff}
		for n, devices := range [][]aura.DeviceID{{one, other}, {one}, {}} {
			if _, err := c.Send(tc, to, fmt.Sprint("text ", n), aura.FactID{}); err != nil {
				t.Fatal(err)
			}
			has(a.seqs[fact.ContextNamespace(ben.pair())][ada.cert.Device()], devices...)
		}
		whole, err := c.History(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		for last := range 3 {
			end, err := c.History(tc, to, last)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole.Messages[len(whole.Messages)-len(end.Messages):], end.Messages); diff != "" {
				t.Errorf("the last %d of the whole conversation, and the conversation read from its end (-want +got):\n%s", last, diff)
			}
		}
	})
}

// TestAFactOfAnyKindTellsOfABranch: the home of a device was copied, and the other branch begins with a fact that no conversation shows.
func TestAFactOfAnyKindTellsOfABranch(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		defer stop(t, tc, h)
		to := resolve(t, tc, c, "ben")
		whole, err := c.Conversation(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := c.Send(tc, to, "hi", aura.FactID{})
		if err != nil {
			t.Fatal(err)
		}
		a.acked(ben)
		is := func(want delivery.Progress) {
			shows(t, tc, c, app.Chats, func(v []chat.Thread) bool {
				return len(v) == 1 && v[0].Last != nil && v[0].Last.ID == sent.ID && v[0].Last.State == want
			})
			shows(t, tc, c, whole, func(v app.Conversation) bool { return len(v.Messages) == 1 && v.Messages[0].State == want })
		}
		is(delivery.ProgressDelivered)
		a.place = func(r *fact.Record) { r.Fork = 1 }
		a.say(ada, fact.ContextNamespace(ben.pair()), aura.OperationID{0xfe}, contact.KindProfile, contact.Profile{Name: "Ada"})
		is(delivery.ProgressWaiting)
	})
}

func TestThePastIsShownAsItWas(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		if _, err := c.Send(tc, to, "hi", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		a.outbox(ben, delivery.Outbox{Sent: 1, Charged: 1, Acked: 1, Counted: true})
		then := a.Head()
		a.acked(ben)
		a.hears(ben, chat.KindMessage, chat.Text{Text: "hi yourself"})
		if _, err := c.Rename(tc, to, "Benjamin"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.core(tc).AsOf(tc, a.Head()+1); !errors.Is(err, aura.NotFound) {
			t.Errorf("a position in the future: %v", err)
		}
		past, err := a.core(tc).AsOf(tc, then)
		if err != nil {
			t.Fatal(err)
		}
		m, h := modelOf(t, tc, tc.Group(), past)
		shows(t, tc, m, app.Chats, func(v []chat.Thread) bool {
			return len(v) == 1 && v[0].Name == "ben" && v[0].Last != nil && v[0].Last.Text == "hi" && v[0].Last.State == delivery.ProgressWaiting
		})
		got, err := past.History(tc, resolve(t, tc, past, "ben"), 5)
		if err != nil || len(got.Messages) != 1 || got.Messages[0].State != delivery.ProgressWaiting {
			t.Errorf("history: %+v, %v", got.Messages, err)
		}
		if _, err := past.Send(tc, to, "too late", aura.FactID{}); !errors.Is(err, aura.Unavailable) {
			t.Errorf("writing into the past: %v", err)
		}
		stop(t, tc, h)
	})
}
