package invite

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts, all in the owner's own namespace. Secrets are never in them: they are metadata, see
// [CodeKey].
const (
	// Kinds is the pattern of all of them.
	Kinds = "invite.*"

	// KindCreated carries [Created]: the inviter handed a code out.
	KindCreated = "invite.created"
	// KindCancelled carries [Ended]: the inviter took it back.
	KindCancelled = "invite.cancelled"
	// KindAccepted carries [Accepted]: the inviter took a Hello. It binds the inviter.
	KindAccepted = "invite.accepted"
	// KindAccepting carries [Accepting]: the accepter is about to contact the inviter.
	KindAccepting = "invite.accepting"
	// KindCompleted carries [Completed]: both sides have the contact, as far as this one knows.
	KindCompleted = "invite.completed"
	// KindDeclined carries [Declined]: the receiver does not want it.
	KindDeclined = "invite.declined"
	// KindFailed carries [Ended]: the exchange cannot succeed.
	KindFailed = "invite.failed"
	// KindExpired carries [Ended]: its time passed.
	KindExpired = "invite.expired"
)

// The intents.
const (
	// IntentCreate carries [CreateIntent] and answers with [CreateResult].
	IntentCreate = "invite.create"
	// IntentAccept carries [CodeIntent] and answers with [CodeResult].
	IntentAccept = "invite.accept"
	// IntentDecline carries [CodeIntent] and answers with [CodeResult].
	IntentDecline = "invite.decline"
	// IntentCancel carries [CancelIntent].
	IntentCancel = "invite.cancel"
)

// maxReason bounds the text that says why an invitation failed.
const maxReason = 256

// Created is the payload of [KindCreated].
type Created struct {
	ID      ID           `cbor:"1,keyasint"`
	Expires aura.Instant `cbor:"2,keyasint"`
}

// Accepting is the payload of [KindAccepting].
type Accepting struct {
	ID      ID            `cbor:"1,keyasint"`
	Expires aura.Instant  `cbor:"2,keyasint"`
	Device  aura.DeviceID `cbor:"3,keyasint"` // the inviter's
}

// Accepted is the payload of [KindAccepted].
type Accepted struct {
	ID         ID               `cbor:"1,keyasint"`
	Authority  aura.AuthorityID `cbor:"2,keyasint"` // who accepted
	Context    aura.ContextID   `cbor:"3,keyasint"`
	Transcript [32]byte         `cbor:"4,keyasint"`
	Hello      [32]byte         `cbor:"5,keyasint"` // hash of the Hello, to know it again
}

// Completed is the payload of [KindCompleted].
type Completed struct {
	ID        ID               `cbor:"1,keyasint"`
	Authority aura.AuthorityID `cbor:"2,keyasint"` // the new contact
	Context   aura.ContextID   `cbor:"3,keyasint"`
}

// Declined is the payload of [KindDeclined].
type Declined struct {
	ID      ID           `cbor:"1,keyasint"`
	Expires aura.Instant `cbor:"2,keyasint"`
}

// Ended is the payload of the kinds that only end an invitation.
type Ended struct {
	ID     ID     `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"` // for a person; of a failure
}

// CreateIntent asks for a new code.
type CreateIntent struct {
	Life aura.Duration `cbor:"1,keyasint,omitempty"` // zero: [DefaultLife]
}

// CreateResult answers a [CreateIntent].
type CreateResult struct {
	ID      ID           `cbor:"1,keyasint" json:"id"`
	Code    string       `cbor:"2,keyasint" json:"code"`
	Expires aura.Instant `cbor:"3,keyasint" json:"-"`
}

// CodeIntent asks to accept or decline a code that a person handed over.
type CodeIntent struct {
	Code string `cbor:"1,keyasint"`
}

// CodeResult answers a [CodeIntent].
type CodeResult struct {
	ID ID `cbor:"1,keyasint" json:"id"`
	// Known is the context in which the inviter was a contact before, zero for none.
	Known aura.ContextID `cbor:"2,keyasint,omitzero" json:"known,omitzero"`
}

// CancelIntent asks to take an invitation back.
type CancelIntent struct {
	ID ID `cbor:"1,keyasint"`
}

// payload is what all payloads of this domain share.
type payload interface{ check() error }

func checkAs[T payload](f *fact.Fact) error {
	var p T
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return p.check()
}

func (p Created) check() error   { return named(p.ID) }
func (p Accepting) check() error { return named(p.ID) }
func (p Declined) check() error  { return named(p.ID) }
func (p Accepted) check() error  { return met(p.ID, p.Authority, p.Context) }
func (p Completed) check() error { return met(p.ID, p.Authority, p.Context) }

func (p Ended) check() error {
	if len(p.Reason) > maxReason {
		return aura.Errorf("invite.check", aura.Invalid, "the reason is longer than %d bytes", maxReason)
	}
	return named(p.ID)
}

func named(id ID) error {
	if id.IsZero() {
		return aura.Errorf("invite.named", aura.Invalid, "the fact names no invitation")
	}
	return nil
}

func met(id ID, who aura.AuthorityID, context aura.ContextID) error {
	if who.IsZero() || context.IsZero() {
		return aura.Errorf("invite.met", aura.Invalid, "the fact names no contact")
	}
	return named(id)
}
