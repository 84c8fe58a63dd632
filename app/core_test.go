package app_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

func texts(messages []chat.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.From+": "+m.Text)
	}
	return out
}

func TestSignalsFollowTheAgent(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		shows(t, tc, c, app.Contacts, func(v []contact.Contact) bool { return len(v) == 1 && v[0].Name == "ben" })
		shows(t, tc, c, app.Agent, func(v app.Attachment) bool { return v.Attached && v.Current })

		to := resolve(t, tc, c, "Ben")
		s, err := c.Conversation(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Send(tc, to, "hi", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		a.hears(ben, chat.KindMessage, chat.Text{Text: "hi yourself"})
		got := shows(t, tc, c, s, func(v app.Conversation) bool { return len(v.Messages) == 2 })
		if diff := cmp.Diff([]string{"ada: hi", "ben: hi yourself"}, texts(got.Messages)); diff != "" {
			t.Errorf("conversation (-want +got):\n%s", diff)
		}
		shows(t, tc, c, app.Chats, func(v []chat.Thread) bool {
			return len(v) == 1 && v[0].Unread == 1 && v[0].Last.Text == "hi yourself"
		})

		if err := c.MarkRead(tc, to); err != nil {
			t.Fatal(err)
		}
		shows(t, tc, c, app.Chats, func(v []chat.Thread) bool { return v[0].Unread == 0 })
		if _, err := c.Rename(tc, to, "Benjamin"); err != nil {
			t.Fatal(err)
		}
		shows(t, tc, c, s, func(v app.Conversation) bool { return v.Name == "Benjamin" })
		if err := c.Mute(tc, to); err != nil {
			t.Fatal(err)
		}
		shows(t, tc, c, app.Moderation, func(v moderation.Moderation) bool { return len(v.Muted) == 1 })
		shows(t, tc, c, app.Chats, func(v []chat.Thread) bool { return v[0].Muted })

		a.observe(status.Connection{Link: status.LinkDirect}.Observation(ben.cert.Authority()))
		shows(t, tc, c, app.Connections, func(v []status.Peer) bool { return len(v) == 1 && v[0].Link == status.LinkDirect })
		stop(t, tc, h)
	})
}

func TestMessageStatesFollowFactsAndObservations(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		to := resolve(t, tc, c, "ben")
		s, err := c.Conversation(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Send(tc, to, "hi", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		reaches := func(state delivery.Progress, reason string) {
			t.Helper()
			shows(t, tc, c, s, func(v app.Conversation) bool {
				return len(v.Messages) == 1 && v.Messages[0].State == state && v.Messages[0].Reason == reason
			})
		}
		reaches(delivery.ProgressWaiting, "agent is starting")
		a.outbox(ben, delivery.Outbox{Charged: 1})
		reaches(delivery.ProgressSending, "")
		a.outbox(ben, delivery.Outbox{Charged: 1, Sent: 1})
		reaches(delivery.ProgressSent, "")
		a.acked(ben)
		reaches(delivery.ProgressDelivered, "")
		stop(t, tc, h)
	})
}

func TestAgentThatDiesAndReturnsIsFollowedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		to := resolve(t, tc, c, "ben")
		s, err := c.Conversation(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Send(tc, to, "one", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		a.outbox(ben, delivery.Outbox{Charged: 1, Sent: 1})
		shows(t, tc, c, s, func(v app.Conversation) bool {
			return len(v.Messages) == 1 && v.Messages[0].State == delivery.ProgressSent
		})

		a.dies()
		shows(t, tc, c, app.Agent, func(v app.Attachment) bool { return !v.Attached && v.Reason != "" })
		shows(t, tc, c, s, func(v app.Conversation) bool { return v.Messages[0].State == delivery.ProgressWaiting })

		a.hears(ben, chat.KindMessage, chat.Text{Text: "two"}) // while no subscription is open
		a.lives()
		got := shows(t, tc, c, s, func(v app.Conversation) bool { return len(v.Messages) == 2 })
		if diff := cmp.Diff([]string{"ada: one", "ben: two"}, texts(got.Messages)); diff != "" {
			t.Errorf("conversation (-want +got):\n%s", diff)
		}
		stop(t, tc, h)
	})
}

func TestNamesAreResolvedAtTheDoor(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben, cleo)
		c := a.core(tc)
		group, err := c.CreateGroup(tc, "Friends", []app.Ref{resolve(t, tc, c, "ben"), resolve(t, tc, c, "cleo")})
		if err != nil {
			t.Fatal(err)
		}
		if got := resolve(t, tc, c, "friends"); got != group {
			t.Errorf("the group resolves to %+v, want %+v", got, group)
		}
		if _, err := c.Resolve(tc, "bem"); !errors.Is(err, aura.NotFound) || !strings.Contains(aura.Reason(err), "ben") {
			t.Errorf("a near miss: %v", err)
		}
		if _, err := c.CreateGroup(tc, "Groups", []app.Ref{group}); !errors.Is(err, aura.Invalid) {
			t.Errorf("a group in a group: %v", err)
		}
		if err := c.Leave(tc, resolve(t, tc, c, "ben")); !errors.Is(err, aura.Invalid) {
			t.Errorf("leaving a contact: %v", err)
		}
		if now, err := c.Rename(tc, group, "Foes"); err != nil || now.Name != "Foes" || now.Context != group.Context {
			t.Errorf("renaming a group: %+v, %v", now, err)
		}
		if err := c.Leave(tc, group); err != nil {
			t.Error(err)
		}
	})
}

