package sim

import (
	"slices"

	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// generous forgets to charge one decision in sixteen.
type generous struct {
	interp.Interpreter
	chance *chance
}

// Execute implements [interp.Interpreter].
func (g generous) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	if g.chance.IntN(16) == 0 {
		d.Commands = slices.DeleteFunc(slices.Clone(d.Commands), func(c effect.Command) bool {
			return c.Kind == effect.ChargeBudget
		})
	}
	return g.Interpreter.Execute(tc, d)
}

// waiting waits for the clock to come to where the ledger is.
type waiting struct {
	interp.Interpreter
	person *person
}

// Execute implements [interp.Interpreter].
func (w waiting) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	for i := range d.Commands {
		c := &d.Commands[i]
		if c.Kind == effect.ChargeBudget && w.person.last.Charge(c.Context, c.Peer).Epoch > c.Epoch {
			return effect.Result{}, &guard.Denial{Stage: guard.StageFlow, Reason: guard.ReasonShort}
		}
	}
	return w.Interpreter.Execute(tc, d)
}

// deaf is a fuse that recovers its own panic in a sink.
type deaf struct{ *fuse }

// Committed implements [journal.Sink].
func (d deaf) Committed([]fact.Record) {
	if d.place == placeSink {
		d.markFired()
	}
}
