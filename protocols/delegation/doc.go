// Code generated from the protocol session.Delegation by aura choreo. DO NOT EDIT.

// Package delegation lets a role play its part in the protocol session.Delegation.
//
// A session goes from one device of an account to another one.
//
// At any time one of the two may act on it. The source stops first, and offers the session: which one, all of it
// or a part, by which rule of its protocol, and the move of the role, signed as an offer. The target asks for the
// recording piece by piece, so its memory is bounded and a slow disk holds nothing up. What it takes in does not
// act. The source's commit gives the session away; it goes with the word that says so, in one batch. A target
// that has not seen it does nothing, and a source that never hears from the target goes on.
//
// Begin with the Start function of the role. The messages and their order are in delegation.tell.
package delegation
