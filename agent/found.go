package agent

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
)

// capabilities is what an authority grants itself when it is founded: by name, never "all", so that a
// later build which can do more asks for it.
func capabilities() []string {
	return []string{
		contact.CapName, contact.CapRename, contact.CapRefresh, contact.CapProfile,
		invite.CapCreate, invite.CapAccept, invite.CapEnd,
		chat.CapSend, chat.CapRead, chat.CapCreate, chat.CapInvite, chat.CapJoin, chat.CapLeave, chat.CapRecord,
		moderation.CapModerate,
		service.CapLink, service.CapResend,
	}
}

// Found writes the first facts of a new authority into an empty store: what it may do itself, and its
// name; more holds what else is so from the beginning, such as limits, in the own namespace. It leaves the
// store closed. It returns [aura.Invalid] for a name that cannot be shown and
// [aura.Conflict] when the authority was founded before.
func Found(tc task.Context, h Hands, name string, more ...fact.Draft) (err error) {
	if err := contact.CheckName(name); err != nil {
		return err
	}
	registry, err := Registry()
	if err != nil {
		return err
	}
	own := h.Ring.Authority()
	grant, err := capability.Grant(own, aura.ContextID{}, own, capabilities()...)
	if err != nil {
		return err
	}
	self, err := contact.Caller{Authority: own, Device: h.Ring.Device()}.Draft(contact.KindSelf, contact.Self{Name: name})
	if err != nil {
		return err
	}
	group := task.NewGroup(tc, "found")
	defer func() {
		if closing := group.Close(tc, closeGrace); err == nil {
			err = closing
		}
	}()
	store, err := openJournal(tc, group, h, registry)
	if err != nil {
		return err
	}
	defer func() {
		if closing := store.journal.Close(tc); err == nil {
			err = closing
		}
	}()
	grants, _, err := interp.OpenGrants(tc, own, store.journal)
	if err != nil {
		return err
	}
	production := interp.NewProduction(own, h.Ring.Device(), store.journal, h.Ring, sender{new(*service.Sync)})
	room := interp.NewRoom(own, h.Ring.Device(), store.journal, grants, production, h.Entropy, interp.RoomOptions{})
	handle := task.Supervise(group, production)
	if err := handle.Start(tc); err != nil {
		return err
	}
	_, err = room.Found(tc, append([]fact.Draft{grant, self}, more...)...)
	if joined := handle.Join(tc, time.Second); err == nil {
		err = joined
	}
	return err
}
