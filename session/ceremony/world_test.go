package ceremony_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/consensus"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/ceremony"
	"github.com/aura-runtime/aura/task"
)

// patience is that of each agent of a test.
const patience = 10 * time.Minute

// decider takes the requests of an engine.
type decider struct{ *chain.Chain }

func (d decider) Decide(tc task.Context, r *guard.Request) (effect.Result, error) {
	result, _, err := d.Chain.Decide(tc, r)
	return result, err
}

// world is some agents, each of which finds the others in memory.
type world struct {
	testing.TB
	sim    *task.Sim
	faults journal.Faults
	agents []*agent
	// before is called with each registry, after Aura's protocols were added.
	before func(*session.Registry)
	cut    map[[2]int]bool // agents that cannot speak, the smaller number first
}

// agent is a home with an engine and its ceremonies.
type agent struct {
	*chaintest.Home
	*ceremony.Ceremonies
	account chaintest.Account
	number  int
	disk    *journal.Faulty
	engine  *session.Engine
	heard   []string // what the programs of a test note
	takes   func(*view.Invite) error
	judges  func(*consensus.Operation) error
	up      bool
}

func modules() []domain.Module {
	coordination := view.Module()
	coordination.Capabilities = slices.DeleteFunc(coordination.Capabilities, func(c domain.Capability) bool { return c.Profile == "" }) // chaintest has some
	return []domain.Module{coordination, consensus.Module(), upgrade.Module()}
}

// gather runs fn in a world of n agents, which find each other until it returns.
func gather(t testing.TB, seed uint64, n int, faults journal.Faults, before func(*session.Registry), fn func(tc task.Context, w *world)) {
	t.Helper()
	chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
		w := &world{TB: t, sim: sim, faults: faults, before: before, cut: map[[2]int]bool{}}
		for i := range n {
			w.agents = append(w.agents, &agent{account: chaintest.Account(i + 1), number: i, disk: journal.NewFaulty(sim.Entropy("disk"), faults)})
		}
		for _, a := range w.agents {
			w.start(tc, a, true)
		}
		links := task.NewGroup(tc, "links")
		for i, a := range w.agents {
			for _, b := range w.agents[i+1:] {
				links.Go("link", func(tc task.Context) error {
					w.link(tc, a, b)
					return nil
				})
			}
		}
		fn(tc, w)
		if err := links.Close(tc, time.Minute); err != nil {
			t.Error(err)
		}
		for _, a := range w.agents {
			if a.up {
				a.up = false
				a.Close(tc)
			}
		}
	})
}

func (w *world) start(tc task.Context, a *agent, fresh bool) {
	w.Helper()
	entropy := w.sim.Entropy("agent")
	if fresh {
		a.Home = a.account.Found(w, tc, a.disk, entropy, chaintest.Limited(10_000), modules()...)
	} else {
		a.Home = a.account.Open(w, tc, a.disk, entropy, modules()...)
	}
	registry := session.NewRegistry()
	for _, e := range protocols.All() {
		if !slices.Contains([]string{"sessioncoordination", "consensus", "runtimeupgrade"}, e.Package) {
			continue
		}
		i, err := e.Instantiate()
		if err == nil {
			err = registry.Add(i, e.Defaults)
		}
		if err != nil {
			w.Fatal(err)
		}
	}
	if w.before != nil {
		w.before(registry)
	}
	a.engine = session.NewEngine(session.Options{
		Own: a.account.Own(), Registry: registry, Decider: decider{a.Chain}, Journal: a.Journal, Entropy: entropy,
	})
	a.Ceremonies = ceremony.New(ceremony.Options{
		Own: a.account.Own(), Device: a.account.Device(), Sign: a.account.Sign, Engine: a.engine, Journal: a.Journal, Decider: decider{a.Chain},
		Entropy: entropy, Epoch: func(task.Context, aura.ContextID) aura.Epoch { return 7 },
		Knows: func(_ task.Context, _ aura.ContextID, p view.Part) error {
			if w.find(p.Authority) == nil {
				return aura.Errorf("test", aura.Denied, "a stranger")
			}
			return nil
		},
		Members: func(task.Context, aura.ContextID) (all []aura.AuthorityID) {
			for _, other := range w.agents {
				all = append(all, other.account.Own())
			}
			return all
		},
		Takes: func(_ task.Context, _ session.Party, i *view.Invite) error {
			if a.takes != nil {
				return a.takes(i)
			}
			return nil
		},
		Judges: func(_ task.Context, o *consensus.Operation) error {
			if a.judges != nil {
				return a.judges(o)
			}
			return nil
		},
		Patience: patience,
	})
	w.play(registry, a)
	if err := a.Play(registry); err != nil {
		w.Fatal(err)
	}
	if err := task.Supervise(a.Group, a.engine).Start(tc); err != nil {
		w.Fatal(err)
	}
	a.up = true
}

