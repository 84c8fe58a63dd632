package sim

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

// reduction is the fold of all facts of one journal, without any of the caches that a running frontend has.
type reduction struct {
	contacts   contact.State
	moderation moderation.State
	invites    invite.State
	chats      *chat.State
	deliveries *delivery.State
}

func newReduction(self aura.AuthorityID) *reduction {
	return &reduction{chats: chat.NewState(self, chat.Keep{}), deliveries: delivery.NewState(self)}
}

func (r *reduction) apply(record *fact.Record) {
	r.contacts.Apply(record)
	r.moderation.Apply(record)
	r.invites.Apply(record)
	r.chats.Apply(record)
	r.deliveries.Apply(record)
}

func (r *reduction) setting() chat.Setting {
	return chat.Setting{Contacts: &r.contacts, Moderation: &r.moderation, Delivery: r.deliveries}
}
