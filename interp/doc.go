// Package interp turns the commands of decisions into effects: durable facts, charges and receipts first, then
// the release of envelopes.
//
// What enters is a [Decision], an allowed outcome of the guard. What leaves is its [effect.Result], once the facts
// are durable; the envelopes were handed to the [Sender] by then. All charges, leakage, metadata and facts of a
// decision are one atomic commit, and its envelopes follow that commit. Nothing else is ordered, so decisions that
// wait together share a commit and, per peer, a receipt.
//
// A decision about a message of a session has a key. Its result is kept in the commit, so that a second decision with the
// key, see [Interpreter.Decided], charges nothing.
//
// It refuses malformed commands, facts that do not check, and a decision whose headroom another writer has changed
// since: nothing of such a decision happens.
//
// There are two interpreters: [Production] commits to the journal, [Simulation] keeps a ledger in memory and records
// what would have happened. Start with [NewProduction]; package chain calls [Interpreter.Execute].
package interp
