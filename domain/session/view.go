package session

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
)

// QuestionList is the kind of the question, without a payload, that a [List] answers.
const QuestionList = "session.list"

// QuestionShow is the kind of the question that carries a [Show] and that a [Shown] answers.
const QuestionShow = "session.show"

// MaxSteps is the most steps of a [Shown]: the newest.
const MaxSteps = 1000

// List has the sessions that live, by name.
type List struct {
	Sessions []Session `cbor:"1,keyasint,omitempty" json:"sessions"`
}

// Session is a session as it stands.
type Session struct {
	Name     aura.SessionID `cbor:"1,keyasint" json:"session"`
	Protocol string         `cbor:"2,keyasint" json:"protocol"`
	Role     string         `cbor:"3,keyasint" json:"role"` // the one that is played here
	Others   []Participant  `cbor:"4,keyasint,omitempty" json:"others"`
	// Context is whose budgets pay: a shared context, or an invitation.
	Context aura.ContextID `cbor:"5,keyasint" json:"context"`
	State   State          `cbor:"6,keyasint" json:"state"`
	// Awaited is the role whose message the session waits for, in StateMessage.
	Awaited  string `cbor:"7,keyasint,omitempty" json:"awaited,omitempty"`
	Sent     uint64 `cbor:"8,keyasint,omitempty" json:"sent"`
	Received uint64 `cbor:"9,keyasint,omitempty" json:"received"`
	// Since is when it began here. Zero: before the agent started, and its recording, of an earlier build, does not say when.
	Since aura.Instant `cbor:"10,keyasint,omitempty" json:"since,omitempty"`
	// Persistent sessions survive a restart, and only their steps are recorded.
	Persistent bool `cbor:"11,keyasint,omitempty" json:"persistent"`
	// Runs is the decision of its admission. Nil: it began in an earlier build, or this one cannot read it.
	Runs *Execution `cbor:"12,keyasint,omitempty" json:"runs,omitempty"`
	// Fragments are the units of ownership, of the own role first and then of each of Others. Nil: the protocol links no bundles, and is one fragment.
	Fragments []string `cbor:"13,keyasint,omitempty" json:"fragments,omitempty"`
	// Scope has the fragments to which the owner's capability here is attenuated; nil: it reaches the whole session.
	Scope []string `cbor:"14,keyasint,omitempty" json:"scope,omitempty"`
	// Epoch is the one of the context's budgets in which it began, by the clock of who opened it. Zero: it has none, or an earlier build began it.
	Epoch aura.Epoch `cbor:"15,keyasint,omitempty" json:"epoch,omitempty"`
}

// Execution is how a session runs beside others, as its admission decided once and for all.
type Execution struct {
	Requested string   `cbor:"1,keyasint,omitempty" json:"requested"` // the profile that the protocol's policy asks for
	Profile   string   `cbor:"2,keyasint,omitempty" json:"profile"`   // the one that it has: canonical, envelope_admitted or fallback
	Width     int      `cbor:"3,keyasint,omitempty" json:"width"`     // steps that may be taken at once
	Evidence  []string `cbor:"4,keyasint,omitempty" json:"evidence,omitempty"`
	Reason    string   `cbor:"5,keyasint,omitempty" json:"reason,omitempty"` // of a fallback
	Posture   string   `cbor:"6,keyasint,omitempty" json:"posture"`          // prod, dev or ci
}

// String says it in words.
func (x *Execution) String() string {
	switch {
	case x.Reason != "":
		return fmt.Sprintf("%s, one step at a time: %s was asked for (%s)", x.Profile, x.Requested, x.Reason)
	case x.Width > 1:
		return fmt.Sprintf("%s, %d steps at once: %s", x.Profile, x.Width, strings.Join(x.Evidence, ", "))
	}
	return x.Profile + ", one step at a time"
}

// Participant says who plays another role.
type Participant struct {
	Role string `cbor:"1,keyasint" json:"role"`
	// Authority is zero for one who has no name yet: the other side of an invitation.
	Authority aura.AuthorityID `cbor:"2,keyasint,omitzero" json:"authority,omitzero"`
	// Device is the one of the authority's devices that plays it; zero: any of them, or not known.
	Device aura.DeviceID `cbor:"3,keyasint,omitzero" json:"device,omitzero"`
}

