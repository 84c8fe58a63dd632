package service

import (
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// Moderation mutes and blocks. Its facts take effect through the book: a blocked contact has no link and
// opens no channel. Owner: agent root group.
type Moderation struct {
	front
	desk *Desk
}

// NewModeration returns the service.
func NewModeration(d *Desk) *Moderation {
	s := &Moderation{desk: d}
	s.front = newFront("moderation", map[string]handler{
		moderation.IntentMute: s.apply(moderation.Mute), moderation.IntentUnmute: s.apply(moderation.Unmute),
		moderation.IntentBlock: s.apply(moderation.Block), moderation.IntentUnblock: s.apply(moderation.Unblock),
	})
	return s
}

func (s *Moderation) apply(plan func(contact.Caller, moderation.Target) (guard.Request, error)) handler {
	return func(tc task.Context, in fact.Intent) (fact.Result, error) {
		var p moderation.ChangeIntent
		if err := fact.Unmarshal(in.Payload, &p); err != nil {
			return fact.Result{}, err
		}
		r, err := s.desk.plan(tc, func(pages *Pages) (guard.Request, error) {
			return pages.Chats.Change(pages.Setting(), s.desk.Caller(tc, in.Operation), p, plan)
		})
		return submitted(in, r, err)
	}
}
