package sim_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/sim"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// meter is a disk and a bridge that count what is read.
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

// talker is an account with its agent, which can be ended and begun again.
type talker struct {
	name    string
	ring    *keyring.Ring
	entropy world.Entropy
	disk    *journal.Faulty
	network func(agent.Gate) (transport.Network, error)
	agent   *agent.Agent
	core    *app.Core
	meter   *meter
}

func (p *talker) start(t *testing.T, tc task.Context) {
	t.Helper()
	p.disk = p.disk.Crash()
	p.meter = &meter{Store: p.disk}
	hands := agent.Hands{Ring: p.ring, Entropy: p.entropy, Store: p.meter, Network: p.network}
	a, err := agent.New(tc, task.NewGroup(tc, p.name), hands, agent.Options{})
	if err == nil {
		p.agent, p.meter.Bridge = a, a
		err = a.Start(tc)
	}
	if err == nil {
		p.core, err = app.New(tc, p.meter, p.entropy, app.Options{})
	}
	if err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}

// past opens the accounts without their agents and has each pair talk.
func past(t *testing.T, tc task.Context, a, b *talker, context aura.ContextID, messages int) {
	t.Helper()
	group := task.NewGroup(tc, "past")
	open := func(p *talker) sim.Speaker {
		p.disk = p.disk.Crash()
		s, err := sim.OpenSpeaker(tc, group, p.disk, p.ring, p.entropy)
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
}

// longAgo is a message that was written before all others.
const longAgo = "can you hear me?"

// spent is what a verb read and carried.
type spent struct{ read, carried int }

// verbs runs every verb of ada, who said so much to ben, and before that a little to cleo.
func verbs(t *testing.T, messages int) (names []string, costs map[string]spent) {
	t.Helper()
	costs = map[string]spent{}
	s := task.NewSim(1, task.SimOptions{Start: aura.Instant(1_700_000_000e9)})
	err := s.Run("world", func(tc task.Context) error {
		net := transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), s.Entropy("net"), transport.SimOptions{})
		var people []*talker
		for _, name := range []string{"ada", "ben", "cleo"} {
			p := &talker{name: name, entropy: s.Entropy(name), disk: journal.NewFaulty(s.Entropy(name+" disk"), journal.Faults{})}
			p.ring = keyring.Ephemeral(p.entropy)
			p.network = func(agent.Gate) (transport.Network, error) {
				return net.Join(p.ring.Certificate().Link, transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/4001/quic-v1", name[0]))), nil
			}
			if err := agent.Found(tc, agent.Hands{Ring: p.ring, Entropy: p.entropy, Store: p.disk}, name); err != nil {
				return err
			}
			p.start(t, tc)
			people = append(people, p)
		}
		ada, ben, cleo := people[0], people[1], people[2]
		for _, guest := range people[1:] {
			invited, err := ada.core.Invite(tc, time.Hour)
			if err != nil {
				return err
			}
			answer, err := guest.core.Accept(tc, invited.Code)
			if err != nil {
				return err
			}
			if _, err := guest.core.WaitOperation(tc, answer.Operation); err != nil {
				return err
			}
		}
		toBen, err := ada.core.Resolve(tc, "ben")
		if err != nil {
			return err
		}
		toCleo, err := ada.core.Resolve(tc, "cleo")
		if err != nil {
			return err
		}
		first, err := ada.core.SendOnce(tc, toBen, longAgo, aura.FactID{}, aura.OperationID{1})
		if err != nil {
			return err
		}
		if err := tc.Sleep(time.Minute); err != nil {
			return err
		}
		for _, p := range people {
			if err := p.agent.Stop(tc); err != nil {
				return err
			}
		}
		past(t, tc, ada, cleo, toCleo.Context, 100)
		past(t, tc, ada, ben, toBen.Context, messages)
		ben.start(t, tc)
		ada.start(t, tc)
		if err := tc.Sleep(time.Minute); err != nil {
			return err
		}
		names = measure(t, tc, ada, ben, toBen, toCleo, first, costs)
		for _, p := range []*talker{ada, ben} {
			if err := p.agent.Stop(tc); err != nil {
				return err
			}
		}
		tc.Group().Cancel()
		return nil
	})
	if err != nil && aura.KindOf(err) != aura.Cancelled {
		t.Fatal(err)
	}
	return names, costs
}

// measure runs the verbs, each with a frontend of its own as the command line does, and notes what they cost.
func measure(t *testing.T, tc task.Context, ada, ben *talker, toBen, toCleo app.Ref, first app.Sent, costs map[string]spent) (names []string) {
	verb := func(name string, fn func(c *app.Core) error) {
		t.Helper()
		before := spent{ada.meter.read, ada.meter.carried}
		core, err := app.New(tc, ada.meter, ada.entropy, app.Options{})
		if err == nil {
			err = fn(core)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		costs[name] = spent{ada.meter.read - before.read, ada.meter.carried - before.carried}
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
	verb("send what was sent long ago", func(c *app.Core) error {
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
	verb("send another text as what was sent long ago", func(c *app.Core) error {
		_, text := c.SendOnce(tc, toBen, "something else", aura.FactID{}, first.Operation)
		_, to := c.SendOnce(tc, toCleo, longAgo, aura.FactID{}, first.Operation)
		if !errors.Is(text, aura.Conflict) || !errors.Is(to, aura.Conflict) {
			return fmt.Errorf("another text: %v; to somebody else: %v", text, to)
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
		other, err := app.New(tc, ada.meter, ada.entropy, app.Options{})
		if err == nil {
			_, err = other.Operation(tc, sent.Operation)
		}
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
		if _, err := c.Send(tc, toCleo, "anybody there?", aura.FactID{}); err != nil {
			return err
		}
		back, err := ben.core.Resolve(tc, "ada")
		if err == nil {
			_, err = ben.core.Send(tc, back, "from ben", aura.FactID{})
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

// What a verb reads and carries does not grow with the history. The store gives keys in pages, so a little more
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
