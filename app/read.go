package app

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// History returns a conversation with its newest messages, at most last of them; zero: all. It reads the facts that it
// returns.
func (c *Core) History(tc task.Context, of Ref, last int) (Conversation, error) {
	t, _, err := c.tail(tc, of.Context, chat.Keep{Messages: -1, Bytes: -1})
	if err != nil {
		return Conversation{}, err
	}
	if err := t.fill(tc, last); err != nil {
		return Conversation{}, err
	}
	return show(t.fold, of.Context, last)
}

// maxUnread is up to which number [Core.Overview] counts the unread messages of a conversation.
const maxUnread = 999

// Overview returns all conversations, the one with the newest message first, each with that message and with the
// number of unread ones since the last that was read; of 999 or more it is 999. Of a conversation it reads those
// and little else.
func (c *Core) Overview(tc task.Context) ([]chat.Thread, error) {
	f, _, err := c.directory.conversation(tc, c.bridge, chat.Keep{Messages: maxUnread, Bytes: -1})
	if err != nil {
		return nil, err
	}
	for i, of := range f.chats.Order(f.setting()) {
		t := tail{core: c, context: of.Context, fold: f, observe: i == 0}
		if err := t.unread(tc, maxUnread); err != nil {
			return nil, err
		}
		if err := t.fill(tc, 1); err != nil { // the message that is shown last need not be the last that came
			return nil, err
		}
	}
	return f.chats.Threads(f.setting()), nil
}

// WaitDelivered waits until the recipients confirmed a message that [Core.Send] sent, and returns it as it
// is then. It reads that message and watches it. It returns [aura.Unavailable] with the reason if
// delivery was given up, [aura.NotFound] for a message that is not in the conversation, and tc's error if that
// comes first.
func (c *Core) WaitDelivered(tc task.Context, in Ref, sent Sent) (chat.Message, error) {
	var last chat.Message
	err := renewed(func() (err error) {
		last, err = c.waitDelivered(tc, in, sent)
		return err
	})
	return last, err
}

func (c *Core) waitDelivered(tc task.Context, in Ref, sent Sent) (last chat.Message, err error) {
	t, since, err := c.tail(tc, in.Context, chat.Keep{Messages: -1, Bytes: -1})
	if err != nil {
		return last, err
	}
	if found, err := t.find(tc, sent); err != nil {
		return last, err
	} else if !found {
		return last, aura.Errorf("app.WaitDelivered", aura.NotFound, "there is no message %s in %q", aura.Short(sent.ID), in.Name)
	}
	f := t.fold
	err = watch(tc, c.bridge, c.changes(in, since), func(up fact.Update) error {
		f.apply(&up)
		if !up.Live {
			return nil
		}
		last, _ = f.chats.Message(f.setting(), in.Context, sent.ID)
		switch last.State {
		case delivery.ProgressDelivered, delivery.ProgressRead:
			return errSeen
		case delivery.ProgressFailed:
			return aura.Errorf("app.WaitDelivered", aura.Unavailable, "the message was not delivered: %s", last.Reason)
		}
		return nil
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return last, err
}

// changes selects the facts of a conversation that are not known yet: those in its context, and those that this side keeps
// about it.
func (c *Core) changes(of Ref, known since) fact.Selection {
	return fact.Selection{
		Namespaces:   []fact.Namespace{fact.OwnNamespace(c.self.Authority), fact.ContextNamespace(of.Context)},
		Kinds:        chat.ShownKinds(),
		After:        known.position,
		Era:          known.era,
		Observations: []string{delivery.ObservedOutbox},
		Follow:       true,
	}
}

// keep bounds a fold by what will be shown of it.
func keep(last int) chat.Keep {
	if last <= 0 {
		return chat.Keep{Messages: -1, Bytes: -1}
	}
	// Some of the newest may be of blocked people, which are not shown and do not count.
	const hidden = 256
	return chat.Keep{Messages: last + hidden, Bytes: -1}
}
