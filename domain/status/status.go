package status

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Question is the kind of the question that a [Status] answers. It has no payload.
const Question = "agent.status"

// Status is the status of an agent.
type Status struct {
	Authority aura.AuthorityID `cbor:"1,keyasint" json:"authority"`
	Device    aura.DeviceID    `cbor:"2,keyasint" json:"device"`
	Version   string           `cbor:"3,keyasint,omitempty" json:"version,omitempty"`
	Started   aura.Instant     `cbor:"4,keyasint,omitempty" json:"started"`            // the agent's clock
	Facts     fact.Position    `cbor:"5,keyasint,omitempty" json:"facts"`              // the journal's head
	Addresses []string         `cbor:"6,keyasint,omitempty" json:"addresses"`          // where it listens
	Services  []Service        `cbor:"7,keyasint,omitempty" json:"services,omitempty"` // in start order
	// Quarantined is facts that are stored and that this build cannot show: a fold panicked on them.
	Quarantined []Quarantined `cbor:"8,keyasint,omitempty" json:"quarantined,omitempty"`
	// Branches are the devices of which copies wrote: that of the agent first, then those of peers.
	Branches []Branches `cbor:"9,keyasint,omitempty" json:"branches,omitempty"`
	// RanTwice is when the agent saw last that another copy of its home had run beside it; zero: not since it started.
	RanTwice aura.Instant `cbor:"10,keyasint,omitempty" json:"ran_twice,omitzero"`
	// Logs are the device-local logs, those of one use together, by name.
	Logs []Logs `cbor:"11,keyasint,omitempty" json:"logs,omitempty"`
	// Withheld are capabilities that this build needs and that the account never permitted itself, while the root key, which
	// alone can permit them, is not on this device: ascending.
	Withheld []string `cbor:"12,keyasint,omitempty" json:"withheld,omitempty"`
	// Damaged is why recordings of sessions were given up when the agent started.
	Damaged []string `cbor:"13,keyasint,omitempty" json:"damaged,omitempty"`
	// Suspended is why sessions wait that began with a protocol, or a version of one, which the agent does not have: of each what it lacks.
	Suspended []string `cbor:"14,keyasint,omitempty" json:"suspended,omitempty"`
	// Fallbacks is of which protocols sessions begin in another version than that of their last upgrade, which the agent does not have.
	Fallbacks []string `cbor:"15,keyasint,omitempty" json:"fallbacks,omitempty"`
	// Removed says that the account removed this device.
	Removed bool `cbor:"16,keyasint,omitempty" json:"removed,omitempty"`
}

// Logs are the device-local logs of one use. Their entries stay on this device.
type Logs struct {
	Name    string `cbor:"1,keyasint" json:"name"`
	Logs    int    `cbor:"2,keyasint" json:"logs"`
	Entries uint64 `cbor:"3,keyasint,omitempty" json:"entries"`
	Bytes   uint64 `cbor:"4,keyasint,omitempty" json:"bytes"` // that the entries take in the store, about
}

// Quarantined is a fact that a fold could not take, see [fact.Quarantine].
type Quarantined struct {
	Fact   aura.FactID      `cbor:"1,keyasint" json:"fact"`
	Kind   string           `cbor:"2,keyasint" json:"kind"`
	Author aura.AuthorityID `cbor:"3,keyasint" json:"author"`
	Fold   string           `cbor:"4,keyasint" json:"fold"`
}

// Service is the state of one service of the agent.
type Service struct {
	Name  string `cbor:"1,keyasint" json:"name"`
	State string `cbor:"2,keyasint" json:"state"`
}

// QuestionWithdraw is the kind of the question by which a caller that waits no more takes an action back. Its
// payload is a [Withdraw], the answer a [Withdrawn].
const QuestionWithdraw = "operation.withdraw"

// Withdraw names an action.
type Withdraw struct {
	Operation aura.OperationID `cbor:"1,keyasint"`
}

// Withdrawn answers [Withdraw].
type Withdrawn struct {
	// Running: the disk is writing the action, and its outcome is not known yet. Otherwise the journal holds all
	// facts that the action will ever have.
	Running bool `cbor:"1,keyasint,omitempty"`
}

