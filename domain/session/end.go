package session

import (
	"fmt"

	"github.com/aura-runtime/aura"
)

// EndKind says in which of five ways a session ended. The numbers cross the wire and are on disk: append only.
type EndKind uint8

// The ends. Each session has exactly one.
const (
	EndCompleted EndKind = 1 // the role has played its part
	EndFailed    EndKind = 2 // the role or its program could not go on
	EndCancelled EndKind = 3 // a participant wanted no more of it
	EndExpired   EndKind = 4 // a timeout that the engine had issued ran out
	EndRefused   EndKind = 5 // the guard or a participant denied what it needed
)

// String returns the end in one word.
func (k EndKind) String() string {
	switch k {
	case EndCompleted:
		return "completed"
	case EndFailed:
		return "failed"
	case EndCancelled:
		return "cancelled"
	case EndExpired:
		return "expired"
	case EndRefused:
		return "refused"
	}
	return "unknown"
}

// MarshalText implements [encoding.TextMarshaler].
func (k EndKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MaxReason is the most bytes of a reason.
const MaxReason = 200

// End is how a session ended. It does not change any more.
type End struct {
	Kind EndKind      `cbor:"1,keyasint" json:"kind"`
	At   aura.Instant `cbor:"2,keyasint" json:"at"`
	// Reason says why it failed, was cancelled or was refused, in at most MaxReason bytes.
	Reason string `cbor:"3,keyasint,omitempty" json:"reason,omitempty"`
	// By is who cancelled it; zero: one who has no name yet, such as the other side of an invitation.
	By aura.AuthorityID `cbor:"4,keyasint,omitzero" json:"by,omitzero"`
	// Witness is the timeout that expired.
	Witness Witness `cbor:"5,keyasint,omitzero" json:"witness,omitzero"`
}

// Witness is a timeout that the engine issued, for a session or for what its program waits for. A session expires by this value, and
// not because time has passed.
type Witness struct {
	ID    uint64       `cbor:"1,keyasint" json:"id"` // in its session, from 1
	Until aura.Instant `cbor:"2,keyasint" json:"until"`
}

// String says the end in plain words.
func (e End) String() string {
	if e.Reason == "" {
		return e.Kind.String()
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Reason)
}

// QuestionEnded is the kind of the question, without a payload, that an [EndedList] answers.
const QuestionEnded = "session.ended"

// EndedList has the sessions that have ended, the newest first.
type EndedList struct {
	Sessions []Ended `cbor:"1,keyasint,omitempty" json:"sessions"`
}

// Ended is a session that has ended, as it stood then.
type Ended struct {
	Session Session `cbor:"1,keyasint" json:"session"`
	End     End     `cbor:"2,keyasint" json:"end"`
}
