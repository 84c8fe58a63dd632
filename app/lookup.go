package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Connections returns how each contact can be reached now, as the agent observes it, ascending by
// authority. A contact that the agent says nothing about is missing.
func (c *Core) Connections(tc task.Context) ([]status.Peer, error) {
	var known status.Connections
	// No fact has the kind of an observation, so the watch brings observations alone.
	sel := fact.Selection{Kinds: []string{status.Observed}, After: c.self.Facts, Observations: []string{status.Observed}}
	err := watch(tc, c.bridge, sel, func(up fact.Update) error {
		for _, o := range up.Observations {
			known.Observe(o)
		}
		return nil
	})
	return known.View(), err
}

// Former returns a contact that was removed, under the name by which its conversation can still be read. It
// returns [aura.NotFound] for one that was not.
func (c *Core) Former(tc task.Context, who Ref) (former contact.Contact, err error) {
	known := false
	err = c.directory.read(tc, c.bridge, func(f *fold) { former, known = f.contacts.Former(who.Context) })
	if err == nil && !known {
		err = aura.Errorf("app.Former", aura.NotFound, "%s was not removed", who.Name)
	}
	return former, err
}

// Groups returns the groups that this authority takes or took part in, by name and members, without their
// messages.
func (c *Core) Groups(tc task.Context) ([]chat.Thread, error) {
	var groups []chat.Thread
	err := c.directory.read(tc, c.bridge, func(f *fold) {
		for _, t := range f.chats.Threads(f.setting()) {
			if t.Group {
				groups = append(groups, t)
			}
		}
	})
	return groups, err
}

// Moderation returns who is muted and blocked.
func (c *Core) Moderation(tc task.Context) (moderation.Moderation, error) {
	var m moderation.Moderation
	err := c.directory.read(tc, c.bridge, func(f *fold) { m = f.moderation.View() })
	return m, err
}

// ResolveInvitation turns the text that a person typed, an invitation's identifier or the beginning of it, into the
// identifier. It returns [aura.NotFound] when none begins so and [aura.Conflict] when several do.
func (c *Core) ResolveInvitation(tc task.Context, text string) (invite.ID, error) {
	s, err := c.invitations(tc)
	if err != nil {
		return invite.ID{}, err
	}
	return s.Resolve(text)
}

// Invitation returns one invitation. It returns [aura.NotFound] when there is none with the identifier.
func (c *Core) Invitation(tc task.Context, id invite.ID) (invite.Invitation, error) {
	s, err := c.invitations(tc)
	if err != nil {
		return invite.Invitation{}, err
	}
	in, ok := s.Invitation(id, tc.Now())
	if !ok {
		return invite.Invitation{}, aura.Errorf("app.Invitation", aura.NotFound, "there is no invitation %s", id)
	}
	return in, nil
}

func (c *Core) invitations(tc task.Context) (*invite.State, error) {
	s := &invite.State{}
	err := watch(tc, c.bridge, fact.Selection{Kinds: []string{invite.Kinds}}, func(up fact.Update) error {
		take(up.Records, s.Apply)
		return nil
	})
	return s, err
}