// State says what a session waits for. The numbers cross the wire: append only.
type State uint8

// The states.
const (
	StateMessage  State = 1 // a message of the role Awaited
	StateProgram  State = 2 // its program here, which may wait for the guard or the disk
	StateLast     State = 3 // the confirmation of its last messages
	StateEnded    State = 4 // nothing: its end becomes durable
	StateFailed   State = 5 // nothing: it cannot go on
	StateRecorded State = 6 // the start of its agent
	StateLost     State = 7 // nothing: its recording is damaged
	// StateSuspended: a build with its protocol in its version, and with who plays its role.
	StateSuspended State = 8
)

// String returns the state in one word.
func (s State) String() string {
	switch s {
	case StateMessage:
		return "message"
	case StateProgram:
		return "program"
	case StateLast:
		return "last"
	case StateEnded:
		return "ended"
	case StateFailed:
		return "failed"
	case StateRecorded:
		return "recorded"
	case StateLost:
		return "lost"
	case StateSuspended:
		return "suspended"
	}
	return "unknown"
}

// MarshalText implements [encoding.TextMarshaler].
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Waits says the state in plain words.
func (s *Session) Waits() string {
	switch s.State {
	case StateMessage:
		return "waits for a message of " + s.Awaited
	case StateProgram:
		return "waits for this side"
	case StateLast:
		return "its last messages are on their way"
	case StateEnded:
		return "has ended"
	case StateFailed:
		return "has failed"
	case StateRecorded:
		return "goes on when its agent starts"
	case StateLost:
		return "cannot be read, and is given up when its agent starts"
	case StateSuspended:
		return "waits for a build that has its protocol in this version"
	}
	return s.State.String()
}

// Show asks for the steps of a session.
type Show struct {
	Name aura.SessionID `cbor:"1,keyasint"`
}

// Shown is a session with its steps.
type Shown struct {
	Session Session `cbor:"1,keyasint" json:"session"`
	// Earlier is how many steps there were before the first of Steps.
	Earlier uint64 `cbor:"2,keyasint,omitempty" json:"earlier,omitempty"`
	// Steps are in the order in which they became durable. A session that is not persistent has none, because it has no recording.
	Steps []Step `cbor:"3,keyasint,omitempty" json:"steps"`
	// End is how it ended; nil while it lives.
	End *End `cbor:"4,keyasint,omitempty" json:"end,omitempty"`
}

// Step is a message that the own role sent or received.
type Step struct {
	Sent  bool   `cbor:"1,keyasint,omitempty" json:"sent"`
	Other string `cbor:"2,keyasint" json:"other"` // the other role
	// Label is the message's name in the protocol; empty when this build does not know the version of the protocol.
	Label string `cbor:"3,keyasint,omitempty" json:"label,omitempty"`
	Size  int    `cbor:"4,keyasint,omitempty" json:"size"` // bytes of the payload
	// At is when it became durable here. Zero: it is not recorded, or an earlier build recorded it.
	At aura.Instant `cbor:"5,keyasint,omitempty" json:"at,omitempty"`
	// Guard is what the guard was asked and allowed before a message was sent, and Events are those of the protocol machine,
	// in words. Only a trace has them.
	Guard  *Guarded `cbor:"6,keyasint,omitempty" json:"guard,omitempty"`
	Events []string `cbor:"7,keyasint,omitempty" json:"events,omitempty"`
}

// HintList ends the error for a session that is not here: it says where the others are listed.
const HintList = ": aura session list has those that live, and with --ended the others"

// Resolve finds a session by its identifier or the beginning of it, with the errors of [domain.Resolve].
func (l *List) Resolve(text string) (aura.SessionID, error) {
	names := make([]aura.SessionID, len(l.Sessions))
	for i := range l.Sessions {
		names[i] = l.Sessions[i].Name
	}
	return domain.Resolve("session", text, HintList, names)
}
