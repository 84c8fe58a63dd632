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

// tail is one conversation as it is read from its end: its newest messages, and the facts about their deliveries and
// read marks. A fact about a message is committed after the message, so it lies between the oldest of them and the
// end. The peers' progress with the own messages comes as an observation.
type tail struct {
	core    *Core
	context aura.ContextID
	fold    *fold
	through fact.Position // as everything was at this position; zero: now
	observe bool          // the outboxes are to be learnt with the first messages
	whole   bool          // all messages are there
	taken   []fact.Record // the records read, in no order, some of them more than once
}

// tail returns the end of a conversation, with no messages yet, and up to where names and groups are known.
func (c *Core) tail(tc task.Context, of aura.ContextID, keep chat.Keep) (*tail, since, error) {
	f, since, err := c.directory.conversation(tc, c.bridge, keep)
	return &tail{core: c, context: of, fold: f, observe: true}, since, err
}

// fill reads so many of the newest messages that can be shown, or all of them when last is zero.
func (t *tail) fill(tc task.Context, last int) error {
	if last <= 0 {
		return t.read(tc, fact.Selection{})
	}
	for n := last + 1; n <= fact.MaxCausal; n *= 4 { // one more says whether there are older ones
		if err := t.read(tc, fact.Selection{Last: n, Causal: true}); err != nil || t.whole {
			return err
		}
		if _, more := t.fold.chats.Messages(t.fold.setting(), t.context, last); more {
			return nil
		}
	}
	return t.read(tc, fact.Selection{})
}

// markedLately is how many of the newest read marks are read for one message that may be old. A member whose newest mark
// is older than these is shown as not having read the message yet.
const markedLately = 16

// find reads a message by what sent it, or else back until it is there, and reports whether it is.
func (t *tail) find(tc task.Context, sent Sent) (bool, error) {
	is := func() bool {
		_, ok := t.fold.chats.Message(t.fold.setting(), t.context, sent.ID)
		return ok
	}
	if !sent.Operation.IsZero() {
		err := t.read(tc, fact.Selection{Author: t.core.self.Authority, Operation: sent.Operation})
		if err != nil || is() {
			return err == nil, err
		}
	}
	for n := 4; ; n *= 4 { // it is mostly the newest
		if err := t.read(tc, fact.Selection{Last: n}); err != nil {
			return false, err
		}
		if is() || t.whole {
			return is(), nil
		}
	}
}

// unread reads backwards until it meets a message that the owner has read, or until most unread ones. It is the first
// read of a tail: all messages that came before a read one are read, too, though one that is shown before it may have
// come later.
func (t *tail) unread(tc task.Context, most int) error {
	others, err := t.core.directory.several(tc, t.core.bridge) // then old messages may have come last
	if err != nil {
		return err
	}
	for n := 8; ; n = min(4*n, most) {
		if err := t.read(tc, fact.Selection{Last: n, Causal: others}); err != nil {
			return err
		}
		if n == most || t.whole || t.fold.chats.ReadsBack(t.context) {
			return nil
		}
	}
}

// read reads the messages that sel selects in the conversation, and the facts about them.
func (t *tail) read(tc task.Context, sel fact.Selection) error {
	here := []fact.Namespace{fact.ContextNamespace(t.context)}
	sel.Namespaces, sel.Kinds, sel.Through = here, []string{chat.KindMessage}, t.through
	if t.observe {
		sel.Observations, t.observe = []string{delivery.ObservedOutbox}, false
	}
	found, oldest := 0, fact.Position(0)
	err := watch(tc, t.core.bridge, sel, func(up fact.Update) error {
		if found == 0 && len(up.Records) > 0 {
			oldest = up.Records[0].Position
		}
		found += len(up.Records)
		t.take(&up)
		return nil
	})
	if err != nil {
		return err
	}
	t.whole = sel.Operation.IsZero() && (sel.Last == 0 || found < sel.Last)
	if found == 0 {
		return nil
	}
	others, err := t.core.directory.several(tc, t.core.bridge)
	if err != nil {
		return err
	}
	sibling := slices.ContainsFunc(t.taken, func(r fact.Record) bool {
		return r.Fact.Kind == chat.KindMessage && r.Fact.Author == t.core.self.Authority && r.Fact.Device != t.core.self.Device
	})
	about := fact.Selection{After: oldest - 1, Through: t.through}
	own := []fact.Namespace{fact.OwnNamespace(t.core.self.Authority)}
	// The three lie apart in the journal: to ask for them together would be to pass through all else.
	marks := about
	switch {
	case t.fold.chats.Forked(t.context), others:
		marks.After = 0 // such a home may learn of a mark before it learns of the message, and of a copied one no mark stands for all
	case !sel.Operation.IsZero():
		marks.Last = markedLately // a mark says what all marks before it say, and much may have been read since
	}
	if err := t.add(tc, marks, here, chat.KindRead); err != nil {
		return err
	}
	if sibling {
		about.After = 0
	}
	if err := t.add(tc, about, own, delivery.KindFailed); err != nil {
		return err
	}
	if !sibling && t.fold.chats.Cover(t.fold.setting(), t.context) {
		return nil
	}
	return t.add(tc, about, own, delivery.KindAcked)
}

func (t *tail) add(tc task.Context, sel fact.Selection, in []fact.Namespace, kind string) error {
	sel.Namespaces, sel.Kinds = in, []string{kind}
	return watch(tc, t.core.bridge, sel, func(up fact.Update) error {
		t.take(&up)
		return nil
	})
}

func (t *tail) take(up *fact.Update) {
	t.fold.apply(up)
	t.taken = append(t.taken, up.Records...)
}

// inOrder returns all records in position order, each once.
func inOrder(all ...[]fact.Record) []fact.Record {
	records := slices.Concat(all...)
	slices.SortFunc(records, func(a, b fact.Record) int { return cmp.Compare(a.Position, b.Position) })
	return slices.CompactFunc(records, func(a, b fact.Record) bool { return a.Position == b.Position })
}
