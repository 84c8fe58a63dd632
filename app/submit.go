package app

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// settleGrace is how long a workflow whose caller gave up, or whose agent went away, looks for the outcome, and
// submitShare the part of a caller's budget after which it begins to. withdrawShare is the part of the rest for
// taking the action back.
const (
	settleGrace   = 2 * time.Second
	submitShare   = 0.8
	withdrawShare = 0.5
)

// Doubt is the error of an action whose agent went away while it had it and could not be asked since, or whose
// agent is still writing it: it may be durable or not. It has the kind of Err.
type Doubt struct {
	Operation aura.OperationID
	Err       error
}

// Error returns the cause, and that the outcome is unknown.
func (d *Doubt) Error() string { return aura.Reason(d.Err) + "; whether it was done is not known" }

// Unwrap returns the error of the bridge when the agent went away.
func (d *Doubt) Unwrap() error { return d.Err }

// Do carries out an intent of a module and returns when its facts are durable; the payload of the answer is decoded into
// result unless that is nil. The errors are those of [Bridge], and a [Doubt] when the agent went away with the action in
// its hands.
func (c *Core) Do(tc task.Context, intent string, payload, result any) (fact.Result, error) {
	r, err := c.submit(tc, intent, payload)
	if err != nil || result == nil {
		return r, err
	}
	if len(r.Payload) == 0 {
		return r, lost("app.Do", "it was done, and the agent's answer is lost")
	}
	return r, fact.Unmarshal(r.Payload, result)
}

// submit carries out every action: it names it, hands it to the bridge, and publishes its phases. When the bridge
// returns no outcome, the durable facts decide.
func (c *Core) submit(tc task.Context, intent string, payload any) (fact.Result, error) {
	return c.submitAs(tc, aura.OperationID{}, intent, payload)
}

// submitAs is submit as a given operation; zero: a new one.
func (c *Core) submitAs(tc task.Context, id aura.OperationID, intent string, payload any) (fact.Result, error) {
	body, err := fact.Marshal(payload)
	if err != nil {
		return fact.Result{}, err
	}
	after, err := c.directory.position(tc)
	if err != nil {
		return fact.Result{}, err
	}
	if id.IsZero() {
		_, _ = c.entropy.Read(id[:])     // [world.Entropy] always fills it
		after = max(after, c.self.Facts) // earlier facts cannot be of this new operation
	}
	p := c.published.begin(id, intent)
	p.publish(domain.PhaseRunning, "")
	sub, done := tc.Stage("submit", submitShare)
	res, err := c.bridge.Submit(sub, fact.Intent{Kind: intent, Operation: id, Payload: body})
	done()
	if err == nil {
		p.accepted()
		return res, nil
	}
	if !refused(err) {
		return c.settle(tc, p, after, err)
	}
	p.publish(domain.PhaseFailed, aura.Reason(err))
	return fact.Result{}, err
}

// lost returns the error of an action that durable facts say was done, and whose answer, which held more than they
// say, did not arrive.
func lost(op aura.Op, text string) error { return aura.Errorf(op, aura.Unavailable, "%s", text) }

// refused reports whether an error says by itself that nothing happened.
func refused(err error) bool {
	switch aura.KindOf(err) {
	case aura.Denied, aura.Stale, aura.NotFound, aura.Invalid, aura.Exhausted, aura.Conflict:
		return true
	}
	return false
}

// settle finds the outcome of an action whose answer did not come: it withdraws the action, and then its durable
// facts after a position decide. When the agent cannot be asked, the action stays in doubt.
func (c *Core) settle(tc task.Context, p *Publisher, after fact.Position, cause error) (fact.Result, error) {
	tc, done := tc.Grace("app.settle", settleGrace)
	defer done()
	running, err := c.withdraw(tc, p.id)
	if running {
		p.doubt(after, reasonWriting)
		return fact.Result{}, &Doubt{Operation: p.id, Err: cause}
	}
	found := newOutcomes(c.set, c.self.Authority)
	if err == nil {
		err = c.gather(tc, found, after)
	}
	if err != nil {
		p.doubt(after, reasonGone)
		return fact.Result{}, &Doubt{Operation: p.id, Err: cause}
	}
	if known := found.known[p.id]; known != nil {
		p.accepted()
		return fact.Result{Operation: p.id, Facts: known.facts}, nil
	}
	if aura.KindOf(cause) == aura.Cancelled {
		p.publish(domain.PhaseCancelled, aura.Reason(cause))
		return fact.Result{}, cause
	}
	p.publish(domain.PhaseFailed, aura.Reason(cause))
	return fact.Result{}, aura.Errorf("app.settle", aura.KindOf(cause), "%s; it was not done", aura.Reason(cause))
}

