// Code generated from the protocol delivery.Delivery by aura choreo. DO NOT EDIT.

// Package delivery lets a role play its part in the protocol delivery.Delivery.
//
// What passes over a link between two devices, in one direction.
//
// A link is two sessions of this protocol, one for each direction. In its hello a side says which facts of the
// other side it has, so that the other side goes on behind them. From then on the sender chooses what
// it says next, as long as the channel lasts. It does not wait for an answer, so many facts can be on
// their way at once.
//
// The braces say which capability pays for a message. A message without them is paid for already: facts by
// the decision that released them, whose receipt travels with them, and the word that they are
// stored by that receipt.
//
// Begin with the Start function of the role. The messages and their order are in delivery.tell.
package delivery
