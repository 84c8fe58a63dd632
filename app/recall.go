package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// recaller is a bridge for a witness. Before it passes on the first change of a conversation, it reads what the
// conversation was when the watch began, so that the change can be told from what was before.
type recaller struct {
	Bridge
	core    *Core
	witness *witness
	began   fact.Position // where the first watch was live; zero: it is not yet
}

// Watch implements [Bridge].
func (b *recaller) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return b.Bridge.Watch(tc, sel, func(up fact.Update) error {
		if b.began == 0 {
			if up.Live {
				b.began = max(up.Position, 1)
			}
			return sink(up)
		}
		for _, context := range conversations(&up) {
			if err := b.recall(tc, context); err != nil {
				return err
			}
		}
		return sink(up)
	})
}

func (b *recaller) recall(tc task.Context, context aura.ContextID) error {
	if b.witness.past.has(context) {
		return nil
	}
	w, _, err := b.core.window(tc, context, chat.Keep{Messages: -1, Bytes: -1})
	if err != nil {
		return err
	}
	w.through = b.began
	if err := w.read(tc, fact.Selection{Last: watched, Causal: true}); err != nil {
		return err
	}
	b.witness.past.put(context, inOrder(w.taken))
	return nil
}

// memories holds what was read of conversations until the witness takes it. It is a leaf value: the task that watches
// puts, the one that runs the view takes.
type memories struct {
	mu task.Mutex
	of map[aura.ContextID][]fact.Record // nil: taken
}

func (m *memories) has(context aura.ContextID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, there := m.of[context]
	return there
}

func (m *memories) put(context aura.ContextID, records []fact.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[aura.ContextID][]fact.Record{}
	}
	m.of[context] = records
}

func (m *memories) take(context aura.ContextID) []fact.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	records := m.of[context]
	if len(records) > 0 {
		m.of[context] = nil
	}
	return records
}

// remember folds what a conversation was before the change that comes now, once.
func (w *witness) remember(context aura.ContextID) {
	records := w.past.take(context)
	if len(records) == 0 {
		return
	}
	w.fold.apply(&fact.Update{Records: records})
	now, _ := w.fold.chats.Messages(w.fold.setting(), context, watched)
	_, w.messages[context] = changes(nil, now)
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

// circumstances returns the facts about people, groups and invitations, and the position up to which those about people
// are all.
func (c *Core) circumstances(tc task.Context) ([]fact.Record, fact.Position, error) {
	_, since, err := c.directory.conversation(tc, c.bridge, chat.Keep{})
	if err != nil {
		return nil, 0, err
	}
	people, err := c.directory.people(tc, c.bridge)
	if err != nil {
		return nil, 0, err
	}
	var invites []fact.Record
	err = watch(tc, c.bridge, fact.Selection{Kinds: []string{"invite.*"}}, func(up fact.Update) error {
		invites = append(invites, up.Records...)
		return nil
	})
	return inOrder(people, invites), since, err
}
