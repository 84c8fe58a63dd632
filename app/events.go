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

// watchedMessages is how many of a conversation's newest messages are looked at for changes of their state.
const watchedMessages = 512

// Event is one change of the account, for a person or a program that watches it. Beside Kind and Name one
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

// Fact is a new fact of a module with texts, see [domain.Module.Text].
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
	EventGap        = "gap"        // events are missing here: the caller was too slow
)

// Events calls fn with everything that happens from now on, in order, until tc is cancelled or fn returns an error,
// which is returned. While the agent is away it waits, and the events of that time come later. An [EventGap] stands
// for events that were dropped because fn was much slower than they came. Facts before the call make no events; the
// newest older messages of a conversation are read when its first event comes.
func (c *Core) Events(tc task.Context, fn func(Event) error) error {
	h := reactive.NewHub()
	v, agent := newEventsView(c.set, c.self.Authority), &agentView{}
	var err error
	register(h, &err, &v.outlet, eventsSignal, eventLog{})
	register(h, &err, &agent.outlet, Agent, Attachment{})
	if err != nil {
		return err
	}
	s, err := reactive.NewScheduler(h, reactive.Options{Immediate: true}, v, agent)
	if err != nil {
		return err
	}
	first, known, err := c.startingFacts(tc)
	if err != nil {
		return err
	}
	prefetching := *c
	prefetching.bridge = &prefetcher{Bridge: c.bridge, core: c, view: v}
	return prefetching.following(tc, s, fact.Selection{After: known.position, Era: known.era, Observations: []string{"*"}}, first, func() error {
		told := 0
		return each(tc, h, eventsSignal, func(now eventLog) error {
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

// eventsSignal is the signal behind [Core.Events].
var eventsSignal = reactive.NewSignal[eventLog]("app:events")

type eventLog struct {
	count  int // of all events so far
	newest []Event
}

// keptEvents is how many events wait at least for a slow caller.
const keptEvents = 4096

// with returns the log with more events at its end.
func (h eventLog) with(more []Event) eventLog {
	// Earlier logs share the memory: they end before the appended events, and only the newest log is appended to.
	all := append(h.newest, more...)
	if len(all) > 2*keptEvents {
		all = slices.Clone(all[len(all)-keptEvents:])
	}
	return eventLog{count: h.count + len(more), newest: all}
}

// after returns the events behind the first so many, and whether some of them are gone.
func (h eventLog) after(told int) (events []Event, missed bool) {
	n := h.count - told
	return h.newest[max(0, len(h.newest)-n):], n > len(h.newest)
}

// eventsView is the view that folds facts and turns each update into events.
type eventsView struct {
	outlet *reactive.Outlet[eventLog]
	log    eventLog

	current bool // all durable facts have come, once
	began   bool // updates make events: the earlier facts are folded

	through fact.Position        // folded up to here
	known   fact.Position        // facts up to here, which come again in a new era, make no events; zero: they did
	fresh   map[aura.FactID]bool // messages that come for the first time, beside those that come again

	touched []aura.ContextID // conversations to look at
	records bool             // facts came
	texts   []Event          // what facts of applications say

	set         *domain.Set
	fold        *fold
	invites     invite.State
	connections status.Connections

	prefetched  *prefetched
	messages    map[aura.ContextID]map[aura.FactID]chat.Message
	contacts    map[aura.ContextID]contact.Contact
	groups      map[aura.ContextID]chat.Thread
	invitations map[invite.ID]invite.Invitation
	peers       map[aura.AuthorityID]status.Connection
}

func newEventsView(set *domain.Set, self aura.AuthorityID) *eventsView {
	return &eventsView{
		set:         set,
		fold:        newFold(set, self, chat.Keep{Messages: 2 * watchedMessages}),
		prefetched:  &prefetched{},
		messages:    map[aura.ContextID]map[aura.FactID]chat.Message{},
		contacts:    map[aura.ContextID]contact.Contact{},
		groups:      map[aura.ContextID]chat.Thread{},
		invitations: map[invite.ID]invite.Invitation{},
		peers:       map[aura.AuthorityID]status.Connection{},
	}
}

// Name implements [reactive.View].
func (v *eventsView) Name() string { return "events" }

// Needs implements [reactive.View]: everything.
func (v *eventsView) Needs() reactive.Needs {
	return reactive.Needs{Facts: fact.Selection{Observations: []string{"*"}}}
}

// Turns implements [reactive.Timed].
func (v *eventsView) Turns(now aura.Physical) (aura.Instant, bool) { return v.invites.Turns(now) }

// Apply implements [reactive.View].
func (v *eventsView) Apply(up fact.Update) {
	touched := conversations(&up)
	for _, context := range touched {
		v.foldPrefetched(context)
	}
	v.touched = append(v.touched, touched...)
	v.fold.apply(&up)
	v.records = v.records || len(up.Records) > 0
	for i := range up.Records {
		r := &up.Records[i]
		if v.through = max(v.through, r.Position); r.Position <= v.known {
			continue
		}
		if v.textEvent(r); v.known > 0 {
			v.fresh[r.ID] = true
		}
	}
	for i := range up.Records {
		v.invites.Apply(&up.Records[i])
	}
	for _, o := range up.Observations {
		v.connections.Observe(o)
		var a Attachment
		if o.Kind == observedAgent && fact.Unmarshal(o.Payload, &a) == nil {
			v.current = v.current || a.Current
		}
	}
}

// textEvent makes an event of a fact for which its module has a text.
func (v *eventsView) textEvent(r *fact.Record) {
	m, ok := v.set.Kind(r.Fact.Kind)
	if !ok || m.Text == nil {
		return
	}
	text := m.Text(v.fold.states, &r.Fact)
	if text == "" {
		return
	}
	e := Event{Kind: EventFact, Fact: &Fact{ID: r.ID, Kind: r.Fact.Kind, Author: r.Fact.Author, Text: text}}
	if context, shared := r.Fact.Namespace.Context(); shared {
		if t, err := v.fold.chats.Thread(v.fold.setting(), context); err == nil {
			e.Name = t.Name
		}
	}
	v.texts = append(v.texts, e)
}

// Reset implements [reactive.Folding]. The events stay: facts of the new era make more where they differ from these.
func (v *eventsView) Reset() {
	v.fold.reset()
	v.invites = invite.State{}
	v.known, v.fresh = max(v.known, v.through), map[aura.FactID]bool{}
}

// Publish implements [reactive.View].
func (v *eventsView) Publish(tc task.Context, st *reactive.Stage) error {
	events := v.look(tc.Now())
	if v.began && len(events) > 0 {
		v.log = v.log.with(events)
		v.outlet.Put(st, v.log)
	}
	v.began = v.current
	return nil
}

// look returns the events since the last call.
func (v *eventsView) look(now aura.Physical) []Event {
	slices.SortFunc(v.touched, aura.ContextID.Compare)
	var events []Event
	if v.records {
		events = append(events, v.contactEvents()...)
		events = append(events, v.groupEvents()...)
	}
	events = append(events, v.invitationEvents(now)...)
	for _, context := range slices.Compact(v.touched) {
		events = append(events, v.messageEvents(context)...)
	}
	events = append(events, v.texts...)
	v.touched, v.records, v.texts = nil, false, nil
	v.known, v.fresh = 0, nil
	return append(events, v.connectionEvents()...)
}

func (v *eventsView) contactEvents() (events []Event) {
	for _, c := range v.fold.contacts.Contacts() {
		if v.contacts[c.Context] != c {
			v.contacts[c.Context] = c
			events = append(events, Event{Kind: EventContact, Name: c.Name, Contact: &c})
		}
	}
	return events
}

func (v *eventsView) invitationEvents(now aura.Physical) (events []Event) {
	for _, in := range v.invites.Invitations(now) {
		if v.invitations[in.ID] != in {
			v.invitations[in.ID] = in
			events = append(events, Event{Kind: EventInvitation, Invitation: &in})
		}
	}
	return events
}

func (v *eventsView) groupEvents() (events []Event) {
	set := v.fold.setting()
	for _, ref := range v.fold.chats.Order(set) {
		if !ref.Group {
			continue
		}
		t, err := v.fold.chats.Thread(set, ref.Context)
		if err != nil {
			continue // Order and Thread read one state: it is there
		}
		t.Last, t.Unread = nil, 0 // messages have events of their own
		if !reflect.DeepEqual(v.groups[ref.Context], t) {
			v.groups[ref.Context] = t
			events = append(events, Event{Kind: EventGroup, Name: t.Name, Group: &t})
		}
	}
	return events
}

func (v *eventsView) messageEvents(context aura.ContextID) (events []Event) {
	set := v.fold.setting()
	now, _ := v.fold.chats.Messages(set, context, watchedMessages)
	before := v.messages[context]
	changed, next := changes(before, now)
	v.messages[context] = next
	if len(changed) == 0 {
		return nil
	}
	name := ""
	if t, err := v.fold.chats.Thread(set, context); err == nil {
		name = t.Name
	}
	older := v.older(before, now)
	for _, m := range changed {
		old, known := before[m.ID]
		switch {
		case older[m.ID]:
		case !known:
			events = append(events, Event{Kind: EventMessage, Name: name, Message: &m})
		case moved(&old, &m):
			events = append(events, Event{Kind: EventProgress, Name: name, Message: &m})
		}
	}
	return events
}

// older returns the messages of a new era that make no events although they were not there before: those of a conversation of which
// no event was told, and those that took the places of void ones at the beginning. Others count again, and are told.
func (v *eventsView) older(before map[aura.FactID]chat.Message, now []chat.Message) map[aura.FactID]bool {
	if v.known == 0 || before != nil && len(before) < watchedMessages { // it was whole
		return nil
	}
	all := map[aura.FactID]bool{}
	for i := range now {
		if _, known := before[now[i].ID]; known {
			break
		}
		all[now[i].ID] = !v.fresh[now[i].ID]
	}
	return all
}

// moved reports whether a message got further towards a recipient. A recipient's new name does not count.
func moved(old, now *chat.Message) bool {
	return old.State != now.State || old.Reason != now.Reason ||
		!slices.EqualFunc(old.Recipients, now.Recipients, func(a, b chat.Recipient) bool {
			return a.Authority == b.Authority && a.State == b.State && a.Reason == b.Reason
		})
}

func (v *eventsView) connectionEvents() (events []Event) {
	now := map[aura.AuthorityID]status.Connection{}
	for _, p := range v.connections.View() {
		now[p.Authority] = p.Connection
	}
	for authority := range v.peers {
		if _, still := now[authority]; !still {
			now[authority] = status.Connection{Link: status.LinkOffline}
		}
	}
	for authority, state := range now {
		if v.peers[authority].Link == state.Link {
			continue
		}
		v.peers[authority] = state
		e := Event{Kind: EventConnection, Name: aura.Short(authority), Connection: &state}
		if known, ok := v.fold.contacts.ByAuthority(authority); ok {
			e.Name = known.Name
		}
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.Name, b.Name) })
	return events
}
