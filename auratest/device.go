package auratest

import (
	"time"

	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
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
		Name: name, Ring: p.Ring.Sibling(p.World.Sim.Entropy(name + " keys")),
		Disk:    journal.NewFaulty(p.World.Sim.Entropy(name+" disk"), journal.Faults{}),
		Options: p.Options, Address: p.World.address(), World: p.World, homes: new(int),
	}
	meet := p.introduce(tc, d)
	p.List(tc, p.Ring.SignAsAuthority, func(says *roster.State) (roster.Entry, error) {
		return roster.Enrol(says, p.Ring.Device(), d.Listed())
	})
	d.begin(tc, p, meet)
	d.Start(tc)
	return d
}

// Dismiss removes another device of the account from its roster and tells the contacts. The agent must run; that of
// the device may. A failure ends the test.
func (p *Person) Dismiss(tc task.Context, other *Person) {
	p.World.Helper()
	p.List(tc, p.Ring.SignAsAuthority, func(says *roster.State) (roster.Entry, error) {
		return roster.Remove(says, p.Ring.Device(), other.Ring.Device())
	})
}

// Roster returns what the account's entries say, as its agent has them.
func (p *Person) Roster(tc task.Context) *roster.State { return p.Chain(tc).State(tc.Now().At) }

// Chain returns the account's entries, as its agent has them.
func (p *Person) Chain(tc task.Context) *roster.Chain {
	p.World.Helper()
	now, first := tc.Now().At, p.Ring.Certificate()
	state := domain.Get[*device.State](p.fold(tc, fact.Selection{Kinds: []string{device.Kinds}}).States)
	if state.Announces(p.Self()) {
		first = fact.Certificate{} // that of the first device is in its entries
	}
	return state.Chain(p.Self(), first, now)
}

// Listed returns the device as an entry lists it.
func (p *Person) Listed() roster.Device {
	c := p.Ring.Certificate()
	d := roster.Device{
		Signing: c.Signing, Agreement: c.Agreement, Link: c.Link, Rights: roster.RightsSpeak | roster.RightsGovern,
	}
	d.Countersignature = p.Ring.Sign(d.SigningBytes(p.Self()))
	return d
}

// List makes the next entry, signs it and lets the agent adopt the chain. A failure ends the test.
func (p *Person) List(tc task.Context, sign func([]byte) [64]byte, next func(*roster.State) (roster.Entry, error)) {
	p.World.Helper()
	var entries []roster.Entry
	says := p.Roster(tc)
	if says.Number == 0 {
		c := p.Ring.Certificate()
		first, err := roster.Found(&c)
		if err != nil {
			p.World.Fatalf("%s: %v", p.Name, err)
		}
		entries = append(entries, first)
	}
	entry, err := next(says)
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	announced, err := roster.Announce(append(entries, entry.Sign(sign)))
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	for _, a := range announced {
		p.Do(tc, device.IntentAdopt, a, nil)
	}
}

// introduce keeps at both devices what they need to meet: the secret of their own context and each other's address. It
// returns the part of the new one.
func (p *Person) introduce(tc task.Context, d *Person) []journal.KV {
	p.World.Helper()
	key := domain.SecretKey(device.OwnContext(p.Self()))
	secret, err := p.Agent.Journal().Meta(key)
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	if secret == nil {
		secret = make([]byte, 32)
		_, _ = p.World.Sim.Entropy(p.Name + " own context").Read(secret)
	}
	at := func(o *Person) journal.KV {
		where, err := fact.Marshal([]transport.Address{o.Address})
		if err != nil {
			p.World.Fatalf("%s: %v", p.Name, err)
		}
		return journal.KV{Key: device.AddressesKey(o.Ring.Device()), Value: where}
	}
	if _, err := p.Agent.Journal().Append(tc, &journal.Entry{Meta: []journal.KV{{Key: key, Value: secret}, at(d)}}); err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	return []journal.KV{{Key: key, Value: secret}, at(p)}
}

// begin writes the disk of a new device: the facts of the own namespace as the home that enrols it has them, and the
// secrets of the contexts that they name.
func (d *Person) begin(tc task.Context, from *Person, meta []journal.KV) {
	d.World.Helper()
	fail := func(err error) {
		if err != nil {
			d.World.Fatalf("%s cannot begin: %v", d.Name, err)
		}
	}
	var own []fact.Record
	source := from.Agent.Journal()
	_, err := source.Read(tc, fact.Selection{Namespaces: []fact.Namespace{fact.OwnNamespace(d.Self())}}, func(r fact.Record) error {
		own = append(own, r)
		return nil
	})
	fail(err)
	v := from.Look(tc)
	for _, ref := range v.Chats.Order(v.Setting) {
		secret, err := source.Meta(domain.SecretKey(ref.Context))
		fail(err)
		meta = append(meta, journal.KV{Key: domain.SecretKey(ref.Context), Value: secret})
	}
	set, err := builtin.New(d.Options.Modules...)
	fail(err)
	j, err := journal.Open(tc, d.Disk, journal.Options{
		Key: d.Ring.StoreKey(), Entropy: d.World.Sim.Entropy(d.Name), Registry: set.Registry(),
		Author: d.Self(), Device: d.Ring.Device(), Sign: d.Ring.Sign,
	})
	fail(err)
	writer := task.NewGroup(tc, "begin")
	writer.Go("journal", j.Serve)
	_, err = j.Append(tc, &journal.Entry{Foreign: own, Meta: meta})
	fail(err)
	_ = writer.Close(tc, time.Minute) // it ends with the group
	fail(j.Close(tc))
	d.Disk = d.Disk.Crash() // closed: this opens it again
}
