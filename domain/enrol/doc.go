// Package enrol says how a new device joins an account that has a device already.
//
// The sponsor, a device with the root key, hands over a [Code] by any road: a line of text whose secret is the pre-shared
// key of one channel and whose keys pin the sponsor. Over it both play the protocol Enrolment: [Offer], [Keys] with a proof that
// the new device holds them, [Compare] with what the six digits on both screens follow from, [Listing] with the signed entry of the
// roster, then pieces of what the account knows, and at last the new device says that it has joined.
//
// The first device that shows keys is the only one that a code serves. The sponsor lists nothing before its person has confirmed
// the digits, and sends an entry only when it is durable. So a crash leaves no entry, or one whose device goes on where it
// stood, or is removed.
//
// Start with [New] on one side and [Parse] on the other.
package enrol
