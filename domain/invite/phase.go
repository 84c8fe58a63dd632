package invite

import "strconv"

// Phase is where an invitation stands. The numbers are shown to frontends: append only.
type Phase uint8

// The phases. The terminal ones, from Completed on, never change.
const (
	// Open: the inviter handed the code out and waits.
	Open Phase = 1
	// Contacting: the accepter tries to reach the inviter.
	Contacting Phase = 2
	// Answered: the inviter took a Hello and is bound; the accepter may not know yet.
	Answered Phase = 3
	// Complete: the contact exists.
	Complete Phase = 4
	// Cancelled: the inviter took it back in time.
	Cancelled Phase = 5
	// TurnedDown: the receiver declined, turned it down.
	TurnedDown Phase = 6
	// Broken: the exchange could not succeed.
	Broken Phase = 7
	// Expired: its time passed.
	Expired Phase = 8
)

// Terminal reports whether the phase never changes again.
func (p Phase) Terminal() bool { return p >= Complete }

// String returns the phase in plain words.
func (p Phase) String() string {
	switch p {
	case Open:
		return "open"
	case Contacting:
		return "accepting"
	case Answered:
		return "accepted"
	case Complete:
		return "completed"
	case Cancelled:
		return "cancelled"
	case TurnedDown:
		return "declined"
	case Broken:
		return "failed"
	case Expired:
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
		return Open, true
	case p == 0 && kind == KindAccepting:
		return Contacting, true
	case (p == 0 || p == Contacting) && kind == KindDeclined:
		return TurnedDown, true
	case p == Open && kind == KindAccepted:
		return Answered, true
	case p == Open && kind == KindCancelled:
		return Cancelled, true
	case (p == Open || p == Contacting) && kind == KindExpired:
		return Expired, true
	case p == Contacting && kind == KindFailed:
		return Broken, true
	case (p == Answered || p == Contacting) && kind == KindCompleted:
		return Complete, true
	}
	return p, false
}
