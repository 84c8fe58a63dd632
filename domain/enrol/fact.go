package enrol

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts, all in the account's own namespace. The code is never in them: it is metadata, see [CodeKey].
const (
	// Kinds is the pattern of all of them.
	Kinds = "enrol.*"

	// KindOffered carries [Offered]: the sponsor printed a code.
	KindOffered = "enrol.offered"
	// KindClaimed carries [Claimed]: a device showed its keys. It binds the sponsor to them.
	KindClaimed = "enrol.claimed"
	// KindConfirmed carries [Step]: the sponsor's person confirmed the digits.
	KindConfirmed = "enrol.confirmed"
	// KindListed carries [Step]: the roster's entry with the device is durable, in the same commit.
	KindListed = "enrol.listed"
	// KindJoined carries [Step]: the new device says that it has all and begins.
	KindJoined = "enrol.joined"
	// KindCompleted carries [Step]: the sponsor knows that the device has joined.
	KindCompleted = "enrol.completed"
	// KindEnded carries [Step]: the device does not join.
	KindEnded = "enrol.ended"
)

// The intents.
const (
	// IntentOffer carries [OfferIntent] and answers with [OfferResult].
	IntentOffer = "enrol.offer"
	// IntentConfirm carries [AnswerIntent]: both screens show the same digits.
	IntentConfirm = "enrol.confirm"
	// IntentRefuse carries [AnswerIntent]: the device is not to join.
	IntentRefuse = "enrol.refuse"
)

// Offered is the payload of [KindOffered].
type Offered struct {
	ID      ID           `cbor:"1,keyasint"`
	Expires aura.Instant `cbor:"2,keyasint"`
}

// Claimed is the payload of [KindClaimed].
type Claimed struct {
	ID     ID            `cbor:"1,keyasint"`
	Device aura.DeviceID `cbor:"2,keyasint"`
	Name   string        `cbor:"3,keyasint"`           // of the device, as it says
	Digits uint32        `cbor:"4,keyasint,omitempty"` // below 1,000,000
	Salt   [16]byte      `cbor:"5,keyasint"`           // see [Compare]
}

// Step is the payload of the kinds that say one thing about an enrolment.
type Step struct {
	ID     ID     `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"` // for a person: why the device does not join
}

// OfferIntent asks for a new code.
type OfferIntent struct {
	Life aura.Duration `cbor:"1,keyasint,omitempty"` // zero: [DefaultLife]
}

// OfferResult answers an [OfferIntent].
type OfferResult struct {
	ID      ID           `cbor:"1,keyasint" json:"id"`
	Code    string       `cbor:"2,keyasint" json:"code"`
	Expires aura.Instant `cbor:"3,keyasint" json:"-"`
}

// AnswerIntent is the person's word about the device that claimed a code.
type AnswerIntent struct {
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

func (p Offered) check() error { return named(p.ID) }

func (p Claimed) check() error {
	if p.Device.IsZero() || p.Digits >= 1_000_000 {
		return aura.Errorf("enrol.check", aura.Invalid, "the fact names no device, or no six digits")
	}
	if err := contact.CheckName(p.Name); err != nil {
		return err
	}
	return named(p.ID)
}

func (p Step) check() error {
	if len(p.Reason) > maxReason {
		return aura.Errorf("enrol.check", aura.Invalid, "the reason is longer than %d bytes", maxReason)
	}
	return named(p.ID)
}

func named(id ID) error {
	if id.IsZero() {
		return aura.Errorf("enrol.named", aura.Invalid, "the fact names no enrolment")
	}
	return nil
}
