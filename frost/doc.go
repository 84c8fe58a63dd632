// Package frost signs with a key that several people hold together: FROST(Ed25519, SHA-512) of RFC 9591. Of n people who
// hold shares any t make a signature in two rounds; fewer learn nothing of the key. The signature is one of Ed25519 and is checked
// by crypto/ed25519, as one that a single person made.
//
// A key begins with [Deal], by one who has the whole of it for a moment (RFC 9591, appendix C), or with [Generate], in which no
// one ever has it (Komlo and Goldberg 2020, figure 1). A signature goes:
//
//	nonces, commitment, err := share.Commit(entropy)     // each signer, once for each signature
//	part, err := nonces.Sign(message, commitments)       // each signer, with the commitments of all
//	signature, err := group.Aggregate(message, commitments, parts)
//
// A [Nonces] signs once. It has no encoding on purpose: nonces that come back from a disk and sign two messages give the share away.
//
// The package is pure: randomness is passed in, nothing waits. Secrets meet constant-time arithmetic only (filippo.io/edwards25519).
package frost
