// Code generated from the protocol invitation.Enrolment by aura choreo. DO NOT EDIT.

// Package enrolment lets a role play its part in the protocol invitation.Enrolment.
//
// A new device joins an account.
//
// The sponsor is a device that the account already has. It lends nothing of its own: the new device
// makes its keys itself and only shows the public halves, and what it receives is a certificate that
// the account's other devices will accept. The link annotation puts the sponsor's part in a bundle of
// its own, so that moving the account's sessions to the new device is a step with an owner and a
// witness and not a copy.
//
// Begin with the Start function of the role. The messages and their order are in enrolment.tell.
package enrolment
