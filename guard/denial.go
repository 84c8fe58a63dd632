package guard

import (
	"fmt"

	"github.com/aura-runtime/aura"
)

// Stage names a link of the guard chain. The numbers cross the wire: the list is append-only.
type Stage uint8

// The stages, in the order in which they are evaluated.
const (
	Capability Stage = 1
	Flow       Stage = 2
	Leak       Stage = 3
	Journal    Stage = 4
	Transport  Stage = 5
)

var stageNames = [...]string{
	Capability: "capability", Flow: "flow budget", Leak: "leakage budget", Journal: "journal", Transport: "transport",
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
	// NotGranted: the frontier does not contain the capability.
	NotGranted Reason = 1
	// MissingMetadata: something that the decision must know is not in the snapshot.
	MissingMetadata Reason = 2
	// Undefined: there is no budget for this peer or class of observer.
	Undefined Reason = 3
	// Short: the budget of this epoch does not suffice; it resets when the epoch turns.
	Short Reason = 4
	// TooLarge: no epoch's budget would suffice.
	TooLarge Reason = 5
	// Backlog: earlier facts still wait for this peer, and order is kept.
	Backlog Reason = 6
	// Malformed: the request contradicts itself.
	Malformed Reason = 7
	// ForeignNamespace: a fact belongs to neither the request's context nor its authority.
	ForeignNamespace Reason = 8
	// Uncoupled: an envelope rests on no fact.
	Uncoupled Reason = 9
	// Undecided: a retransmission of something that was never decided.
	Undecided Reason = 10
	// OtherRoot: the token was not issued by this authority.
	OtherRoot Reason = 11
	// Damaged: the token's blocks are not those that were signed, or not in their order.
	Damaged Reason = 12
	// Revoked: one of the token's blocks was revoked.
	Revoked Reason = 13
	// OtherHolder: the token was handed to somebody else.
	OtherHolder Reason = 14
	// Expired: it is not the time at which the token permits anything.
	Expired Reason = 15
	// TooBroad: a block of the token claims what only the first block can give.
	TooBroad Reason = 16
	// Undecidable: the token's rules cannot be evaluated within their limits.
	Undecidable Reason = 17
)

var reasonNames = [...]string{
	NotGranted: "not granted", MissingMetadata: "missing metadata", Undefined: "no budget is defined",
	Short: "used up for this epoch", TooLarge: "more than a whole epoch allows", Backlog: "earlier facts wait",
	Malformed: "malformed request", ForeignNamespace: "fact of a foreign namespace",
	Uncoupled: "no fact to send", Undecided: "never decided before",
	OtherRoot: "the token is of another authority", Damaged: "the token is damaged or put together anew",
	Revoked: "the token is revoked", OtherHolder: "the token is somebody else's",
	Expired: "the token is not valid now", TooBroad: "the token claims more than was granted",
	Undecidable: "the token cannot be evaluated",
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
	if d.Reason == Short || d.Reason == TooLarge {
		return fmt.Sprintf("%s: %s (needs %d, has %d)", d.Stage, d.Reason, d.Need, d.Have)
	}
	if d.Stage == Capability && d.Reason == NotGranted {
		return fmt.Sprintf("capability %q is %s", d.Capability, d.Reason)
	}
	if d.Stage == Capability && d.Reason != MissingMetadata {
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
