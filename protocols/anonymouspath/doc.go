// Code generated from the protocol path.AnonymousPath by aura choreo. DO NOT EDIT.

// Package anonymouspath lets a role play its part in the protocol path.AnonymousPath.
//
// One hop of an anonymous path is established.
//
// Only the initiator may know the whole path, so no session may span it. Each hop has a session
// of its own, and the session with a hop runs inside the tunnel of the hops before it: the hop sees
// only whom the tunnel comes out at.
//
// Begin with the Start function of the role. The messages and their order are in anonymouspath.tell.
package anonymouspath
