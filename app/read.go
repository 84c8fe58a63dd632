package app

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// History returns a conversation with its newest messages, at most last of them; zero: all. It reads that
// conversation and no other.
func (c *Core) History(tc task.Context, of Ref, last int) (Conversation, error) {
	f, err := c.directory.conversation(tc, c.bridge, c.self.Authority, keep(last))
	if err != nil {
		return Conversation{}, err
	}
	err = watch(tc, c.bridge, c.conversation(of), func(up fact.Update) error {
		f.apply(&up)
		return nil
	})
	if err != nil {
		return Conversation{}, err
	}
	return show(f, of.Context, last)
}

// WaitDelivered waits until the recipients confirmed a message that [Core.Send] sent, and returns it as it
// is then. It returns [aura.Unavailable] with the reason if delivery was given up, [aura.NotFound] for a
// message that is not in the conversation, and tc's error if that comes first.
func (c *Core) WaitDelivered(tc task.Context, in Ref, id aura.FactID) (chat.Message, error) {
	const op = "app.WaitDelivered"
	f, err := c.directory.conversation(tc, c.bridge, c.self.Authority, chat.Keep{})
	if err != nil {
		return chat.Message{}, err
	}
	sel := c.conversation(in)
	sel.Follow = true
	var last chat.Message
	err = watch(tc, c.bridge, sel, func(up fact.Update) error {
		f.apply(&up)
		if !up.Live {
			return nil
		}
		m, ok := f.chats.Message(f.setting(), in.Context, id)
		if !ok {
			return aura.Errorf(op, aura.NotFound, "there is no message %s in %q", aura.Short(id), in.Name)
		}
		switch last = m; m.State {
		case chat.Delivered, chat.Seen:
			return errSeen
		case chat.Undeliverable:
			return aura.Errorf(op, aura.Unavailable, "the message was not delivered: %s", m.Reason)
		}
		return nil
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return last, err
}

// conversation selects what one conversation is shown with: its context, and what this side keeps about it.
func (c *Core) conversation(of Ref) fact.Selection {
	return fact.Selection{
		Namespaces:   []fact.Namespace{fact.OwnNamespace(c.self.Authority), fact.ContextNamespace(of.Context)},
		Kinds:        chatKinds(),
		Observations: []string{chat.ObservedOutbox},
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
