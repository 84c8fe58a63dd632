package auratest

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// T is the part of a [testing.TB] that a world uses. A check of package rapid has it, too.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
}

// Options says in which worlds a test runs. The zero value is one calm world.
type Options struct {
	// Seeds is how many worlds there are, one after the other, until one fails. Default: 1.
	Seeds uint64
	// First is the seed of the first world; each further world has the next number. Default: 1.
	First uint64
	// Preempt interrupts tasks as [task.SimOptions] says. Default: 0, never.
	Preempt uint32
	// Network says how the network treats messages. [transport.SimNet.Set] changes it during a test.
	Network transport.SimOptions
	// Agent is what [Person.Options] begins with for every person. An application puts its domains into Agent.Modules.
	Agent agent.Options
}

// World is one simulated world. Its methods belong to the tasks of the world. Failures that it reports, and those
// reported through its Errorf and Fatalf, name the seed.
type World struct {
	T
	Seed uint64
	Sim  *task.Sim
	Net  *transport.SimNet
	// Events are the events that services and tasks reported so far, oldest first. The owner of an event that a task
	// of a person's process reports begins with "world/people/" and the name.
	Events []world.Event

	options   Options
	people    *task.Group
	calls     *task.Group
	addresses int
}

// Run calls test as the root task of one simulated world after the other. It stops after the first world in which
// t failed and says which seed that was. When test returns, every agent that still runs is cancelled. A nil t is for
// programs and examples: a failure panics.
func Run(t T, o Options, test func(tc task.Context, w *World)) {
	if t == nil {
		t = alone{}
	}
	t.Helper()
	o.Seeds, o.First = max(o.Seeds, 1), max(o.First, 1)
	for seed := o.First; seed < o.First+o.Seeds; seed++ {
		run(t, seed, o, test)
		if t.Failed() {
			t.Logf("this is the world of seed %d: Options{First: %d} begins with it", seed, seed)
			return
		}
	}
}

// begin is the wall clock's time at the beginning of each world.
const begin = aura.Instant(1_700_000_000e9)

func run(t T, seed uint64, o Options, test func(tc task.Context, w *World)) {
	t.Helper()
	w := &World{T: seeded{t, seed}, Seed: seed, options: o}
	w.Sim = task.NewSim(seed, task.SimOptions{Start: begin, Log: log{w}, Preempt: o.Preempt})
	err := w.Sim.Run("world", func(tc task.Context) error {
		defer tc.Group().Cancel()
		w.people, w.calls = task.NewGroup(tc, "people"), task.NewGroup(tc, "calls")
		w.Net = transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), w.Sim.Entropy("net"), o.Network)
		test(tc, w)
		return nil
	})
	if err != nil && aura.KindOf(err) != aura.Cancelled {
		w.Errorf("%v", err)
	}
}

// log keeps the events of a world.
type log struct{ world *World }

// Emit implements [world.Log].
func (l log) Emit(e world.Event) { l.world.Events = append(l.world.Events, e) }

// seeded names the seed in every failure.
type seeded struct {
	T
	seed uint64
}

func (s seeded) Errorf(format string, args ...any) {
	s.Helper()
	s.T.Errorf("seed %d: %s", s.seed, fmt.Sprintf(format, args...))
}

func (s seeded) Fatalf(format string, args ...any) {
	s.Helper()
	s.T.Fatalf("seed %d: %s", s.seed, fmt.Sprintf(format, args...))
}

// alone is the T of a world outside a test.
type alone struct{}

func (alone) Helper()                           {}
func (alone) Logf(string, ...any)               {}
func (alone) Failed() bool                      { return false }
func (alone) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (alone) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Person founds an account and starts its agent. Before the founding, each setup may change what the person's fields
// say. A failure ends the test.
func (w *World) Person(tc task.Context, name string, setup ...func(*Person)) *Person {
	w.Helper()
	p := &Person{
		Name: name, Ring: keyring.Ephemeral(w.Sim.Entropy(name + " keys")),
		Disk:    journal.NewFaulty(w.Sim.Entropy(name+" disk"), journal.Faults{}),
		Options: w.options.Agent, Address: w.address(), World: w, homes: new(int),
	}
	p.Options.Hardening, p.Options.Width = machine.HardeningIntegration, 4
	for _, change := range setup {
		change(p)
	}
	if err := agent.Found(tc, p.hands(), name, p.Options.Modules, p.Drafts...); err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	p.Disk = p.Disk.Crash() // the founding closed it: this opens it again
	p.Start(tc)
	return p
}

// address returns an address that no person had before.
func (w *World) address() transport.Address {
	const hosts = 250
	n := w.addresses
	w.addresses++
	return transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/%d/quic-v1", n%hosts+1, 4001+n/hosts))
}

// Meet makes two people contacts by an invitation of the first one and returns their common context, which is also
// their conversation. It fails the test when they have not met after a minute.
func (w *World) Meet(tc task.Context, inviter, accepter *Person) (context aura.ContextID) {
	w.Helper()
	var code invite.CreateResult
	inviter.Do(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
	accepter.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
	w.Until(tc, inviter.Name+" and "+accepter.Name+" meet", time.Minute, func() bool {
		with, ok := inviter.Look(tc).Contacts.ByAuthority(accepter.Self())
		back, known := accepter.Look(tc).Contacts.ByAuthority(inviter.Self())
		context = with.Context
		return ok && known && with.Context == back.Context
	})
	return context
}

// Until lets the world go on until a condition holds, and returns true. It fails the test and returns false when the
// condition does not hold within a time of the world.
func (w *World) Until(tc task.Context, what string, within aura.Duration, holds func() bool) bool {
	w.Helper()
	for end := tc.Elapsed() + within; !holds(); {
		if tc.Elapsed() >= end {
			w.Errorf("%s: not within %v", what, within)
			return false
		}
		w.Sleep(tc, within/200+time.Millisecond)
	}
	return true
}

// Sleep lets the world go on for a time. It ends the test when tc ends.
func (w *World) Sleep(tc task.Context, d aura.Duration) {
	w.Helper()
	if err := tc.Sleep(d); err != nil {
		w.Fatalf("%v", err)
	}
}

// Cut drops everything between two people, without telling them. Their other homes are not cut off.
func (w *World) Cut(a, b *Person) { a.machine().Cut(b.machine()) }

// Heal undoes [World.Cut].
func (w *World) Heal(a, b *Person) { a.machine().Mend(b.machine()) }
