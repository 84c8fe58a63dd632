// Code generated from the protocol chat.ContactMessage by aura choreo. DO NOT EDIT.

// Package contactmessage lets a role play its part in the protocol chat.ContactMessage.
//
// One message to a contact, and the word that it is safe.
//
// The smallest protocol of Aura, and the one to read first: two roles, two messages. The braces
// before an arrow hold the demands of the sender's guard before the message may leave: a
// capability, a charge against the flow budget that both contacts share, and the facts that are
// journalled with it. Nothing is sent that was not charged and committed first.
//
// Begin with the Start function of the role. The messages and their order are in contactmessage.tell.
package contactmessage
