// Code generated from the protocol recovery.GuardianCeremony by aura choreo. DO NOT EDIT.

// Package guardianceremony lets a role play its part in the protocol recovery.GuardianCeremony.
//
// Guardians receive their shares of an account's recovery key, all of them or none.
//
// A guardian who declines does not stop the ceremony by staying silent: it says so, and the initiator
// decides for all. Shares that were sent before a cancelled end are worthless, since no guardian
// uses a share for which it never got the word to keep it.
//
// Begin with the Start function of the role. The messages and their order are in guardianceremony.tell.
package guardianceremony