// Observed is the kind of the observations about connections. The key is an [ObservedKey], the payload a [Connection].
const Observed = "connection.state"

// ObservedKey returns the key of the observation about the connection to a device of a peer.
func ObservedKey(peer aura.AuthorityID, device aura.DeviceID) string {
	return peer.String() + "/" + device.String()
}

// Link says how a peer can be reached now. The numbers cross the wire: append only.
type Link uint8

// The values of [Link].
const (
	// LinkOffline: there is no connection, and no attempt is under way.
	LinkOffline Link = 1
	// LinkConnecting: an attempt is under way.
	LinkConnecting Link = 2
	// LinkDirect: there is a connection without a relay.
	LinkDirect Link = 3
	// LinkRelayed: there is a connection through a mutual contact.
	LinkRelayed Link = 4
)

// String returns the value in plain words.
func (l Link) String() string {
	switch l {
	case LinkOffline:
		return "offline"
	case LinkConnecting:
		return "connecting"
	case LinkDirect:
		return "direct"
	case LinkRelayed:
		return "relayed"
	}
	return "reach " + strconv.Itoa(int(l))
}

// rank orders the values by how well the peer is reached.
func (l Link) rank() int {
	return slices.Index([]Link{LinkOffline, LinkConnecting, LinkRelayed, LinkDirect}, l)
}

// MarshalText implements [encoding.TextMarshaler].
func (l Link) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// The reasons of a [Connection] that a frontend tells from others.
const (
	// ReasonAbsent: the peer does not answer. Frontends show other reasons beside "offline".
	ReasonAbsent = "peer is not reachable"
	// ReasonCopy: the peer does not answer, and another copy of this home ran not long ago. A peer talks with one of two.
	ReasonCopy = "peer is not reachable, or it talks with another copy of this home now"
	// ReasonUnshared: nothing can be sent, since the agent's device was added in the epoch of the budget in which another was removed.
	ReasonUnshared = "this device was added in the hour of the budget in which another was removed: it sends nothing before the next one begins"
	// ReasonContradicts begins the reason of sessions that end because the two journals do not fit together.
	ReasonContradicts = "peer contradicts this journal, one of the two may be an old copy"
	// ReasonRefused begins the reason of sessions that end because a fact of the peer does not pass the check of its kind here: the
	// two builds differ, or the peer is hostile. The kind follows.
	ReasonRefused = "peer sends what this build refuses, one of the two needs an update"
	// ReasonOlder: the peer's build cannot read facts of this one.
	ReasonOlder = "peer runs an older version of aura, it must be updated"
	// ReasonDismisses begins the reason of sessions that the peer ends as soon as it heard something: the other side of
	// [ReasonContradicts], or a peer that fails.
	ReasonDismisses = "peer ends each connection at once, one of the two may be an old copy"
	// ReasonBranchesHere and ReasonBranchesThere end sessions because a device wrote in more copies of its home than a journal
	// takes: the agent's own device, or the peer's. The agent tries again, at least once a minute.
	ReasonBranchesHere  = "more than 16 copies of this home wrote: what this one wrote waits until a copy whose messages arrived sends one more"
	ReasonBranchesThere = "more than 16 copies of the peer's home wrote: what the last one wrote waits until a copy whose messages are here sends one more"
)

// Connection is the payload of an observation of kind [Observed].
type Connection struct {
	Link   Link         `cbor:"1,keyasint" json:"reach"`
	Since  aura.Instant `cbor:"2,keyasint,omitempty" json:"since"` // the agent's clock
	Reason string       `cbor:"3,keyasint,omitempty" json:"reason,omitempty"`
	// Ahead is how far the peer's clock is ahead of the agent's, zero when they agree or nothing is known.
	Ahead aura.Duration `cbor:"4,keyasint,omitempty" json:"clock_ahead,omitempty"`
	// Lacks says that the peer has messages of the agent's own device that the agent does not have, and is asked for them.
	Lacks bool `cbor:"5,keyasint,omitempty" json:"lacks,omitempty"`
}

// Observation returns the observation of a connection to a peer that has one device.
func (c Connection) Observation(peer aura.AuthorityID) (fact.Observation, error) {
	b, err := fact.Marshal(c)
	return fact.Observation{Kind: Observed, Key: peer.String(), Payload: b}, err
}
