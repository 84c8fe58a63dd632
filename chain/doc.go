// Package chain takes a request through the guard chain to a durable decision.
//
// What enters is a [guard.Request]. [Chain.Decide] reads the capability frontier, the headroom of the ledger, the
// time and a seed into a snapshot, lets [guard.Evaluate] decide over it, and gives the
// commands of an allowed outcome to an [interp.Interpreter]. What leaves is the result of the commit and a
// [Verdict] that a person can be shown. [Chain.DryRun] evaluates and stops there.
//
// A denied request has no effect: nothing is charged, written or sent. A request of another authority is refused
// as invalid. The executor refuses a decision whose headroom another writer changed in between; the chain
// prepares that one again, a bounded number of times.
//
// Decisions that run at once build on each other: an overlay of the ledger holds what the decisions in flight
// will have written, so that the next one is made on the state that it will be committed on.
//
// Start with [New] and [Chain.Decide].
package chain
