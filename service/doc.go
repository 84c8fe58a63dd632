// Package service waits for the intents of users: one supervised actor for the [Module] of each domain, and one for
// maintenance. An intent enters, the domain's pure plan turns it into a request, package chain decides, package interp
// carries it out, and facts come out of the journal at the other end. Peers are told by package replica. A service
// refuses an intent of a kind that it does not take.
//
// Start with [Env], which holds what every service works with, and [NewModule], the road of every intent. [Invite] and
// [Tokens] host the operations that need keys or the other side.
package service
