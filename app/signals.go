package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/reactive"
)

// The signals of every Core. They follow while the Core runs as a service.
var (
	// Contacts lists the contacts by name.
	Contacts = reactive.NewSignal[[]contact.Contact](contact.SignalName)
	// People lists the contacts with how they are reached and treated.
	People = reactive.NewSignal[[]Person]("app:people")
	// Chats lists the conversations, the one with the newest message first.
	Chats = reactive.NewSignal[[]chat.Thread]("app:chats")
	// Invitations lists the invitations, those that wait first.
	Invitations = reactive.NewSignal[[]invite.Invitation](invite.SignalName)
	// Moderation says who is muted and blocked.
	Moderation = reactive.NewSignal[moderation.Moderation](moderation.SignalName)
	// Connections lists the connections that the agent reports.
	Connections = reactive.NewSignal[[]status.Peer]("app:connections")
	// Operations lists the user's newest actions, the newest first.
	Operations = reactive.NewSignal[[]Operation]("app:operations")
	// Agent says whether the Core hears its agent.
	Agent = reactive.NewSignal[Attachment]("app:agent")
)

// Conversation is one conversation with its newest messages, oldest first.
type Conversation struct {
	chat.Thread
	Messages []chat.Message `json:"messages"`
	More     bool           `json:"more"` // older messages exist
}

// Attachment is the state of a Core's way to its agent.
type Attachment struct {
	Attached bool   `cbor:"1,keyasint,omitempty" json:"attached"` // facts arrive
	Current  bool   `cbor:"2,keyasint,omitempty" json:"current"`  // all that is durable has arrived
	Reason   string `cbor:"3,keyasint,omitempty" json:"reason,omitempty"`
}

// conversationSignal returns the signal of one conversation.
func conversationSignal(context aura.ContextID) reactive.Signal[Conversation] {
	return reactive.NewSignal[Conversation]("app:chat/" + context.String())
}
