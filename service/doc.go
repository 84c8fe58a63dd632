// Package service waits for things: one supervised actor a file. An intent enters, a pure handler of its
// domain turns it into a request, the room of package interp decides and carries it out, and facts come
// out of the journal at the other end.
//
// Start with [Desk], which holds what every service works with, and [Chat], the shortest road. [Sync]
// keeps the links to peers and moves facts over them. A service owns its mutable state; what several of
// them need to know about people and contexts is in the [Book], folded from the journal.
package service
