package sim_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
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
		t.Errorf("%v\nreplay: go run ./cmd/aura sim --seed %d --agents %d --minutes %d --faults=%v --copies=%v --devices %d --sessions %d",
			v, o.Seed, o.Agents, o.Minutes, o.Faults, o.Copies, max(1, o.Devices), o.Sessions)
	}
}

func TestQuietWorldHolds(t *testing.T) {
	o := sim.Options{Seed: 1, Agents: 3, Minutes: 2}
	r := run(t, o)
	hold(t, o, r)
	if r.Contacts != 3 || r.Messages == 0 || r.Deliveries == 0 || r.Crashes != 0 {
		t.Errorf("no people met or talked, or an agent crashed: %+v", r)
	}
}

func TestTroubledWorldsHold(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		o := sim.Options{Seed: seed, Agents: 4, Minutes: 3, Faults: true}
		hold(t, o, run(t, o))
	}
}

// TestWorldsWithCopies: homes are copied at any instant, and run twice or are restored.
func TestWorldsWithCopies(t *testing.T) {
	var sum sim.Troubles
	for seed := uint64(1); seed <= 6; seed++ {
		o := sim.Options{Seed: seed, Agents: 3, Minutes: 6, Faults: seed%2 == 0, Copies: true}
		r := run(t, o)
		sum.Add(&r.Troubles)
		hold(t, o, r)
		if seed <= 2 && run(t, o).Digest != r.Digest {
			t.Errorf("seed %d: the same seed with copies is another world", seed)
		}
	}
	if sum.Copies == 0 || sum.Restores == 0 || sum.OldCopies == 0 {
		t.Errorf("homes were copied %d times and restored %d times, %d times to an old state", sum.Copies, sum.Restores, sum.OldCopies)
	}
}

// TestWorldsWithDevices: people use more and more devices of one account, remove some, and change which there are on two at once.
func TestWorldsWithDevices(t *testing.T) {
	var sum sim.Troubles
	for seed := uint64(1); seed <= 4; seed++ {
		o := sim.Options{Seed: seed, Agents: 3, Minutes: 6, Faults: seed%2 == 0, Copies: seed == 4, Devices: 3}
		r := run(t, o)
		sum.Add(&r.Troubles)
		hold(t, o, r)
		if seed == 2 && run(t, o).Digest != r.Digest {
			t.Errorf("seed %d: the same seed with devices is another world", seed)
		}
	}
	if sum.Enrolments == 0 || sum.Removals == 0 || sum.Contests == 0 {
		t.Errorf("%d devices were enrolled, %d removed; there were %d contests", sum.Enrolments, sum.Removals, sum.Contests)
	}
}

// TestWorldsWithSessions: people and their devices play protocols of two and of several, agree on operations, change versions, move
// sessions between their devices, whole or attenuated, and present capabilities that are no good. One version of a protocol links bundles.
// It looks for worlds until there was some of everything.
func TestWorldsWithSessions(t *testing.T) {
	var sum sim.Sessions
	never := func() (kinds []string) {
		for what, n := range map[string]int{
			"completed": sum.Completed, "failed": sum.Failed, "cancelled": sum.Cancelled, "expired": sum.Expired, "refused": sum.Refused,
			"agreed": sum.Agreed, "changed": sum.Changed, "moved": sum.Moved, "back": sum.Back, "with a version": sum.Carried, "struck": sum.Struck,
			"stale": sum.Stale, "forged": sum.Forged, "attenuated": sum.Attenuated, "stated what is forbidden": sum.Forbidden,
			"acted beyond a scope": sum.Beyond, "crossed a boundary": sum.Routed, "went astray": sum.Astray,
		} {
			if n == 0 {
				kinds = append(kinds, what)
			}
		}
		return kinds
	}
	for seed := uint64(1); seed <= 4 || seed <= 30 && len(never()) > 0; seed++ {
		o := sim.Options{Seed: seed, Agents: 4, Minutes: 4 + 2*int(seed%2), Faults: seed%4 != 0, Sessions: 12, Devices: 1 + int(seed%2)*2}
		r := run(t, o)
		sum.Add(&r.Sessions)
		hold(t, o, r)
		if seed == 3 && run(t, o).Digest != r.Digest {
			t.Errorf("seed %d: the same seed with sessions is another world", seed)
		}
	}
	if kinds := never(); len(kinds) > 0 {
		t.Errorf("of %d sessions none %v: %+v", sum.Opened, kinds, sum)
	}
}

