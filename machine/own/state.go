package own

// State is where the ownership of a session is. The numbers are append-only.
//
//	unowned ────────▶ claimed, stopping
//	claimed ────────▶ running, released, stopping
//	running ────────▶ delegating out, released, stopping
//	delegating out ─▶ released (committed), running (rolled back)
//	released ───────▶ claimed, stopping
//	stopping ───────▶ stopped
//
// Every state but stopped may become failed; stopped and failed are final.
type State uint8

// The states.
const (
	StateUnowned       State = 0
	StateClaimed       State = 1
	StateRunning       State = 2
	StateDelegatingOut State = 3
	StateReleased      State = 4
	StateStopping      State = 5
	StateStopped       State = 6
	StateFailed        State = 7
)

func (s State) String() string {
	return word([]string{"unowned", "claimed", "running", "delegating out", "released", "stopping", "stopped", "failed"}, uint8(s))
}

// Terminal reports whether the session has no further owner.
func (s State) Terminal() bool { return s == StateStopped || s == StateFailed }

// mayBecome is the transition table.
func (s State) mayBecome(next State) bool {
	if next == StateFailed {
		return !s.Terminal()
	}
	switch s {
	case StateUnowned, StateReleased:
		return next == StateClaimed || next == StateStopping
	case StateClaimed:
		return next == StateRunning || next == StateReleased || next == StateStopping
	case StateRunning:
		return next == StateDelegatingOut || next == StateReleased || next == StateStopping
	case StateDelegatingOut:
		// A committed transfer releases, and the new owner claims; one rolled back goes on as before.
		return next == StateReleased || next == StateRunning
	case StateStopping:
		return next == StateStopped
	}
	return false
}
