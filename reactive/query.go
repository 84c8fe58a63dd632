package reactive

import (
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Query computes a value from committed facts. It reads; it never writes.
type Query[T any] interface {
	// Predicates selects the facts and observations on which the result depends. A committed fact
	// that they select invalidates the result.
	Predicates() fact.Selection
	// Capabilities are those a reader must hold, sorted; nil: none.
	Capabilities() []string
	// Run computes the value from the facts that source holds now.
	Run(tc task.Context, source Reader) (T, error)
}

// Bound ties a signal to the query that gives its values.
type Bound[T any] struct {
	Signal Signal[T]
	Query  Query[T]
}

// boundView runs a bound query again when facts that it depends on were committed.
type boundView[T any] struct {
	bound  Bound[T]
	source Reader
	outlet *Outlet[T]
}

// Name implements [View].
func (v *boundView[T]) Name() string { return "query:" + v.bound.Signal.name }

// Needs implements [View].
func (v *boundView[T]) Needs() Needs { return Needs{Facts: v.bound.Query.Predicates()} }

// Apply implements [View]. The facts themselves are read again by the query.
func (v *boundView[T]) Apply(fact.Update) {}

// Publish implements [View].
func (v *boundView[T]) Publish(tc task.Context, st *Stage) error {
	value, err := v.bound.Query.Run(tc, v.source)
	if err != nil {
		return err
	}
	v.outlet.Put(st, value)
	return nil
}
