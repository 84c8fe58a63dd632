package app

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
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
	Fact       *Fact              `json:"fact,omitempty"`
}

// Fact is a new fact of a module that says what it means, see [domain.Module.Text].
type Fact struct {
	ID     aura.FactID      `json:"id"`
	Kind   string           `json:"kind"`
	Author aura.AuthorityID `json:"author"`
	Text   string           `json:"text"`
}

// The kinds of events.
const (
	EventMessage    = "message"    // a new message, of either side
	EventProgress   = "progress"   // a message's state changed
	EventContact    = "contact"    // a contact is new or has another name
	EventGroup      = "group"      // a group is new, or its members or its notice changed
	EventInvitation = "invitation" // an invitation is new or has moved on
	EventConnection = "connection" // a contact can be reached in another way
	EventFact       = "fact"       // a fact of an application came
	EventGap        = "gap"        // events are missing here: the onlooker was too slow
)

// Events calls fn with everything that happens from now on, in order, until tc is cancelled or fn returns
// an error, which is returned. While the agent is away it waits; what happened meanwhile comes then. After an
// [EventGap] some of what happened is missing, because fn was much slower than it. Of what was before, a conversation's
// newest messages are read, and only once something happens in it.
func (c *Core) Events(tc task.Context, fn func(Event) error) error {
	h := reactive.NewHub()
	w, agent := newWitness(c.set, c.self.Authority), &agentView{}
	var err error
	register(h, &err, &w.outlet, happened, happening{})
	register(h, &err, &agent.outlet, Agent, Attachment{})
	if err != nil {
		return err
	}
	s, err := reactive.NewScheduler(h, reactive.Options{Immediate: true}, w, agent)
	if err != nil {
		return err
	}
	known, since, err := c.circumstances(tc)
	if err != nil {
		return err
	}
	looking := *c
	looking.bridge = &recaller{Bridge: c.bridge, core: c, witness: w}
	return looking.following(tc, s, fact.Selection{After: since, Observations: []string{"*"}}, known, func() error {
		told := 0
		return each(tc, h, happened, func(now happening) error {
			events, missed := now.after(told)
			if missed {
				events = append([]Event{{Kind: EventGap}}, events...)
			}
			told = now.count
			for _, e := range events {
				if err := fn(e); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// happened is the signal behind [Core.Events]: the newest of what happened, and how much that was in all.
var happened = reactive.NewSignal[happening]("app:events")

type happening struct {
	count  int // of all events so far
	newest []Event
}

// kept is how many events wait at least for a slow onlooker.
const kept = 4096

// with returns the happening with more events behind it.
func (h happening) with(more []Event) happening {
	// Earlier happenings share the memory: they end before what is appended, and only the newest one is appended to.
	all := append(h.newest, more...)
	if len(all) > 2*kept {
		all = slices.Clone(all[len(all)-kept:])
	}
	return happening{count: h.count + len(more), newest: all}
}

// after returns the events behind the first so many, and whether some of them are gone.
func (h happening) after(told int) (events []Event, missed bool) {
	n := h.count - told
	return h.newest[max(0, len(h.newest)-n):], n > len(h.newest)
}

// witness is the view that folds facts and tells what each update changed.
type witness struct {
	outlet *reactive.Outlet[happening]
	told   happening

	current bool // all that is durable has come, once
	began   bool // what happens is told: what was before is known

	touched []aura.ContextID // conversations to look at
	records bool             // facts came
	said    []Event          // what facts of applications say

	set         *domain.Set
	fold        *fold
	invites     invite.State
	connections status.Connections

	past        *memories
	messages    map[aura.ContextID]map[aura.FactID]chat.Message
	contacts    map[aura.ContextID]contact.Contact
	groups      map[aura.ContextID]chat.Thread
	invitations map[invite.ID]invite.Invitation
	peers       map[aura.AuthorityID]status.Connection
}

func newWitness(set *domain.Set, self aura.AuthorityID) *witness {
	return &witness{
		set:         set,
		fold:        newFold(set, self, chat.Keep{Messages: 2 * watched}),
		past:        &memories{},
		messages:    map[aura.ContextID]map[aura.FactID]chat.Message{},
		contacts:    map[aura.ContextID]contact.Contact{},
		groups:      map[aura.ContextID]chat.Thread{},
		invitations: map[invite.ID]invite.Invitation{},
		peers:       map[aura.AuthorityID]status.Connection{},
	}
}

// Name implements [reactive.View].
func (w *witness) Name() string { return "events" }

// Needs implements [reactive.View]: everything.
func (w *witness) Needs() reactive.Needs {
	return reactive.Needs{Facts: fact.Selection{Observations: []string{"*"}}}
}

// Turns implements [reactive.Timed].
func (w *witness) Turns(now aura.Physical) (aura.Instant, bool) { return w.invites.Turns(now) }

// Apply implements [reactive.View].
func (w *witness) Apply(up fact.Update) {
	touched := conversations(&up)
	for _, context := range touched {
		w.remember(context)
	}
	w.touched = append(w.touched, touched...)
	w.fold.apply(&up)
	w.records = w.records || len(up.Records) > 0
	for i := range up.Records {
		w.hear(&up.Records[i])
	}
	for i := range up.Records {
		w.invites.Apply(&up.Records[i])
	}
	for _, o := range up.Observations {
		w.connections.Observe(o)
		var a Attachment
		if o.Kind == observedAgent && fact.Unmarshal(o.Payload, &a) == nil {
			w.current = w.current || a.Current
		}
	}
}

// hear notes what a fact of an application says to a person.
func (w *witness) hear(r *fact.Record) {
	m, ok := w.set.Kind(r.Fact.Kind)
	if !ok || m.Text == nil {
		return
	}
	text := m.Text(w.fold.states, &r.Fact)
	if text == "" {
		return
	}
	e := Event{Kind: EventFact, Fact: &Fact{ID: r.ID, Kind: r.Fact.Kind, Author: r.Fact.Author, Text: text}}
	if context, shared := r.Fact.Namespace.Context(); shared {
		if t, err := w.fold.chats.Thread(w.fold.setting(), context); err == nil {
			e.Name = t.Name
		}
	}
	w.said = append(w.said, e)
}

// Publish implements [reactive.View].
func (w *witness) Publish(tc task.Context, st *reactive.Stage) error {
	events := w.look(tc.Now())
	if w.began && len(events) > 0 {
		w.told = w.told.with(events)
		w.outlet.Put(st, w.told)
	}
	w.began = w.current
	return nil
}

// look returns what has changed since the last look.
func (w *witness) look(now aura.Physical) []Event {
	slices.SortFunc(w.touched, aura.ContextID.Compare)
	var events []Event
	if w.records {
		events = append(events, w.contactEvents()...)
		events = append(events, w.groupEvents()...)
	}
	events = append(events, w.invitationEvents(now)...)
	for _, context := range slices.Compact(w.touched) {
		events = append(events, w.messageEvents(context)...)
	}
	events = append(events, w.said...)
	w.touched, w.records, w.said = nil, false, nil
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
			now[authority] = status.Connection{Link: status.LinkOffline}
		}
	}
	for authority, state := range now {
		if w.peers[authority].Link == state.Link {
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
