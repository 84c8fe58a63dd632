package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// prefetcher is a bridge for an eventsView. Before it passes on the first change of a conversation, it reads the
// conversation as it was when the watch began, so that the view can tell new messages from older ones.
type prefetcher struct {
	Bridge
	core  *Core
	view  *eventsView
	began fact.Position // where the first watch was live; zero: it is not yet
}

// Watch implements [Bridge].
func (b *prefetcher) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return b.Bridge.Watch(tc, sel, func(up fact.Update) error {
		if b.began == 0 {
			if up.Live {
				b.began = max(up.Position, 1)
			}
			return sink(up)
		}
		for _, context := range conversations(&up) {
			if err := b.prefetch(tc, context); err != nil {
				return err
			}
		}
		return sink(up)
	})
}

func (b *prefetcher) prefetch(tc task.Context, context aura.ContextID) error {
	if b.view.prefetched.has(context) {
		return nil
	}
	t, _, err := b.core.tail(tc, context, chat.Keep{Messages: -1, Bytes: -1})
	if err != nil {
		return err
	}
	t.through = b.began
	if err := t.read(tc, fact.Selection{Last: watchedMessages, Causal: true}); err != nil {
		return err
	}
	b.view.prefetched.put(context, inOrder(t.taken))
	return nil
}

// prefetched holds the records of conversations that the prefetcher read, until the view takes them. It is a leaf
// value: the task that watches puts, the one that runs the view takes.
type prefetched struct {
	mu task.Mutex
	of map[aura.ContextID][]fact.Record // nil: taken
}

func (m *prefetched) has(context aura.ContextID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, there := m.of[context]
	return there
}

func (m *prefetched) put(context aura.ContextID, records []fact.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[aura.ContextID][]fact.Record{}
	}
	m.of[context] = records
}

func (m *prefetched) take(context aura.ContextID) []fact.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	records := m.of[context]
	if len(records) > 0 {
		m.of[context] = nil
	}
	return records
}

// foldPrefetched folds a conversation as it was before the change at hand, once.
func (v *eventsView) foldPrefetched(context aura.ContextID) {
	records := v.prefetched.take(context)
	if len(records) == 0 {
		return
	}
	v.fold.apply(&fact.Update{Records: records})
	now, _ := v.fold.chats.Messages(v.fold.setting(), context, watchedMessages)
	_, v.messages[context] = changes(nil, now)
}

// conversations returns the conversations that an update changes, ascending.
func conversations(up *fact.Update) []aura.ContextID {
	var touched []aura.ContextID
	for i := range up.Records {
		if context, one := touches(&up.Records[i]); one {
			touched = append(touched, context)
		}
	}
	for _, o := range up.Observations {
		if context, ok := delivery.ObservedContext(o); ok {
			touched = append(touched, context)
		}
	}
	slices.SortFunc(touched, aura.ContextID.Compare)
	return slices.Compact(touched)
}

// startingFacts returns the facts about people, groups and invitations, and the position up to which those about
// people are complete.
func (c *Core) startingFacts(tc task.Context) ([]fact.Record, since, error) {
	_, known, err := c.directory.conversation(tc, c.bridge, chat.Keep{})
	if err != nil {
		return nil, known, err
	}
	people, err := c.directory.people(tc, c.bridge)
	if err != nil {
		return nil, known, err
	}
	var invites []fact.Record
	err = watch(tc, c.bridge, fact.Selection{Kinds: []string{invite.Kinds}}, func(up fact.Update) error {
		invites = append(invites, up.Records...)
		return nil
	})
	return inOrder(people, invites), known, err
}
