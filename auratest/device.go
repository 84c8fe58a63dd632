package auratest

import (
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Enrol makes another device of the same account and starts it: with keys, a disk, an address and a clock of its own, and
// with what the person's home knows of people and groups, but without the facts of their conversations. The agent must run;
// its contacts are told. Name is how the device is called in events and failures; it must differ from all others. A
// failure ends the test.
func (p *Person) Enrol(tc task.Context, name string) *Person {
	p.World.Helper()
	d := &Person{
		Name: name, Ring: p.Ring.Sibling(p.World.Sim.Entropy(name+" keys"), roster.RootPlaceHere),
		Disk:    journal.NewFaulty(p.World.Sim.Entropy(name+" disk"), journal.Faults{}),
		Options: p.Options, Address: p.World.address(), World: p.World, homes: new(int),
	}
	begin, err := p.Agent.Enrol(tc, d.Ring.Listed(), []transport.Address{d.Address})
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	if err := agent.Join(tc, d.hands(), d.Options.Modules, begin); err != nil {
		p.World.Fatalf("%s cannot begin: %v", d.Name, err)
	}
	d.Disk = d.Disk.Crash() // closed: this opens it again
	d.Start(tc)
	return d
}

// Dismiss removes another device of the account from its roster and tells the contacts. The agent must run; that of
// the device may. A failure ends the test.
func (p *Person) Dismiss(tc task.Context, other *Person) {
	p.World.Helper()
	if err := p.Agent.Dismiss(tc, other.Ring.Device()); err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
}

// Roster returns what the account's entries say, as its agent has them.
func (p *Person) Roster(tc task.Context) *roster.State {
	p.World.Helper()
	return p.Agent.Roster(tc)
}

// Chain returns the account's entries, as its agent has them.
func (p *Person) Chain(tc task.Context) *roster.Chain {
	p.World.Helper()
	state := domain.Get[*device.State](p.fold(tc, fact.Selection{Kinds: []string{device.Kinds}}).States)
	return state.Chain(p.Self(), p.Ring.Certificate(), tc.Now().At)
}

// Root returns what signs with the root key of the person's account, which must be here. A failure ends the test.
func (p *Person) Root() (sign func([]byte) [64]byte) {
	p.World.Helper()
	sign, err := p.Ring.Root()
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	return sign
}

// Adopt signs an entry and lets the agent adopt it, which has those before it, and tell the contacts. A failure ends the
// test.
func (p *Person) Adopt(tc task.Context, e roster.Entry, sign func([]byte) [64]byte) {
	p.World.Helper()
	announced, err := roster.Announce([]roster.Entry{e.Sign(sign)})
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	for _, a := range announced {
		p.Do(tc, device.IntentAdopt, a, nil)
	}
}
