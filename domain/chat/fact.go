package chat

import (
	"strings"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts.
const (
	// kindsOfGroups is the pattern of those about groups.
	kindsOfGroups = "group.*"

	// KindMessage carries [Text], in the context of the conversation.
	KindMessage = "chat.message"
	// KindRead carries [Read], in the context of the conversation.
	KindRead = "chat.read"
	// KindCreated carries a [Group], in the founder's own namespace.
	KindCreated = "group.created"
	// KindInvited carries [Invited], in the context that founder and member share.
	KindInvited = "group.invited"
	// KindJoined carries [Joined], in the member's own namespace.
	KindJoined = "group.joined"
	// KindLeft has no payload fields; it lies in the group's context.
	KindLeft = "group.left"
)

// The intents.
const (
	// IntentSend carries [SendIntent].
	IntentSend = "chat.send"
	// IntentRead carries [ReadIntent].
	IntentRead = "chat.read"
	// IntentCreate carries [CreateIntent] and answers with a [Created].
	IntentCreate = "group.create"
	// IntentLeave carries [LeaveIntent].
	IntentLeave = "group.leave"
)

// The bounds of the fields of one fact.
const (
	MaxText    = 64 << 10 // bytes of UTF-8
	MaxMarks   = 256      // devices in one read mark
	MaxMembers = 64       // of a group
	MaxPlaces  = 4        // addresses of one member, so that a description fits one message of a channel
)

// Text is the payload of [KindMessage].
type Text struct {
	Channel aura.ChannelID `cbor:"1,keyasint,omitzero"` // zero: the context's main conversation
	Text    string         `cbor:"2,keyasint"`
	At      aura.Instant   `cbor:"3,keyasint"`          // the sender's clock, for display only
	Reply   aura.FactID    `cbor:"4,keyasint,omitzero"` // the message that it answers
}

// Read is the payload of [KindRead]: everything that the author has read in the context so far.
type Read struct {
	Marks []Mark `cbor:"1,keyasint"` // ascending by device, each once
}

// Mark says that the facts of one device were read up to a place.
type Mark struct {
	Device  aura.DeviceID `cbor:"1,keyasint"`
	Through uint64        `cbor:"2,keyasint"` // the place of the last message
	// ID is the beginning of the identity of that message; zero in a fact of an earlier build.
	ID [fact.ShortID]byte `cbor:"3,keyasint,omitzero"`
}

// Invited is the payload of [KindInvited]. The secret travels inside the sealed channel of the pair and
// rests sealed in both journals.
type Invited struct {
	Group  Group    `cbor:"1,keyasint"`
	Secret [32]byte `cbor:"2,keyasint"` // of the group's context
}

// Joined is the payload of [KindJoined].
type Joined struct {
	Context aura.ContextID `cbor:"1,keyasint"`
}

// Left is the payload of [KindLeft].
type Left struct{}

// SendIntent asks to send a text to a conversation. Field 1 of this and the next two was a bare context.
type SendIntent struct {
	Text  string      `cbor:"2,keyasint"`
	Reply aura.FactID `cbor:"3,keyasint,omitzero"`
	To    Ref         `cbor:"4,keyasint"`
	// Again says that the action may have been asked for before: if it stored the text, nothing is sent, see
	// [Repeats]. The look for it costs a new message a tenth of its time.
	Again bool `cbor:"5,keyasint,omitempty"`
}

// ReadIntent asks to mark everything in a conversation as read.
type ReadIntent struct {
	In Ref `cbor:"2,keyasint"`
}

// CreateIntent asks for a group with the given contacts.
type CreateIntent struct {
	Name    string        `cbor:"1,keyasint"`
	Members []contact.Ref `cbor:"2,keyasint"`
}

// Created answers a [CreateIntent].
type Created struct {
	Context aura.ContextID `cbor:"1,keyasint" json:"context"`
	Epoch   aura.Logical   `cbor:"2,keyasint" json:"epoch"` // of a reference to the group
}

// LeaveIntent asks to leave a group.
type LeaveIntent struct {
	Group Ref `cbor:"2,keyasint"`
}

// CheckText returns [aura.Invalid] for a text that cannot be sent: empty, not UTF-8 or longer than
// [MaxText].
func CheckText(text string) error {
	const op = "chat.CheckText"
	switch {
	case strings.TrimSpace(text) == "":
		return aura.Errorf(op, aura.Invalid, "the text is empty")
	case len(text) > MaxText:
		return aura.Errorf(op, aura.Invalid, "the text has %d bytes, the most is %d", len(text), MaxText)
	case !utf8.ValidString(text):
		return aura.Errorf(op, aura.Invalid, "the text is not UTF-8")
	}
	return nil
}

func checkText(f *fact.Fact) error {
	var p Text
	if err := fold.Shared(f, &p); err != nil {
		return err
	}
	return CheckText(p.Text)
}

func checkRead(f *fact.Fact) error {
	const op = "chat.checkRead"
	var p Read
	if err := fold.Shared(f, &p); err != nil {
		return err
	}
	if len(p.Marks) > MaxMarks {
		return aura.Errorf(op, aura.Invalid, "%d read marks are more than %d", len(p.Marks), MaxMarks)
	}
	for i := 1; i < len(p.Marks); i++ {
		if p.Marks[i-1].Device.Compare(p.Marks[i].Device) >= 0 {
			return aura.Errorf(op, aura.Invalid, "read marks are not ascending by device")
		}
	}
	return nil
}

func checkCreated(f *fact.Fact) error {
	var p Group
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return p.checkBy(f.Author, certified)
}

func checkInvited(f *fact.Fact) error {
	_, err := parseInvited(f, certified)
	return err
}

// parseInvited returns the description in an invitation into a group, if it is valid.
func parseInvited(f *fact.Fact, owner certificates) (p Invited, err error) {
	if err := fold.Shared(f, &p); err != nil {
		return p, err
	}
	if p.Secret == [32]byte{} {
		return p, aura.Errorf("chat.parseInvited", aura.Invalid, "the invitation into a group has no secret")
	}
	return p, p.Group.checkBy(f.Author, owner)
}

func checkJoined(f *fact.Fact) error {
	var p Joined
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return needContext("chat.checkJoined", p.Context)
}

func checkLeft(f *fact.Fact) error { return fold.Shared(f, &Left{}) }

func needContext(op aura.Op, context aura.ContextID) error {
	if context.IsZero() {
		return aura.Errorf(op, aura.Invalid, "the fact names no context")
	}
	return nil
}
