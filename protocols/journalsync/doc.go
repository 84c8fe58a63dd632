// Code generated from the protocol sync.JournalSync by aura choreo. DO NOT EDIT.

// Package journalsync lets a role play its part in the protocol sync.JournalSync.
//
// Two journals that met before find out what each lacks.
//
// Facts only grow, so there is nothing to agree on: both say how far they are, then each sends what
// the other does not have. A loop is decided by the role that knows when it is over, and costs one
// extra message at its end, Done, by which the other learns it too.
//
// Begin with the Start function of the role. The messages and their order are in journalsync.tell.
package journalsync
