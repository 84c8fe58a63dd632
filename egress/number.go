package egress

// The numbers of the messages of a secure channel in a shared context: the first byte of each. They cross
// the wire: the list is append-only, and a number that is not known is skipped, so that a newer peer can say
// more.
const (
	NumberHello        = 1
	NumberDeliver      = 2
	NumberAck          = 3
	NumberAddresses    = 4
	NumberSeek         = 5
	NumberIntroduction = 6
	NumberPlaces       = 7
)