// TestEveryTroubleHappens looks for worlds until there was some of every kind: what almost never happens tests nothing.
func TestEveryTroubleHappens(t *testing.T) {
	var sum sim.Troubles
	never := func() (kinds []string) {
		for _, trouble := range sum.All() {
			if trouble.Count == 0 {
				kinds = append(kinds, trouble.Kind)
			}
		}
		return kinds
	}
	seed := uint64(1)
	for ; seed <= 100 && len(never()) > 0; seed++ {
		o := sim.Options{Seed: seed, Agents: 2, Minutes: 6, Faults: true, Copies: seed%2 == 0, Devices: 1 + int(seed%3)}
		r := run(t, o)
		hold(t, o, r)
		sum.Add(&r.Troubles)
	}
	if kinds := never(); len(kinds) > 0 {
		t.Errorf("after %d worlds there was none of %v", seed-1, kinds)
	}
	t.Logf("%d worlds: %+v", seed-1, sum.All())
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

// TestPlantedBugsAreFound shows that the invariants bite: each bug is found by one of the seeds from 1 to 20, and by an
// invariant that it breaks. To be quick the search begins with a seed that found it.
func TestPlantedBugsAreFound(t *testing.T) {
	bugs := map[string]struct {
		from       uint64
		invariants []string
	}{
		sim.PlantAnswerWhenFull:    {15, []string{sim.FactKept, sim.MessageKept}},
		sim.PlantAnswerWhenStuck:   {1, []string{sim.FactKept, sim.MessageKept}},
		sim.PlantClaimDelivery:     {1, []string{sim.StatesHonest}},
		sim.PlantCountAck:          {1, []string{sim.StatesHonest}},
		sim.PlantDropByNumber:      {1, []string{sim.MessageShown, sim.ViewsReduce}},
		sim.PlantDeliverBeforeSync: {1, []string{sim.FactKept, sim.MessageKept}},
		sim.PlantFollowName:        {2, []string{sim.LabelsStay}},
		sim.PlantForgetDedup:       {1, []string{sim.MessageOnce, sim.StatesHonest}},
		sim.PlantGiveUpAbsent:      {6, []string{sim.MessageDelivered}},
		sim.PlantNeverReset:        {7, []string{sim.MessageDelivered, sim.OperationsEnd}},
		sim.PlantRefuseDone:        {1, []string{sim.RefusalsHold}},
		sim.PlantSkipCharge:        {1, []string{sim.DecisionCharged}},
		sim.PlantStaleAddress:      {1, []string{sim.MessageDelivered}},
		sim.PlantSwallowPanic:      {1, []string{sim.ServicesRun}},
		sim.PlantTurnBackLedger:    {1, []string{sim.BudgetHolds}},
		sim.PlantVoidBranch:        {1, []string{sim.MessageShown}},
		sim.PlantWaitForClock:      {1, []string{sim.OperationsEnd, sim.MessageDelivered}},
	}
	for _, bug := range sim.Plants() {
		t.Run(bug, func(t *testing.T) {
			want := bugs[bug]
			for i := range uint64(20) {
				seed := (want.from+i-1)%20 + 1
				r := run(t, sim.Options{Seed: seed, Agents: 4, Minutes: 10, Faults: true, Copies: sim.NeedsCopies(bug), Plant: bug})
				if len(r.Violations) == 0 {
					continue
				}
				first := r.Violations[0]
				if !slices.Contains(want.invariants, first.Invariant) {
					t.Errorf("seed %d found something else: %v", seed, first)
				}
				t.Logf("found by seed %d: %v", seed, first)
				return
			}
			t.Error("no seed up to 20 found it")
		})
	}
}

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"one agent":      {Agents: 1},
		"too many":       {Agents: sim.MaxAgents + 1},
		"negative time":  {Minutes: -1},
		"too long":       {Minutes: sim.MaxMinutes + 1},
		"no such a bug":  {Plant: "gremlin"},
		"a bug alone":    {Plant: sim.PlantVoidBranch},
		"negative count": {Agents: -3},
		"many devices":   {Devices: sim.MaxDevices + 1},
		"many sessions":  {Sessions: sim.MaxSessions + 1},
		"not both":       {Sessions: 1, Copies: true},
	} {
		if _, err := sim.Run(o); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}
