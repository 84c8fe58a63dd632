package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// The names of the views, by which others follow them.
const (
	viewContacts    = "contacts"
	viewModeration  = "moderation"
	viewChats       = "chats"
	viewConnections = "connections"
)

func needs(kinds ...string) reactive.Needs {
	return reactive.Needs{Facts: fact.Selection{Kinds: kinds}}
}

func observes(kinds ...string) reactive.Needs {
	return reactive.Needs{None: true, Facts: fact.Selection{Observations: kinds}}
}

// contactsView publishes [Contacts].
type contactsView struct {
	outlet *reactive.Outlet[[]contact.Contact]
	state  *contact.State
	turns  uint64 // how often it changed, for those that follow it
}

func (v *contactsView) Name() string          { return viewContacts }
func (v *contactsView) Needs() reactive.Needs { return needs("contact.*") }

func (v *contactsView) Apply(up fact.Update) {
	for i := range up.Records {
		v.state.Apply(&up.Records[i])
	}
	v.turns++
}

func (v *contactsView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, v.state.Contacts())
	return nil
}

// moderationView publishes [Moderation].
type moderationView struct {
	outlet *reactive.Outlet[moderation.Moderation]
	state  *moderation.State
	turns  uint64
}

func (v *moderationView) Name() string          { return viewModeration }
func (v *moderationView) Needs() reactive.Needs { return needs("moderation.*") }

func (v *moderationView) Apply(up fact.Update) {
	for i := range up.Records {
		v.state.Apply(&up.Records[i])
	}
	v.turns++
}

func (v *moderationView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, v.state.View())
	return nil
}

// invitesView publishes [Invitations].
type invitesView struct {
	outlet *reactive.Outlet[[]invite.Invitation]
	state  invite.State
}

func (v *invitesView) Name() string          { return "invitations" }
func (v *invitesView) Needs() reactive.Needs { return needs("invite.*") }

// Turns implements [reactive.Timed]: an invitation expires when its time has come, not with the next fact.
func (v *invitesView) Turns(now aura.Physical) (aura.Instant, bool) { return v.state.Turns(now) }

func (v *invitesView) Apply(up fact.Update) {
	for i := range up.Records {
		v.state.Apply(&up.Records[i])
	}
}

func (v *invitesView) Publish(tc task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, v.state.Invitations(tc.Now()))
	return nil
}

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
	contacts    *contactsView
	moderation  *moderationView
	connections *connectionsView
}

func (v *peopleView) Name() string { return "people" }

func (v *peopleView) Needs() reactive.Needs {
	return reactive.Needs{None: true, Follows: []string{viewContacts, viewModeration, viewConnections}}
}

func (v *peopleView) Apply(fact.Update) {}

func (v *peopleView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, persons(v.contacts.state.Contacts(), v.connections.state.View(), v.moderation.state.View()))
	return nil
}

// The observations that a Core makes itself. They never leave it.
const (
	observedAgent     = "app.agent"     // payload: an [Attachment]
	observedOperation = "app.operation" // no payload: look at what was published
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
	n := needs(outcomeKinds()...)
	n.Facts.Observations = []string{observedOperation}
	return n
}

func (v *operationsView) Apply(up fact.Update) {
	for i := range up.Records {
		v.durable.Apply(&up.Records[i])
	}
}

func (v *operationsView) Publish(_ task.Context, st *reactive.Stage) error {
	v.outlet.Put(st, merged(v.published, v.durable))
	return nil
}
