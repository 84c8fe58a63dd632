package session

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The kinds of facts of the coordination of a session.
const (
	// KindCreated: the coordinator has told a participant that the session begins. The payload is a Created.
	KindCreated = "session.created"
	// KindFailed: the coordinator has told a participant that the session does not begin. The payload is a Failed.
	KindFailed = "session.failed"
)

// MaxParts is the most participants of a session.
const MaxParts = 64

// Size is how many members a family of roles has in a session.
type Size struct {
	Parameter string `cbor:"1,keyasint,omitempty"` // of the family: N for one that is declared as Witness[N]
	Members   uint16 `cbor:"2,keyasint,omitempty"` // at least 1
}

// Part says which device of an authority plays a role.
type Part struct {
	Role      string           `cbor:"1,keyasint,omitempty"`
	Authority aura.AuthorityID `cbor:"2,keyasint,omitzero"`
	Device    aura.DeviceID    `cbor:"3,keyasint,omitzero"`
}

// Subject is what a session is made for. Its hash names the session, so two attempts at one operation with one nonce are the
// same session, and two operations are never one.
type Subject struct {
	State     [32]byte `cbor:"1,keyasint,omitzero"` // the hash of the state before
	Operation [32]byte `cbor:"2,keyasint,omitzero"` // the hash of the change to it
	Nonce     [32]byte `cbor:"3,keyasint,omitzero"` // drawn by who begins
}

// Name returns the name of the session: SHA-256 of a label and the three hashes.
func (s *Subject) Name() aura.SessionID {
	return named("aura session subject 1\x00", s.State[:], s.Operation[:], s.Nonce[:])
}

// CoordinationOf returns the name of the session in which an authority coordinates the session with the given name.
func CoordinationOf(made aura.SessionID, coordinator aura.AuthorityID) aura.SessionID {
	return named("aura session coordination 1\x00", made[:], coordinator[:])
}

// named hashes parts of fixed lengths behind a label.
func named(label string, parts ...[]byte) (name aura.SessionID) {
	sum := sha256.Sum256(append([]byte(label), slices.Concat(parts...)...))
	copy(name[:], sum[:])
	return name
}

