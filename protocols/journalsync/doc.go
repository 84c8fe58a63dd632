// Code generated from the protocol sync.JournalSync by aura choreo. DO NOT EDIT.

// Package journalsync lets a role play its part in the protocol sync.JournalSync.
//
// Two devices of one account end with the same history.
//
// Facts only grow, so there is nothing to agree on: each side gets what it lacks. One side leads. It says
// how far it is, hands over what the other lacks, and asks for what it lacks itself, one stream after the
// other. The other side answers and keeps nothing in between, so a sync that was cut off goes on from the
// heads alone. Each batch is bounded and waits for the word that it is durable: a slow disk on one side is no
// growing queue on the other.
//
// Begin with the Start function of the role. The messages and their order are in journalsync.tell.
package journalsync
