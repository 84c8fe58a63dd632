package app

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// window is one conversation as it is read from its end: its newest messages, and of what is known about
// deliveries and read marks only what concerns those. A fact about a message is committed after the message, so
// it lies between the oldest of them and the end. How far the peers have the own messages is observed.
type window struct {
	core    *Core
	context aura.ContextID
	fold    *fold
	through fact.Position // as everything was at this position; zero: now
	observe bool          // the outboxes are to be learnt with the first messages
	whole   bool          // all messages are there
	taken   []fact.Record // what was read, in no order, some of it more than once
}

// window returns the window of a conversation, which has no messages yet, and the position up to which names and
// groups are known.
func (c *Core) window(tc task.Context, of aura.ContextID, keep chat.Keep) (*window, fact.Position, error) {
	f, since, err := c.directory.conversation(tc, c.bridge, keep)
	return &window{core: c, context: of, fold: f, observe: true}, since, err
}

// fill reads so many of the newest messages that can be shown, or all of them when last is zero.
func (w *window) fill(tc task.Context, last int) error {
	if last <= 0 {
		return w.read(tc, fact.Selection{})
	}
	for n := last + 1; n <= fact.MaxCausal; n *= 4 { // one more says whether there are older ones
		if err := w.read(tc, fact.Selection{Last: n, Causal: true}); err != nil || w.whole {
			return err
		}
		if _, more := w.fold.chats.Messages(w.fold.setting(), w.context, last); more {
			return nil
		}
	}
	return w.read(tc, fact.Selection{})
}

// markedLately is how many of the newest read marks are read for one message that may be old. A member whose newest mark
// is older than these is shown as not having read the message yet.
const markedLately = 16

// find reads a message by what sent it, or else back until it is there, and reports whether it is.
func (w *window) find(tc task.Context, sent Sent) (bool, error) {
	is := func() bool {
		_, ok := w.fold.chats.Message(w.fold.setting(), w.context, sent.ID)
		return ok
	}
	if !sent.Operation.IsZero() {
		err := w.read(tc, fact.Selection{Author: w.core.self.Authority, Operation: sent.Operation})
		if err != nil || is() {
			return err == nil, err
		}
	}
	for n := 4; ; n *= 4 { // it is mostly the newest
		if err := w.read(tc, fact.Selection{Last: n}); err != nil {
			return false, err
		}
		if is() || w.whole {
			return is(), nil
		}
	}
}

// unread reads back until a message is there that was read, or so many are that were not, at most. It is the first
// read of a window: what came before a message that was read was read, too, but what is shown before it may have
// come later.
func (w *window) unread(tc task.Context, most int) error {
	for n := 8; ; n = min(4*n, most) {
		if err := w.read(tc, fact.Selection{Last: n}); err != nil {
			return err
		}
		if n == most || w.whole || w.fold.chats.ReadsBack(w.context) {
			return nil
		}
	}
}

// read reads the messages that sel wants of the conversation, and what is known about them.
func (w *window) read(tc task.Context, sel fact.Selection) error {
	here := []fact.Namespace{fact.ContextNamespace(w.context)}
	sel.Namespaces, sel.Kinds, sel.Through = here, []string{chat.KindMessage}, w.through
	if w.observe {
		sel.Observations, w.observe = []string{delivery.ObservedOutbox}, false
	}
	found, oldest := 0, fact.Position(0)
	err := watch(tc, w.core.bridge, sel, func(up fact.Update) error {
		if found == 0 && len(up.Records) > 0 {
			oldest = up.Records[0].Position
		}
		found += len(up.Records)
		w.take(&up)
		return nil
	})
	if err != nil {
		return err
	}
	w.whole = sel.Operation.IsZero() && (sel.Last == 0 || found < sel.Last)
	if found == 0 {
		return nil
	}
	about := fact.Selection{After: oldest - 1, Through: w.through}
	own := []fact.Namespace{fact.OwnNamespace(w.core.self.Authority)}
	// The three lie apart in the journal: to ask for them together would be to pass through all else.
	marks := about
	if !sel.Operation.IsZero() {
		marks.Last = markedLately // a mark says what all marks before it say, and much may have been read since
	}
	if err := w.add(tc, marks, here, chat.KindRead); err != nil {
		return err
	}
	if err := w.add(tc, about, own, delivery.KindFailed); err != nil {
		return err
	}
	if w.fold.chats.Cover(w.fold.setting(), w.context) {
		return nil
	}
	return w.add(tc, about, own, delivery.KindAcked)
}

func (w *window) add(tc task.Context, sel fact.Selection, in []fact.Namespace, kind string) error {
	sel.Namespaces, sel.Kinds = in, []string{kind}
	return watch(tc, w.core.bridge, sel, func(up fact.Update) error {
		w.take(&up)
		return nil
	})
}

func (w *window) take(up *fact.Update) {
	w.fold.apply(up)
	w.taken = append(w.taken, up.Records...)
}

// inOrder returns all records in position order, each once.
func inOrder(all ...[]fact.Record) []fact.Record {
	records := slices.Concat(all...)
	slices.SortFunc(records, func(a, b fact.Record) int { return cmp.Compare(a.Position, b.Position) })
	return slices.CompactFunc(records, func(a, b fact.Record) bool { return a.Position == b.Position })
}
