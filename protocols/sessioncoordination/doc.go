// Code generated from the protocol session.SessionCoordination by aura choreo. DO NOT EDIT.

// Package sessioncoordination lets a role play its part in the protocol session.SessionCoordination.
//
// A session with several participants begins for all of them, or for none, and ends for all.
//
// Participant[N] is a family of roles: its size is a number that admission binds before the session
// starts. A star means every member, in order; "parallel : true" says that the order does not matter,
// so the coordinator may ask all at once and take the answers as they come. The agent that wants the session
// plays the coordinator; it may take part in the session itself, beside the participants.
//
// Begin with the Start function of the role. The messages and their order are in sessioncoordination.tell.
package sessioncoordination