// withdraw takes an action back and reports whether it may still happen. After an error that is unknown.
func (c *Core) withdraw(tc task.Context, id aura.OperationID) (running bool, err error) {
	payload, err := fact.Marshal(status.Withdraw{Operation: id})
	if err != nil {
		return false, err
	}
	ask, done := tc.Stage("withdraw", withdrawShare)
	defer done()
	answer, err := c.bridge.Ask(ask, fact.Question{Kind: status.QuestionWithdraw, Payload: payload})
	if aura.KindOf(err) == aura.NotFound {
		return false, nil // a bridge whose Submit ends with its action
	}
	var w status.Withdrawn
	if err == nil {
		err = fact.Unmarshal(answer.Payload, &w)
	}
	return w.Running, err
}

// settleDoubts asks again about the actions in doubt. It returns the bridge's error while the agent is still away.
func (c *Core) settleDoubts(tc task.Context) error {
	tc, done := tc.WithBudget("app.settle", settleGrace)
	defer done()
	doubted, after := c.published.doubts()
	var ended []*Publisher
	for _, p := range doubted {
		running, err := c.withdraw(tc, p.id)
		if err != nil {
			return err
		}
		if !running {
			ended = append(ended, p)
		}
	}
	if len(ended) == 0 {
		return nil
	}
	found := newOutcomes(c.set, c.self.Authority)
	if err := c.gather(tc, found, after); err != nil {
		return err
	}
	for _, p := range ended {
		if found.known[p.id] != nil {
			p.accepted()
		} else {
			p.publish(domain.PhaseFailed, "it was not done")
		}
	}
	return nil
}

// gather folds the facts about actions that come after a position.
func (c *Core) gather(tc task.Context, into *outcomes, after fact.Position) error {
	return watch(tc, c.bridge, fact.Selection{Kinds: c.set.Outcomes(), After: after}, func(up fact.Update) error {
		take(up.Records, into.Apply)
		return nil
	})
}

// Operation returns how an action of this authority went. Durable facts rule; for an action without any, the
// Core that submitted it knows. It returns [aura.NotFound] for one that was not submitted here and left no fact.
func (c *Core) Operation(tc task.Context, id aura.OperationID) (Operation, error) {
	found, _, err := c.outcomesOf(tc, id)
	if err != nil {
		return Operation{}, err
	}
	return c.operation(found, id)
}

// outcomesOf folds the facts of one action and all facts of ongoing operations, and returns up to where they are
// complete.
func (c *Core) outcomesOf(tc task.Context, id aura.OperationID) (*outcomes, since, error) {
	found, head := newOutcomes(c.set, c.self.Authority), since{}
	for _, sel := range []fact.Selection{{Kinds: c.set.OngoingKinds()}, {Author: c.self.Authority, Operation: id}} {
		through := since{}
		err := watch(tc, c.bridge, sel, func(up fact.Update) error {
			take(up.Records, found.Apply)
			through = since{up.Position, up.Era}
			return nil
		})
		if err != nil {
			return nil, since{}, err
		}
		if head.position == 0 {
			head = through
		}
	}
	return found, head, nil
}

func (c *Core) operation(durable *outcomes, id aura.OperationID) (Operation, error) {
	if op, ok := durable.operation(id); ok {
		return op, nil
	}
	if op, ok := c.published.operation(id); ok {
		return op, nil
	}
	return Operation{}, aura.Errorf("app.Operation", aura.NotFound, "no action %s is known", aura.Short(id))
}

// WaitOperation waits until an action that began has ended, and returns how. It returns tc's error if that
// comes first, with how far the action is.
func (c *Core) WaitOperation(tc task.Context, id aura.OperationID) (Operation, error) {
	var last Operation
	err := renewed(func() (err error) {
		last, err = c.waitOperation(tc, id)
		return err
	})
	return last, err
}

func (c *Core) waitOperation(tc task.Context, id aura.OperationID) (last Operation, err error) {
	found, known, err := c.outcomesOf(tc, id)
	if err != nil {
		return last, err
	}
	sel := fact.Selection{Kinds: c.set.Outcomes(), After: known.position, Era: known.era, Follow: true}
	err = watch(tc, c.bridge, sel, func(up fact.Update) error {
		take(up.Records, found.Apply)
		if !up.Live {
			return nil
		}
		var err error
		if last, err = c.operation(found, id); err != nil {
			return err
		}
		if last.Phase.Terminal() {
			return errSeen
		}
		return nil
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return last, err
}
