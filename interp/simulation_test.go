package interp_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// permit permits one capability under a policy.
type permit struct{ policy guard.Policy }

func (permit) Frontier(task.Context, frontier.Claim) (guard.Frontier, error) {
	return guard.NewFrontier(chaintest.CapSend), nil
}

func (p permit) Policy(task.Context, aura.ContextID) (guard.Policy, error) { return p.policy, nil }

func (permit) Share(began, now aura.Instant) guard.Share { return guard.WholeShare }

func simulated(sim *task.Sim, p guard.Policy, o interp.SimulationOptions) (*interp.Simulation, *chain.Chain) {
	s := interp.NewSimulation(chaintest.Own, chaintest.Device, o)
	return s, chain.New(chaintest.Own, chaintest.Device, s, permit{p}, s, sim.Entropy("chain"), chain.Options{})
}

func TestSimulationKeepsBudgetAndTime(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		s, c := simulated(sim, chaintest.Limited(3), interp.SimulationOptions{Latency: time.Second, Signer: chaintest.Signer{}})
		start := tc.Elapsed()
		for range 3 {
			result, _, err := c.Decide(tc, chaintest.Text(1, chaintest.Ben))
			if err != nil {
				t.Fatal(err)
			}
			if err := result.Receipts[0].Verify(chaintest.Public); err != nil {
				t.Error(err)
			}
		}
		if took := tc.Elapsed() - start; took != 3*time.Second {
			t.Errorf("three decisions took %v", took)
		}
		if _, _, err := c.Decide(tc, chaintest.Text(1, chaintest.Ben)); !errors.Is(err, aura.Denied) {
			t.Errorf("beyond the budget: %v", err)
		}
		steps := s.Steps()
		if len(steps) != 3 || steps[0].At.At.Sub(0) >= steps[2].At.At.Sub(0) {
			t.Errorf("steps %+v", steps)
		}
		if c := s.Charge(chaintest.Pair, chaintest.Ben); c.Spent != 3 || c.Through != 3 || c.Receipts != 3 {
			t.Errorf("ledger %+v", c)
		}
	})
}

func TestSimulationRefusesStaleHeadroom(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		s, _ := simulated(sim, chaintest.Limited(3), interp.SimulationOptions{})
		d := &interp.Decision{Request: chaintest.Text(1, chaintest.Ben), Commands: []effect.Command{
			{Kind: effect.ChargeBudget, Context: chaintest.Pair, Peer: chaintest.Ben, Amount: 1, Epoch: 4},
		}}
		if _, err := s.Execute(tc, d); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Execute(tc, d); !errors.Is(err, aura.Stale) {
			t.Errorf("error %v", err)
		}
		if steps := s.Steps(); len(steps) != 2 || steps[0].Err != nil || !errors.Is(steps[1].Err, aura.Stale) {
			t.Errorf("steps %+v", steps)
		}
	})
}

func TestSimulationIsAFunctionOfItsSeed(t *testing.T) {
	run := func(seed uint64) (steps []interp.Step) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			s, c := simulated(sim, chaintest.Limited(9), interp.SimulationOptions{Latency: time.Millisecond})
			g := task.NewGroup(tc, "senders")
			for i := range 6 {
				g.Go("sender", func(tc task.Context) error {
					req := chaintest.Text(aura.FlowCost(1+i%2), chaintest.Ben)
					req.Nonces = i % 2
					_, _, err := c.Decide(tc, req)
					return err
				})
			}
			if err := g.Wait(tc); err != nil {
				t.Error(err)
			}
			steps = s.Steps()
		})
		return steps
	}
	one := run(1)
	if diff := cmp.Diff(one, run(1)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(one, run(2)) {
		t.Error("another seed gave the same nonces")
	}
}

func TestASimulationKeepsTheNewestSteps(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		r := interp.NewSimulation(chaintest.Own, chaintest.Device, interp.SimulationOptions{Keep: 2})
		c := chain.New(chaintest.Own, chaintest.Device, r, permit{chaintest.Limited(9)}, r, sim.Entropy("chain"), chain.Options{})
		for i := range 3 {
			req := chaintest.Text(1, chaintest.Ben)
			req.Operation = aura.OperationID{byte(i)}
			if _, _, err := c.Decide(tc, req); err != nil {
				t.Fatal(err)
			}
			req.Entries[0].Kind = "changed.later"
		}
		steps := r.Steps()
		if len(steps) != 2 || steps[0].Operation != (aura.OperationID{1}) {
			t.Fatalf("%d steps", len(steps))
		}
		for _, s := range steps {
			for i := range s.Commands {
				if e := s.Commands[i].Entry; e != nil && e.Kind != "chat.message" {
					t.Error("a step changed after it was recorded")
				}
			}
		}
	})
}
