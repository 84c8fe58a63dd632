// Code generated from the protocol move.MoveReceipt by aura choreo. DO NOT EDIT.

// Package movereceipt lets a role play its part in the protocol move.MoveReceipt.
//
// A relay answers for an envelope that it took over.
//
// The receipt travels on a reply block in an envelope like any other, so it cannot be told from the
// traffic that it accounts for. The origin counts receipts to learn which relays are healthy.
//
// Begin with the Start function of the role. The messages and their order are in movereceipt.tell.
package movereceipt
