package auratest

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Person has an account: keys and a disk, which outlive every process of the agent. [Person.Copy] makes another home
// of the same account. A test may change the fields whose comment says so.
type Person struct {
	Name string
	Ring *keyring.Ring
	// Disk is the disk as the running process has it, or the next one will find it. SetFaults lets it fail.
	Disk *journal.Faulty
	// Drafts are facts in the own namespace that the founding writes. Change it in the setup of [World.Person].
	Drafts []fact.Draft
	// Options tunes the agent from its next start on. Change it at any time.
	Options agent.Options
	// Ahead is by how much the clock of the machine is ahead from the next start on. Change it at any time;
	// [task.Sim.SetClock] with Group moves the clock of the running process.
	Ahead aura.Duration
	// Hands, when set, changes the hands of the next process: a store or a network that counts or
	// fails. Change it at any time.
	Hands func(agent.Hands) agent.Hands
	// Address is where the machine can be reached. [Person.Move] changes it.
	Address transport.Address

	// Agent is the running agent; nil: none runs.
	Agent *agent.Agent
	// Group holds the tasks of the running process; nil: none runs.
	Group *task.Group
	// Network is the machine's end of [World.Net] in the newest process.
	Network *transport.SimPeer

	World *World
	homes *int    // of the account, itself and its copies
	home  int     // which of them this is: 0 is the first
	acted uint64  // how many operations were named
	calls []*call // of frontends to the running process
}

// Self returns the authority of the account.
func (p *Person) Self() aura.AuthorityID { return p.Ring.Authority() }

// machine returns the machine of this home on the network. Those of copies have the same key.
func (p *Person) machine() transport.SimHost {
	return p.World.Net.Host(p.Ring.Certificate().Link, p.home)
}

// hands returns the hands of the next process.
func (p *Person) hands() agent.Hands {
	h := agent.Hands{
		Ring: p.Ring, Store: p.Disk, Entropy: p.World.Sim.Entropy(p.Name),
		Network: func(agent.Gate) (transport.Network, error) {
			p.Network = p.machine().Join(p.Address)
			return p.Network, nil
		},
	}
	if p.Hands != nil {
		h = p.Hands(h)
	}
	return h
}

// Start begins a process of the agent and returns when it runs. A failure ends the test, unless [Person.Crash] ended
// the process before it ran.
func (p *Person) Start(tc task.Context) {
	p.World.Helper()
	if p.Group != nil {
		p.World.Fatalf("%s is started and runs already", p.Name)
	}
	started := task.NewFuture[*agent.Agent]()
	var group *task.Group
	// A task beside the caller makes the process's group, so that the process does not end with the caller's group.
	p.World.people.Go("start", func(tc task.Context) error {
		group = task.NewGroup(tc, p.Name)
		p.Group = group
		p.World.Sim.SetClock(group, p.Ahead)
		group.Go("boot", func(tc task.Context) error {
			defer started.Resolve(nil, aura.Errorf("auratest.Start", aura.Unavailable, "the process ended while it started"))
			a, err := agent.New(tc, group, p.hands(), p.Options)
			if err == nil {
				err = a.Start(tc)
			}
			started.Resolve(a, err)
			return nil
		})
		return nil
	})
	a, err := started.Await(tc)
	switch {
	case p.Group != group:
		return // it crashed
	case err != nil:
		p.Crash()
		p.World.Fatalf("%s does not start: %v", p.Name, err)
	}
	p.Agent = a
}

// Stop ends the process in order. It fails the test with the error of [agent.Agent.Stop], and when tasks of the
// process are left.
func (p *Person) Stop(tc task.Context) {
	p.World.Helper()
	if p.Agent == nil {
		p.World.Fatalf("%s is stopped and does not run", p.Name)
	}
	if err := p.Agent.Stop(tc); err != nil {
		p.World.Errorf("%s does not stop: %v", p.Name, err)
	}
	if left := p.Group.Live(); len(left) > 0 {
		p.World.Errorf("%s has stopped, and live are %v", p.Name, left)
	}
	p.Crash()
}

// Crash ends the process as a power failure does: chance decides how much of the unsynced data is left on its disk, and
// nothing that unwinds reaches disk or network. A task of the process that calls it does not return. Without a process
// it does nothing.
func (p *Person) Crash() {
	group := p.Group
	if group == nil {
		return
	}
	p.Agent, p.Group = nil, nil
	p.machine().Crash()
	p.Disk = p.Disk.Crash()
	p.cut()
	p.World.Sim.Crash(group)
}

// Move takes the machine to another network, where it has another address and no connection is left.
func (p *Person) Move() {
	p.Address = p.World.address()
	if p.Group != nil {
		p.Network.Move(p.Address)
		p.Network.Drop()
	}
}

// Submit hands an intent with a fresh operation to the agent and returns when its facts are durable. The payload is
// encoded; the payload of the result is decoded into result unless that is nil. It returns the errors of
// [agent.Agent.Submit], and [aura.Unavailable] when no agent runs or it ends meanwhile.
func (p *Person) Submit(tc task.Context, kind string, payload, result any) error {
	b, err := fact.Marshal(payload)
	if err != nil {
		return err
	}
	p.acted++
	var operation aura.OperationID
	binary.BigEndian.PutUint64(operation[:], uint64(p.home)<<32+p.acted)
	r, err := p.Bridge().Submit(tc, fact.Intent{Kind: kind, Operation: operation, Payload: b})
	if err != nil || result == nil {
		return err
	}
	return fact.Unmarshal(r.Payload, result)
}

// Do is [Person.Submit], and ends the test with its error.
func (p *Person) Do(tc task.Context, kind string, payload, result any) {
	p.World.Helper()
	if err := p.Submit(tc, kind, payload, result); err != nil {
		p.World.Fatalf("%s: %s: %v", p.Name, kind, err)
	}
}

// Ref returns the person's reference to a conversation, which an intent names it by: the context of two contacts, or a
// group. The test ends when the person does not have it.
func (p *Person) Ref(tc task.Context, context aura.ContextID) chat.Ref {
	p.World.Helper()
	v := p.fold(tc, fact.Selection{Kinds: append(chat.GroupKinds(), "contact.*")})
	t, err := v.Chats.Thread(v.Setting, context)
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	return t.Ref
}

// Say sends a text to a conversation, see [Person.Ref]. A failure ends the test.
func (p *Person) Say(tc task.Context, context aura.ContextID, text string) {
	p.World.Helper()
	p.Do(tc, chat.IntentSend, chat.SendIntent{To: p.Ref(tc, context), Text: text}, nil)
}
