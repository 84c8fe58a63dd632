// Package invite says how two people who share one line of text become contacts.
//
// The inviter hands over a [Code] by any road: its secret is the pre-shared key of one channel, its keys say
// whom that channel must reach. Over it the accepter sends [Hello], the inviter replies [Answer], and both
// derive the same context from X25519 and ML-KEM-768 together, see [Derive]. The inviter is bound at Hello,
// durably, before it answers, and gives the same answer to the same Hello again; so a crash or a lost message
// at any moment ends in one contact on both sides or in none.
//
// Start with [New] on one side and [Parse] on the other. A code serves once, until it expires. A terminal
// phase never changes. Declining sends no message: an answer would only reveal who holds the code and where.
package invite
