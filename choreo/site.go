package choreo

// SiteID refers to a [Site] of the [Instance] that a type was made by; 0 refers to none.
type SiteID int32

// Site holds the demands of a send's annotations and guard. Sends with equal demands share one.
type Site struct {
	// Requirements are checked and charged before the message leaves, in the order written.
	Requirements []Requirement
	// Guard is the condition of a branch that the host must find true before it chooses it; nil is none.
	Guard *Guard
	// Parallel is a hint: the messages of one fan-out may be sent, and those of one fan-in received, in
	// any order.
	Parallel bool
}

// Guard is the condition of one branch of a choice. The host evaluates it.
type Guard struct {
	// Predicate is the text between the parentheses of "when (…)"; "" if the guard asks for evidence.
	Predicate string
	// Check is the operation "Interface.operation" of "when check …", and Args the text of its arguments.
	Check, Args string
	// Witness is the name that the evidence is bound to and that taking the branch consumes.
	Witness string
}
