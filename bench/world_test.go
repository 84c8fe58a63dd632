package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// BenchmarkSimulatedTime lets three agents live in a simulated world, each a contact of both others: an hour
// of silence, and a minute in which each says something every second. The metric is how much faster the
// simulated clock runs than the machine's.
func BenchmarkSimulatedTime(b *testing.B) {
	b.Run("idle", func(b *testing.B) {
		withWorld(b, func(w *simulated) {
			for range b.N {
				w.pass(b, time.Hour)
			}
		})
	})
	b.Run("talking", func(b *testing.B) {
		withWorld(b, func(w *simulated) {
			for range b.N {
				for second := range 60 {
					for i, a := range w.agents {
						submit(w.tc, b, a, chat.IntentSend, chat.SendIntent{To: w.contexts[i][second%2], Text: "a word a second"})
					}
					w.pass(b, time.Second)
				}
			}
		})
	})
}

// simulated is a world of three agents.
type simulated struct {
	tc       task.Context
	agents   []*agent.Agent
	contexts [][]chat.Ref // by agent: of its contacts
}

// withWorld runs fn once everybody has met, and reports the ratio of the two clocks while it ran.
func withWorld(b *testing.B, fn func(*simulated)) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("bench", func(tc task.Context) error {
		w := &simulated{tc: tc}
		net := transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), sim.Entropy("net"), transport.SimOptions{Latency: 20 * time.Millisecond})
		for i := range 3 {
			w.agents = append(w.agents, join(tc, b, sim, net, i))
		}
		for i, a := range w.agents {
			for _, other := range w.agents[:i] {
				befriend(tc, b, a, other)
			}
		}
		w.pass(b, time.Minute)
		for _, a := range w.agents {
			w.contexts = append(w.contexts, contexts(tc, b, a))
		}
		began := tc.Elapsed()
		b.ResetTimer()
		fn(w)
		b.StopTimer()
		b.ReportMetric(float64(tc.Elapsed()-began)/float64(b.Elapsed()), "x-real")
		for _, a := range w.agents {
			if err := a.Stop(tc); err != nil {
				b.Error(err)
			}
		}
		tc.Group().Cancel() // the network
		return nil
	})
	if err != nil && aura.KindOf(err) != aura.Cancelled {
		b.Fatal(err)
	}
}

func (w *simulated) pass(b *testing.B, d aura.Duration) {
	if err := w.tc.Sleep(d); err != nil {
		b.Fatal(err)
	}
}

// join founds an authority and starts its agent.
func join(tc task.Context, b *testing.B, sim *task.Sim, net *transport.SimNet, i int) *agent.Agent {
	name := fmt.Sprintf("Agent %d", i+1)
	disk := journal.NewFaulty(sim.Entropy(name+" disk"), journal.Faults{})
	h := agent.Hands{Ring: keyring.Ephemeral(sim.Entropy(name + " keys")), Entropy: sim.Entropy(name), Store: disk}
	h.Network = func(agent.Gate) (transport.Network, error) {
		address := transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/4001/quic-v1", i+1))
		return net.Join(h.Ring.Certificate().Link, address), nil
	}
	if err := agent.Found(tc, h, name); err != nil {
		b.Fatal(err)
	}
	h.Store = disk.Crash() // what was closed opens again
	a, err := agent.New(tc, task.NewGroup(tc, name), h, agent.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Start(tc); err != nil {
		b.Fatal(err)
	}
	return a
}

// befriend has one agent invite another.
func befriend(tc task.Context, b *testing.B, from, to *agent.Agent) {
	var made invite.CreateResult
	r := submit(tc, b, from, invite.IntentCreate, invite.CreateIntent{})
	if err := fact.Unmarshal(r.Payload, &made); err != nil {
		b.Fatal(err)
	}
	submit(tc, b, to, invite.IntentAccept, invite.CodeIntent{Code: made.Code})
}

// contexts returns the conversations that an agent has with its contacts.
func contexts(tc task.Context, b *testing.B, a *agent.Agent) (all []chat.Ref) {
	_, err := a.Journal().Read(tc, fact.Selection{Kinds: []string{contact.KindAdded}}, func(r fact.Record) error {
		var added contact.Added
		err := fact.Unmarshal(r.Fact.Payload, &added)
		all = append(all, chat.Ref{Context: added.Context, Epoch: r.Fact.Logical})
		return err
	})
	if err != nil || len(all) != 2 {
		b.Fatalf("%d contacts, %v", len(all), err)
	}
	return all
}
