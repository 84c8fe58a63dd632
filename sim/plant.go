package sim

import (
	"slices"

	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// The bugs that can be planted, each through a seam that the agent has anyway.
const (
	// PlantDeliverBeforeSync: the disk says that a batch is durable, and writes it later.
	PlantDeliverBeforeSync = "deliver-before-sync"
	// PlantSkipCharge: the interpreter carries out some decisions without their charges.
	PlantSkipCharge = "skip-charge"
	// PlantForgetDedup: after a restart the disk has forgotten which of the newest facts of others it holds.
	PlantForgetDedup = "forget-dedup"
)

// Plants returns the names of the bugs that [Options].Plant takes.
func Plants() []string {
	return []string{PlantDeliverBeforeSync, PlantForgetDedup, PlantSkipCharge}
}

// plantStore returns the disk of a person's next process.
func (w *universe) plantStore(p *person) journal.Store {
	switch w.options.Plant {
	case PlantDeliverBeforeSync:
		return newHasty(p.disk)
	case PlantForgetDedup:
		return newForgetful(p.disk, &p.index)
	}
	return p.disk
}

// plantInterpreter returns the interpreter of a person's next process.
func (w *universe) plantInterpreter(p *person, inner interp.Interpreter) interp.Interpreter {
	if w.options.Plant == PlantSkipCharge {
		return generous{Interpreter: inner, chance: newChance(w.sim.Entropy(p.name + " plant"))}
	}
	return inner
}

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
