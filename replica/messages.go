package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
)

// The bounds of one deliver message: facts, and bytes unless one fact alone is larger. A message must fit
// a channel's largest.
const (
	maxDeliver      = 128
	maxDeliverBytes = 64 << 10
	maxReceipts     = 256
)

// hello opens a session in both directions: how many of the other side's facts and receipts this side has, so that it
// continues there, and where this side can be reached.
type hello struct {
	Have      uint64     `cbor:"1,keyasint,omitempty"` // last Seq of the other side's device
	Epoch     aura.Epoch `cbor:"2,keyasint,omitempty"` // of the last receipt accepted
	Head      [32]byte   `cbor:"3,keyasint,omitzero"`  // its hash
	Addresses []string   `cbor:"4,keyasint,omitempty"`
	Receipts  uint64     `cbor:"5,keyasint,omitempty"` // its place among those of Epoch, from 1
	// Now is what this side's clock shows; zero: it does not say.
	Now aura.Instant `cbor:"6,keyasint,omitempty"`
}

// deliver carries consecutive facts of the sending device, and the receipts, in the order of their chain,
// that show that they were paid for.
type deliver struct {
	Records  [][]byte `cbor:"1,keyasint,omitempty"` // fact.Record
	Receipts [][]byte `cbor:"2,keyasint,omitempty"` // effect.Receipt
}

// addresses says where this side can be reached from now on, best first.
type addresses struct {
	Addresses []string `cbor:"1,keyasint,omitempty"`
}

// ack says that all facts of the other side's device up to Through are durable here.
type ack struct {
	Through uint64       `cbor:"1,keyasint"`
	Now     aura.Instant `cbor:"2,keyasint,omitempty"` // as in a hello
}

// seek names the contacts that this side looks for, by their tags towards the receiver, and says where this
// side is: for those who look for it.
type seek struct {
	Tags []contact.Tag `cbor:"1,keyasint,omitempty"` // ascending, with padding
	Card []byte        `cbor:"2,keyasint"`           // contact.Card of this device
}

// introduction carries the card of a contact that the receiver looks for.
type introduction struct {
	Tag  contact.Tag `cbor:"1,keyasint"`
	Card []byte      `cbor:"2,keyasint"`
}

func encodeMessage(number byte, v any) ([]byte, error) {
	body, err := fact.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append([]byte{number}, body...), nil
}

func decodeMessage(b []byte, v any) error {
	if err := fact.Unmarshal(b[1:], v); err != nil {
		return aura.Errorf("replica.decodeMessage", aura.Corrupt, "message %d of a channel: %w", b[0], err)
	}
	return nil
}

// decodeDeliver also refuses one that holds more than a peer may send at once.
func decodeDeliver(b []byte, d *deliver) error {
	if err := decodeMessage(b, d); err != nil {
		return err
	}
	if len(d.Records) > maxDeliver || len(d.Receipts) > maxReceipts {
		return aura.Errorf("replica.decodeDeliver", aura.Corrupt, "%d facts and %d receipts in one message", len(d.Records), len(d.Receipts))
	}
	return nil
}
