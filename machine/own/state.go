package own

// State is where the ownership of a session is. The numbers are append-only.
type State uint8

// The states and what may follow them: unowned → claimed → running → delegating out → released, running →
// stopping → stopped, and anything → failed. A session that ends while nobody owns it stops too.
const (
	Unowned       State = 0
	Claimed       State = 1
	Running       State = 2
	DelegatingOut State = 3
	Released      State = 4
	Stopping      State = 5
	Stopped       State = 6
	Failed        State = 7
)

func (s State) String() string {
	return word([]string{"unowned", "claimed", "running", "delegating out", "released", "stopping", "stopped", "failed"}, uint8(s))
}

// Terminal reports whether the session has no further owner.
func (s State) Terminal() bool { return s == Stopped || s == Failed }

// mayBecome is the transition table.
func (s State) mayBecome(next State) bool {
	if next == Failed {
		return !s.Terminal()
	}
	switch s {
	case Unowned, Released:
		return next == Claimed || next == Stopping
	case Claimed:
		return next == Running || next == Released || next == Stopping
	case Running:
		return next == DelegatingOut || next == Released || next == Stopping
	case DelegatingOut:
		// A committed transfer releases, and the new owner claims; one rolled back goes on as before.
		return next == Released || next == Running
	case Stopping:
		return next == Stopped
	}
	return false
}
