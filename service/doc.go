// Package service waits for the intents of users: one supervised actor for each domain, and one for
// maintenance. An intent enters, a pure handler of its domain turns it into a request, the room of package
// interp decides and carries it out, and facts come out of the journal at the other end. Peers are told by
// package replica. A service refuses an intent of a kind that it does not take.
//
// Start with [Env], which holds what every service works with, and [Chat], the shortest road.
package service
