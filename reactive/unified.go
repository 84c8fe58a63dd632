package reactive

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Committer takes an intent through guard and interpreter and returns when its facts are durable.
// The agent supplies it; there is no other way to commit from here.
type Committer func(task.Context, fact.Intent) (fact.Result, error)

// Unified puts commits, queries and signals behind one handle: a commit reaches the
// scheduler by way of the journal, and invalidates the views that depend on it.
type Unified struct {
	scheduler *Scheduler
	source    Reader
	commit    Committer
	allows    func(tc task.Context, capability string) bool
}

// NewUnified returns a handler that queries source, commits with commit, and asks allows whether the
// caller holds a capability; nil: no query needs to be allowed here. A handler that only binds queries which read
// elsewhere takes no source and no committer.
func NewUnified(s *Scheduler, source Reader, commit Committer, allows func(task.Context, string) bool) *Unified {
	return &Unified{scheduler: s, source: source, commit: commit, allows: allows}
}

// Hub returns the signals.
func (u *Unified) Hub() *Hub { return u.scheduler.hub }

// Commit submits an intent. The facts that it gives invalidate the queries that depend on them.
func (u *Unified) Commit(tc task.Context, in fact.Intent) (fact.Result, error) {
	return u.commit(tc, in)
}

// Run checks the query's capabilities and computes it. It returns [aura.Denied] for a capability
// that the caller does not hold.
func Run[T any](tc task.Context, u *Unified, q Query[T]) (T, error) {
	if err := u.check(tc, "reactive.Run", q.Capabilities()); err != nil {
		var none T
		return none, err
	}
	return q.Run(tc, u.source)
}

// Bind checks the query's capabilities, registers the signal with the query's result, and keeps it
// current from then on. It returns [aura.Denied] like [Run], [aura.Conflict] if the signal is
// registered already, and any error of the query's first run.
func Bind[T any](tc task.Context, u *Unified, b Bound[T]) error {
	first, err := Run(tc, u, b.Query)
	if err != nil {
		return err
	}
	outlet, err := Register(u.scheduler.hub, b.Signal, first)
	if err != nil {
		return err
	}
	// A fact between the first run and the binding is not lost: a view that is bound publishes once.
	return u.scheduler.Bind(tc, &boundView[T]{bound: b, source: u.source, outlet: outlet})
}

func (u *Unified) check(tc task.Context, op aura.Op, capabilities []string) error {
	for _, c := range capabilities {
		if u.allows != nil && !u.allows(tc, c) {
			return aura.Errorf(op, aura.Denied, "the query needs the capability %q", c)
		}
	}
	return nil
}
