package app

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// settleGrace is how long a workflow whose caller gave up, or whose agent went away, looks for the durable
// outcome.
const settleGrace = 2 * time.Second

// Doubt is the error of an action whose agent went away while it had it, and could not be asked since: it may be
// durable or not. It has the kind of Err.
type Doubt struct {
	Operation aura.OperationID
	Err       error
}

// Error says what is known.
func (d *Doubt) Error() string { return aura.Reason(d.Err) + "; whether it was done is not known" }

// Unwrap returns what the agent's end looked like.
func (d *Doubt) Unwrap() error { return d.Err }

// submit is the one way of an action: it names it, hands it to the bridge, and publishes how it went. When
// the bridge cannot say, the durable facts do.
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
		after = max(after, c.self.Facts) // what was durable before this Core began is not this action's
	}
	p := c.published.begin(id, intent)
	p.publish(Running, "")
	res, err := c.bridge.Submit(tc, fact.Intent{Kind: intent, Operation: id, Payload: body})
	switch kind := aura.KindOf(err); kind {
	case 0:
		p.accepted()
		return res, nil
	case aura.Unavailable, aura.Timeout, aura.Cancelled:
		return c.settle(tc, p, after, err)
	}
	p.publish(Failed, aura.Reason(err))
	return fact.Result{}, err
}

// settle finds out how an action ended whose answer did not come, from the facts after a position. If they
// cannot be had either, the action stays in doubt.
func (c *Core) settle(tc task.Context, p *Publisher, after fact.Position, cause error) (fact.Result, error) {
	tc, done := tc.Grace("app.settle", settleGrace)
	defer done()
	found := newOutcomes(c.self.Authority)
	if err := c.gather(tc, found, after); err != nil {
		p.doubt(after)
		return fact.Result{}, &Doubt{Operation: p.id, Err: cause}
	}
	if known := found.known[p.id]; known != nil {
		p.accepted()
		return fact.Result{Operation: p.id, Facts: known.facts}, nil
	}
	if aura.KindOf(cause) == aura.Cancelled {
		p.publish(Cancelled, aura.Reason(cause))
	} else {
		p.publish(Failed, aura.Reason(cause))
	}
	return fact.Result{}, cause
}

// settleDoubts looks again for the facts of the actions in doubt. It returns the bridge's error when there is
// still nobody to ask.
func (c *Core) settleDoubts(tc task.Context) error {
	doubted, after := c.published.doubts()
	if len(doubted) == 0 {
		return nil
	}
	found := newOutcomes(c.self.Authority)
	if err := c.gather(tc, found, after); err != nil {
		return err
	}
	for _, p := range doubted {
		if found.known[p.id] != nil {
			p.accepted()
		} else {
			p.publish(Failed, "the agent stopped before it was done")
		}
	}
	return nil
}

// gather folds the facts about actions that come after a position.
func (c *Core) gather(tc task.Context, into *outcomes, after fact.Position) error {
	return watch(tc, c.bridge, fact.Selection{Kinds: outcomeKinds(), After: after}, func(up fact.Update) error {
		take(up.Records, into.Apply)
		return nil
	})
}

// Operation returns how an action of this authority went. Durable facts rule; for an action without any, the
// Core that submitted it knows. It reads back to the action, and returns [aura.NotFound] for one that was not
// submitted here and left no fact among the newest.
func (c *Core) Operation(tc task.Context, id aura.OperationID) (Operation, error) {
	found, _, err := c.recall(tc, id)
	if err != nil {
		return Operation{}, err
	}
	return c.operation(found, id)
}

// recallMost is how many facts about actions [Core.recall] looks back.
const recallMost = 16_384

// recall folds the facts about actions backwards from the newest until it comes to those of one action, and all
// that is known about invitations, and returns the position up to which that is everything.
func (c *Core) recall(tc task.Context, id aura.OperationID) (*outcomes, fact.Position, error) {
	found, head := newOutcomes(c.self.Authority), fact.Position(0)
	collect := func(sel fact.Selection) (n int, oldest fact.Position, err error) {
		err = watch(tc, c.bridge, sel, func(up fact.Update) error {
			if n == 0 && len(up.Records) > 0 {
				oldest = up.Records[0].Position
			}
			n += len(up.Records)
			for i := range up.Records {
				found.Apply(&up.Records[i])
			}
			if sel.Before == 0 && head == 0 {
				head = up.Position
			}
			return nil
		})
		return n, oldest, err
	}
	if _, _, err := collect(fact.Selection{Kinds: []string{"invite.*"}}); err != nil {
		return nil, 0, err
	}
	before := fact.Position(0)
	for all, page := 0, 16; found.known[id] == nil && all < recallMost; page = min(4*page, recallMost/4) {
		n, oldest, err := collect(fact.Selection{Kinds: outcomeKinds(), Before: before, Last: page})
		if err != nil {
			return nil, 0, err
		}
		if n < page {
			break
		}
		before, all = oldest, all+n
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
	found, after, err := c.recall(tc, id)
	if err != nil {
		return last, err
	}
	err = watch(tc, c.bridge, fact.Selection{Kinds: outcomeKinds(), After: after, Follow: true}, func(up fact.Update) error {
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
