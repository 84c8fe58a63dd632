// Code generated from the protocol hold.HoldDeposit by aura choreo. DO NOT EDIT.

// Package holddeposit lets a role play its part in the protocol hold.HoldDeposit.
//
// A depositor leaves an object with a holder for an absent peer.
//
// The depositor encloses a reply block: a road back that serves once and that the holder cannot read.
// Both answers take that road, so the holder learns neither who asked nor where the answer went.
//
// Begin with the Start function of the role. The messages and their order are in holddeposit.tell.
package holddeposit
