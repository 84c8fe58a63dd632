package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// past is a bridge on which nothing has happened after a position.
type past struct {
	Bridge
	through fact.Position
}

// AsOf returns a Core that shows everything as it was at a position, see [Options.Through]. It returns
// [aura.NotFound] for a position that the journal has not reached.
func (c *Core) AsOf(tc task.Context, through fact.Position) (*Core, error) {
	if through == 0 || through > c.self.Facts {
		return nil, aura.Errorf("app.AsOf", aura.NotFound, "the journal ends at position %d", c.self.Facts)
	}
	return New(tc, c.bridge, c.entropy, Options{Modules: c.options.Modules, Through: through})
}

// Submit implements [Bridge].
func (b past) Submit(task.Context, fact.Intent) (fact.Result, error) {
	return fact.Result{}, aura.Errorf("app.Submit", aura.Unavailable, "this shows the past, which cannot be changed")
}

// Watch implements [Bridge]. Observations are of the present, so it passes none on.
func (b past) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	if sel.Through == 0 || sel.Through > b.through {
		sel.Through = b.through
	}
	sel.Observations = nil
	return b.Bridge.Watch(tc, sel, sink)
}

// Ask implements [Bridge].
func (b past) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	if q.Kind != query.Question {
		return b.Bridge.Ask(tc, q)
	}
	var asked query.Query
	if err := fact.Unmarshal(q.Payload, &asked); err != nil {
		return fact.Answer{}, &aura.Error{Op: "app.Ask", Kind: aura.Invalid, Err: err}
	}
	if asked.AsOf == 0 || asked.AsOf > b.through {
		asked.AsOf = b.through
	}
	body, err := fact.Marshal(asked)
	if err != nil {
		return fact.Answer{}, err
	}
	return b.Bridge.Ask(tc, fact.Question{Kind: q.Kind, Payload: body})
}
