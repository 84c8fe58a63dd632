// Package journal keeps facts: sealed, durable before anything is visible, in order.
//
// What enters is an [Entry], one decision: drafts of own facts, records received from others, ledger entries, metadata and
// entries of logs. One writer task gathers the entries of concurrent calls of [Journal.Append], checks each against the state
// that the ones before it leave, lets a [Committer] add the common part of its entries, signs one batch proof for all own
// facts, and applies them in one atomic, synced batch. Then it calls the committers, then the sinks, in the order of positions,
// and then the callers get their records. What leaves are records: by position, namespace, kind, author or identity.
//
// The journal refuses a received fact with a gap before it, another fact in a place that is taken, an
// entry whose expectation no longer holds, a wrong key and damaged bytes. It does not verify proofs: the
// receiver does. A failed or full disk fails the appends it hits; reading goes on, and nothing that was
// acknowledged is lost.
//
// Beside the facts a journal keeps the ledger, metadata and device-local logs, see [Log], in the same commits. None of them is
// ever sent.
//
// Facts are found through indexes of namespaces, kinds and streams, in which each group commit writes one entry.
//
// Below it is a [Store]: [OpenPebble] on a disk, [NewFaulty] in a simulation. Content, names and
// identities are sealed or keyed hashes; a thief of the disk sees counts and sizes only.
//
// Start with [Open].
package journal
