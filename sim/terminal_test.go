package sim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// host runs one agent after the other on one disk, behind a bridge that outlives them.
type host struct {
	sim   *task.Sim
	net   *transport.SimNet
	hands agent.Hands
	disk  *journal.Faulty
	lives *task.Group
	group *task.Group
	agent *agent.Agent // nil: none runs
	calls []*call      // of the agent that runs
}

// call is an intent in the hands of an agent.
type call struct {
	reply *task.Future[fact.Result]
	group *task.Group
}

func newHost(tc task.Context, s *task.Sim) (*host, error) {
	h := &host{sim: s, lives: task.NewGroup(tc, "lives")}
	h.net = transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), s.Entropy("net"), transport.SimOptions{})
	h.hands = agent.Hands{Ring: keyring.Ephemeral(s.Entropy("keys")), Entropy: s.Entropy("ada")}
	h.hands.Network = func(agent.Gate) (transport.Network, error) {
		return h.net.Join(h.hands.Ring.Certificate().Link, "/ip4/192.0.2.1/udp/4001/quic-v1"), nil
	}
	h.disk = journal.NewFaulty(s.Entropy("disk"), journal.Faults{})
	h.hands.Store = h.disk
	if err := agent.Found(tc, h.hands, "Ada"); err != nil {
		return nil, err
	}
	h.disk = h.disk.Crash()
	return h, h.start(tc)
}

// start begins another process, in a group of its own.
func (h *host) start(tc task.Context) error {
	up := task.NewFuture[struct{}]()
	h.lives.Go("birth", func(tc task.Context) error {
		h.group = task.NewGroup(tc, "agent")
		h.hands.Store = h.disk
		h.group.Go("boot", func(tc task.Context) error {
			a, err := agent.New(tc, task.NewGroup(tc, "services"), h.hands, agent.Options{})
			if err == nil {
				err = a.Start(tc)
			}
			if err == nil {
				h.agent = a
			}
			up.Resolve(struct{}{}, err)
			return nil
		})
		return nil
	})
	_, err := up.Await(tc)
	return err
}

// crash ends the process as a power failure does.
func (h *host) crash() {
	h.agent = nil
	h.disk = h.disk.Crash()
	h.net.Crash(h.hands.Ring.Certificate().Link)
	h.sim.Crash(h.group)
	for _, c := range h.calls {
		c.reply.Resolve(fact.Result{}, h.gone())
		c.group.Cancel()
	}
	h.calls = nil
}

func (h *host) gone() error { return aura.Errorf("test.Bridge", aura.Unavailable, "no agent runs") }

// Submit implements [app.Bridge]. As over a socket, the caller learns it when the agent dies with the intent in its
// hands: nothing in the agent would tell.
func (h *host) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	a := h.agent
	if a == nil {
		return fact.Result{}, h.gone()
	}
	c := &call{task.NewFuture[fact.Result](), task.NewGroup(tc, "call")}
	h.calls = append(h.calls, c)
	c.group.Go("submit", func(tc task.Context) error {
		c.reply.Resolve(a.Submit(tc, in))
		return nil
	})
	return c.reply.Await(tc)
}

// Ask implements [app.Bridge].
func (h *host) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	if h.agent == nil {
		return fact.Answer{}, h.gone()
	}
	return h.agent.Ask(tc, q)
}

// Watch implements [app.Bridge]. A watch ends with its agent.
func (h *host) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	a := h.agent
	if a == nil {
		return h.gone()
	}
	for {
		// In rounds, because nothing wakes a watch whose agent has crashed.
		round, done := tc.WithBudget("round", 50*time.Millisecond)
		err := a.Watch(round, sel, func(up fact.Update) error {
			sel.After = up.Position
			return sink(up)
		})
		done()
		switch {
		case tc.Err() != nil || err == nil && !sel.Follow:
			return err
		case h.agent != a:
			return h.gone()
		case aura.KindOf(err) != aura.Timeout:
			return err
		}
	}
}

// durable returns the operations of the facts that the journal holds.
func (h *host) durable(tc task.Context) (map[aura.OperationID]bool, error) {
	all := map[aura.OperationID]bool{}
	_, err := h.agent.Journal().Read(tc, fact.Selection{}, func(r fact.Record) error {
		all[r.Fact.Operation] = true
		return nil
	})
	return all, err
}

// trouble is what happens to one action.
type trouble struct {
	budget aura.Duration // of the caller; 0: none
	cancel bool          // the caller gives up
	crash  bool          // the agent's process dies
	after  aura.Duration // when, and so many steps of others later
	steps  int
	faults journal.Faults
	back   aura.Duration // the disk is sound again, and a dead agent back
}

