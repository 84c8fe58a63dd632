package sim_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/sim"
	"github.com/aura-runtime/aura/task"
)

// meter is a disk and a bridge that count their reads.
type meter struct {
	journal.Store
	app.Bridge
	read    int // keys and values of the store
	carried int // records over the bridge
}

func (m *meter) Get(key []byte) ([]byte, bool, error) {
	m.read++
	return m.Store.Get(key)
}

func (m *meter) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return m.Store.Iterate(start, end, func(key, value []byte) error {
		m.read++
		return fn(key, value)
	})
}

func (m *meter) IterateBack(start, end []byte, fn func(key, value []byte) error) error {
	return m.Store.IterateBack(start, end, func(key, value []byte) error {
		m.read++
		return fn(key, value)
	})
}

func (m *meter) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return m.Bridge.Watch(tc, sel, func(up fact.Update) error {
		m.carried += len(up.Records)
		return sink(up)
	})
}

// metered is the setup of a person whose disk a meter counts, after each start anew, and whose bridge is the meter's.
func metered(m *meter) func(*auratest.Person) {
	return func(p *auratest.Person) {
		p.Hands = func(h agent.Hands) agent.Hands {
			*m = meter{Store: h.Store, Bridge: p.Bridge()}
			h.Store = m
			return h
		}
	}
}

