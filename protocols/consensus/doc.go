// Code generated from the protocol consensus.Consensus by aura choreo. DO NOT EDIT.

// Package consensus lets a role play its part in the protocol consensus.Consensus.
//
// Witnesses agree on one operation and sign it together.
//
// Two rounds: first every witness commits to a nonce, then, knowing all commitments, it signs its share. A
// witness that has signed another operation over the same state says so in place of a commitment or a share.
// The requirement names evidence that the runtime must hold before it admits the protocol: this is one of
// the few that may run its roles side by side, and only inside the envelope that the evidence covers.
//
// Begin with the Start function of the role. The messages and their order are in consensus.tell.
package consensus
