package guard

import (
	"fmt"

	"github.com/aura-runtime/aura"
)

// Stage names a link of the guard chain. The numbers cross the wire: the list is append-only.
type Stage uint8

// The stages, in the order in which they are evaluated.
const (
	StageCapability Stage = 1
	StageFlow       Stage = 2
	StageLeak       Stage = 3
	StageJournal    Stage = 4
	StageTransport  Stage = 5
)

var stageNames = [...]string{
	StageCapability: "capability", StageFlow: "flow budget", StageLeak: "leakage budget", StageJournal: "journal", StageTransport: "transport",
}

// String returns the stage in plain words.
func (s Stage) String() string {
	if int(s) < len(stageNames) && stageNames[s] != "" {
		return stageNames[s]
	}
	return fmt.Sprintf("stage %d", uint8(s))
}

// Reason says why a stage refused. The numbers cross the wire: the list is append-only.
type Reason uint8

// The reasons.
const (
	// ReasonNotGranted: the frontier does not contain the capability.
	ReasonNotGranted Reason = 1
	// ReasonMissingMetadata: something that the decision must know is not in the snapshot.
	ReasonMissingMetadata Reason = 2
	// ReasonUndefined: there is no budget for this peer or class of observer.
	ReasonUndefined Reason = 3
	// ReasonShort: the budget of this epoch does not suffice; it resets when the epoch turns.
	ReasonShort Reason = 4
	// ReasonTooLarge: no epoch's budget would suffice.
	ReasonTooLarge Reason = 5
	// ReasonBacklog: earlier facts still wait for this peer, and order is kept.
	ReasonBacklog Reason = 6
	// ReasonMalformed: the request contradicts itself.
	ReasonMalformed Reason = 7
	// ReasonForeignNamespace: a fact belongs to neither the request's context nor its authority.
	ReasonForeignNamespace Reason = 8
	// ReasonUncoupled: an envelope rests on no fact, or not on those that a session's site names.
	ReasonUncoupled Reason = 9
	// ReasonUndecided: a retransmission of something that was never decided.
	ReasonUndecided Reason = 10
	// ReasonOtherRoot: the token was not issued by this authority.
	ReasonOtherRoot Reason = 11
	// ReasonDamaged: the token's blocks are not those that were signed, or not in their order.
	ReasonDamaged Reason = 12
	// ReasonRevoked: one of the token's blocks was revoked.
	ReasonRevoked Reason = 13
	// ReasonOtherHolder: the token was handed to another holder.
	ReasonOtherHolder Reason = 14
	// ReasonExpired: it is not the time at which the token permits anything.
	ReasonExpired Reason = 15
	// ReasonTooBroad: a block of the token claims a right that only the first block can give.
	ReasonTooBroad Reason = 16
	// ReasonUndecidable: the token's rules cannot be evaluated within their limits.
	ReasonUndecidable Reason = 17
	// ReasonUnknownForm: a send of a form that this guard does not know.
	ReasonUnknownForm Reason = 18
	// ReasonUnshared: the device has no share of the budgets in this epoch. One that was added gets it with the next at the
	// latest.
	ReasonUnshared Reason = 19
)

var reasonNames = [...]string{
	ReasonNotGranted: "not granted", ReasonMissingMetadata: "missing metadata", ReasonUndefined: "no budget is defined",
	ReasonShort: "used up for this epoch", ReasonTooLarge: "more than a whole epoch allows", ReasonBacklog: "earlier facts wait",
	ReasonMalformed: "malformed request", ReasonForeignNamespace: "fact of a foreign namespace",
	ReasonUncoupled: "no fact to send", ReasonUndecided: "never decided before",
	ReasonOtherRoot: "the token is of another authority", ReasonDamaged: "the token is damaged or put together anew",
	ReasonRevoked: "the token is revoked", ReasonOtherHolder: "the token belongs to another holder",
	ReasonExpired: "the token is not valid now", ReasonTooBroad: "the token claims more than was granted",
	ReasonUndecidable: "the token cannot be evaluated", ReasonUnknownForm: "unknown form of a send",
	ReasonUnshared: "this device has no share of it in this epoch",
}

// String returns the reason in plain words.
func (r Reason) String() string {
	if int(r) < len(reasonNames) && reasonNames[r] != "" {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Denial says which stage refused and why. The zero value is no denial.
type Denial struct {
	Stage      Stage
	Reason     Reason
	Capability string           // the name that was asked for
	Peer       aura.AuthorityID // the recipient concerned; zero: all or none
	Need, Have uint64           // units or bits, when a budget refused
}

// Error returns the denial in plain words, without naming the peer.
func (d *Denial) Error() string {
	if d.Reason == ReasonShort || d.Reason == ReasonTooLarge {
		return fmt.Sprintf("%s: %s (needs %d, has %d)", d.Stage, d.Reason, d.Need, d.Have)
	}
	if d.Stage == StageCapability && d.Reason == ReasonNotGranted {
		return fmt.Sprintf("capability %q is %s", d.Capability, d.Reason)
	}
	if d.Stage == StageCapability && d.Reason != ReasonMissingMetadata {
		return fmt.Sprintf("capability %q is not granted: %s", d.Capability, d.Reason)
	}
	return fmt.Sprintf("%s: %s", d.Stage, d.Reason)
}

// Err returns nil for no denial, else an [aura.Error] of kind [aura.Denied] whose cause is a *Denial of
// the caller's own, for errors.As.
func (d Denial) Err() error {
	if d.Stage == 0 {
		return nil
	}
	return &aura.Error{Op: "guard.Evaluate", Kind: aura.Denied, Err: &d}
}
