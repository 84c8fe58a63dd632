package sim

import (
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// audit stands between the guard and the interpreter and compares what was decided with what the ledger
// says afterwards. It changes nothing.
type audit struct {
	interp.Interpreter
	person *person
}

// wrap returns what a person's agent puts around its interpreter.
func (w *universe) wrap(p *person) func(interp.Interpreter) interp.Interpreter {
	return func(inner interp.Interpreter) interp.Interpreter {
		return audit{Interpreter: w.plantInterpreter(p, inner), person: p}
	}
}

// Execute implements [interp.Interpreter].
func (a audit) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	// What was decided, before anybody below can change it.
	var charges []effect.Command
	facts := 0 // the charges that a receipt covers: those of control messages have none
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.ChargeBudget {
			charges = append(charges, *c)
			if c.Context == d.Request.Context {
				facts++
			}
		}
	}
	result, err := a.Interpreter.Execute(tc, d)
	if err != nil {
		return result, err
	}
	w := a.person.world
	if len(result.Receipts) != facts {
		w.violate(a.person.name, DecisionCharged, "%q was decided with %d charges for facts and has %d receipts",
			d.Request.Capability, facts, len(result.Receipts))
	}
	for i := range charges {
		c := &charges[i]
		ledger := a.person.last.Charge(c.Context, c.Peer)
		// Another commit may have turned the entry already: to the next epoch, or back after a clock was set.
		spent, known := ledger.Spent, true
		if ledger.Epoch != c.Epoch {
			spent, known = ledger.Past.Spent(ledger.Epoch, c.Epoch)
		}
		if known && spent < c.Seen+uint64(c.Amount) {
			w.violate(a.person.name, DecisionCharged, "%q costs %d after %d in epoch %d, and the ledger has %d in epoch %d",
				d.Request.Capability, c.Amount, c.Seen, c.Epoch, ledger.Spent, ledger.Epoch)
		}
	}
	return result, nil
}

// lookAtBudgets compares the ledger with the limits.
func (p *person) lookAtBudgets() {
	if p.last == nil {
		return
	}
	for _, context := range p.contexts() {
		for _, peer := range p.world.talks.contexts[context].members {
			if peer == p {
				continue
			}
			if c := p.last.Charge(context, peer.self()); c.Spent > p.world.policy.Limit {
				p.world.violate(p.name, BudgetHolds, "%d units were spent on %s in epoch %d, the limit is %d",
					c.Spent, peer.name, c.Epoch, p.world.policy.Limit)
			}
		}
	}
}
