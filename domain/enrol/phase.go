package enrol

import "strconv"

// Phase is where an enrolment stands. The numbers are shown to frontends: append only.
//
//	offered ──▶ claimed ──▶ confirmed ──▶ listed ──▶ joined
//	   └───────────┴────────────┴───────────┴──────▶ ended
//
// The arrows are facts; [State] moves by no others.
type Phase uint8

// The phases. The terminal ones, from PhaseJoined on, never change.
const (
	// PhaseOffered: the code is handed out and waits for a device.
	PhaseOffered Phase = 1
	// PhaseClaimed: a device showed its keys, and the person has to compare the digits.
	PhaseClaimed Phase = 2
	// PhaseConfirmed: the person has.
	PhaseConfirmed Phase = 3
	// PhaseListed: the account lists the device, which may not know yet.
	PhaseListed Phase = 4
	// PhaseJoined: the device has begun.
	PhaseJoined Phase = 5
	// PhaseEnded: the device does not join.
	PhaseEnded Phase = 6
)

// Terminal reports whether the phase never changes again.
func (p Phase) Terminal() bool { return p >= PhaseJoined }

// String returns the phase in plain words.
func (p Phase) String() string {
	switch p {
	case PhaseOffered:
		return "offered"
	case PhaseClaimed:
		return "claimed"
	case PhaseConfirmed:
		return "confirmed"
	case PhaseListed:
		return "listed"
	case PhaseJoined:
		return "joined"
	case PhaseEnded:
		return "ended"
	}
	return "phase " + strconv.Itoa(int(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// next returns the phase after a fact of a kind, and false when the fact comes too late or makes no sense. It
// is the only place that knows the transitions; 0 is before the first fact.
func next(p Phase, kind string) (Phase, bool) {
	switch {
	case p == 0 && kind == KindOffered:
		return PhaseOffered, true
	case p == PhaseOffered && kind == KindClaimed:
		return PhaseClaimed, true
	case p == PhaseClaimed && kind == KindConfirmed:
		return PhaseConfirmed, true
	case p == PhaseConfirmed && kind == KindListed:
		return PhaseListed, true
	case p == PhaseListed && (kind == KindCompleted || kind == KindJoined):
		return PhaseJoined, true
	case p != 0 && !p.Terminal() && kind == KindEnded:
		return PhaseEnded, true
	}
	return p, false
}
