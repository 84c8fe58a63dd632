package sim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// trouble lists the faults that meet one action.
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
		o := auratest.Options{First: seed, Preempt: uint32(seed % 5)}
		auratest.Run(rt, o, func(tc task.Context, w *auratest.World) { live(tc, rt, w, plans) })
	})
}

// live takes one action after the other through its trouble.
func live(tc task.Context, rt *rapid.T, w *auratest.World, plans []trouble) {
	ada := w.Person(tc, "Ada")
	core, err := ada.Core(tc).Model()
	if err != nil {
		rt.Fatal(err)
	}
	front := task.Supervise(task.NewGroup(tc, "front"), core)
	if err := front.Start(tc); err != nil {
		rt.Fatal(err)
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
		ada.Disk.SetFaults(p.faults)
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
			ada.Crash()
		}
		_ = tc.Sleep(p.back)
		ada.Disk.SetFaults(journal.Faults{})
		if p.faults.BreakApply > 0 {
			ada.Crash() // a disk that broke takes nothing until it is opened again
		}
		if ada.Agent == nil {
			ada.Start(tc)
		}
		if err := user.Wait(tc); err != nil {
			rt.Fatal(err)
		}
	}
	_ = tc.Sleep(30 * time.Second) // doubts are settled
	for _, op := range look(rt, core, ends) {
		if !op.Phase.Terminal() {
			rt.Errorf("%s is still %s: %s", op.Kind, op.Phase, op.Reason)
		}
	}
	_ = watch.Close(tc, time.Second)
	// The disk agrees, also after another crash.
	ada.Crash()
	ada.Start(tc)
	durable := map[aura.OperationID]bool{}
	if _, err := ada.Agent.Journal().Read(tc, fact.Selection{}, func(r fact.Record) error {
		durable[r.Fact.Operation] = true
		return nil
	}); err != nil {
		rt.Fatal(err)
	}
	for id, phase := range ends {
		if durable[id] != (phase == domain.PhaseSucceeded) {
			rt.Errorf("an action is shown as %s, and durable is %t", phase, durable[id])
		}
	}
	if len(ends) < len(plans)-1 { // a caller may give up before the action has a name
		rt.Logf("%d of %d actions ended", len(ends), len(plans))
	}
	_ = front.Join(tc, time.Second)
}

// look reads the operations that the frontend shows and checks that no terminal phase changed.
func look(rt *rapid.T, core *app.Model, ends map[aura.OperationID]domain.Phase) []app.Operation {
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