// past opens the accounts without their agents and has each pair talk.
func past(t *testing.T, tc task.Context, w *auratest.World, a, b *auratest.Person, context aura.ContextID, messages int) {
	t.Helper()
	group := task.NewGroup(tc, "past")
	open := func(p *auratest.Person) sim.Speaker {
		s, err := sim.OpenSpeaker(tc, group, p.Disk, p.Ring, w.Sim.Entropy(p.Name+" past"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, other := open(a), open(b)
	if err := sim.Converse(tc, one, other, context, messages); err != nil {
		t.Fatal(err)
	}
	for _, s := range []sim.Speaker{one, other} {
		if err := s.Journal.Close(tc); err != nil {
			t.Fatal(err)
		}
	}
	a.Disk, b.Disk = a.Disk.Crash(), b.Disk.Crash()
}

// longAgo is a message that was written before all others.
const longAgo = "can you hear me?"

// spent counts the records that a verb read and the bytes that it carried.
type spent struct{ read, carried int }

// verbs runs every verb of ada, who said so much to ben, and before that a little to cleo.
func verbs(t *testing.T, messages int) (names []string, costs map[string]spent) {
	t.Helper()
	costs = map[string]spent{}
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		var m meter
		ada, ben, cleo := w.Person(tc, "ada", metered(&m)), w.Person(tc, "ben"), w.Person(tc, "cleo")
		w.Meet(tc, ada, ben)
		w.Meet(tc, ada, cleo)
		core := ada.Core(tc)
		toBen, err := core.Resolve(tc, "ben")
		if err != nil {
			t.Fatal(err)
		}
		toCleo, err := core.Resolve(tc, "cleo")
		if err != nil {
			t.Fatal(err)
		}
		first, err := core.SendOnce(tc, toBen, longAgo, aura.FactID{}, aura.OperationID{1})
		if err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, time.Minute)
		for _, p := range []*auratest.Person{ada, ben, cleo} {
			p.Stop(tc)
		}
		past(t, tc, w, ada, cleo, toCleo.Context, 100)
		past(t, tc, w, ada, ben, toBen.Context, messages)
		ben.Start(tc)
		ada.Start(tc)
		w.Sleep(tc, time.Minute)
		front := func() *app.Core {
			c, err := app.New(tc, &m, w.Sim.Entropy("frontend"), app.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		names = measure(t, tc, &m, front, ben, toBen, toCleo, first, costs)
		ada.Stop(tc)
		ben.Stop(tc)
	})
	return names, costs
}

// measure runs the verbs, each with a frontend of its own as the command line does, and notes their cost.
func measure(
	t *testing.T, tc task.Context, m *meter, front func() *app.Core, ben *auratest.Person, toBen, toCleo app.Ref, first app.Sent,
	costs map[string]spent,
) (names []string) {
	verb := func(name string, fn func(c *app.Core) error) {
		t.Helper()
		before := spent{m.read, m.carried}
		if err := fn(front()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		costs[name] = spent{m.read - before.read, m.carried - before.carried}
		names = append(names, name)
	}
	last := func(of app.Ref, n int) func(c *app.Core) error {
		return func(c *app.Core) error {
			got, err := c.History(tc, of, n)
			if err == nil && (len(got.Messages) != n || !got.More) {
				err = fmt.Errorf("%d messages, more: %v", len(got.Messages), got.More)
			}
			if err != nil {
				return err
			}
			for _, m := range got.Messages {
				if m.State != delivery.ProgressRead {
					return fmt.Errorf("a message of long ago is %v %s", m.State, m.Reason)
				}
			}
			return nil
		}
	}
	verb("read --last 20", last(toBen, 20))
	verb("read --last 20 of a conversation of long ago", last(toCleo, 20))
	verb("read --last 1", last(toBen, 1))
	verb("send", func(c *app.Core) error {
		_, err := c.Send(tc, toCleo, "hi", aura.FactID{})
		return err
	})
	verb("send --wait delivered", func(c *app.Core) error {
		sent, err := c.Send(tc, toBen, "hi", aura.FactID{})
		if err != nil {
			return err
		}
		_, err = c.WaitDelivered(tc, toBen, sent)
		return err
	})
	verb("send an old message again", func(c *app.Core) error {
		sent, err := c.SendOnce(tc, toBen, longAgo, aura.FactID{}, first.Operation)
		if err == nil && sent != first {
			err = fmt.Errorf("stored as %v, and again as %v", first, sent)
		}
		if err != nil {
			return err
		}
		m, err := c.WaitDelivered(tc, toBen, sent)
		if err == nil && (m.ID != first.ID || m.Text != longAgo || m.State != delivery.ProgressRead) {
			err = fmt.Errorf("the message of long ago is %+v", m)
		}
		return err
	})
	verb("send another text as an old message", func(c *app.Core) error {
		_, text := c.SendOnce(tc, toBen, "something else", aura.FactID{}, first.Operation)
		_, to := c.SendOnce(tc, toCleo, longAgo, aura.FactID{}, first.Operation)
		if !errors.Is(text, aura.Conflict) || !errors.Is(to, aura.Conflict) {
			return fmt.Errorf("another text: %v; to another contact: %v", text, to)
		}
		op, err := c.Operation(tc, first.Operation)
		if err == nil && op.Phase != domain.PhaseSucceeded {
			err = fmt.Errorf("the action of long ago is %+v", op)
		}
		return err
	})
	verb("contacts", func(c *app.Core) error {
		all, err := c.Contacts(tc)
		if err != nil || len(all) != 2 {
			return fmt.Errorf("%d contacts, %w", len(all), err)
		}
		_, err = c.Connections(tc)
		return err
	})
	verb("status", func(c *app.Core) error {
		_, err := c.Status(tc)
		if err == nil {
			_, err = c.OwnName(tc)
		}
		return err
	})
	verb("invite list", func(c *app.Core) error {
		_, err := c.Invitations(tc)
		return err
	})
	verb("invite create", func(c *app.Core) error {
		_, err := c.Invite(tc, time.Hour)
		return err
	})
	verb("group create", func(c *app.Core) error {
		_, err := c.CreateGroup(tc, "Friends", []app.Ref{toBen, toCleo})
		return err
	})
	verb("group list", func(c *app.Core) error {
		_, err := c.Groups(tc)
		return err
	})
	verb("mute", func(c *app.Core) error { return c.Mute(tc, toBen) })
	verb("rename", func(c *app.Core) error {
		_, err := c.Rename(tc, toBen, "Benny")
		return err
	})
	verb("guard explain", func(c *app.Core) error {
		_, err := c.Explain(tc, toBen, chat.CapSend)
		return err
	})
	verb("overview", func(c *app.Core) error {
		all, err := c.Overview(tc)
		if err == nil && (len(all) != 3 || all[0].Unread+all[1].Unread+all[2].Unread > 0) {
			err = fmt.Errorf("conversations: %+v", all)
		}
		return err
	})
	verb("how an action ended", func(c *app.Core) error {
		sent, err := c.Send(tc, toBen, "hi", aura.FactID{})
		if err != nil {
			return err
		}
		_, err = front().Operation(tc, sent.Operation)
		return err
	})
	verb("watch", func(c *app.Core) error {
		enough := errors.New("enough")
		g := task.NewGroup(tc, "watch")
		var ended error
		g.Go("events", func(tc task.Context) error {
			ended = c.Events(tc, func(e app.Event) error {
				if e.Kind == app.EventMessage && e.Message.Text == "from ben" {
					return enough
				}
				return nil
			})
			return nil
		})
		if err := tc.Sleep(time.Second); err != nil {
			return err
		}
		// An onlooker looks back once into each conversation that changes. A dial that fails changes that with cleo, at
		// a moment of its own: a text changes it in any case.
		if _, err := c.Send(tc, toCleo, "are you there?", aura.FactID{}); err != nil {
			return err
		}
		other := ben.Core(tc)
		back, err := other.Resolve(tc, "ada")
		if err == nil {
			_, err = other.Send(tc, back, "from ben", aura.FactID{})
		}
		if err == nil {
			err = g.Wait(tc)
		}
		if err == nil && !errors.Is(ended, enough) {
			err = fmt.Errorf("the watch ended with %w", ended)
		}
		return err
	})
	verb("read --last 2, one of them unread", func(c *app.Core) error {
		got, err := c.History(tc, toBen, 2)
		if err == nil && got.Messages[1].State != delivery.ProgressReceived {
			err = fmt.Errorf("the new message is %v", got.Messages[1].State)
		}
		if err == nil {
			err = c.MarkRead(tc, toBen)
		}
		return err
	})
	return names
}

// The cost of a verb does not grow with the history. The store gives keys in pages, so a little more
// of them may come where pages are full: two of an index. A fact or two of what goes on beside may be there or not
// yet.
func TestAVerbCostsWhatItShows(t *testing.T) {
	const few, many = 3_008, 12_032 // the same side spoke last
	names, little := verbs(t, few)
	_, much := verbs(t, many)
	for _, name := range names {
		if much[name].carried > little[name].carried+2 || much[name].read > little[name].read+little[name].read/2+512 {
			t.Errorf("%s: with %d messages %+v, with %d %+v", name, few, little[name], many, much[name])
		}
		t.Logf("%-45s %5d keys and values, %4d records", name, much[name].read, much[name].carried)
	}
}
