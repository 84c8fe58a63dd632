package semantic

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aura-runtime/aura"
)

// Progress is how an outstanding effect is doing. The numbers are append-only.
type Progress uint8

// The stages of a progress contract, and the three ways out of it.
const (
	ProgressPending     Progress = 1
	ProgressBlocked     Progress = 2
	ProgressNoProgress  Progress = 3
	ProgressDegraded    Progress = 4
	ProgressTimedOut    Progress = 5
	ProgressDone        Progress = 6
	ProgressInvalidated Progress = 7
)

var progressNames = [...]string{
	ProgressPending: "pending", ProgressBlocked: "blocked", ProgressNoProgress: "no_progress", ProgressDegraded: "degraded",
	ProgressTimedOut: "timed_out", ProgressDone: "done", ProgressInvalidated: "invalidated",
}

func (p Progress) String() string {
	if int(p) < len(progressNames) && progressNames[p] != "" {
		return progressNames[p]
	}
	return fmt.Sprintf("progress %d", uint8(p))
}

func (p Progress) outstanding() bool { return p >= ProgressPending && p <= ProgressDegraded }

// Effect is something that an operation waits for.
type Effect struct {
	ID        ID       `json:"id"`
	Operation ID       `json:"operation"`
	Session   uint64   `json:"session"`
	Owner     string   `json:"owner"`
	Name      string   `json:"name"`
	Status    Progress `json:"status"`
	// Budget is the number of ticks after which it falls a stage; 0 is no contract.
	Budget uint64 `json:"budget,omitempty"`
	// Due is the tick of the next fall.
	Due    uint64 `json:"due,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Transition is one change of an effect's progress.
type Transition struct {
	Effect ID       `json:"effect"`
	From   Progress `json:"from"`
	To     Progress `json:"to"`
	Tick   uint64   `json:"tick"`
}

// Issue enters an effect of an operation, with a progress contract unless budget is 0.
func (o *Objects) Issue(operation ID, name string, budget uint64) (ID, error) {
	const op = "semantic.Issue"
	x, err := o.live(op, operation)
	if err != nil {
		return 0, err
	}
	if len(o.effects) >= o.limit() {
		return 0, o.exhausted(op, "effects")
	}
	e := Effect{
		ID: o.take(&o.last.effect), Operation: operation, Session: x.Session, Owner: x.Owner, Name: name,
		Status: ProgressPending, Budget: budget,
	}
	o.effects = append(o.effects, e)
	o.schedule(&o.effects[len(o.effects)-1])
	return e.ID, nil
}

// Effect returns an effect. It returns aura.NotFound after it was pruned.
func (o *Objects) Effect(id ID) (Effect, error) {
	e := find(o.effects, id, func(e *Effect) ID { return e.ID })
	if e == nil {
		return Effect{}, aura.Errorf("semantic.Effect", aura.NotFound, "effect %d is not here", id)
	}
	return *e, nil
}

// Block says that an effect cannot go on for now. A handoff invalidates it.
func (o *Objects) Block(id ID) error {
	e, err := o.outstanding("semantic.Block", id)
	if err != nil {
		return err
	}
	if e.Status == ProgressPending {
		o.move(e, ProgressBlocked)
	}
	return nil
}

// Progressed says that an effect moves again: its contract starts anew.
func (o *Objects) Progressed(id ID) error {
	e, err := o.outstanding("semantic.Progressed", id)
	if err != nil {
		return err
	}
	o.unschedule(e)
	if e.Status != ProgressPending {
		o.move(e, ProgressPending)
	}
	o.schedule(e)
	return nil
}

// Complete takes the result of an effect from its owner. It returns aura.Stale for a late one: the effect
// timed out, was invalidated, was completed before, or belongs to another owner by now.
func (o *Objects) Complete(id ID, owner string) error {
	const op = "semantic.Complete"
	e, err := o.outstanding(op, id)
	if err != nil {
		return err
	}
	if e.Owner != owner {
		return aura.Errorf(op, aura.Stale, "effect %d belongs to another owner now", id)
	}
	o.settle(e, ProgressDone, "")
	return nil
}

// Advance tells the time. Every effect whose budget has passed falls one stage; the cost depends on those
// alone.
func (o *Objects) Advance(tick uint64) {
	o.tick = tick
	for len(o.due) > 0 && o.due[0].at <= tick {
		id := o.due[0].effect
		o.due = slices.Delete(o.due, 0, 1)
		e := find(o.effects, id, func(e *Effect) ID { return e.ID })
		if e.Status == ProgressDegraded {
			e.Reason = "bounded wait exhausted; late results are invalid"
			o.move(e, ProgressTimedOut)
			continue
		}
		o.move(e, e.Status+1)
		o.schedule(e)
	}
}

// deadline is an entry of the calendar, sorted by tick and effect.
type deadline struct {
	at     uint64
	effect ID
}

func (d deadline) compare(o deadline) int {
	return cmp.Or(cmp.Compare(d.at, o.at), cmp.Compare(d.effect, o.effect))
}

func (o *Objects) schedule(e *Effect) {
	if e.Budget == 0 {
		return
	}
	e.Due = o.tick + e.Budget
	d := deadline{e.Due, e.ID}
	i, _ := slices.BinarySearchFunc(o.due, d, deadline.compare)
	o.due = slices.Insert(o.due, i, d)
}

func (o *Objects) unschedule(e *Effect) {
	if i, ok := slices.BinarySearchFunc(o.due, deadline{e.Due, e.ID}, deadline.compare); ok {
		o.due = slices.Delete(o.due, i, i+1)
	}
	e.Due = 0
}

func (o *Objects) settle(e *Effect, to Progress, reason string) {
	o.unschedule(e)
	e.Reason = reason
	o.move(e, to)
}

func (o *Objects) move(e *Effect, to Progress) {
	t := Transition{Effect: e.ID, From: e.Status, To: to, Tick: o.tick}
	e.Status = to
	if len(o.transitions) >= o.limit() { // a history: the oldest makes room
		o.transitions = slices.Delete(o.transitions, 0, len(o.transitions)/2+1)
	}
	o.transitions = append(o.transitions, t)
}

func (o *Objects) outstanding(op aura.Op, id ID) (*Effect, error) {
	e := find(o.effects, id, func(e *Effect) ID { return e.ID })
	switch {
	case e == nil:
		return nil, aura.Errorf(op, aura.NotFound, "effect %d is not here", id)
	case !e.Status.outstanding():
		return nil, aura.Errorf(op, aura.Stale, "effect %d is %s", id, e.Status)
	}
	return e, nil
}
