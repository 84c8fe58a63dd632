package agent

import (
	"time"

	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/interp/token"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
)

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
	first, err := firstToken(h)
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
	tokens, _, err := interp.OpenTokens(tc, h.Ring.Certificate(), registry.Capabilities(), store.journal)
	if err != nil {
		return err
	}
	production := interp.NewProduction(own, h.Ring.Device(), store.journal, h.Ring, sender{new(*service.Sync)})
	room := interp.NewRoom(own, h.Ring.Device(), store.journal, tokens, production, h.Entropy, interp.RoomOptions{})
	handle := task.Supervise(group, production)
	if err := handle.Start(tc); err != nil {
		return err
	}
	_, err = room.Found(tc, append([]fact.Draft{first, self}, more...)...)
	if joined := handle.Join(tc, time.Second); err == nil {
		err = joined
	}
	return err
}

// firstToken makes the token by which a new authority lets itself act.
func firstToken(h Hands) (fact.Draft, error) {
	profile, err := owner()
	if err != nil {
		return fact.Draft{}, err
	}
	next, err := token.NextKey(h.Entropy)
	if err != nil {
		return fact.Draft{}, err
	}
	minted, err := token.Mint(token.SignerOf(h.Ring), token.Grant{Profile: profile, Holder: h.Ring.Certificate().Root}, next)
	if err != nil {
		return fact.Draft{}, err
	}
	return capability.Issue(h.Ring.Authority(), minted.Encode())
}
