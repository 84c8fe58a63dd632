package errand

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
)

// The kinds of facts about errands. Each person has their own, and no other person gets them.
const (
	KindAsked    = "errand.asked"    // carries [Errand]: this person asked
	KindWanted   = "errand.wanted"   // carries [Errand]: this person was asked
	KindAnswered = "errand.answered" // carries [Answered]: this person said yes or no
	KindSettled  = "errand.settled"  // carries [Settled]: both know it, or it came to nothing
)

// The intents about errands.
const (
	IntentAsk    = "errand.ask"    // carries [AskFor]
	IntentAnswer = "errand.answer" // carries [Answered]
)

// QuestionAll asks for all errands. [Errands] answers it.
const QuestionAll = "errand.all"

// CapAgree is what each message of an errand requires.
const CapAgree = "errand:agree"

// Ask is the payload of the message in which one person asks another to go.
type Ask struct {
	Text string `cbor:"1,keyasint"`
}

// Errand is the payload of [KindAsked] and [KindWanted].
type Errand struct {
	Session aura.SessionID   `cbor:"1,keyasint"`
	With    aura.AuthorityID `cbor:"2,keyasint"`
	Text    string           `cbor:"3,keyasint"`
}

// Answered is the payload of [KindAnswered].
type Answered struct {
	Session aura.SessionID `cbor:"1,keyasint"`
	Yes     bool           `cbor:"2,keyasint,omitempty"`
}

// Settled is the payload of [KindSettled].
type Settled struct {
	Session aura.SessionID `cbor:"1,keyasint"`
	Yes     bool           `cbor:"2,keyasint,omitempty"`
	Reason  string         `cbor:"3,keyasint,omitempty"` // why the session ended without an answer
}

// AskFor asks a contact to go.
type AskFor struct {
	In   chat.Ref `cbor:"1,keyasint"`
	Text string   `cbor:"2,keyasint"`
}

// MaxText bounds the text of an errand, in bytes.
const MaxText = 200

// checkText refuses what no peer may put on a screen, such as characters that steer a terminal.
func checkText(text string) error {
	const op = "errand.checkText"
	if strings.TrimSpace(text) == "" || len(text) > MaxText {
		return aura.Errorf(op, aura.Invalid, "an errand has a text of 1 to %d bytes", MaxText)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return aura.Errorf(op, aura.Invalid, "the text of an errand has characters that cannot be shown")
	}
	return nil
}
