package session

import (
	"fmt"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
)

// Frame is a kind of what passes between two engines: the number that it has on the wire.
type Frame = byte

// The frames. Their numbers cross the wire: append only. See decision 32.
const (
	// FrameGreeting opens a session, or goes on with it.
	FrameGreeting Frame = 11
	// FrameMessage is a message of a session. The decision that let it leave has paid for it, and its receipt goes with it.
	FrameMessage Frame = 12
	// FrameConfirmation says which messages came. The peer has paid for it with them.
	FrameConfirmation Frame = 13
	// FrameRefusal says that a session does not run, or that a message of it is not paid for, and why.
	FrameRefusal Frame = 14
)

// Channel is a channel to one peer, on which the frames of sessions pass. Its implementation sees to it that the guard has let
// each frame leave.
type Channel interface {
	// Post sends a frame. Covered names the message that a frame carries or confirms, by the digest that the receipt of
	// its decision has; zero for a greeting and a refusal, which nothing has paid for yet.
	Post(tc task.Context, kind Frame, covered [32]byte, body []byte) error
	Recv(tc task.Context) (kind Frame, body []byte, err error)
	// Close ends the channel for the sessions: a Recv that waits returns.
	Close(tc task.Context)
}

// Greeting is the first frame of each side of a session on a channel.
type Greeting struct {
	Session  aura.SessionID `cbor:"1,keyasint,omitzero"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Version  [32]byte       `cbor:"3,keyasint,omitzero"`
	Role     string         `cbor:"4,keyasint,omitempty"` // played by the sender; empty: it refuses, and tells its version
	Have     uint64         `cbor:"5,keyasint,omitempty"` // how many messages of the other side the sender has
	// Ended says how the session ended at the sender; zero while it lives there.
	Ended view.EndKind `cbor:"6,keyasint,omitempty"`
	Sizes []Size       `cbor:"7,keyasint,omitempty"` // of the families
	To    string       `cbor:"8,keyasint,omitempty"` // the role that the receiver plays; empty: the sender does not tell roles apart
	// Moved are the moves of the role from one device to the next, to the one that plays it. That may be another one than the sender.
	Moved []view.Move `cbor:"9,keyasint,omitempty"`
	// Epoch is the one in which the session began. Zero: it has none, or the sender does not say.
	Epoch aura.Epoch `cbor:"10,keyasint,omitempty"`
}

// message is an effect.Message on the wire.
type message struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	Edge    uint32         `cbor:"2,keyasint,omitempty"`
	Seq     uint64         `cbor:"3,keyasint,omitempty"`
	Parcel  []byte         `cbor:"4,keyasint,omitempty"`
	// Receipt is the effect.Receipt of the decision that paid for the message. On the channel of an invitation there is none.
	Receipt []byte `cbor:"5,keyasint,omitempty"`
}

// confirmation says that the sender has the messages of an edge up to a number.
type confirmation struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	Next    uint64         `cbor:"2,keyasint,omitempty"`
	// Again asks for those from Next on once more: the sender had no room for one of them.
	Again bool `cbor:"3,keyasint,omitempty"`
}

// refused says why the sender does not play its part in a session.
type refused struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	Reason  Refusal        `cbor:"2,keyasint,omitempty"`
	Seq     uint64         `cbor:"3,keyasint,omitempty"` // of the message that is not paid for
}

// Refusal says why one side does not play its part in a session. The numbers cross the wire: append only.
type Refusal uint8

// The reasons.
const (
	RefusalProtocol Refusal = 1 // it does not play the protocol towards peers
	RefusalVersion  Refusal = 2 // it has another version of the protocol; a greeting without a role says which
	RefusalPeer     Refusal = 3 // it does not admit this session of this peer
	RefusalBusy     Refusal = 4 // it has no room for the session now, which passes, as those of a message do
	RefusalEnded    Refusal = 5 // it is over there, and nothing is known of it any more; else a greeting says how it ended
	RefusalMoved    Refusal = 6 // another device of the receiver's account plays the role
	RefusalUnpaid   Refusal = 7 // no receipt pays for a message: it may come again with another one
	RefusalBudget   Refusal = 8 // the receipt of a message exceeds the sender's budget: it may come again with one of a later epoch
	RefusalEpoch    Refusal = 9 // the session cannot have begun in the epoch that its greeting names, or began in another one
)

// String returns the reason in plain words.
func (r Refusal) String() string {
	switch r {
	case RefusalProtocol:
		return "it plays no such protocol"
	case RefusalVersion:
		return "it has another version of the protocol"
	case RefusalPeer:
		return "it does not admit the session"
	case RefusalBusy:
		return "it has no room for the session now"
	case RefusalEnded:
		return "the session has ended there"
	case RefusalMoved:
		return "another device of this account plays the role"
	case RefusalUnpaid:
		return "a message came without a receipt that pays for it"
	case RefusalBudget:
		return "a message exceeds the budget"
	case RefusalEpoch:
		return "the session began too long ago, in another epoch, or in one that is to come: where a clock is wrong, set it and begin anew"
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// RefusalError says that the other side of a session does not play its part. The programs of the session get it.
type RefusalError struct {
	Protocol    string
	Reason      Refusal
	Here, There [32]byte // the versions, when they are the reason
}

// Error names the protocol and the reason and, when the versions are the reason, both.
func (e *RefusalError) Error() string {
	if e.Reason == RefusalVersion {
		return fmt.Sprintf("the other side runs protocol %s in version %x, this one in version %x: the older build must be updated",
			e.Protocol, e.There[:4], e.Here[:4])
	}
	return fmt.Sprintf("the other side refuses the session of protocol %s: %s", e.Protocol, e.Reason)
}

// refusedBy returns the error of a session that the other side refuses.
func (p *Protocol) refusedBy(why Refusal) error {
	kind := aura.Denied
	if why == RefusalEnded {
		kind = aura.Stale
	}
	return &aura.Error{Op: "session.Speak", Kind: kind, Err: &RefusalError{Protocol: p.ID(), Reason: why}}
}

// differs is the error of two sides that run a protocol in different versions.
func (p *Protocol) differs(g *Greeting) error {
	return &aura.Error{Op: "session.Speak", Kind: aura.Denied, Err: &RefusalError{
		Protocol: p.ID(), Reason: RefusalVersion, Here: p.Version(), There: g.Version,
	}}
}

// differs returns the version of a protocol that is here, and whether it is not the one of a greeting.
func (e *Engine) differs(g *Greeting) (p *Protocol, differs bool) {
	if _, err := e.options.Registry.image(g.Protocol, g.Version, g.Sizes); err == nil {
		return nil, false
	}
	p, err := e.version(&Opening{Protocol: g.Protocol, Sizes: g.Sizes})
	return p, err == nil
}