func TestHistoryReadsOneConversation(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben, cleo)
		for _, text := range []string{"a", "b", "c"} {
			a.hears(ben, chat.KindMessage, chat.Text{Text: text})
			a.hears(cleo, chat.KindMessage, chat.Text{Text: "not for ben"})
		}
		watched := &watchLog{Bridge: a}
		c, err := app.New(tc, watched, a.entropy, app.Options{})
		if err != nil {
			t.Fatal(err)
		}
		to := resolve(t, tc, c, "ben")
		all, err := c.History(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ben: a", "ben: b", "ben: c"}, texts(all.Messages)); diff != "" || all.More {
			t.Errorf("history (more: %v; -want +got):\n%s", all.More, diff)
		}
		last, err := c.History(tc, to, 2)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ben: b", "ben: c"}, texts(last.Messages)); diff != "" || !last.More {
			t.Errorf("the last two (more: %v; -want +got):\n%s", last.More, diff)
		}
		if watched.foreign > 0 {
			t.Errorf("reading one conversation carried %d messages of another", watched.foreign)
		}
	})
}

// Conversations are ordered by their newest message, own or received. A read mark does not change the order.
func TestTheConversationWithTheNewestMessageComesFirst(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben, cleo)
		c, h := a.live(tc)
		to := map[string]app.Ref{"ben": resolve(t, tc, c, "ben"), "cleo": resolve(t, tc, c, "cleo")}
		first := func(name string, fits func(chat.Thread) bool) {
			t.Helper()
			shows(t, tc, c, app.Chats, func(v []chat.Thread) bool { return len(v) == 2 && v[0].Name == name && fits(v[0]) })
		}
		says := func(text string) func(chat.Thread) bool {
			return func(t chat.Thread) bool { return t.Last != nil && t.Last.Text == text }
		}
		for n, who := range []string{"ben", "cleo", "ben"} {
			text := fmt.Sprint("to ", who, n)
			if _, err := c.Send(tc, to[who], text, aura.FactID{}); err != nil {
				t.Fatal(err)
			}
			first(who, says(text))
		}
		a.hears(cleo, chat.KindMessage, chat.Text{Text: "from cleo"})
		first("cleo", says("from cleo"))
		a.hears(ben, chat.KindMessage, chat.Text{Text: "from ben"})
		first("ben", says("from ben"))
		if err := c.MarkRead(tc, to["cleo"]); err != nil {
			t.Fatal(err)
		}
		first("ben", func(t chat.Thread) bool { return t.Unread == 1 })
		stop(t, tc, h)
	})
}

// watchLog counts the messages of cleo's conversation that cross the bridge.
type watchLog struct {
	app.Bridge
	foreign int
}

func (w *watchLog) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return w.Bridge.Watch(tc, sel, func(up fact.Update) error {
		for i := range up.Records {
			if f := &up.Records[i].Fact; f.Kind == chat.KindMessage && f.Namespace == fact.ContextNamespace(cleo.pair()) {
				w.foreign++
			}
		}
		return sink(up)
	})
}

func TestFollowGivesWhatChanges(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		if _, err := c.Send(tc, to, "old", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		g := task.NewGroup(tc, "reader")
		began := task.NewLatch()
		var got []string
		enough := errors.New("enough")
		var ended error
		g.Go("follow", func(tc task.Context) error {
			ended = c.Follow(tc, to, 10, func(changed []chat.Message) error {
				for _, m := range changed {
					got = append(got, m.Text+" "+m.State.String())
				}
				began.Open()
				if len(got) == 3 {
					return enough
				}
				return nil
			})
			return nil
		})
		if err := began.Wait(tc); err != nil {
			t.Fatal(err)
		}
		a.hears(ben, chat.KindMessage, chat.Text{Text: "new"})
		a.acked(ben)
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		// The message and its confirmation come in one update or in two, each in the conversation's order.
		slices.Sort(got[1:])
		want := []string{"old waiting", "new received", "old delivered"}
		if diff := cmp.Diff(want, got); diff != "" || !errors.Is(ended, enough) {
			t.Errorf("follow ended with %v; changes (-want +got):\n%s", ended, diff)
		}
	})
}

