// Code generated from the protocol invitation.Enrolment by aura choreo. DO NOT EDIT.

// Package enrolment lets a role play its part in the protocol invitation.Enrolment.
//
// A new device joins an account.
//
// The sponsor is a device that the account already has, with the root key. A line of text that the
// sponsor printed holds the key of one channel, and this protocol runs on that channel. The sponsor lends
// no key of its own: the new device makes its keys itself, shows the public halves and proves that it
// holds the private ones. What it receives is an entry of the roster that lists it.
//
// Begin with the Start function of the role. The messages and their order are in enrolment.tell.
package enrolment
