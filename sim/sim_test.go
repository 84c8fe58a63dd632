package sim_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/sim"
)

// run lives through a world.
func run(t *testing.T, o sim.Options) sim.Report {
	t.Helper()
	r, err := sim.Run(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hold fails the test for each violation, with the command that shows it again.
func hold(t *testing.T, o sim.Options, r sim.Report) {
	t.Helper()
	for _, v := range r.Violations {
		t.Errorf("%v\nreplay: go run ./cmd/aura sim --seed %d --agents %d --minutes %d --faults=%v", v, o.Seed, o.Agents, o.Minutes, o.Faults)
	}
}

func TestQuietWorldHolds(t *testing.T) {
	o := sim.Options{Seed: 1, Agents: 3, Minutes: 2}
	r := run(t, o)
	hold(t, o, r)
	if r.Contacts != 3 || r.Messages == 0 || r.Deliveries == 0 || r.Crashes != 0 {
		t.Errorf("nobody met, nobody talked, or somebody crashed: %+v", r)
	}
}

func TestTroubledWorldsHold(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		o := sim.Options{Seed: seed, Agents: 4, Minutes: 3, Faults: true}
		hold(t, o, run(t, o))
	}
}

func TestEveryTroubleHappensInTheFirstWorlds(t *testing.T) {
	var sum sim.Troubles
	for seed := uint64(1); seed <= 20; seed++ {
		o := sim.Options{Seed: seed, Agents: 3, Minutes: 2, Faults: true}
		r := run(t, o)
		hold(t, o, r)
		sum.Add(&r.Troubles)
	}
	for _, trouble := range sum.All() {
		t.Logf("%d %s", trouble.Count, trouble.Kind)
		if trouble.Count == 0 {
			t.Errorf("no %s in the first worlds", trouble.Kind)
		}
	}
}

func TestSameSeedIsTheSameWorld(t *testing.T) {
	o := sim.Options{Seed: 7, Agents: 3, Minutes: 2, Faults: true}
	first := run(t, o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if diff := cmp.Diff(first, run(t, o)); diff != "" {
		t.Errorf("the same seed on one processor (-first +second):\n%s", diff)
	}
	o.Seed = 8
	if other := run(t, o); other.Digest == first.Digest {
		t.Error("another seed has the same digest")
	}
}

func TestLookingOnChangesNothing(t *testing.T) {
	o := sim.Options{Seed: 3, Agents: 2, Minutes: 1, Faults: true}
	unseen := run(t, o)
	var events bytes.Buffer
	o.Trace = &events
	if seen := run(t, o); seen.Digest != unseen.Digest {
		t.Error("a world with a trace is another world")
	}
	for _, family := range []string{" task spawn ", " service.lifecycle running ", " guard allow ", " runtime start "} {
		if !strings.Contains(events.String(), family) {
			t.Errorf("the trace has no event%s", family)
		}
	}
}

// TestPlantedBugsAreFound shows that the invariants bite: each bug is found by one of the first seeds, and by
// the invariant that it breaks.
func TestPlantedBugsAreFound(t *testing.T) {
	for bug, invariants := range map[string][]string{
		sim.PlantDeliverBeforeSync: {sim.FactKept, sim.MessageKept},
		sim.PlantSkipCharge:        {sim.DecisionCharged},
		sim.PlantForgetDedup:       {sim.MessageOnce, sim.StatesHonest},
	} {
		t.Run(bug, func(t *testing.T) {
			for seed := uint64(1); seed <= 5; seed++ {
				r := run(t, sim.Options{Seed: seed, Agents: 4, Minutes: 10, Faults: true, Plant: bug})
				if len(r.Violations) == 0 {
					continue
				}
				first := r.Violations[0]
				if !strings.Contains(strings.Join(invariants, "\n"), first.Invariant) {
					t.Errorf("seed %d found something else: %v", seed, first)
				}
				t.Logf("found by seed %d: %v", seed, first)
				return
			}
			t.Error("no seed up to 5 found it")
		})
	}
	if len(sim.Plants()) != 3 {
		t.Errorf("bugs without a test: %v", sim.Plants())
	}
}

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"one agent":      {Agents: 1},
		"too many":       {Agents: sim.MaxAgents + 1},
		"negative time":  {Minutes: -1},
		"too long":       {Minutes: sim.MaxMinutes + 1},
		"no such a bug":  {Plant: "gremlin"},
		"negative count": {Agents: -3},
	} {
		if _, err := sim.Run(o); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}
