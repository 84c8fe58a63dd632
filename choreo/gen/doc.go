// Package gen writes Go for a protocol: for each role an endpoint whose types are the states of the role.
//
// Start with [Go]. In the code that it writes, a state has a method for each message that the role may
// send or receive there and no others, so a wrong message does not compile. A method returns the next
// state; using a state a second time returns aura.Stale. A receive of several messages returns an
// interface that a type switch takes apart. The endpoint drives a port: an interface with a Send and a
// Receive, which the runtime implements, and each method takes the context of its caller first. A payload is bytes, or the Go
// type that a domain registered for it: [Options].Types. [Doc] writes the comment of a package that holds one protocol.
//
// What enters is an instance of a protocol, so the sizes of its families are fixed in the code. What
// leaves is formatted source, the same bytes for the same protocol. The package writes no files.
package gen
