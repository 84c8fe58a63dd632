package app

import (
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// listed is how many of the newest facts of a conversation [Core.Conversations] looks at.
const listed = 256

// Conversations returns all conversations, each with its newest message and the number of unread ones, as far as
// its newest 256 facts tell. It reads no more of any.
func (c *Core) Conversations(tc task.Context) ([]chat.Thread, error) {
	f, err := c.directory.conversation(tc, c.bridge, c.self.Authority, chat.Keep{Messages: listed})
	if err != nil {
		return nil, err
	}
	for _, of := range f.chats.Order(f.setting()) {
		err := watch(tc, c.bridge, fact.Selection{
			Namespaces: []fact.Namespace{fact.ContextNamespace(of.Context)},
			Kinds:      []string{chat.KindMessage, chat.KindRead},
			Last:       listed,
		}, func(up fact.Update) error {
			f.apply(&up)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return f.chats.Threads(f.setting()), nil
}
