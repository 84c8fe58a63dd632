package service

import (
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// Moderation mutes and blocks. Its facts take effect through the directory: a blocked contact has no link and
// opens no channel. Owner: agent root group.
type Moderation struct {
	front
	env *Env
}

// NewModeration returns the service.
func NewModeration(e *Env) *Moderation {
	s := &Moderation{env: e}
	s.front = newFront(e, "moderation", map[string]handler{
		moderation.IntentMute: s.apply(moderation.Mute), moderation.IntentUnmute: s.apply(moderation.Unmute),
		moderation.IntentBlock: s.apply(moderation.Block), moderation.IntentUnblock: s.unblock,
	})
	return s
}

func (s *Moderation) apply(plan func(domain.Caller, moderation.Target) (guard.Request, error)) handler {
	return func(tc task.Context, in fact.Intent) (fact.Result, error) {
		var p moderation.ChangeIntent
		if err := fact.Unmarshal(in.Payload, &p); err != nil {
			return fact.Result{}, err
		}
		r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
			return pages.Chats.Change(pages.Setting(), s.env.Caller(tc, in.Operation), p, plan)
		})
		return submitted(in, r, err)
	}
}

func (s *Moderation) unblock(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p moderation.ChangeIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	seen := s.seen(p)
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		return pages.Chats.Change(pages.Setting(), s.env.Caller(tc, in.Operation), p, func(by domain.Caller, t moderation.Target) (guard.Request, error) {
			return moderation.Unblock(&pages.Moderation, by, t.Authority, p.Drop, seen)
		})
	})
	return submitted(in, r, err)
}

// seen returns what of a blocked person is here, in every conversation with it: while it is blocked nothing is
// added.
func (s *Moderation) seen(p moderation.ChangeIntent) (seen []moderation.Seen) {
	if !p.Drop {
		return nil
	}
	for _, peer := range s.env.Directory.Peers() {
		if peer.Authority == p.Target().Authority {
			device := peer.Certificate.Device()
			seen = append(seen, moderation.Seen{
				Context: peer.Context, Device: device, Through: s.env.Journal.Count(fact.ContextNamespace(peer.Context), device),
			})
		}
	}
	return seen
}
