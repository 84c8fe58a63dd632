package app

import (
	"reflect"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// burst is how many messages may come between two looks at a conversation without one being missed.
const burst = 512

// Follow calls fn with the messages of a conversation that are new or whose state changed, in the order of
// the conversation: first the newest, at most last of them (zero: all), then each time something changes,
// until tc is cancelled or fn returns an error, which is returned. While the agent is away it waits.
func (c *Core) Follow(tc task.Context, of Ref, last int, fn func([]chat.Message) error) error {
	var shown map[aura.FactID]chat.Message
	var failed error // of fn: it ends the call, also when its kind is that of an era which ended
	err := renewed(func() error {
		err := c.follow(tc, of, last, &shown, func(changed []chat.Message) error {
			failed = fn(changed)
			return failed
		})
		if failed != nil {
			return nil
		}
		return err
	})
	if failed != nil {
		return failed
	}
	return err
}

// follow is Follow for one era. It keeps in shown the messages that fn was called with.
func (c *Core) follow(tc task.Context, of Ref, last int, shown *map[aura.FactID]chat.Message, fn func([]chat.Message) error) error {
	shows := last
	if last > 0 {
		shows = last + burst
	}
	p, err := newPipeline(c.set, c.self.Authority, newPublished(c.set), Options{Keep: keep(shows)})
	if err != nil {
		return err
	}
	w, since, err := c.tail(tc, of.Context, chat.Keep{Messages: -1, Bytes: -1})
	if err != nil {
		return err
	}
	if err := w.fill(tc, last); err != nil {
		return err
	}
	people, err := c.directory.people(tc, c.bridge)
	if err != nil {
		return err
	}
	sel := c.changes(of, since)
	sel.Kinds = append(sel.Kinds, c.set.Names()...)
	return c.following(tc, p.scheduler, sel, inOrder(people, w.taken), func() error {
		if err := attached(tc, p.hub); err != nil {
			return err
		}
		signal, err := p.open(tc, of.Context, shows)
		if err != nil {
			return err
		}
		return each(tc, p.hub, signal, func(now Conversation) error {
			first := *shown == nil
			var changed []chat.Message
			changed, *shown = changes(*shown, now.Messages)
			if first && last > 0 && len(changed) > last {
				changed = changed[len(changed)-last:]
			}
			if len(changed) == 0 {
				return nil
			}
			return fn(changed)
		})
	})
}

// changes returns the messages that differ from those shown before, and all that are shown now.
func changes(shown map[aura.FactID]chat.Message, now []chat.Message) (changed []chat.Message, next map[aura.FactID]chat.Message) {
	next = make(map[aura.FactID]chat.Message, len(now))
	for _, m := range now {
		next[m.ID] = m
		if old, known := shown[m.ID]; !known || !reflect.DeepEqual(old, m) {
			changed = append(changed, m)
		}
	}
	return changed, next
}

// Person is a contact with how it is reached and treated.
type Person struct {
	contact.Contact
	Connection status.Connection `json:"connection"`
	Muted      bool              `json:"muted"`
	Blocked    bool              `json:"blocked"`
	// Contested says that the contact's account says two things about its devices: the contact must be asked.
	Contested bool `json:"contested,omitempty"`
}

// persons adds to the contacts how they are reached and treated, and whose accounts are contested.
func persons(contacts []contact.Contact, peers []status.Peer, treated moderation.Moderation, contested device.Contested) []Person {
	muted, blocked := map[aura.AuthorityID]bool{}, map[aura.AuthorityID]bool{}
	for _, t := range treated.Muted {
		muted[t.Authority] = true
	}
	for _, t := range treated.Blocked {
		blocked[t.Authority] = true
	}
	reached := map[aura.AuthorityID]status.Connection{}
	for _, p := range peers {
		reached[p.Authority] = p.Connection
	}
	all := make([]Person, 0, len(contacts))
	for _, known := range contacts {
		p := Person{
			Contact: known, Connection: status.Connection{Link: status.LinkOffline},
			Muted: muted[known.Authority], Blocked: blocked[known.Authority],
			Contested: slices.Contains(contested.Authorities, known.Authority),
		}
		if how, ok := reached[known.Authority]; ok {
			p.Connection = how
		}
		all = append(all, p)
	}
	return all
}

// People returns the contacts by name, with how they are reached and treated.
func (c *Core) People(tc task.Context) ([]Person, error) {
	contacts, err := c.Contacts(tc)
	if err != nil {
		return nil, err
	}
	peers, err := c.Connections(tc)
	if err != nil {
		return nil, err
	}
	treated, err := c.Moderation(tc)
	if err != nil {
		return nil, err
	}
	contested, err := c.Contested(tc)
	if err != nil {
		return nil, err
	}
	return persons(contacts, peers, treated, contested), nil
}

// FollowPeople calls fn with the contacts, and again with all of them each time one changes, until tc is cancelled or
// fn returns an error, which is returned. While the agent is away, all are offline.
func (c *Core) FollowPeople(tc task.Context, fn func([]Person) error) error {
	p, err := newPipeline(c.set, c.self.Authority, newPublished(c.set), Options{})
	if err != nil {
		return err
	}
	sel := fact.Selection{Kinds: append(c.set.Names(), device.KindRoster), Observations: []string{status.Observed}}
	return c.following(tc, p.scheduler, sel, nil, func() error { return each(tc, p.hub, People, fn) })
}

// FollowQuery calls fn with the answer to a query, and again each time the facts that it rests on change it, until tc
// is cancelled or fn returns an error, which is returned. The errors of the first answer are those of [Core.Query].
// While the agent is away it waits.
func (c *Core) FollowQuery(tc task.Context, text string, fn func(query.Result) error) error {
	first, err := c.Query(tc, text, 0)
	if err != nil {
		return err
	}
	h := reactive.NewHub()
	agent := &agentView{}
	if agent.outlet, err = reactive.Register(h, Agent, Attachment{}); err != nil {
		return err
	}
	s, err := reactive.NewScheduler(h, reactive.Options{Immediate: true}, agent)
	if err != nil {
		return err
	}
	signal := reactive.NewSignal[query.Result]("app:query")
	bound := reactive.Bound[query.Result]{Signal: signal, Query: &asked{core: c, text: text, kinds: first.Kinds}}
	sel := fact.Selection{Kinds: first.Kinds, After: first.Position}
	return c.following(tc, s, sel, nil, func() error {
		if err := reactive.Bind(tc, reactive.NewUnified(s, nil, nil, nil), bound); err != nil {
			return err
		}
		var last []byte
		return each(tc, h, signal, func(r query.Result) error {
			rows, err := fact.MarshalAnswer(r.Rows)
			if err != nil || last != nil && string(rows) == string(last) {
				return err
			}
			last = rows
			return fn(r)
		})
	})
}

// asked is a query that the agent answers.
type asked struct {
	core  *Core
	text  string
	kinds []string // those that the answer depends on
}

// Predicates implements [reactive.Query]. That the agent is back may have changed the answer too.
func (a *asked) Predicates() fact.Selection {
	return fact.Selection{Kinds: a.kinds, Observations: []string{observedAgent}}
}

// Capabilities implements [reactive.Query]: the agent checks the capabilities of the caller.
func (a *asked) Capabilities() []string { return nil }

// Run implements [reactive.Query].
func (a *asked) Run(tc task.Context, _ reactive.Reader) (query.Result, error) {
	return a.core.Query(tc, a.text, 0)
}
