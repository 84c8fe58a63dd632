package session

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// suspended is a session whose recording is whole, and which this agent cannot play: it does not have the protocol in that version, or no
// program for the role. The recording stays as it is. The session goes on after a start at which both are here; before, its
// budget or [Engine.End] ends it. Peers that greet for it are asked to wait.
type suspended struct {
	opening *opening
	shown   view.Session
	until   aura.Instant // when it expires; zero: never
	why     string
	ending  bool // its end becomes durable
}

// playable returns aura.NotFound when this agent cannot play the role of an opening.
func (e *Engine) playable(o *Opening) error {
	if _, err := e.version(o); err != nil {
		return err
	}
	if _, known := e.options.Registry.program(o.Protocol, o.Role); !known {
		return aura.Errorf("session.Open", aura.NotFound, "no program plays %s of protocol %s", o.Role, o.Protocol)
	}
	return nil
}

// suspends reports whether a session waits for its protocol. One with a participant who has no name does not: the invitation begins it anew.
func (o *Opening) suspends() bool {
	return len(o.Parties) > 0 && !slices.ContainsFunc(o.Parties, func(p Party) bool { return p.Authority.IsZero() })
}

// suspend keeps a session that cannot be played now.
func (e *Engine) suspend(tc task.Context, name aura.SessionID, first *record, why error) error {
	shown, err := e.options.Registry.Recording(e.options.Journal, name)
	if err != nil {
		return err
	}
	shown.Session.State = view.StateSuspended
	e.suspended[name] = &suspended{opening: first.Opening, shown: shown.Session, until: first.ends(tc.Now().At), why: aura.Reason(why)}
	tc.Emit(world.ServiceTroubled(e.Name(), "a session waits for its protocol", "", why).Within(name, ""))
	e.noteSuspended()
	return nil
}

// Suspended returns why sessions wait: of each, what this agent lacks to play it. The caller must not change the slice.
func (e *Engine) Suspended() []string {
	if all := e.lacking.Load(); all != nil {
		return *all
	}
	return nil
}

func (e *Engine) noteSuspended() {
	var all []string
	for _, s := range e.suspendedByName() {
		all = append(all, s.why)
	}
	e.lacking.Store(&all)
}

func (e *Engine) suspendedByName() []*suspended {
	all := make([]*suspended, 0, len(e.suspended))
	for _, s := range e.suspended {
		all = append(all, s)
	}
	slices.SortFunc(all, func(x, y *suspended) int { return bytes.Compare(x.shown.Name[:], y.shown.Name[:]) })
	return all
}

// waitsFor returns whether a session waits here for its protocol, and whether the peer of a channel is in it.
func (e *Engine) waitsFor(on *ChannelOptions, g *Greeting) (waits, with bool) {
	s := e.suspended[g.Session]
	if s == nil {
		return false, false
	}
	peer := view.Participant{Role: g.Role, Authority: on.Peer.Authority}
	return true, s.shown.Protocol == g.Protocol && s.shown.Context == on.Context && slices.Contains(s.shown.Others, peer)
}

// lacks is the error of who wants more of such a session than how it stands.
func (s *suspended) lacks(op aura.Op) error {
	return aura.Errorf(op, aura.Unavailable, "session %s waits for its protocol, without which its recording cannot be played: %s", aura.Short(s.shown.Name), s.why)
}

// expireSuspended ends the sessions that wait for their protocols when their budgets are over: none comes after the start.
func (e *Engine) expireSuspended(tc task.Context) error {
	for {
		next, err := ask(tc, e, func(task.Context) (next *suspended, _ error) {
			for _, s := range e.suspendedByName() {
				if s.until != 0 && !s.ending && (next == nil || s.until < next.until) {
					next = s
				}
			}
			return next, nil
		})
		if err != nil || next == nil {
			return nil
		}
		if wait := next.until.Sub(tc.Now().At); wait > 0 {
			if tc.Sleep(wait) != nil {
				return nil
			}
			continue
		}
		_ = task.Retry(tc, endPause(), e.options.Entropy, func(err error) bool {
			tc.Emit(world.ServiceTroubled(e.Name(), "the end of a session tried again", "", err).Within(next.shown.Name, ""))
			return true
		}, func(tc task.Context) error {
			return e.endSuspended(tc, next, End{Kind: view.EndExpired, Witness: Witness{ID: 1, Until: next.until}}) // its budget is its first witness
		})
		if tc.Err() != nil {
			return nil
		}
	}
}

// endSuspended ends a session that waits for its protocol, unless that is under way.
func (e *Engine) endSuspended(tc task.Context, s *suspended, end End) error {
	name := s.shown.Name
	var first *opening
	mine, err := ask(tc, e, func(task.Context) (bool, error) {
		mine := e.suspended[name] == s && !s.ending
		if s.ending = s.ending || mine; mine && e.owes(&s.shown) {
			first = s.opening
		}
		return mine, nil
	})
	if err != nil || !mine {
		return err
	}
	ended, lost := e.lose(tc, s.shown, first, end)
	_, err = settle(tc, e, func(task.Context) (struct{}, error) {
		if s.ending = false; lost != nil {
			return struct{}{}, lost
		}
		delete(e.suspended, name)
		e.noteSuspended()
		e.lost(ended, first)
		return struct{}{}, nil
	})
	return err
}
