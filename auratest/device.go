package auratest

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// Sibling makes another device of the same account, which has not joined it: with keys, a disk, an address and a clock of its own.
// Name is how the device is called in events and failures; it must differ from all others. [Person.Join] lets it join.
func (p *Person) Sibling(name string) *Person {
	return p.sibling(name, p.Ring.Sibling(p.World.Sim.Entropy(name+" keys"), roster.RootPlaceHere))
}

func (p *Person) sibling(name string, ring *keyring.Ring) *Person {
	return &Person{
		Name: name, Ring: ring, Disk: journal.NewFaulty(p.World.Sim.Entropy(name+" disk"), journal.Faults{}),
		Options: p.Options, Address: p.World.address(), World: p.World, homes: new(int),
	}
}

// Enrol makes another device of the same account, lets it join, and starts it. It knows what the person's home knows of people and
// groups, without the facts of their conversations. The agent must run; its contacts are told. A failure ends the test.
func (p *Person) Enrol(tc task.Context, name string) *Person {
	p.World.Helper()
	d := p.Sibling(name)
	if err := p.Sponsor(tc, d); err != nil {
		p.World.Fatalf("%s cannot join: %v", d.Name, err)
	}
	d.Start(tc)
	return d
}

// Sponsor lets another device join the account, and returns when it has, or why it does not: the agent makes a line, which must
// run, and its person confirms the digits.
func (p *Person) Sponsor(tc task.Context, d *Person) error {
	p.World.Helper()
	var offer enrol.OfferResult
	p.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
	return p.Admit(tc, d, offer)
}

// Admit is [Person.Sponsor] with a line that the agent made.
func (p *Person) Admit(tc task.Context, d *Person, offer enrol.OfferResult) error {
	p.World.Helper()
	joined := d.Join(tc, offer.Code)
	p.World.Until(tc, d.Name+" shows its keys", time.Minute, func() bool { return p.Enrolment(tc, offer.ID).Phase == enrol.PhaseClaimed })
	p.Do(tc, enrol.IntentConfirm, enrol.AnswerIntent{ID: offer.ID}, nil)
	_, err := joined.Await(tc)
	return err
}

// Enrolment returns how far an enrolment is that this device sponsors.
func (p *Person) Enrolment(tc task.Context, id enrol.ID) enrol.Enrolment {
	p.World.Helper()
	e, _ := domain.Get[*enrol.State](p.fold(tc, fact.Selection{Kinds: []string{enrol.Kinds}}).States).Enrolment(id, tc.Now())
	return e
}

// Join begins a process in which this device joins the account of a code, and returns its outcome. [Person.Crash] ends it
// like any process; a further Join with the same code goes on.
func (p *Person) Join(tc task.Context, code string) *task.Future[fact.Certificate] {
	p.World.Helper()
	if p.Group != nil {
		p.World.Fatalf("%s runs already", p.Name)
	}
	outcome, begun := task.NewFuture[fact.Certificate](), task.NewLatch()
	p.World.people.Go("join", func(tc task.Context) error {
		group := task.NewGroup(tc, p.Name)
		p.Group = group
		p.World.Sim.SetClock(group, p.Ahead)
		group.Go("join", func(tc task.Context) error {
			defer outcome.Resolve(fact.Certificate{}, aura.Errorf("auratest.Join", aura.Unavailable, "the process ended while the device joined"))
			parsed, err := enrol.Parse(code)
			var cert fact.Certificate
			if err == nil {
				o := p.Options
				cert, err = agent.Join(tc, p.hands(), parsed, agent.JoinerOptions{
					Name: p.Name, Modules: o.Modules, Transport: o.Transport, Hardening: o.Hardening, Wrap: o.Wrap,
				})
			}
			if p.Group == group { // the process has ended in order, and the next one opens the disk again
				p.Group = nil
				p.machine().Crash()
				p.Disk = p.Disk.Crash()
			}
			outcome.Resolve(cert, err)
			return nil
		})
		begun.Open()
		return nil
	})
	if err := begun.Wait(tc); err != nil {
		p.World.Fatalf("%v", err)
	}
	return outcome
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
	if err := p.Agent.Adopt(tc, []roster.Entry{e.Sign(sign)}); err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
}
