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

// TriedUntil returns the instant from which on no accepter of the code tries any more.
func (c Code) TriedUntil() aura.Instant { return c.Expires.Add(grace) }

// Invitation is one invitation as a frontend shows it.
type Invitation struct {
	ID        ID               `json:"id"`
	Direction Direction        `json:"direction"`
	Phase     Phase            `json:"state"`
	Device    aura.DeviceID    `json:"device"`             // of the owner, which made the invitation or received it: see [State.Expired]
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

// Expired returns the invitations of a device whose time passed without a fact that says so, and those that wait for a device which
// the owner has removed, for [Expire]; ascending. An invitation belongs to the device that made or received it, which alone has
// its secrets: the owner's other devices see it and keep off.
func (s *State) Expired(own aura.DeviceID, removed []aura.DeviceID, now aura.Physical) []ID {
	return s.where(func(at situation) bool { return at.over(own, removed, now) })
}

// Listening returns the outgoing invitations of a device whose code may still be tried, ascending: the inviter answers the
// right one and tells the others why not.
func (s *State) Listening(own aura.DeviceID, now aura.Physical) []ID {
	return s.where(func(at situation) bool {
		return at.kind == KindCreated && at.by == own && (at.phase == PhaseAnswered || !expired(at.expires.Add(grace), now))
	})
}

// Collectable returns the outgoing invitations of a device that have ended and that no accepter tries any more, for [Forget];
// ascending.
func (s *State) Collectable(own aura.DeviceID, now aura.Physical) []ID {
	return s.where(func(at situation) bool {
		return at.kind == KindCreated && at.by == own && at.phase.Terminal() && expired(at.expires.Add(grace), now)
	})
}

// Ended returns the invitations of both directions about which no message can come any more, ascending.
func (s *State) Ended(now aura.Physical) []ID {
	return s.where(func(at situation) bool {
		return at.phase.Terminal() && expired(at.expires.Add(grace), now)
	})
}

// Contacting returns the incoming invitations whose inviter a device must reach, ascending.
func (s *State) Contacting(own aura.DeviceID) []ID {
	return s.where(func(at situation) bool { return at.phase == PhaseContacting && at.by == own })
}

// From returns the incoming invitations of an inviter's device which a device must reach, ascending.
func (s *State) From(inviter, own aura.DeviceID) []ID {
	return s.where(func(at situation) bool { return at.answers(inviter, own) })
}

// contacting reports whether a device is answering an invitation of an inviter's device.
func (s *State) contacting(inviter, own aura.DeviceID) bool {
	for _, e := range s.entries {
		if e.now.answers(inviter, own) {
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
		ID: id, Direction: DirectionReceived, Phase: at.phase, Device: at.by, Expires: at.expires.Std(),
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

// over reports whether a device is to say that an invitation ended: its own, whose time passed, or one that waits for a removed
// device.
func (at situation) over(own aura.DeviceID, removed []aura.DeviceID, now aura.Physical) bool {
	_, waits := at.ends()
	return at.due(now) && at.by == own || waits && slices.Contains(removed, at.by)
}

// answers reports whether an own device is answering an invitation of an inviter's device.
func (at situation) answers(inviter, own aura.DeviceID) bool {
	return at.phase == PhaseContacting && at.device == inviter && at.by == own
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
