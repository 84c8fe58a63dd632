package invite

import (
	"cmp"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
)

// Direction says who made an invitation.
type Direction string

// The directions.
const (
	DirectionSent     Direction = "sent"
	DirectionReceived Direction = "received"
)

// grace is how long after the expiry an accepter still tries: an inviter that took the Hello in time may have
// been away with its answer.
const grace = 24 * time.Hour

// Invitation is one invitation as a frontend shows it.
type Invitation struct {
	ID        ID               `json:"id"`
	Direction Direction        `json:"direction"`
	Phase     Phase            `json:"state"`
	Expires   time.Time        `json:"expires"`            // UTC
	Authority aura.AuthorityID `json:"authority,omitzero"` // the other side, once known
	Context   aura.ContextID   `json:"context,omitzero"`
	Reason    string           `json:"reason,omitempty"` // why it failed
}

// Invitations returns all invitations, those that wait first, then by expiry, latest first. One whose time
// passed is shown as expired even before the fact that says so.
func (s *State) Invitations(now aura.Physical) []Invitation {
	all := make([]Invitation, 0, len(s.entries))
	for id, e := range s.entries {
		if e.now.phase != 0 {
			all = append(all, e.now.invitation(id, now))
		}
	}
	slices.SortFunc(all, func(a, b Invitation) int {
		if a.Phase.Terminal() != b.Phase.Terminal() {
			if a.Phase.Terminal() {
				return 1
			}
			return -1
		}
		return cmp.Or(b.Expires.Compare(a.Expires), a.ID.Compare(b.ID))
	})
	return all
}

// Turns returns the next instant at which [State.Invitations] changes while no fact comes; false: it does not.
func (s *State) Turns(now aura.Physical) (next aura.Instant, ok bool) {
	for _, e := range s.entries {
		at, ends := e.now.ends()
		if ends && !expired(at, now) && (!ok || at < next) {
			next, ok = at, true
		}
	}
	return next, ok
}

// Invitation returns one invitation.
func (s *State) Invitation(id ID, now aura.Physical) (Invitation, bool) {
	at := s.at(id)
	return at.invitation(id, now), at.phase != 0
}

// Expired returns the invitations whose time passed without a fact that says so, for [Expire]; ascending.
func (s *State) Expired(now aura.Physical) []ID {
	return s.where(func(at situation) bool { return at.due(now) })
}

// Listening returns the outgoing invitations whose code may still be tried, ascending: the inviter answers the
// right one and tells the others why not.
func (s *State) Listening(now aura.Physical) []ID {
	return s.where(func(at situation) bool {
		return at.kind == KindCreated && (at.phase == PhaseAnswered || !expired(at.expires.Add(grace), now))
	})
}

// Collectable returns the outgoing invitations that have ended and that no accepter tries any more, for [Forget];
// ascending.
func (s *State) Collectable(now aura.Physical) []ID {
	return s.where(func(at situation) bool {
		return at.kind == KindCreated && at.phase.Terminal() && expired(at.expires.Add(grace), now)
	})
}

// Ended returns the invitations of both directions about which no message can come any more, ascending.
func (s *State) Ended(now aura.Physical) []ID {
	return s.where(func(at situation) bool {
		return at.phase.Terminal() && expired(at.expires.Add(grace), now)
	})
}

// Contacting returns the incoming invitations whose inviter must be reached, ascending.
func (s *State) Contacting() []ID {
	return s.where(func(at situation) bool { return at.phase == PhaseContacting })
}

// From returns the incoming invitations of a device whose inviter must be reached, ascending.
func (s *State) From(device aura.DeviceID) []ID {
	return s.where(func(at situation) bool { return at.phase == PhaseContacting && at.device == device })
}

// contacting reports whether an invitation of a device is being answered.
func (s *State) contacting(device aura.DeviceID) bool {
	for _, e := range s.entries {
		if e.now.phase == PhaseContacting && e.now.device == device {
			return true
		}
	}
	return false
}

func (s *State) where(holds func(situation) bool) []ID {
	var all []ID
	for id, e := range s.entries {
		if holds(e.now) {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, ID.Compare)
	return all
}

func (at situation) invitation(id ID, now aura.Physical) Invitation {
	in := Invitation{
		ID: id, Direction: DirectionReceived, Phase: at.phase, Expires: at.expires.Std(),
		Authority: at.authority, Context: at.context, Reason: at.reason,
	}
	if at.kind == KindCreated {
		in.Direction = DirectionSent
	}
	if at.due(now) {
		in.Phase = PhaseExpired
	}
	return in
}

func (at situation) due(now aura.Physical) bool {
	end, ends := at.ends()
	return ends && expired(end, now)
}

// ends returns when an invitation that waits stops waiting.
func (at situation) ends() (aura.Instant, bool) {
	switch at.phase {
	case PhaseOpen:
		return at.expires, true
	case PhaseContacting:
		return at.expires.Add(grace), true
	}
	return 0, false
}
