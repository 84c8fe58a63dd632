package app

import (
	"strconv"

	"github.com/aura-runtime/aura"
)

// Phase is how far an action is. A phase is entered at most once and the last three end the action. The
// numbers are shown to programs: append only.
type Phase uint8

// The phases.
const (
	// Submitted: the action was accepted by the frontend.
	Submitted Phase = 1
	// Running: the agent has it, or durable facts say that it began.
	Running Phase = 2
	// Succeeded: a durable fact says so.
	Succeeded Phase = 3
	// Failed: the agent refused it, or a durable fact says that it failed.
	Failed Phase = 4
	// Cancelled: its user gave it up before anything was durable, or a durable fact says so.
	Cancelled Phase = 5
)

// String returns the phase in plain words.
func (p Phase) String() string {
	switch p {
	case Submitted:
		return "submitted"
	case Running:
		return "running"
	case Succeeded:
		return "succeeded"
	case Failed:
		return "failed"
	case Cancelled:
		return "cancelled"
	}
	return "phase " + strconv.Itoa(int(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Terminal reports whether the phase ends the action.
func (p Phase) Terminal() bool { return p == Succeeded || p == Failed || p == Cancelled }

// Operation is one action of the user.
type Operation struct {
	ID     aura.OperationID `json:"id"`
	Kind   string           `json:"kind"` // of the intent: "chat.send"
	Phase  Phase            `json:"phase"`
	Reason string           `json:"reason,omitempty"` // why it failed, or waits
}
