package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// maxPublished is how many of its own actions a Core remembers; it forgets the oldest that ended.
const maxPublished = 256

// Publisher is the right to publish the phase of one action. Only the workflow that submitted the action holds one.
type Publisher struct {
	to     *published
	id     aura.OperationID
	intent string
}

// ID returns the identifier of the action.
func (p *Publisher) ID() aura.OperationID { return p.id }

// publish enters a phase. A terminal phase is final: publishing after it changes nothing.
func (p *Publisher) publish(phase domain.Phase, reason string) { p.to.set(p.id, phase, reason) }

// accepted publishes that the facts of the intent are durable. An operation with an outcome of its own runs on.
func (p *Publisher) accepted() {
	if o, ok := p.to.operations.Operation(p.intent); ok && o.Outcome != nil {
		p.publish(domain.PhaseRunning, "")
		return
	}
	p.publish(domain.PhaseSucceeded, "")
}

// doubt publishes that the outcome is unknown, and why. Durable facts after a position will decide it.
func (p *Publisher) doubt(after fact.Position, reason string) {
	p.to.update(p.id, func(e *entry) { e.Phase, e.Reason, e.doubted, e.after = domain.PhaseRunning, reason, true, after })
}

// The reasons of a doubt.
const (
	reasonGone    = "the agent has gone: how it ended is not known yet"
	reasonWriting = "it is being written: how it ended is not known yet"
)

// published holds the phases of this Core's own actions: those under way, and those that left no durable fact. It is
// a leaf value, shared by workflows and the view.
type published struct {
	operations *domain.Set
	mu         task.Mutex
	newest     []entry // the newest last
	changed    *task.Wake
}

type entry struct {
	Operation
	doubted bool
	after   fact.Position // where to look, when doubted
}

func newPublished(set *domain.Set) *published {
	return &published{operations: set, changed: task.NewWake()}
}

// begin enters a new action, or one that is tried again, and returns its publisher.
func (p *published) begin(id aura.OperationID, intent string) *Publisher {
	p.mu.Lock()
	again := slices.ContainsFunc(p.newest, func(e entry) bool { return e.ID == id }) // an action in doubt
	if !again {
		p.newest = append(p.newest, entry{Operation: Operation{ID: id, Kind: intent, Phase: domain.PhaseSubmitted}})
	}
	if len(p.newest) > maxPublished {
		ended := slices.IndexFunc(p.newest, func(e entry) bool { return e.Phase.Terminal() })
		p.newest = slices.Delete(p.newest, max(ended, 0), max(ended, 0)+1)
	}
	p.mu.Unlock()
	p.changed.Notify()
	return &Publisher{to: p, id: id, intent: intent}
}

func (p *published) set(id aura.OperationID, phase domain.Phase, reason string) {
	p.update(id, func(e *entry) { e.Phase, e.Reason, e.doubted = phase, reason, false })
}

// doubts returns the publishers of the actions in doubt, and the position after which their facts are.
func (p *published) doubts() (all []*Publisher, after fact.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.newest {
		if !e.doubted {
			continue
		}
		if len(all) == 0 || e.after < after {
			after = e.after
		}
		all = append(all, &Publisher{to: p, id: e.ID, intent: e.Kind})
	}
	return all, after
}

func (p *published) update(id aura.OperationID, change func(*entry)) {
	p.mu.Lock()
	i := slices.IndexFunc(p.newest, func(e entry) bool { return e.ID == id })
	if i >= 0 && !p.newest[i].Phase.Terminal() {
		change(&p.newest[i])
	}
	p.mu.Unlock()
	p.changed.Notify()
}

// local returns the actions without durable facts, the newest first.
func (p *published) local(durable *outcomes) []Operation {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Operation
	for i := len(p.newest) - 1; i >= 0; i-- {
		if _, known := durable.known[p.newest[i].ID]; !known {
			out = append(out, p.newest[i].Operation)
		}
	}
	return out
}

// operation returns the published state of one action.
func (p *published) operation(id aura.OperationID) (Operation, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.newest {
		if p.newest[i].ID == id {
			return p.newest[i].Operation, true
		}
	}
	return Operation{}, false
}

// merged returns all actions, the newest first. Durable facts decide the phase; actions without any come first.
func merged(p *published, durable *outcomes) []Operation {
	out := slices.Grow(p.local(durable), len(durable.newest))
	for _, done := range durable.newest {
		out = append(out, durable.show(done))
	}
	return out
}
