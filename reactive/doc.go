// Package reactive turns committed facts into the snapshots that a screen shows.
//
// Facts and observations enter through [Scheduler.Offer]. They are gathered for at most a few
// milliseconds; then every [View] that they touch runs once, in the order of its dependencies, and
// the snapshots of all of them become visible together, as one [Frame] of the [Hub]. A [Timed] view also
// runs when its instant comes. What leaves are
// [Signal] snapshots for subscribers and, through a [Feed], the batches themselves for watchers.
//
// A subscriber can never slow a publisher: one that lags loses the values in between, learns that it did,
// and continues with the newest. Subscribing to an unregistered signal is an error at
// once. Nothing here writes a fact: [Unified] commits only through the committer that the agent
// gives it, which is the guard chain.
//
// Start with [NewHub], [Register] and [NewScheduler].
package reactive