// TestFollowReturnsWhatItsCallerSays: a caller's error ends it also when its kind is that of an era which ended.
func TestFollowReturnsWhatItsCallerSays(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		if _, err := c.Send(tc, to, "old", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		stale := aura.Errorf("app.Test", aura.Stale, "the reference is out of date")
		calls := 0
		tc, done := tc.WithBudget("follow", time.Minute)
		defer done()
		err := c.Follow(tc, to, 10, func([]chat.Message) error {
			calls++
			return stale
		})
		if calls != 1 || !errors.Is(err, stale) {
			t.Errorf("follow ended after %d calls with %v", calls, err)
		}
	})
}

func TestWaitDeliveredEndsWithTheConfirmation(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		sent, err := c.Send(tc, to, "hi", aura.FactID{})
		if err != nil {
			t.Fatal(err)
		}
		short, done := tc.WithBudget("delivery", 10*time.Millisecond)
		m, err := c.WaitDelivered(short, to, sent)
		done()
		if !errors.Is(err, aura.Timeout) || m.State != delivery.ProgressWaiting {
			t.Errorf("without a confirmation: %v, %v", m.State, err)
		}
		a.acked(ben)
		if m, err := c.WaitDelivered(tc, to, sent); err != nil || m.State != delivery.ProgressDelivered {
			t.Errorf("with a confirmation: %v, %v", m.State, err)
		}
		if _, err := c.WaitDelivered(tc, to, app.Sent{ID: aura.FactID{1}}); !errors.Is(err, aura.NotFound) {
			t.Errorf("an unknown message: %v", err)
		}
		lost, err := c.Send(tc, to, "still there?", aura.FactID{})
		if err != nil {
			t.Fatal(err)
		}
		a.own(delivery.KindFailed, delivery.Failed{Context: ben.pair(), Peer: ben.cert.Authority(), Through: 2, Reason: "he moved away"})
		if _, err := c.WaitDelivered(tc, to, lost); !errors.Is(err, aura.Unavailable) || !strings.Contains(aura.Reason(err), "he moved away") {
			t.Errorf("a message that was given up: %v", err)
		}
	})
}

func TestCoreWithoutAgentIsUnavailable(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := newAgent(t)
		a.dies()
		if _, err := app.New(tc, a, a.entropy, app.Options{}); !errors.Is(err, aura.Unavailable) {
			t.Errorf("new: %v", err)
		}
	})
}

// cutter is a bridge that cuts every watch after one update, as an agent does with a slow caller, until it has
// no place left for more.
type cutter struct {
	app.Bridge
	cuts, most int
}

func (b *cutter) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	full := aura.Errorf("test.Watch", aura.Exhausted, "cut")
	if b.cuts == b.most {
		return full
	}
	err := b.Bridge.Watch(tc, sel, func(up fact.Update) error {
		up.Live = false
		if len(up.Records) > 1 {
			up = fact.Update{Records: up.Records[:1], Position: up.Records[0].Position}
			b.cuts++
		}
		if err := sink(up); err != nil || len(up.Records) == 0 {
			return err
		}
		return full
	})
	return err
}

func TestHistoryGoesOnWhenItWasCut(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		for _, text := range []string{"a", "b", "c"} {
			a.hears(ben, chat.KindMessage, chat.Text{Text: text})
		}
		b := &cutter{Bridge: a, most: -1}
		c, err := app.New(tc, b, a.entropy, app.Options{})
		if err != nil {
			t.Fatal(err)
		}
		to := app.Ref{Ref: chat.Ref{Context: ben.pair()}}
		got, err := c.History(tc, to, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ben: a", "ben: b", "ben: c"}, texts(got.Messages)); diff != "" || b.cuts == 0 {
			t.Errorf("history after %d cuts (-want +got):\n%s", b.cuts, diff)
		}
		b.most = b.cuts
		if _, err := c.History(tc, to, 0); !errors.Is(err, aura.Exhausted) {
			t.Errorf("an agent without a place: %v", err)
		}
	})
}

func TestAnInvitationExpiresWithoutAFact(t *testing.T) {
	within(t, task.NewSim(1, task.SimOptions{}), func(t *testing.T, tc task.Context) {
		a := met(t)
		c, h := a.live(tc)
		if _, err := c.Invite(tc, 2*time.Hour); err != nil {
			t.Fatal(err)
		}
		phase := func(want invite.Phase) func([]invite.Invitation) bool {
			return func(v []invite.Invitation) bool { return len(v) == 1 && v[0].Phase == want }
		}
		shows(t, tc, c, app.Invitations, phase(invite.PhaseOpen))
		began := tc.Elapsed()
		sub, err := reactive.Subscribe(c.Hub(), app.Invitations, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		for {
			snap, err := sub.Next(tc)
			if err != nil {
				t.Fatal(err)
			}
			if phase(invite.PhaseExpired)(snap.Value) {
				break
			}
		}
		if after := tc.Elapsed() - began; after < time.Hour || after > 3*time.Hour {
			t.Errorf("it expired after %s", after)
		}
		stop(t, tc, h)
	})
}
