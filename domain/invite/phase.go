package invite

import "strconv"

// Phase is where an invitation stands. The numbers are shown to frontends: append only.
//
//	inviter:   created ──▶ open ──accepted──▶ answered ──completed──▶ completed
//	                        ├──cancelled──▶ cancelled
//	                        └──expired────▶ expired
//	accepter:  accepting ──▶ contacting ──completed──▶ completed
//	                        ├──declined───▶ declined      (also without accepting before)
//	                        ├──failed─────▶ failed
//	                        └──expired────▶ expired
//
// The words on the arrows are the kinds of facts; [State] moves by no others.
type Phase uint8

// The phases. The terminal ones, from PhaseCompleted on, never change.
const (
	// PhaseOpen: the inviter handed the code out and waits.
	PhaseOpen Phase = 1
	// PhaseContacting: the accepter tries to reach the inviter.
	PhaseContacting Phase = 2
	// PhaseAnswered: the inviter took a Hello and is bound; the accepter may not know yet.
	PhaseAnswered Phase = 3
	// PhaseCompleted: the contact exists.
	PhaseCompleted Phase = 4
	// PhaseCancelled: the inviter took it back in time.
	PhaseCancelled Phase = 5
	// PhaseDeclined: the receiver declined, turned it down.
	PhaseDeclined Phase = 6
	// PhaseFailed: the exchange could not succeed.
	PhaseFailed Phase = 7
	// PhaseExpired: its time passed.
	PhaseExpired Phase = 8
)

// Terminal reports whether the phase never changes again.
func (p Phase) Terminal() bool { return p >= PhaseCompleted }

// String returns the phase in plain words.
func (p Phase) String() string {
	switch p {
	case PhaseOpen:
		return "open"
	case PhaseContacting:
		return "accepting"
	case PhaseAnswered:
		return "accepted"
	case PhaseCompleted:
		return "completed"
	case PhaseCancelled:
		return "cancelled"
	case PhaseDeclined:
		return "declined"
	case PhaseFailed:
		return "failed"
	case PhaseExpired:
		return "expired"
	}
	return "phase " + strconv.Itoa(int(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// next returns the phase after a fact of a kind, and false when the fact comes too late or makes no sense. It
// is the only place that knows the transitions; 0 is before the first fact.
func next(p Phase, kind string) (Phase, bool) {
	switch {
	case p == 0 && kind == KindCreated:
		return PhaseOpen, true
	case p == 0 && kind == KindAccepting:
		return PhaseContacting, true
	case (p == 0 || p == PhaseContacting) && kind == KindDeclined:
		return PhaseDeclined, true
	case p == PhaseOpen && kind == KindAccepted:
		return PhaseAnswered, true
	case p == PhaseOpen && kind == KindCancelled:
		return PhaseCancelled, true
	case (p == PhaseOpen || p == PhaseContacting) && kind == KindExpired:
		return PhaseExpired, true
	case p == PhaseContacting && kind == KindFailed:
		return PhaseFailed, true
	case (p == PhaseAnswered || p == PhaseContacting) && kind == KindCompleted:
		return PhaseCompleted, true
	}
	return p, false
}
