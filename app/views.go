package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// The names of the views, by which others follow them.
const (
	viewModule      = "module/" // and the name of the module
	viewContacts    = viewModule + "contact"
	viewModeration  = viewModule + "moderation"
	viewDevices     = viewModule + "device"
	viewChats       = "chats"
	viewConnections = "connections"
)

func needs(kinds ...string) reactive.Needs {
	return reactive.Needs{Facts: fact.Selection{Kinds: kinds}}
}

func observes(kinds ...string) reactive.Needs {
	return reactive.Needs{None: true, Facts: fact.Selection{Observations: kinds}}
}

// moduleView keeps the state of one module current and publishes the module's views.
type moduleView struct {
	module  *domain.Module
	fold    *fold
	outlets []*reactive.Outlet[any] // of the module's views, in order
	turns   uint64                  // how often it changed, for those that follow it
	views   map[string]string       // the view that folds a module, by the module's name
}

// newModuleView registers the signals of a module's views, each with the view of an empty state.
func newModuleView(h *reactive.Hub, m *domain.Module, all *fold) (*moduleView, error) {
	v := &moduleView{module: m, fold: all}
	for _, view := range m.Views {
		outlet, err := reactive.Register(h, reactive.NewSignal[any](view.Signal), view.Show(all.states, aura.Physical{}))
		if err != nil {
			return nil, err
		}
		v.outlets = append(v.outlets, outlet)
	}
	return v, nil
}

// Name implements [reactive.View].
func (v *moduleView) Name() string { return viewModule + v.module.Name }

// Needs implements [reactive.View].
func (v *moduleView) Needs() reactive.Needs {
	var n reactive.Needs
	for _, k := range v.module.Kinds {
		n.Facts.Kinds = append(n.Facts.Kinds, k.Name)
	}
	for _, view := range v.module.Views {
		for _, name := range view.Follows {
			n.Follows = append(n.Follows, v.views[name])
		}
	}
	return n
}

// Turns implements [reactive.Timed].
func (v *moduleView) Turns(now aura.Physical) (next aura.Instant, turns bool) {
	for _, view := range v.module.Views {
		if view.Turns == nil {
			continue
		}
		if at, ok := view.Turns(v.fold.states, now); ok && (!turns || at < next) {
			next, turns = at, true
		}
	}
	return next, turns
}

// Apply implements [reactive.View].
func (v *moduleView) Apply(up fact.Update) {
	state := v.fold.states.Of(v.module.Name)
	for i := range up.Records {
		state.Apply(&up.Records[i])
	}
	v.turns++
}

// Publish implements [reactive.View].
func (v *moduleView) Publish(tc task.Context, st *reactive.Stage) error {
	for i, view := range v.module.Views {
		v.outlets[i].Put(st, view.Show(v.fold.states, tc.Now()))
	}
	return nil
}

// Reset implements [reactive.Folding]. A [foldView] empties the fold.
func (v *moduleView) Reset() { v.turns++ }

// connectionsView publishes [Connections].
type connectionsView struct {
	outlet *reactive.Outlet[[]status.Peer]
	state  status.Connections
}

func (v *connectionsView) Name() string          { return viewConnections }
func (v *connectionsView) Needs() reactive.Needs { return observes(status.Observed) }

func (v *connectionsView) Apply(up fact.Update) {
	for _, o := range up.Observations {
		v.state.Observe(o)
	}
}

func (v *connectionsView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, v.state.View())
	return nil
}

// peopleView publishes [People].
type peopleView struct {
	outlet      *reactive.Outlet[[]Person]
	fold        *fold
	connections *connectionsView
}

func (v *peopleView) Name() string { return "people" }

func (v *peopleView) Needs() reactive.Needs {
	return reactive.Needs{None: true, Follows: []string{viewContacts, viewModeration, viewDevices, viewConnections}}
}

func (v *peopleView) Apply(fact.Update) {}
func (v *peopleView) Reset()            {}

func (v *peopleView) Publish(tc task.Context, st *reactive.Stage) error {
	contested := device.ContestedAt(v.fold.states, v.fold.self, tc.Now().At)
	v.outlet.Put(st, persons(v.fold.contacts.Contacts(), v.connections.state.View(), v.fold.moderation.View(), contested))
	return nil
}

// The observations that a Core makes itself. They never leave it.
const (
	observedAgent     = "app.agent"     // payload: an [Attachment]
	observedOperation = "app.operation" // no payload: it announces a change of published
)

// agentView publishes [Agent].
type agentView struct {
	outlet *reactive.Outlet[Attachment]
	state  Attachment
}

func (v *agentView) Name() string          { return "agent" }
func (v *agentView) Needs() reactive.Needs { return observes(observedAgent) }

func (v *agentView) Apply(up fact.Update) {
	for _, o := range up.Observations {
		var a Attachment
		if fact.Unmarshal(o.Payload, &a) == nil {
			v.state = a
		}
	}
}

func (v *agentView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, v.state)
	return nil
}

// operationsView publishes [Operations].
type operationsView struct {
	outlet    *reactive.Outlet[[]Operation]
	durable   *outcomes
	published *published
}

func (v *operationsView) Name() string { return "operations" }

func (v *operationsView) Needs() reactive.Needs {
	n := needs(v.durable.set.Outcomes()...)
	n.Facts.Observations = []string{observedOperation}
	return n
}

func (v *operationsView) Apply(up fact.Update) {
	for i := range up.Records {
		v.durable.Apply(&up.Records[i])
	}
}

func (v *operationsView) Reset() { v.durable = newOutcomes(v.durable.set, v.durable.self) }

func (v *operationsView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, merged(v.published, v.durable))
	return nil
}
