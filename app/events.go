package app

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// watched is how many of a conversation's newest messages are looked at for changes of their state.
const watched = 512

// Event is one thing that happened, for a person or a program that looks on. Beside Kind and Name one
// field is set: the new state of what changed.
type Event struct {
	Kind string `json:"event"`
	// Name is the conversation, contact or group that it is about, as the owner knows it.
	Name       string             `json:"name,omitempty"`
	Message    *chat.Message      `json:"message,omitempty"`
	Contact    *contact.Contact   `json:"contact,omitempty"`
	Group      *chat.Thread       `json:"group,omitempty"`
	Invitation *invite.Invitation `json:"invitation,omitempty"`
	Connection *status.Connection `json:"connection,omitempty"`
}

// The kinds of events.
const (
	EventMessage    = "message"    // a new message, of either side
	EventProgress   = "progress"   // a message's state changed
	EventContact    = "contact"    // a contact is new or has another name
	EventGroup      = "group"      // a group is new, or its members or its notice changed
	EventInvitation = "invitation" // an invitation is new or has moved on
	EventConnection = "connection" // a contact can be reached in another way
)

// Events calls fn with everything that happens from now on, in order, until tc is cancelled or fn returns
// an error, which is returned. Of what was before it reads the newest messages of a conversation, and only once
// something happens in it.
func (c *Core) Events(tc task.Context, fn func(Event) error) error {
	w, since, err := c.witness(tc)
	if err != nil {
		return err
	}
	sel := fact.Selection{After: since, Observations: []string{"*"}, Follow: true}
	return watch(tc, c.bridge, sel, func(up fact.Update) error {
		happened, err := w.take(tc, &up)
		if err != nil {
			return err
		}
		for _, e := range happened {
			if err := fn(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// witness folds facts and tells what each update changed.
type witness struct {
	core        *Core
	fold        *fold
	began       fact.Position // what was until here is known, not told; zero: that is still coming
	invites     invite.State
	connections status.Connections

	messages    map[aura.ContextID]map[aura.FactID]chat.Message
	contacts    map[aura.ContextID]contact.Contact
	groups      map[aura.ContextID]chat.Thread
	invitations map[invite.ID]invite.Invitation
	peers       map[aura.AuthorityID]status.Connection
}

// witness returns a witness that knows people, groups and invitations, and the position up to which it does.
func (c *Core) witness(tc task.Context) (*witness, fact.Position, error) {
	f, since, err := c.directory.conversation(tc, c.bridge, c.self.Authority, chat.Keep{Messages: 2 * watched})
	if err != nil {
		return nil, 0, err
	}
	invites, err := c.invitations(tc)
	if err != nil {
		return nil, 0, err
	}
	return &witness{
		core: c, fold: f, invites: *invites,
		messages:    map[aura.ContextID]map[aura.FactID]chat.Message{},
		contacts:    map[aura.ContextID]contact.Contact{},
		groups:      map[aura.ContextID]chat.Thread{},
		invitations: map[invite.ID]invite.Invitation{},
		peers:       map[aura.AuthorityID]status.Connection{},
	}, since, nil
}

// take folds an update and returns what it changed. What was before the watch is not told.
func (w *witness) take(tc task.Context, up *fact.Update) ([]Event, error) {
	var touched []aura.ContextID
	for i := range up.Records {
		if context, one := touches(&up.Records[i]); one {
			touched = append(touched, context)
		}
	}
	for _, o := range up.Observations {
		if context, ok := outboxContext(o); ok {
			touched = append(touched, context)
		}
	}
	slices.SortFunc(touched, aura.ContextID.Compare)
	touched = slices.Compact(touched)
	if w.began == 0 {
		w.apply(up)
		if up.Live {
			w.began = max(up.Position, 1)
			w.tell(nil, true, tc.Now())
		}
		return nil, nil
	}
	for _, context := range touched {
		if err := w.recall(tc, context); err != nil {
			return nil, err
		}
	}
	w.apply(up)
	return w.tell(touched, len(up.Records) > 0, tc.Now()), nil
}

// recall learns the newest messages of a conversation as they were when the watch began, before the first
// change to it is taken.
func (w *witness) recall(tc task.Context, context aura.ContextID) error {
	if w.messages[context] != nil {
		return nil
	}
	past := window{core: w.core, context: context, fold: w.fold, through: w.began}
	if err := past.read(tc, fact.Selection{Last: watched, Causal: true}); err != nil {
		return err
	}
	now, _ := w.fold.chats.Messages(w.fold.setting(), context, watched)
	_, w.messages[context] = changes(nil, now)
	return nil
}

func (w *witness) apply(up *fact.Update) {
	w.fold.apply(up)
	for i := range up.Records {
		w.invites.Apply(&up.Records[i])
	}
	for _, o := range up.Observations {
		w.connections.Observe(o)
	}
}

// tell returns what differs from what was told before, in the conversations that were touched and, if facts
// came, elsewhere.
func (w *witness) tell(touched []aura.ContextID, facts bool, now aura.Physical) []Event {
	var events []Event
	if facts {
		events = append(events, w.contactEvents()...)
		events = append(events, w.invitationEvents(now)...)
		events = append(events, w.groupEvents()...)
	}
	for _, context := range touched {
		events = append(events, w.messageEvents(context)...)
	}
	return append(events, w.connectionEvents()...)
}

func (w *witness) contactEvents() (events []Event) {
	for _, c := range w.fold.contacts.Contacts() {
		if w.contacts[c.Context] != c {
			w.contacts[c.Context] = c
			events = append(events, Event{Kind: EventContact, Name: c.Name, Contact: &c})
		}
	}
	return events
}

func (w *witness) invitationEvents(now aura.Physical) (events []Event) {
	for _, in := range w.invites.Invitations(now) {
		if w.invitations[in.ID] != in {
			w.invitations[in.ID] = in
			events = append(events, Event{Kind: EventInvitation, Invitation: &in})
		}
	}
	return events
}

func (w *witness) groupEvents() (events []Event) {
	set := w.fold.setting()
	for _, ref := range w.fold.chats.Order(set) {
		if !ref.Group {
			continue
		}
		t, err := w.fold.chats.Thread(set, ref.Context)
		if err != nil {
			continue // Order and Thread read one state: it is there
		}
		t.Last, t.Unread = nil, 0 // messages have events of their own
		if !reflect.DeepEqual(w.groups[ref.Context], t) {
			w.groups[ref.Context] = t
			events = append(events, Event{Kind: EventGroup, Name: t.Name, Group: &t})
		}
	}
	return events
}

func (w *witness) messageEvents(context aura.ContextID) (events []Event) {
	set := w.fold.setting()
	now, _ := w.fold.chats.Messages(set, context, watched)
	before := w.messages[context]
	changed, next := changes(before, now)
	w.messages[context] = next
	if len(changed) == 0 {
		return nil
	}
	name := ""
	if t, err := w.fold.chats.Thread(set, context); err == nil {
		name = t.Name
	}
	for _, m := range changed {
		old, known := before[m.ID]
		switch {
		case !known:
			events = append(events, Event{Kind: EventMessage, Name: name, Message: &m})
		case moved(&old, &m):
			events = append(events, Event{Kind: EventProgress, Name: name, Message: &m})
		}
	}
	return events
}

// moved reports whether a message got further, towards anybody. That somebody in it has another name now
// does not count.
func moved(old, now *chat.Message) bool {
	return old.State != now.State || old.Reason != now.Reason ||
		!slices.EqualFunc(old.Recipients, now.Recipients, func(a, b chat.Recipient) bool {
			return a.Authority == b.Authority && a.State == b.State && a.Reason == b.Reason
		})
}

func (w *witness) connectionEvents() (events []Event) {
	now := map[aura.AuthorityID]status.Connection{}
	for _, p := range w.connections.View() {
		now[p.Authority] = p.Connection
	}
	for authority := range w.peers {
		if _, still := now[authority]; !still {
			now[authority] = status.Connection{Reach: status.Offline}
		}
	}
	for authority, state := range now {
		if w.peers[authority].Reach == state.Reach {
			continue
		}
		w.peers[authority] = state
		e := Event{Kind: EventConnection, Name: aura.Short(authority), Connection: &state}
		if known, ok := w.fold.contacts.ByAuthority(authority); ok {
			e.Name = known.Name
		}
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.Name, b.Name) })
	return events
}

// outboxContext returns the conversation that an observation about a delivery belongs to.
func outboxContext(o fact.Observation) (aura.ContextID, bool) {
	if o.Kind != chat.ObservedOutbox {
		return aura.ContextID{}, false
	}
	key, _, _ := strings.Cut(o.Key, "/")
	context, err := aura.ParseContextID(key)
	return context, err == nil
}
