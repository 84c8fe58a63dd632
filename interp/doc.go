// Package interp is the one room that turns commands into effects. A request enters, durable facts,
// charges and receipts come out, and only then are envelopes released; a denied request leaves no trace.
//
// Start with [Room.Decide]: it prepares a snapshot from the journal's ledger, lets package guard evaluate
// it, and gives the commands of an allowed outcome to an [Interpreter]. There are two: [Production]
// commits to the journal and hands envelopes to the sender, [Simulation] keeps its own ledger in memory
// and records what would have happened.
//
// All charges, leakage, metadata and facts of a decision are one atomic commit. Its envelopes follow that
// commit. Nothing else is ordered, so decisions that wait together share a commit and, per peer, a
// receipt. A commit refuses a decision whose headroom somebody else has changed since; the room prepares
// that one again, a bounded number of times.
package interp
