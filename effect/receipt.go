package effect

import (
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

const receiptDomain = "aura receipt 1\x00"

// maxReceipt bounds an encoded receipt.
const maxReceipt = 384

// Receipt shows the next hop that a send was paid for: the sender's device binds context, source,
// destination, epoch, cost and the facts covered. Receipts of one (context, peer, epoch) form a chain. One
// receipt may cover a run of charges.
type Receipt struct {
	Context   aura.ContextID   `cbor:"1,keyasint,omitzero"`
	From      aura.AuthorityID `cbor:"2,keyasint,omitzero"`
	To        aura.AuthorityID `cbor:"3,keyasint,omitzero"`
	Epoch     aura.Epoch       `cbor:"4,keyasint,omitempty"`
	Cost      uint64           `cbor:"5,keyasint,omitempty"` // units, for the whole run
	FirstSeq  uint64           `cbor:"6,keyasint,omitempty"` // first fact covered, by its Seq in the context
	LastSeq   uint64           `cbor:"7,keyasint,omitempty"` // last fact covered
	Nonce     aura.Nonce       `cbor:"8,keyasint,omitzero"`
	Previous  [32]byte         `cbor:"9,keyasint,omitzero"` // hash of the receipt before it in the epoch; zero: the first
	Signature [64]byte         `cbor:"10,keyasint,omitzero"`
}

// Encode returns the canonical encoding of the receipt.
func (r *Receipt) Encode() []byte {
	b, err := fact.Marshal(*r)
	if err != nil {
		panic("effect: a receipt of fixed-size fields always encodes: " + err.Error())
	}
	return b
}

// DecodeReceipt reads what [Receipt.Encode] wrote. It returns aura.Corrupt for anything else. It does not
// verify: see [Receipt.Verify].
func DecodeReceipt(b []byte) (Receipt, error) {
	const op = "effect.DecodeReceipt"
	if len(b) > maxReceipt {
		return Receipt{}, aura.Errorf(op, aura.Corrupt, "receipt has %d bytes, the most is %d", len(b), maxReceipt)
	}
	var r Receipt
	if err := fact.Unmarshal(b, &r); err != nil {
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

// Verify checks the signature with the sending device's signing key (Ed25519, 32 bytes) and that the run
// is not reversed. It returns aura.Denied otherwise. That key, chain and context are the expected ones is
// for the caller to check.
func (r *Receipt) Verify(deviceKey []byte) error {
	const op = "effect.Verify"
	if len(deviceKey) != ed25519.PublicKeySize || !ed25519.Verify(deviceKey, r.SigningBytes(), r.Signature[:]) {
		return aura.Errorf(op, aura.Denied, "receipt is not signed by the sending device")
	}
	if r.FirstSeq > r.LastSeq {
		return aura.Errorf(op, aura.Denied, "receipt covers facts %d to %d", r.FirstSeq, r.LastSeq)
	}
	return nil
}
