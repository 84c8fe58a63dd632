package egress

// The numbers of the messages of a secure channel in a shared context: the first byte of each. They cross
// the wire: the list is append-only. A receiver skips a message whose number it does not know, so that a newer peer can
// say more; no exchange of facts may depend on the answer to such a message. See decision 32.
const (
	NumberHello        = 1
	NumberDeliver      = 2
	NumberAck          = 3
	NumberAddresses    = 4
	NumberSeek         = 5
	NumberIntroduction = 6
	NumberPlaces       = 7
	NumberEvidence     = 8
)

// The numbers of the frames of sessions.
const (
	NumberGreeting     = 11
	NumberMessage      = 12
	NumberConfirmation = 13
	NumberRefusal      = 14
)

// IsFrame reports whether a number is that of a frame of sessions.
func IsFrame(number byte) bool { return number >= NumberGreeting && number <= NumberRefusal }

// The numbers that are promised to messages to come. [Post] sends none of them. The build that sends one gives it
// the prefix Number, a row in the table and no other number.
const (
	ReservedRekey   = 9  // the offer of a new secret of a link
	ReservedRekeyed = 10 // its answer
	ReservedFrames  = 15 // the next frame of sessions, which take the numbers from here on
)