// Invite asks a device to take part in a session. It is the payload of the message of that name, the same for all participants.
type Invite struct {
	Subject  Subject        `cbor:"1,keyasint"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Version  [32]byte       `cbor:"3,keyasint,omitzero"` // the digest of the image with these sizes
	Sizes    []Size         `cbor:"4,keyasint,omitempty"`
	Context  aura.ContextID `cbor:"5,keyasint,omitzero"` // whose budgets pay
	Epoch    aura.Epoch     `cbor:"6,keyasint,omitempty"`
	// Parts are all roles of the session, each once. The Participants of the coordination are those of other devices than the
	// coordinator's, in the order of this list.
	Parts []Part `cbor:"7,keyasint,omitempty"`
}

// Check returns aura.Invalid for an invite that is too long, or with a role twice.
func (i *Invite) Check() error {
	const op = "session.Invite"
	if len(i.Parts) < 2 || len(i.Parts) > MaxParts || len(i.Sizes) > MaxParts {
		return aura.Errorf(op, aura.Invalid, "a session of %d participants: there are 2 to %d", len(i.Parts), MaxParts)
	}
	members := 0
	for _, s := range i.Sizes {
		members += int(s.Members)
	}
	if members > len(i.Parts) {
		return aura.Errorf(op, aura.Invalid, "families with %d members, and %d participants", members, len(i.Parts))
	}
	for n, p := range i.Parts {
		if slices.ContainsFunc(i.Parts[:n], func(o Part) bool { return o.Role == p.Role }) {
			return aura.Errorf(op, aura.Invalid, "two participants play %.40q", p.Role)
		}
		if p.Authority == (aura.AuthorityID{}) || p.Device == (aura.DeviceID{}) {
			return aura.Errorf(op, aura.Invalid, "nobody plays %.40q", p.Role)
		}
	}
	return nil
}

// Others returns the participants on other devices than the given one.
func (i *Invite) Others(device aura.DeviceID) (all []Part) {
	for _, p := range i.Parts {
		if p.Device != device {
			all = append(all, p)
		}
	}
	return all
}

// Reason says why a participant does not take part. The numbers cross the wire: append only.
type Reason uint8

// The reasons.
const (
	ReasonInvalid   Reason = 1  // the invite contradicts itself, the protocol, or who sent it
	ReasonUnknown   Reason = 2  // the protocol is not here
	ReasonVersion   Reason = 3  // another version of it is here
	ReasonRetired   Reason = 4  // an upgrade has replaced the version
	ReasonAdmission Reason = 5  // the protocol is not admitted here
	ReasonEpoch     Reason = 6  // another epoch is here
	ReasonDenied    Reason = 7  // the owner does not take part
	ReasonExhausted Reason = 8  // too many sessions live here
	ReasonEnded     Reason = 9  // the session has ended here
	ReasonContext   Reason = 10 // its context, or a participant in it, is not known here
)

// String returns the reason in a few words.
func (r Reason) String() string {
	switch r {
	case ReasonInvalid:
		return "the invite is not valid"
	case ReasonUnknown:
		return "the protocol is not known"
	case ReasonVersion:
		return "another version of the protocol is there"
	case ReasonRetired:
		return "the version of the protocol was replaced"
	case ReasonAdmission:
		return "the protocol is not admitted"
	case ReasonEpoch:
		return "another epoch is there"
	case ReasonDenied:
		return "it does not take part"
	case ReasonExhausted:
		return "too many sessions live there"
	case ReasonEnded:
		return "the session has ended there"
	case ReasonContext:
		return "the device does not know the people of the session"
	}
	return "another reason"
}

// Refusal is why a participant does not take part.
type Refusal struct {
	Reason Reason   `cbor:"1,keyasint"`
	Here   [32]byte `cbor:"2,keyasint,omitzero"`  // the version at the participant, where versions differ
	Text   string   `cbor:"3,keyasint,omitempty"` // at most MaxReason bytes
}

// Answer is the payload of a participant's answer to an [Invite].
type Answer struct {
	Refusal *Refusal `cbor:"1,keyasint,omitempty"` // nil: it takes part
}

// Made is the payload of the message that begins a session.
type Made struct {
	Session aura.SessionID `cbor:"1,keyasint"`
}

// Failure is the payload of the message that says that a session does not begin.
type Failure struct {
	Role    string  `cbor:"1,keyasint,omitempty"` // the role of the first participant that refused
	Refusal Refusal `cbor:"2,keyasint"`
}

// PartEnded is the payload of a participant's message that its part of the session has ended.
type PartEnded struct {
	Kind   EndKind `cbor:"1,keyasint"`
	Reason string  `cbor:"2,keyasint,omitempty"` // at most MaxReason bytes
}

// Created is the fact that a participant was told that a session begins.
type Created struct {
	Session  aura.SessionID `cbor:"1,keyasint"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Context  aura.ContextID `cbor:"3,keyasint,omitzero"`
	Epoch    aura.Epoch     `cbor:"4,keyasint,omitempty"`
	Part     Part           `cbor:"5,keyasint"` // of the participant
}

// Failed is the fact that a participant was told that a session does not begin.
type Failed struct {
	Session  aura.SessionID `cbor:"1,keyasint"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Part     Part           `cbor:"3,keyasint"` // of the participant that was told
	Failure  Failure        `cbor:"4,keyasint"`
}

func checkCreated(f *fact.Fact) error {
	var c Created
	if err := fold.Own(f, &c); err != nil {
		return err
	}
	return checkNames(c.Protocol, c.Part.Role)
}

func checkFailed(f *fact.Fact) error {
	var c Failed
	if err := fold.Own(f, &c); err != nil {
		return err
	}
	return checkNames(c.Protocol, c.Part.Role, c.Failure.Role, c.Failure.Refusal.Text)
}

// checkNames returns aura.Invalid for a text that is too long.
func checkNames(texts ...string) error {
	for _, text := range texts {
		if len(text) > MaxReason {
			return aura.Errorf("session.Check", aura.Invalid, "a name of %d bytes, the most is %d", len(text), MaxReason)
		}
	}
	return nil
}

// Create returns the request for the fact that a participant is told that a session begins.
func Create(by domain.Caller, i *Invite, to Part) (guard.Request, error) {
	d, err := by.Draft(KindCreated, Created{i.Subject.Name(), i.Protocol, i.Context, i.Epoch, to})
	return guard.Request{Entries: []fact.Draft{d}}, err
}

// Fail returns the request for the fact that a participant is told that a session does not begin.
func Fail(by domain.Caller, i *Invite, to Part, why Failure) (guard.Request, error) {
	d, err := by.Draft(KindFailed, Failed{i.Subject.Name(), i.Protocol, to, why})
	return guard.Request{Entries: []fact.Draft{d}}, err
}
