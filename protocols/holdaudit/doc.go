// Code generated from the protocol hold.HoldAudit by aura choreo. DO NOT EDIT.

// Package holdaudit lets a role play its part in the protocol hold.HoldAudit.
//
// A holder shows that it still has what it promised to keep.
//
// The challenge names an object and a fresh number; only who has every byte can answer. The audit is
// local knowledge of the auditor: it moves the holder's score there and is published nowhere.
//
// Begin with the Start function of the role. The messages and their order are in holdaudit.tell.
package holdaudit
