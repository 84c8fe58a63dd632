package sim

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
)

// audit is a layer between the guard and the interpreter. It compares each decision with what the ledger
// says afterwards. It changes nothing.
type audit struct {
	interp.Interpreter
	person *person
}

// wrap returns the wrapper that a person's agent puts around its interpreter.
func (w *simulation) wrap(p *person) func(interp.Interpreter) interp.Interpreter {
	return func(inner interp.Interpreter) interp.Interpreter {
		return audit{Interpreter: w.plantInterpreter(p, inner), person: p}
	}
}

// Execute implements [interp.Interpreter].
func (a audit) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	// A copy of the decision: the interpreter below may change the original.
	var charges []effect.Command
	receipts := 0 // the charges that a receipt covers: those of control messages have none
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.ChargeBudget {
			charges = append(charges, *c)
			if c.Context != guard.ControlContext(d.Request.Context) {
				receipts++
			}
		}
	}
	result, err := a.Interpreter.Execute(tc, d)
	if err != nil {
		return result, err
	}
	w := a.person.world
	if len(result.Receipts) != receipts {
		w.violate(a.person.name, DecisionCharged, "%q was decided with %d charges that have receipts, and has %d receipts",
			d.Request.Capability, receipts, len(result.Receipts))
	}
	for i := range charges {
		c := &charges[i]
		ledger := a.person.last.Charge(c.Context, c.Peer)
		// Another commit may have turned the entry already: to the next epoch, or back after a clock was set.
		spent, known := ledger.Spent, true
		if ledger.Epoch != c.Epoch {
			spent, known = ledger.Past.Spent(ledger.Epoch, c.Epoch)
		}
		a.person.spend(c)
		if known && spent < c.Seen+uint64(c.Amount) {
			w.violate(a.person.name, DecisionCharged, "%q costs %d after %d in epoch %d, and the ledger has %d in epoch %d",
				d.Request.Capability, c.Amount, c.Seen, c.Epoch, ledger.Spent, ledger.Epoch)
		}
	}
	return result, nil
}

// spending is what decisions that were carried out cost in one epoch, by the world's own count.
type spending struct {
	receiver
	epoch aura.Epoch
	units uint64
}

// spend counts a charge that was carried out.
func (p *person) spend(c *effect.Command) {
	key := spending{receiver: receiver{c.Context, c.Peer}, epoch: c.Epoch}
	i, known := p.spentIn[key]
	if !known {
		i = len(p.spent)
		p.spentIn[key] = i
		p.spent = append(p.spent, key)
	}
	p.spent[i].units += uint64(c.Amount)
}

// lookAtLedger compares the ledger with the charges of the whole life of the account, so that no epoch's
// budget is had twice, wherever the clock went in between.
func (p *person) lookAtLedger() {
	for i := range p.spent {
		s := &p.spent[i]
		c := p.last.Charge(s.context, s.peer)
		units, known := c.Spent, c.Spent > 0 || c.Past.Changes > 0 // an entry of long ago is collected as a whole
		if known && c.Epoch != s.epoch {
			units, known = c.Past.Spent(c.Epoch, s.epoch)
		}
		if _, shared := p.world.talks.contexts[s.context]; shared && s.units > p.world.policy.Limit {
			p.world.violate(p.name, BudgetHolds, "%d units were charged in epoch %d in all, the limit is %d", s.units, s.epoch, p.world.policy.Limit)
		}
		if known && units < s.units {
			p.world.violate(p.name, BudgetHolds, "%d units were charged in epoch %d, and the ledger, now in epoch %d, has %d",
				s.units, s.epoch, c.Epoch, units)
		}
	}
}

// lookAtShares sums up what all devices of an account spent, by the world's own count: they keep one limit together, also
// when they spend apart, enrol and remove each other in between. A device of which two homes run, or whose clock is another one than
// that of the others, keeps it at the receiver alone.
func (p *person) lookAtShares() {
	if len(p.devices) == 0 {
		return
	}
	sum := map[spending]uint64{}
	for _, d := range p.everywhere() {
		if d.forked() || d.misled {
			return
		}
		for _, s := range d.spent {
			if d.spurned && s.epoch > d.lastEpoch {
				continue // the contacts take nothing of it, and the others have its share
			}
			key := s
			key.units = 0
			if sum[key] += s.units; sum[key] > p.world.policy.Limit && p.world.talks.contexts[s.context] != nil {
				p.world.violate(p.name, BudgetHolds, "all devices spent %d units in epoch %d together, the limit is %d",
					sum[key], s.epoch, p.world.policy.Limit)
				return
			}
		}
	}
}

// lookAtBudgets compares the ledger with the limits.
func (p *person) lookAtBudgets() {
	if p.last == nil {
		return
	}
	p.lookAtLedger()
	for _, context := range p.contexts() {
		for _, peer := range p.world.talks.contexts[context].members {
			if peer == p.owner() {
				continue
			}
			if c := p.last.Charge(context, peer.self()); c.Spent > p.world.policy.Limit {
				p.world.violate(p.name, BudgetHolds, "%d units were spent on %s in epoch %d, the limit is %d",
					c.Spent, peer.name, c.Epoch, p.world.policy.Limit)
			}
		}
	}
}
