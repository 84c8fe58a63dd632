package effect

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

const receiptDomain = "aura receipt 1\x00"

// maxReceipt bounds an encoded receipt.
const maxReceipt = 384

// ReceiptKind says what a receipt covers. The numbers are on disk and on the wire: append only.
type ReceiptKind uint8

// The kinds. A receipt whose encoding names none covers a run of facts: the first format had no other.
const (
	ReceiptKindFacts  ReceiptKind = 0 // the own facts with Seq in FirstSeq to LastSeq
	ReceiptKindParcel ReceiptKind = 1 // the message of a session with Digest
	ReceiptKindCarry  ReceiptKind = 2 // a carry reservation: the cells numbered FirstSeq to LastSeq

	receiptKinds = 3
)

// String returns the kind in plain words.
func (k ReceiptKind) String() string {
	switch k {
	case ReceiptKindFacts:
		return "facts"
	case ReceiptKindParcel:
		return "parcel"
	case ReceiptKindCarry:
		return "carry reservation"
	}
	return fmt.Sprintf("receipt kind %d", uint8(k))
}

// UnknownReceiptError says that a receipt covers something of a kind that this build does not know: a newer one made it.
type UnknownReceiptError struct{ Kind uint64 }

// Error names the kind.
func (e *UnknownReceiptError) Error() string {
	return fmt.Sprintf("a receipt of kind %d, which this build does not know", e.Kind)
}

// Receipt shows the next hop that a send was paid for: the sender's device binds context, source, destination, epoch,
// cost and the thing covered, of which Kind says what it is. Receipts of one (kind, context, peer, epoch) form a chain.
// One receipt may cover a run of charges.
type Receipt struct {
	Context   aura.ContextID   `cbor:"1,keyasint,omitzero"`
	From      aura.AuthorityID `cbor:"2,keyasint,omitzero"`
	To        aura.AuthorityID `cbor:"3,keyasint,omitzero"`
	Epoch     aura.Epoch       `cbor:"4,keyasint,omitempty"`
	Cost      uint64           `cbor:"5,keyasint,omitempty"` // units, for all that is covered
	FirstSeq  uint64           `cbor:"6,keyasint,omitempty"` // first fact covered, by its Seq in the context; or first cell
	LastSeq   uint64           `cbor:"7,keyasint,omitempty"` // last fact or cell covered
	Nonce     aura.Nonce       `cbor:"8,keyasint,omitzero"`
	Previous  [32]byte         `cbor:"9,keyasint,omitzero"` // hash of the receipt before it in the epoch; zero: the first
	Signature [64]byte         `cbor:"10,keyasint,omitzero"`
	Kind      ReceiptKind      `cbor:"11,keyasint,omitempty"`
	// LastID is the first 16 bytes of the identity of the fact at LastSeq. Zero: the receipt does not name it; receipts
	// of the first format never do.
	LastID [16]byte `cbor:"12,keyasint,omitzero"`
	Digest [32]byte `cbor:"13,keyasint,omitzero"` // of the message, see [Message.Digest]
}

// Encode returns the canonical encoding of the receipt.
func (r *Receipt) Encode() []byte {
	b, err := fact.Marshal(*r)
	if err != nil {
		panic("effect: a receipt of fixed-size fields always encodes: " + err.Error())
	}
	return b
}

// DecodeReceipt reads what [Receipt.Encode] wrote, in this format or the first. It returns aura.Invalid with an
// [UnknownReceiptError] as its cause for a kind that it does not know, and aura.Corrupt for anything else. It does not
// verify: see [Receipt.Verify].
func DecodeReceipt(b []byte) (Receipt, error) {
	const op = "effect.DecodeReceipt"
	if len(b) > maxReceipt {
		return Receipt{}, aura.Errorf(op, aura.Corrupt, "receipt has %d bytes, the most is %d", len(b), maxReceipt)
	}
	var r Receipt
	err := fact.Unmarshal(b, &r)
	kind := uint64(r.Kind)
	if err != nil {
		// Of a kind that is not known the other fields may be anything.
		var head struct {
			Kind uint64 `cbor:"11,keyasint,omitempty"`
		}
		if fact.Unmarshal(b, &head) == nil {
			kind = head.Kind
		}
	}
	switch {
	case kind >= receiptKinds:
		return Receipt{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: &UnknownReceiptError{kind}}
	case err != nil:
		return Receipt{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	// Unknown or zero fields would make two encodings of one receipt, and so two hashes.
	if string(r.Encode()) != string(b) {
		return Receipt{}, aura.Errorf(op, aura.Corrupt, "receipt is not in canonical form")
	}
	return r, nil
}

// Hash returns the SHA-256 of the encoding, signature included. The next receipt names it as Previous.
func (r *Receipt) Hash() [32]byte { return sha256.Sum256(r.Encode()) }

// SigningBytes returns the bytes that the sender's device signs with Ed25519: a domain label and the encoding
// without the signature.
func (r *Receipt) SigningBytes() []byte {
	unsigned := *r
	unsigned.Signature = [64]byte{}
	return append([]byte(receiptDomain), unsigned.Encode()...)
}

// Verify checks the signature with the sending device's signing key (Ed25519, 32 bytes), that the run is not reversed,
// and that nothing is filled in that belongs to another kind. It returns aura.Denied otherwise. That key, chain and
// context are the expected ones is for the caller to check.
func (r *Receipt) Verify(deviceKey []byte) error {
	const op = "effect.Verify"
	if len(deviceKey) != ed25519.PublicKeySize || !ed25519.Verify(deviceKey, r.SigningBytes(), r.Signature[:]) {
		return aura.Errorf(op, aura.Denied, "receipt is not signed by the sending device")
	}
	var foreign bool
	switch digest, id := r.Digest != [32]byte{}, r.LastID != [16]byte{}; r.Kind {
	case ReceiptKindFacts:
		foreign = digest
	case ReceiptKindParcel:
		foreign = id || r.FirstSeq != 0 || r.LastSeq != 0
	case ReceiptKindCarry:
		foreign = digest || id
	default:
		return &aura.Error{Op: op, Kind: aura.Denied, Err: &UnknownReceiptError{uint64(r.Kind)}}
	}
	switch {
	case foreign:
		return aura.Errorf(op, aura.Denied, "receipt of a %s covers something else, too", r.Kind)
	case r.FirstSeq > r.LastSeq:
		return aura.Errorf(op, aura.Denied, "receipt covers %s %d to %d", r.Kind, r.FirstSeq, r.LastSeq)
	}
	return nil
}