// TestTerminalPhaseNeverChanges is the check of the runtime document's operations: under timeouts, cancellations,
// crashes and failing disks at every await, an action has one end, the facts agree with it for ever, and it
// comes once the agent runs on a disk that works.
func TestTerminalPhaseNeverChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64Range(1, 1<<20).Draw(rt, "seed")
		var plans []trouble
		for range rapid.IntRange(1, 4).Draw(rt, "actions") {
			var p trouble
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				p.budget = aura.Duration(rapid.IntRange(1, 60).Draw(rt, "budget")) * time.Millisecond
			case 1:
				p.cancel = true
			case 2:
				p.crash = true
			}
			p.after = aura.Duration(rapid.IntRange(0, 40).Draw(rt, "after")) * time.Millisecond
			p.steps = rapid.IntRange(0, 80).Draw(rt, "steps")
			p.faults.SyncDelay = aura.Duration(rapid.IntRange(0, 60).Draw(rt, "sync")) * time.Millisecond
			if rapid.IntRange(0, 3).Draw(rt, "disk") == 0 {
				p.faults.FailApply, p.faults.BreakApply = 0.3, 0.3
			}
			p.back = aura.Duration(rapid.IntRange(0, 3000).Draw(rt, "back")) * time.Millisecond
			plans = append(plans, p)
		}
		s := task.NewSim(seed, task.SimOptions{Start: aura.Instant(1_700_000_000e9), Preempt: uint32(seed % 5)})
		err := s.Run("world", func(tc task.Context) error {
			defer tc.Group().Cancel()
			h, err := newHost(tc, s)
			if err != nil {
				return err
			}
			return h.live(tc, rt, plans)
		})
		if err != nil && aura.KindOf(err) != aura.Cancelled {
			rt.Fatalf("seed %d: %v", seed, err)
		}
	})
}

// live takes one action after the other through its trouble.
func (h *host) live(tc task.Context, rt *rapid.T, plans []trouble) error {
	core, err := app.New(tc, h, h.sim.Entropy("core"), app.Options{})
	if err != nil {
		return err
	}
	front := task.Supervise(task.NewGroup(tc, "front"), core)
	if err := front.Start(tc); err != nil {
		return err
	}
	ends := map[aura.OperationID]domain.Phase{}
	watch := task.NewGroup(tc, "looker")
	watch.Go("look", func(tc task.Context) error {
		for {
			look(rt, core, ends)
			if err := tc.Sleep(time.Millisecond); err != nil {
				return err
			}
		}
	})
	for i, p := range plans {
		h.disk.SetFaults(p.faults)
		user := task.NewGroup(tc, "user")
		user.Go("act", func(tc task.Context) error {
			if p.budget > 0 {
				var done func()
				tc, done = tc.WithBudget("act", p.budget)
				defer done()
			}
			began := tc.Elapsed()
			err := core.SetName(tc, fmt.Sprint("Ada ", i))
			if took := tc.Elapsed() - began; p.budget > 0 && took > p.budget {
				rt.Errorf("with %v the wait took %v", p.budget, took)
			}
			if err != nil && p.budget == 0 && !p.cancel && !p.crash && p.faults.FailApply == 0 {
				rt.Errorf("nothing stood in the way: %v", err)
			}
			return nil
		})
		_ = tc.Sleep(p.after)
		for range p.steps {
			_ = tc.Yield()
		}
		if p.cancel {
			user.Cancel()
		}
		if p.crash {
			h.crash()
		}
		_ = tc.Sleep(p.back)
		h.disk.SetFaults(journal.Faults{})
		if p.faults.BreakApply > 0 && h.agent != nil {
			h.crash() // a disk that broke takes nothing until it is opened again
		}
		if h.agent == nil {
			if err := h.start(tc); err != nil {
				return err
			}
		}
		if err := user.Wait(tc); err != nil {
			return err
		}
	}
	_ = tc.Sleep(30 * time.Second) // doubts are settled
	for _, op := range look(rt, core, ends) {
		if !op.Phase.Terminal() {
			rt.Errorf("%s is still %s: %s", op.Kind, op.Phase, op.Reason)
		}
	}
	_ = watch.Close(tc, time.Second)
	// What is on the disk agrees, also after another crash.
	h.crash()
	if err := h.start(tc); err != nil {
		return err
	}
	durable, err := h.durable(tc)
	for id, phase := range ends {
		if durable[id] != (phase == domain.PhaseSucceeded) {
			rt.Errorf("an action is shown as %s, and durable is %t", phase, durable[id])
		}
	}
	if len(ends) < len(plans)-1 { // a caller may give up before the action has a name
		rt.Logf("%d of %d actions ended", len(ends), len(plans))
	}
	_ = front.Join(tc, time.Second)
	return err
}

// look reads what the frontend shows and checks that no end changed.
func look(rt *rapid.T, core *app.Core, ends map[aura.OperationID]domain.Phase) []app.Operation {
	v, err := reactive.Value(core.Hub().Frame(), app.Operations)
	if err != nil {
		rt.Fatal(err)
	}
	for _, op := range v.Value {
		end, ended := ends[op.ID]
		switch {
		case ended && op.Phase != end:
			rt.Errorf("%s was %s and is %s (%s)", op.Kind, end, op.Phase, op.Reason)
		case op.Phase.Terminal():
			ends[op.ID] = op.Phase
		}
	}
	return v.Value
}
