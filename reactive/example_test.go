package reactive_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// noteCount is a view: it counts notes and publishes the number.
type noteCount struct {
	outlet *reactive.Outlet[int]
	notes  int
}

func (v *noteCount) Name() string { return "notes" }

func (v *noteCount) Needs() reactive.Needs {
	return reactive.Needs{Facts: fact.Selection{Kinds: []string{"note.line"}}}
}

func (v *noteCount) Apply(up fact.Update) { v.notes += len(up.Records) }

func (v *noteCount) Publish(_ task.Context, s *reactive.Stage) error {
	v.outlet.Put(s, v.notes)
	return nil
}

// A screen follows a signal. Facts that come within a few milliseconds show together.
func Example() {
	notes := reactive.NewSignal[int]("notes")
	fmt.Println(task.NewSim(42, task.SimOptions{}).Run("main", func(tc task.Context) error {
		hub := reactive.NewHub()
		outlet, err := reactive.Register(hub, notes, 0)
		if err != nil {
			return err
		}
		scheduler, err := reactive.NewScheduler(hub, reactive.Options{}, &noteCount{outlet: outlet})
		if err != nil {
			return err
		}
		handle := task.Supervise(task.NewGroup(tc, "services"), scheduler)
		if err := handle.Start(tc); err != nil {
			return err
		}
		screen, err := reactive.Subscribe(hub, notes, 0)
		for i, pause := range []time.Duration{0, 0, time.Second} {
			note := fact.Record{Position: fact.Position(i + 1), Fact: fact.Fact{Kind: "note.line"}} // as a journal commits it
			err = errors.Join(err, tc.Sleep(pause), scheduler.Offer(tc, fact.Update{Records: []fact.Record{note}}))
		}
		for shown := 0; err == nil && shown < 3; {
			snap, wrong := screen.Next(tc)
			err, shown = wrong, snap.Value
			fmt.Println("notes:", shown)
		}
		return errors.Join(err, handle.Join(tc, time.Second), handle.Close(tc, time.Second))
	}))
	// Output:
	// notes: 0
	// notes: 2
	// notes: 3
	// <nil>
}
