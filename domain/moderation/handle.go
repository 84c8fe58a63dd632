package moderation

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/guard"
)

// CapModerate is the capability that all handlers of this package require.
const CapModerate = "moderation:set"

// Mute plans to keep quiet about a person or a group.
func Mute(by domain.Caller, t Target) (guard.Request, error) { return plan(by, KindMuted, t) }

// Unmute plans to undo [Mute].
func Unmute(by domain.Caller, t Target) (guard.Request, error) { return plan(by, KindUnmuted, t) }

// Block plans to refuse a person. A target that is a group is [aura.Invalid].
func Block(by domain.Caller, t Target) (guard.Request, error) {
	if t.Authority == by.Authority {
		return guard.Request{}, aura.Errorf("moderation.Block", aura.Invalid, "you cannot block yourself")
	}
	return plan(by, KindBlocked, t)
}

// Unblock plans to undo [Block]. Messages that the person wrote meanwhile were refused; they arrive when its agent tries
// again, and is shown, unless it is dropped. Seen says what of the person is here. It returns [aura.Conflict] for
// a person who is not blocked: the messages of such a person that are still under way were never refused.
func Unblock(s *State, by domain.Caller, who aura.AuthorityID, drop bool, seen []Seen) (guard.Request, error) {
	p := Unblocked{Authority: who}
	if s.Arrival(who) != ArrivalRefused && !who.IsZero() {
		return guard.Request{}, aura.Errorf("moderation.Unblock", aura.Conflict, "the contact is not blocked")
	}
	if drop {
		p.Until = by.Now.At
		p.Seen = slices.SortedFunc(slices.Values(seen[:min(len(seen), maxSeen)]), compareSeen)
	}
	if err := p.check(); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindUnblocked, p)
	return by.Local(CapModerate, draft), err
}

func plan(by domain.Caller, kind string, t Target) (guard.Request, error) {
	if err := t.check(kind == KindBlocked); err != nil {
		return guard.Request{}, err
	}
	draft, err := by.Draft(kind, t)
	return by.Local(CapModerate, draft), err
}
