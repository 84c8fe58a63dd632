package app_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
)

func TestEventsTellWhatHappensAndNothingBefore(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		a.hears(ben, chat.KindMessage, chat.Text{Text: "before"})
		a.observe(status.Connection{Link: status.LinkDirect}.Observation(ben.cert.Authority()))
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")

		told := task.NewMailbox[app.Event]("told", 16)
		g := task.NewGroup(tc, "watch")
		g.Go("events", func(tc task.Context) error {
			return c.Events(tc, func(e app.Event) error { return told.Send(tc, e) })
		})
		next := func() string {
			t.Helper()
			e, err := told.Recv(tc)
			if err != nil {
				t.Fatal(err)
			}
			text := e.Kind + " " + e.Name
			switch {
			case e.Message != nil:
				text += ": " + e.Message.Text + " " + e.Message.State.String()
			case e.Connection != nil:
				text += ": " + e.Connection.Link.String()
			case e.Group != nil:
				text += ": " + e.Group.Members[0].Name
			}
			return text
		}
		expect := func(want ...string) {
			t.Helper()
			for _, w := range want {
				if diff := cmp.Diff(w, next()); diff != "" {
					t.Fatalf("event (-want +got):\n%s", diff)
				}
			}
		}
		// The watch has begun when it tells the first change: renaming is repeated until it does.
		for n := 0; told.Len() == 0; n++ {
			if _, err := c.Rename(tc, to, []string{"Benjamin", "Benny"}[n%2]); err != nil {
				t.Fatal(err)
			}
			if err := tc.Sleep(1e6); err != nil {
				t.Fatal(err)
			}
		}
		for told.Len() > 0 {
			_, _ = told.TryRecv()
		}
		if _, err := c.Rename(tc, to, "Bobby"); err != nil {
			t.Fatal(err)
		}
		for next() != "contact Bobby" {
		}
		if _, err := c.Send(tc, to, "hi", aura.FactID{}); err != nil {
			t.Fatal(err)
		}
		expect("message Bobby: hi waiting")
		a.acked(ben)
		expect("progress Bobby: hi delivered")
		a.hears(ben, chat.KindMessage, chat.Text{Text: "hi yourself"})
		expect("message Bobby: hi yourself received")
		if err := c.MarkRead(tc, to); err != nil {
			t.Fatal(err)
		}
		expect("progress Bobby: before read", "progress Bobby: hi yourself read")
		a.observe(status.Connection{Link: status.LinkOffline}.Observation(ben.cert.Authority()))
		expect("connection Bobby: offline")
		if _, err := c.CreateGroup(tc, "Friends", []app.Ref{to}); err != nil {
			t.Fatal(err)
		}
		expect("group Friends: Bobby")
		if err := g.Close(tc, 1e9); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLookupsSayWhatIsKnown(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben, cleo)
		a.observe(status.Connection{Link: status.LinkDirect}.Observation(ben.cert.Authority()))
		c := a.core(tc)
		peers, err := c.Connections(tc)
		if err != nil || len(peers) != 1 || peers[0].Authority != ben.cert.Authority() || peers[0].Link != status.LinkDirect {
			t.Errorf("connections: %+v, %v", peers, err)
		}
		if err := c.Block(tc, resolve(t, tc, c, "cleo")); err != nil {
			t.Fatal(err)
		}
		m, err := c.Moderation(tc)
		if err != nil || len(m.Blocked) != 1 || m.Blocked[0].Authority != cleo.cert.Authority() || len(m.Muted) != 0 {
			t.Errorf("moderation: %+v, %v", m, err)
		}
		if _, err := c.CreateGroup(tc, "Friends", []app.Ref{resolve(t, tc, c, "ben")}); err != nil {
			t.Fatal(err)
		}
		groups, err := c.Groups(tc)
		if err != nil || len(groups) != 1 || groups[0].Name != "Friends" || len(groups[0].Members) != 1 {
			t.Errorf("groups: %+v, %v", groups, err)
		}
		if _, err := c.ResolveInvitation(tc, "inv_abcd"); aura.KindOf(err) != aura.NotFound {
			t.Errorf("an unknown invitation: %v", err)
		}
		made, err := c.Invite(tc, 0)
		if err != nil {
			t.Fatal(err)
		}
		id, err := c.ResolveInvitation(tc, made.ID.String()[:12])
		if err != nil || id != made.ID {
			t.Errorf("resolved %v, want %v: %v", id, made.ID, err)
		}
		in, err := c.Invitation(tc, id)
		if err != nil || in.ID != made.ID {
			t.Errorf("invitation: %+v, %v", in, err)
		}
	})
}

// follower runs Follow in a task of its own and keeps the messages that it reports.
func follower(t *testing.T, tc task.Context, c *app.Core, of app.Ref, last int) (texts *task.Mailbox[string], stop func()) {
	texts = task.NewMailbox[string]("texts", 256)
	g := task.NewGroup(tc, "follow")
	g.Go("follow", func(tc task.Context) error {
		return c.Follow(tc, of, last, func(messages []chat.Message) error {
			for _, m := range messages {
				if err := texts.Send(tc, m.Text); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return texts, func() {
		t.Helper()
		if err := g.Close(tc, 1e10); err != nil {
			t.Error(err)
		}
	}
}

func TestFollowingGoesOnWhenTheAgentIsBackAndMissesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		for i := range 5 {
			a.hears(ben, chat.KindMessage, chat.Text{Text: fmt.Sprint("old ", i)})
		}
		c := a.core(tc)
		to := resolve(t, tc, c, "ben")
		texts, stop := follower(t, tc, c, to, 2)
		expect := func(want ...string) {
			t.Helper()
			for _, w := range want {
				if got, err := texts.Recv(tc); err != nil || got != w {
					t.Fatalf("%q, want %q: %v", got, w, err)
				}
			}
		}
		expect("old 3", "old 4")
		a.dies()
		// Many more than --last at once.
		var want []string
		for i := range 20 {
			text := fmt.Sprint("new ", i)
			a.hears(ben, chat.KindMessage, chat.Text{Text: text})
			want = append(want, text)
		}
		a.lives()
		expect(want...)
		if texts.Len() > 0 {
			t.Error("something was told twice")
		}
		stop()
	})
}

func TestPeopleAreFollowed(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c := a.core(tc)
		told := task.NewMailbox[app.Person]("told", 256)
		g := task.NewGroup(tc, "follow")
		g.Go("follow", func(tc task.Context) error {
			return c.FollowPeople(tc, func(people []app.Person) error { return told.Send(tc, people[0]) })
		})
		until := func(fits func(app.Person) bool) {
			t.Helper()
			for {
				p, err := told.Recv(tc)
				if err != nil {
					t.Fatal(err)
				}
				if fits(p) {
					return
				}
			}
		}
		until(func(p app.Person) bool { return p.Name == "ben" && p.Connection.Link == status.LinkOffline })
		a.observe(status.Connection{Link: status.LinkDirect}.Observation(ben.cert.Authority()))
		until(func(p app.Person) bool { return p.Connection.Link == status.LinkDirect })
		if err := c.Block(tc, resolve(t, tc, c, "ben")); err != nil {
			t.Fatal(err)
		}
		until(func(p app.Person) bool { return p.Blocked })
		a.dies()
		a.observe(status.Connection{Link: status.LinkDirect}.Observation(ben.cert.Authority())) // so that the watch notices
		until(func(p app.Person) bool { return p.Connection.Link == status.LinkOffline })
		if err := g.Close(tc, 1e10); err != nil {
			t.Error(err)
		}
	})
}
