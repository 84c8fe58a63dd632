// Package keyring keeps a device's keys: sealed at rest, in memory while the agent runs. Nothing else in
// Aura holds a private key, and ring 1 never sees one.
//
// Start with [Create] for a new device and [Open] for one that exists. The keys live in one file, sealed
// under a file key, which a [Protector] seals in turn: a key file, a passphrase or the operating system's
// keyring. The file alone is worthless; a lost protector means lost keys, but for the
// root key, which [Ring.Phrase] gives as words for paper.
//
// [KEM] is the key agreement that binds a new shared context to both X25519 and ML-KEM-768.
package keyring