// crash loses what an agent had not made durable, and starts it again after a pause.
func (w *world) crash(tc task.Context, a *agent, pause aura.Duration) {
	w.Helper()
	a.up = false
	disk := a.disk.Crash()
	a.Close(tc)
	if err := tc.Sleep(pause); err != nil {
		w.Fatal(err)
	}
	a.disk = disk
	w.start(tc, a, false)
}

func (w *world) find(authority aura.AuthorityID) *agent {
	for _, a := range w.agents {
		if a.account.Own() == authority {
			return a
		}
	}
	return nil
}

// frame is what passes on a pipe of two mailboxes.
type frame struct {
	kind session.Frame
	body []byte
}

type pipe struct{ in, out *task.Mailbox[frame] }

func (p pipe) Post(tc task.Context, kind session.Frame, _ [32]byte, body []byte) error {
	return p.out.Send(tc, frame{kind, body})
}
func (p pipe) Recv(tc task.Context) (session.Frame, []byte, error) {
	f, err := p.in.Recv(tc)
	return f.kind, f.body, err
}
func (p pipe) Close(task.Context) { p.in.Close(); p.out.Close() }

// link has two agents speak while both are up and may, over one channel after the other.
func (w *world) link(tc task.Context, a, b *agent) {
	for tc.Sleep(50*time.Millisecond) == nil {
		if !a.up || !b.up || w.cut[[2]int{a.number, b.number}] {
			continue
		}
		one, two := task.NewMailbox[frame]("one", 1), task.NewMailbox[frame]("two", 1)
		left := 2
		speak := func(by, with *agent, p pipe) {
			by.Group.Go("speak", func(tc task.Context) error {
				defer func() { left-- }()
				_ = by.engine.Speak(tc, session.ChannelOptions{
					Context: chaintest.Pair, Peer: session.Party{Authority: with.account.Own(), Device: with.account.Device()},
				}, p)
				p.Close(tc)
				return nil
			})
		}
		speak(a, b, pipe{one, two})
		speak(b, a, pipe{two, one})
		for left > 0 && tc.Sleep(50*time.Millisecond) == nil {
			if w.cut[[2]int{a.number, b.number}] {
				pipe{one, two}.Close(tc)
			}
		}
	}
}

// part returns the part of an agent.
func (a *agent) part(role choreo.Role) view.Part {
	return view.Part{Role: string(role), Authority: a.account.Own(), Device: a.account.Device()}
}

// settled sleeps until no session lives anywhere, and fails the test when that takes too long.
func (w *world) settled(tc task.Context) {
	w.Helper()
	var left []view.Session
	for range 120 {
		left = nil
		for _, a := range w.agents {
			all, err := a.engine.List(tc)
			if err != nil {
				w.Fatal(err)
			}
			left = append(left, all...)
		}
		if len(left) == 0 {
			return
		}
		if err := tc.Sleep(time.Second); err != nil {
			w.Fatal(err)
		}
	}
	for i := range left {
		w.Errorf("session %s of %s lives: role %s %s, sent %d, received %d", aura.Short(left[i].Name), left[i].Protocol, left[i].Role, left[i].Waits(), left[i].Sent, left[i].Received)
	}
}

// count returns how many facts of a kind an agent has.
func (a *agent) count(t testing.TB, tc task.Context, kind string) (n int) {
	t.Helper()
	_, err := a.Journal.Read(tc, fact.Selection{Kinds: []string{kind}}, func(fact.Record) error {
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sorted returns the agents in the order of their devices.
func sorted(all []*agent) []*agent {
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y *agent) int {
		a, b := x.account.Device(), y.account.Device()
		return bytes.Compare(a[:], b[:])
	})
	return all
}
