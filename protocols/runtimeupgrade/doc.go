// Code generated from the protocol upgrade.RuntimeUpgrade by aura choreo. DO NOT EDIT.

// Package runtimeupgrade lets a role play its part in the protocol upgrade.RuntimeUpgrade.
//
// The devices of an account change to a new version of a protocol together.
//
// Old and new must not meet in one session. So every device first says whether it could change, the
// coordinator decides once, and each device reports that it has changed. The evidence required is
// that of a reconfiguration: projecting after the change equals changing the projections.
//
// Begin with the Start function of the role. The messages and their order are in runtimeupgrade.tell.
package runtimeupgrade
