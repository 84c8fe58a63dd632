package delivery

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts. Both lie in the sender's own namespace.
const (
	// Kinds is the pattern of all of them.
	Kinds = "delivery.*"

	// KindAcked carries [Acked].
	KindAcked = "delivery.acked"
	// KindFailed carries [Failed].
	KindFailed = "delivery.failed"
)

// maxReason bounds the reason of a [Failed], in bytes.
const maxReason = 256

// Acked is the payload of [KindAcked]: of the author device's facts of the context that were here, the peer has made all
// up to a place durable.
type Acked struct {
	Context aura.ContextID   `cbor:"1,keyasint"`
	Peer    aura.AuthorityID `cbor:"2,keyasint"`
	Device  aura.DeviceID    `cbor:"3,keyasint"` // the peer's device that said so
	Through uint64           `cbor:"4,keyasint"` // the place
	// ID is the beginning of the identity of a fact at the place that the peer has; zero in a fact of an earlier build.
	ID [fact.ShortID]byte `cbor:"5,keyasint,omitzero"`
}

// Failed is the payload of [KindFailed]: the sender gave up delivering the facts that the peer had not acknowledged
// up to a place.
type Failed struct {
	Context aura.ContextID   `cbor:"1,keyasint"`
	Peer    aura.AuthorityID `cbor:"2,keyasint"`
	Through uint64           `cbor:"3,keyasint"` // the place
	Reason  string           `cbor:"4,keyasint"` // for a person, without payload
	// ID is as in an [Acked].
	ID [fact.ShortID]byte `cbor:"5,keyasint,omitzero"`
}

func checkAcked(f *fact.Fact) error {
	var p Acked
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return needContext("delivery.checkAcked", p.Context)
}

func checkFailed(f *fact.Fact) error {
	const op = "delivery.checkFailed"
	var p Failed
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	if p.Reason == "" || len(p.Reason) > maxReason {
		return aura.Errorf(op, aura.Invalid, "the reason must have 1 to %d bytes", maxReason)
	}
	return needContext(op, p.Context)
}

func needContext(op aura.Op, context aura.ContextID) error {
	if context.IsZero() {
		return aura.Errorf(op, aura.Invalid, "the fact names no context")
	}
	return nil
}

// Context returns the shared context that a fact of this package is about, false for other facts.
func Context(f *fact.Fact) (aura.ContextID, bool) {
	switch f.Kind {
	case KindAcked:
		var p Acked
		err := fact.Unmarshal(f.Payload, &p)
		return p.Context, err == nil
	case KindFailed:
		var p Failed
		err := fact.Unmarshal(f.Payload, &p)
		return p.Context, err == nil
	}
	return aura.ContextID{}, false
}
