package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// QuestionTrace is the kind of the question that carries a [Show] and that a [Shown] answers, whose steps have the decisions of the
// guard and the events of the machine.
const QuestionTrace = "session.trace"

// QuestionReplay is the kind of the question that carries a [Show] and that a [Replayed] answers.
const QuestionReplay = "session.replay"

// Guarded is what the guard was asked, and allowed, before a message was sent. The facts that its program adds beyond Facts
// are not in it.
type Guarded struct {
	Capability string `cbor:"1,keyasint" json:"capability"`
	// Units are those that the message cost.
	Units uint64 `cbor:"2,keyasint" json:"units"`
	// Epoch is the one whose budget paid, by the message's receipt. Zero: the receipt is not kept any more.
	Epoch aura.Epoch `cbor:"3,keyasint,omitempty" json:"epoch,omitempty"`
	// Facts are the kinds that the protocol demands to be committed with the message.
	Facts []string `cbor:"4,keyasint,omitempty" json:"facts,omitempty"`
	// Leak says which observers learn how much.
	Leak []Leaked `cbor:"5,keyasint,omitempty" json:"leak,omitempty"`
}

// String says it in words: "allowed by chat:send for 3 units, with chat.message".
func (g *Guarded) String() string {
	said := fmt.Sprintf("allowed by %s for %d units", g.Capability, g.Units)
	if g.Units == 1 {
		said = strings.TrimSuffix(said, "s")
	}
	if len(g.Facts) > 0 {
		said += ", with " + strings.Join(g.Facts, " and ")
	}
	return said
}

// Leaked is what a class of observers learns.
type Leaked struct {
	Observer string `cbor:"1,keyasint" json:"observer"`
	Bits     uint32 `cbor:"2,keyasint" json:"bits"`
}

// Add appends a step, and lets the oldest go beyond [MaxSteps].
func (s *Shown) Add(step Step) {
	if len(s.Steps) == MaxSteps {
		s.Steps = slices.Delete(s.Steps, 0, 1)
		s.Earlier++
	}
	s.Steps = append(s.Steps, step)
}

// Replayed is how a recording went on a fresh machine.
type Replayed struct {
	Session Session `cbor:"1,keyasint" json:"session"`
	// Messages is how many messages the machine took.
	Messages uint64 `cbor:"2,keyasint,omitempty" json:"messages"`
	// Checked is how many states came again to the byte: those that the recording has, and where an agent runs also the
	// present one.
	Checked uint64 `cbor:"3,keyasint,omitempty" json:"checked"`
	// State is the SHA-256 of the state at the end, without the session's owner; zero when the role has played its part.
	State [32]byte `cbor:"4,keyasint,omitzero" json:"-"`
	// Departs is where the replay left the recording; nil: it stands where it stood.
	Departs *Departure `cbor:"5,keyasint,omitempty" json:"departs,omitempty"`
	// Before is how many messages there were before the checkpoint with which the recording begins; zero: it has all.
	Before uint64 `cbor:"6,keyasint,omitempty" json:"before,omitempty"`
}

// Departure is where and why a replay does something else than its recording.
type Departure struct {
	Message uint64 `cbor:"1,keyasint" json:"message"` // counted from 1
	Reason  string `cbor:"2,keyasint" json:"reason"`
}
