package agent

import (
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

// owner is what an authority permits itself when it is founded: by name, never "all", so that a later build
// which can do more asks for it.
func owner() (capability.Profile, error) {
	return capability.NewProfile("owner",
		contact.CapName, contact.CapRename, contact.CapRefresh, contact.CapRemove, contact.CapProfile,
		invite.CapCreate, invite.CapAccept, invite.CapAnswer, invite.CapEnd,
		chat.CapSend, chat.CapRead, chat.CapCreate, chat.CapInvite, chat.CapJoin, chat.CapLeave, delivery.CapRecord,
		moderation.CapModerate,
		capability.CapDelegate, capability.CapRevoke,
		delivery.CapLink, delivery.CapHello, delivery.CapAddresses, delivery.CapRelay, delivery.CapSeek, delivery.CapIntroduce, delivery.CapResend,
		fact.QueryCapability("capability"), fact.QueryCapability("contact"), fact.QueryCapability("invite"),
		fact.QueryCapability("chat"), fact.QueryCapability("delivery"), fact.QueryCapability("moderation"),
	)
}
