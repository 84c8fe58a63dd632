// Package fact defines immutable facts with their canonical bytes, identity and proofs, the
// ledger entries that travel beside them, and the registry that knows their kinds.
//
// What enters is a [Draft], proposed by a handler; what leaves is a [Record], a fact with its place and
// its [Proof]. A fact's identity is the SHA-256 of its canonical CBOR without the proof, so that two
// devices that hold the same fact agree on its name, whichever device proved it. Decoders refuse anything that
// is not the one canonical encoding. The package is pure: it verifies and never signs.
//
// Start with [Fact.Encode], [Decode] and [Registry].
package fact
