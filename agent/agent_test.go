package agent_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// person is an agent in a simulated world.
type person struct {
	*agent.Agent
	hands agent.Hands
	name  string
	acted uint64 // the actions so far
}

// operation names the next action.
func (p *person) operation() (id aura.OperationID) {
	p.acted++
	binary.BigEndian.PutUint64(id[:], p.acted)
	return id
}

type simulated struct {
	t   *testing.T
	sim *task.Sim
	net *transport.SimNet
}

// inWorld runs fn in a simulated world and fails the test on what the world reports.
func inWorld(t *testing.T, seed uint64, fn func(tc task.Context, w *simulated)) {
	t.Helper()
	inLoggedWorld(t, seed, nil, fn)
}

func inLoggedWorld(t *testing.T, seed uint64, log world.Log, fn func(tc task.Context, w *simulated)) {
	t.Helper()
	sim := task.NewSim(seed, task.SimOptions{Start: aura.Instant(1_700_000_000e9), Log: log})
	err := sim.Run("world", func(tc task.Context) error {
		w := &simulated{t: t, sim: sim}
		w.net = transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), sim.Entropy("net"), transport.SimOptions{})
		fn(tc, w)
		tc.Group().Cancel()
		return nil
	})
	if err != nil && aura.KindOf(err) != aura.Cancelled {
		t.Fatalf("seed %d: %v", seed, err)
	}
}

func (w *simulated) person(tc task.Context, name string, o agent.Options) *person {
	w.t.Helper()
	entropy := w.sim.Entropy(name)
	disk := journal.NewFaulty(w.sim.Entropy(name+" disk"), journal.Faults{})
	p := &person{name: name, hands: agent.Hands{Ring: keyring.Ephemeral(entropy), Entropy: entropy, Store: disk}}
	p.hands.Network = func(agent.Gate) (transport.Network, error) {
		return w.net.Join(p.hands.Ring.Certificate().Link, transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/4001/quic-v1", name[0]))), nil
	}
	if err := agent.Found(tc, p.hands, name); err != nil {
		w.t.Fatalf("found %s: %v", name, err)
	}
	p.hands.Store = disk.Crash() // what is durable, opened again
	w.start(tc, p, o)
	return p
}

func (w *simulated) start(tc task.Context, p *person, o agent.Options) {
	w.t.Helper()
	group := task.NewGroup(tc, p.name)
	a, err := agent.New(tc, group, p.hands, o)
	if err != nil {
		w.t.Fatalf("%s: %v", p.name, err)
	}
	if err := a.Start(tc); err != nil {
		w.t.Fatalf("%s: %v", p.name, err)
	}
	p.Agent = a
}

func (p *person) submit(tc task.Context, kind string, payload, result any) error {
	b, err := fact.Marshal(payload)
	if err != nil {
		return err
	}
	r, err := p.Submit(tc, fact.Intent{Kind: kind, Operation: p.operation(), Payload: b})
	if err != nil || result == nil {
		return err
	}
	return fact.Unmarshal(r.Payload, result)
}

// await watches until pick says true of a fact, for a minute of the world's time.
func (p *person) await(tc task.Context, what string, pick func(*fact.Record) bool) (fact.Record, error) {
	tc, done := tc.WithBudget(what, time.Minute)
	defer done()
	var found fact.Record
	err := p.Watch(tc, fact.Selection{Follow: true}, func(up fact.Update) error {
		for i := range up.Records {
			if pick(&up.Records[i]) {
				found = up.Records[i]
				return errFound
			}
		}
		return nil
	})
	if err == errFound {
		return found, nil
	}
	return found, aura.Errorf("test.Await", aura.KindOf(err), "%s waits for %s: %v", p.name, what, err)
}

const errFound = aura.Kind(200)

// meet lets a invite and b accept, and returns their context.
func (w *simulated) meet(tc task.Context, a, b *person) aura.ContextID {
	w.t.Helper()
	var code invite.CreateResult
	if err := a.submit(tc, invite.IntentCreate, invite.CreateIntent{}, &code); err != nil {
		w.t.Fatal(err)
	}
	if err := b.submit(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil); err != nil {
		w.t.Fatal(err)
	}
	var contexts [2]aura.ContextID
	for i, p := range []*person{a, b} {
		other := []*person{b, a}[i].Self()
		if _, err := p.await(tc, "contact", func(r *fact.Record) bool {
			var added contact.Added
			if r.Fact.Kind != contact.KindAdded || fact.Unmarshal(r.Fact.Payload, &added) != nil || added.Authority != other {
				return false
			}
			contexts[i] = added.Context
			return true
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	if contexts[0] != contexts[1] {
		w.t.Fatal("the two sides have different contexts")
	}
	return contexts[0]
}

// ref returns the reference to the conversation with a contact.
func ref(t *testing.T, tc task.Context, a *agent.Agent, context aura.ContextID) chat.Ref {
	t.Helper()
	var contacts contact.State
	err := a.Watch(tc, fact.Selection{Kinds: []string{"contact.*"}}, func(up fact.Update) error {
		for i := range up.Records {
			contacts.Apply(&up.Records[i])
		}
		return nil
	})
	c, ok := contacts.ByContext(context)
	if err != nil || !ok {
		t.Fatalf("there is no such contact: %v", err)
	}
	return chat.Ref{Context: context, Epoch: c.Epoch}
}

func TestTwoAgentsMeetAndTalk(t *testing.T) {
	inWorld(t, 1, func(tc task.Context, w *simulated) {
		ada, ben := w.person(tc, "Ada", agent.Options{}), w.person(tc, "Ben", agent.Options{})
		context := w.meet(tc, ada, ben)
		for _, p := range []*person{ada, ben} {
			if err := p.submit(tc, chat.IntentSend, chat.SendIntent{To: ref(t, tc, p.Agent, context), Text: "hello from " + p.name}, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []*person{ada, ben} {
			other := map[*person]*person{ada: ben, ben: ada}[p]
			if _, err := p.await(tc, "message", func(r *fact.Record) bool {
				return r.Fact.Kind == chat.KindMessage && r.Fact.Author == other.Self()
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := p.await(tc, "acknowledgement", func(r *fact.Record) bool { return r.Fact.Kind == delivery.KindAcked }); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []*person{ada, ben} {
			if err := p.Stop(tc); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		}
	})
}
