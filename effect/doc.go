// Package effect holds effects as data: the six commands that a guard's outcome consists of,
// and the results of carrying them out.
//
// A guard writes a list of [Command]; the interpreter, the one room with hands, carries it out and answers
// with a [Result]. The order within a decision is partial: charges, leakage, metadata and facts are one
// commit, envelopes follow that commit, and nothing else is ordered. A [Receipt] shows the next hop that a send was paid for.
// The package is pure.
package effect
