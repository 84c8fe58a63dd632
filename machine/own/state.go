package own

// State is where the ownership of a fragment is. The numbers are append-only.
//
//	unowned ─▶ claimed ─▶ running ─▶ delegating out ─▶ released
//	                         └─────▶ stopping ───────▶ stopped
//
// Every state may become failed. There are no other transitions: a fragment that was released, or handed over, has a
// new record, which begins as unowned.
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

// Terminal reports whether the record has no further owner.
func (s State) Terminal() bool { return s == StateReleased || s >= StateStopped }

// mayBecome is the transition table.
func (s State) mayBecome(next State) bool {
	switch next {
	case StateClaimed:
		return s == StateUnowned
	case StateRunning:
		return s == StateClaimed
	case StateDelegatingOut, StateStopping:
		return s == StateRunning
	case StateReleased:
		return s == StateDelegatingOut
	case StateStopped:
		return s == StateStopping
	case StateFailed:
		return s != StateFailed
	}
	return false
}
