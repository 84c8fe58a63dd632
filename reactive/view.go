package reactive

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// View folds facts and observations into state and publishes it as whole snapshots. Only the
// scheduler calls its methods, one at a time, so a view needs no lock.
type View interface {
	// Name identifies the view among those of its scheduler.
	Name() string
	// Needs returns the inputs of the view. It is called once.
	Needs() Needs
	// Apply folds a batch: only records and observations that the view needs, in the order in
	// which they became durable. The view must not keep the update's slices.
	Apply(fact.Update)
	// Publish stages the view's snapshots with [Outlet.Put]. It runs after Apply, and after the
	// views that this one follows; it also runs when only one of those changed. An error keeps
	// the previous snapshots; Publish is then called again with the next batch.
	Publish(task.Context, *Stage) error
}

// Timed is a view whose snapshot changes while time passes, with no fact to say so.
type Timed interface {
	View
	// Turns returns when the snapshot changes next unless a fact comes before; false: it does not. The scheduler
	// asks after each Publish, and calls Publish again at that instant.
	Turns(now aura.Physical) (at aura.Instant, ok bool)
}

// Folding is a view that keeps what it folded of facts, or reads what such a view keeps.
type Folding interface {
	View
	// Reset forgets all facts: in another era some of them do not count, see [fact.Update.Era]. All that count come again,
	// and the view publishes when they are complete.
	Reset()
}

// Needs are the inputs of a view.
type Needs struct {
	// Facts selects records by namespace and kind and observations by kind. Positions are ignored.
	// A view without Kinds and without Namespaces gets every record; set None to get no record.
	Facts fact.Selection
	// None: the view folds no record.
	None bool
	// Follows names the views whose state this one reads: it runs after them, and whenever one of
	// them ran.
	Follows []string
}

// Stage collects the snapshots of one batch until they are published together.
type Stage struct {
	staged []staged
}

type staged struct {
	slot  int
	value any
}

// put keeps the last value of a slot, so that a view may stage twice.
func (st *Stage) put(slot int, value any) {
	for i := range st.staged {
		if st.staged[i].slot == slot {
			st.staged[i].value = value
			return
		}
	}
	st.staged = append(st.staged, staged{slot: slot, value: value})
}

func (st *Stage) reset() {
	clear(st.staged)
	st.staged = st.staged[:0]
}
