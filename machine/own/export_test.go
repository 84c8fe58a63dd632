package own

// MayBecome shows the transition table to the tests.
func MayBecome(from, to State) bool { return from.mayBecome(to) }
