// Package guard decides whether a request may proceed and what must then happen.
//
// Start with [Evaluate]. It never waits, writes, draws randomness or reads a clock: all that it may
// know is in the [Snapshot], and all that it wants done is in the [Outcome], as commands that package
// interp carries out. The same snapshot and request give the same outcome, byte for byte.
//
// Five stages follow each other in a fixed order, and the first that refuses ends the evaluation:
//
//  1. capability: the evaluated frontier must contain the capability that the operation requires, and the metadata
//     that the request needs must be there;
//  2. flow: the amount spent plus the cost must fit the limit for (context, peer, epoch);
//  3. leakage: the bits told to each class of observer must fit its budget; an undefined budget denies;
//  4. journal: an envelope must rest on facts that are durable before anything is observable, or, for a message of a
//     session, on those that its site names;
//  5. transport: only now are the commands written.
//
// The [Form] of a send decides which budget pays for it and which facts it must rest on.
//
// A denied outcome carries a typed [Denial] and no command at all: nothing is charged, written or sent.
//
// The package also holds the pure rules around a decision: limits and epochs ([Policy], [HeadroomOf],
// [LeakViewOf]), the version check that a commit repeats ([ChargeHolds], [LeakHolds]) and what it writes
// ([Charged], [Leaked]), the cost of bytes ([CostOf]) and the chain of receipts that the next hop verifies ([ReceiptChain]).
package guard
