package enrol

import (
	"cmp"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
)

// Patience is how long an enrolment takes at most, from the code to the device that has joined.
const Patience = MaxLife + answerGrace + listedGrace

// answerGrace is how long after the expiry of its code a device waits for the person's word, and listedGrace how long the
// sponsor waits for a device that is listed.
const (
	answerGrace = 10 * time.Minute
	listedGrace = 7 * 24 * time.Hour
)

// Enrolment is one enrolment as a frontend shows it.
type Enrolment struct {
	ID      ID            `json:"id"`
	Phase   Phase         `json:"state"`
	Sponsor aura.DeviceID `json:"sponsor"`         // the device that made the code
	Device  aura.DeviceID `json:"device,omitzero"` // the new one, once known
	Name    string        `json:"name,omitempty"`  // of the new one
	Digits  string        `json:"digits,omitempty"`
	Expires time.Time     `json:"expires"` // UTC: of the code
	Reason  string        `json:"reason,omitempty"`
}

// Enrolments returns all enrolments, those that wait first, then by expiry, latest first.
func (s *State) Enrolments(now aura.Physical) []Enrolment {
	all := make([]Enrolment, 0, len(s.entries))
	for id, e := range s.entries {
		if e.now.phase != 0 {
			all = append(all, e.now.enrolment(id, now))
		}
	}
	slices.SortFunc(all, func(a, b Enrolment) int {
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

// Enrolment returns one enrolment.
func (s *State) Enrolment(id ID, now aura.Physical) (Enrolment, bool) {
	at := s.at(id)
	return at.enrolment(id, now), at.phase != 0
}

// Of returns the enrolment by which a device was listed.
func (s *State) Of(device aura.DeviceID, now aura.Physical) (found Enrolment, ok bool) {
	for id, e := range s.entries {
		if e.now.device == device && (e.now.phase == PhaseListed || e.now.phase == PhaseJoined || e.lists()) {
			return e.now.enrolment(id, now), true
		}
	}
	return Enrolment{}, false
}

// lists reports whether the device was listed, whatever came then.
func (e *entry) lists() bool {
	return slices.ContainsFunc(e.events, func(i fold.Item[event]) bool { return i.Value.kind == KindListed })
}

// Listening returns the codes of a device that may still be tried, ascending: the sponsor answers the right device and tells
// the others why not.
func (s *State) Listening(own aura.DeviceID, now aura.Physical) (all []ID) {
	for id, e := range s.entries {
		if e.now.by == own && (!expired(e.now.expires, now) || !e.now.phase.Terminal() && !e.now.due(now)) {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, ID.Compare)
	return all
}

func (at situation) enrolment(id ID, now aura.Physical) Enrolment {
	e := Enrolment{
		ID: id, Phase: at.phase, Sponsor: at.by, Device: at.device, Name: at.name, Expires: at.expires.Std(), Reason: at.reason,
	}
	if !at.device.IsZero() {
		e.Digits = ShowDigits(at.digits)
	}
	if at.due(now) {
		e.Phase, e.Reason = PhaseEnded, at.ranOut()
	}
	return e
}

// due reports whether the time of an enrolment passed.
func (at situation) due(now aura.Physical) bool {
	switch at.phase {
	case PhaseOffered:
		return expired(at.expires, now)
	case PhaseClaimed, PhaseConfirmed:
		return expired(at.expires.Add(answerGrace), now)
	case PhaseListed:
		return expired(at.expires.Add(listedGrace), now)
	}
	return false
}

// ranOut says why the time of an enrolment passed.
func (at situation) ranOut() string {
	switch at.phase {
	case PhaseOffered:
		return "the line expired, and no device had used it"
	case PhaseListed:
		return "the device never said that it has joined"
	}
	return "the digits were not confirmed in time"
}
