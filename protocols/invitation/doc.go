// Code generated from the protocol invitation.Invitation by aura choreo. DO NOT EDIT.

// Package invitation lets a role play its part in the protocol invitation.Invitation.
//
// Two people who share one line of text become contacts.
//
// The invitation itself travels by any road that people use. It holds the key of one channel, and this
// protocol runs on that channel: both sides show who they are, both derive the context that they
// will share, and neither keeps a contact that the other does not have.
//
// Begin with the Start function of the role. The messages and their order are in invitation.tell.
package invitation
