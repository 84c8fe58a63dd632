package app

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
)

// maxOutcomes bounds the durable actions that a Core remembers; the oldest are forgotten.
const maxOutcomes = 1024

// outcomes is the fold of what durable facts say about the user's actions. The first fact of an action
// says that it was done, unless its domain says more, see [domain.Operation.Outcome].
type outcomes struct {
	set     *domain.Set
	self    aura.AuthorityID
	ongoing []ongoing // the modules that say more, in their order
	known   map[aura.OperationID]*outcome
	newest  []*outcome // all that is known, the newest first
}

type outcome struct {
	id    aura.OperationID
	did   *domain.Operation
	by    *domain.Module
	at    stamp
	first fact.Fact // if the domain says more
	facts []aura.FactID
}

// stamp is a place in the total order of facts, see [fact.Compare].
type stamp struct {
	logical aura.Logical
	order   aura.OrderToken
	id      aura.FactID
}

func (s stamp) compare(o stamp) int {
	return cmp.Or(cmp.Compare(s.logical, o.logical), s.order.Compare(o.order), s.id.Compare(o.id))
}

func newOutcomes(set *domain.Set, self aura.AuthorityID) *outcomes {
	o := &outcomes{set: set, self: self, known: map[aura.OperationID]*outcome{}}
	for _, m := range set.Ongoing() {
		o.ongoing = append(o.ongoing, ongoing{m, m.NewState(self)})
	}
	return o
}

// ongoing is a module whose operations go on after their first fact, with its state.
type ongoing struct {
	module *domain.Module
	state  domain.State
}

// Apply implements [fact.Reducer]. Facts of peers may say how an action goes on; the identifiers of actions that they carry
// are those of their authors.
func (o *outcomes) Apply(r *fact.Record) {
	for _, m := range o.ongoing {
		m.state.Apply(r)
	}
	did, by, ok := o.set.Left(r.Fact.Kind)
	if !ok || r.Fact.Author != o.self || r.Fact.Operation.IsZero() {
		return
	}
	at := stamp{r.Fact.Logical, r.Fact.Order, r.ID}
	done := o.known[r.Fact.Operation]
	switch {
	case done == nil:
		done = &outcome{id: r.Fact.Operation}
		o.known[done.id] = done
	case slices.Contains(done.facts, r.ID):
		return
	case at.compare(done.at) < 0:
		place := o.place(done.at)
		o.newest = slices.Delete(o.newest, place, place+1)
	}
	if done.did == nil || at.compare(done.at) < 0 {
		done.did, done.by, done.at = did, by, at
		if did.Outcome != nil {
			done.first = r.Fact
		}
		o.insert(done)
	}
	done.facts = append(done.facts, r.ID)
	if len(o.known) > maxOutcomes {
		o.forgetOldest()
	}
}

// place returns where in newest the outcome of a stamp is, or would be.
func (o *outcomes) place(at stamp) int {
	place, _ := slices.BinarySearchFunc(o.newest, at, func(e *outcome, at stamp) int { return at.compare(e.at) })
	return place
}

func (o *outcomes) insert(done *outcome) {
	o.newest = slices.Insert(o.newest, o.place(done.at), done)
}

func (o *outcomes) forgetOldest() {
	last := len(o.newest) - 1
	delete(o.known, o.newest[last].id)
	o.newest = slices.Delete(o.newest, last, last+1)
}

// operation returns the durable state of an action.
func (o *outcomes) operation(id aura.OperationID) (Operation, bool) {
	done := o.known[id]
	if done == nil {
		return Operation{}, false
	}
	return o.show(done), true
}

func (o *outcomes) show(done *outcome) Operation {
	op := Operation{ID: done.id, Kind: done.did.Name, Phase: domain.PhaseSucceeded}
	if done.did.Outcome != nil {
		i := slices.IndexFunc(o.ongoing, func(m ongoing) bool { return m.module == done.by })
		now := done.did.Outcome(o.ongoing[i].state, &done.first)
		op.Phase, op.Reason = now.Phase, now.Reason
	}
	return op
}
