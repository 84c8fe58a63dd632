package consensus

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
)

// Bounds of an operation.
const (
	MaxWitnesses = 63
	MaxPayload   = 16 << 10
	maxKind      = 64
)

// Witness is a device that may sign.
type Witness struct {
	Authority aura.AuthorityID `cbor:"1,keyasint,omitzero"`
	Device    aura.DeviceID    `cbor:"2,keyasint,omitzero"`
	Key       [32]byte         `cbor:"3,keyasint,omitzero"` // its Ed25519 key, of which the device's identifier is the hash
}

// Operation is what witnesses agree on.
type Operation struct {
	State     [32]byte  `cbor:"1,keyasint,omitzero"`  // the hash of the state that it changes
	Witnesses []Witness `cbor:"2,keyasint,omitempty"` // by the bytes of their devices, ascending
	// Threshold is how many witnesses must sign: more than half.
	Threshold uint16   `cbor:"3,keyasint,omitempty"`
	Kind      string   `cbor:"4,keyasint,omitempty"` // what it is, as its domain says: a dotted noun
	Payload   []byte   `cbor:"5,keyasint,omitempty"`
	Nonce     [32]byte `cbor:"6,keyasint,omitzero"`
}

// Check returns aura.Invalid for an operation that no honest witness signs, whatever it says.
func (o *Operation) Check() error {
	const op = "consensus.Operation"
	n := len(o.Witnesses)
	switch {
	case n == 0 || n > MaxWitnesses:
		return aura.Errorf(op, aura.Invalid, "an operation has 1 to %d witnesses, not %d", MaxWitnesses, n)
	case int(o.Threshold) > n || 2*int(o.Threshold) <= n:
		return aura.Errorf(op, aura.Invalid, "%d of %d witnesses: it must be more than half of them, and at most all", o.Threshold, n)
	case len(o.Payload) > MaxPayload || len(o.Kind) > maxKind || o.Kind == "":
		return aura.Errorf(op, aura.Invalid, "an operation has a kind of 1 to %d bytes, and a payload of at most %d", maxKind, MaxPayload)
	}
	for i := range o.Witnesses {
		w := &o.Witnesses[i]
		if aura.DeviceOf(w.Key[:]) != w.Device {
			return aura.Errorf(op, aura.Invalid, "the key of witness %s is another device's", aura.Short(w.Device))
		}
		if i > 0 && bytes.Compare(o.Witnesses[i-1].Device[:], w.Device[:]) >= 0 {
			return aura.Errorf(op, aura.Invalid, "the witnesses are not in the order of their devices, each once")
		}
	}
	return nil
}

// Prestate returns the hash of the state together with its witnesses: a witness signs one operation over it.
func (o *Operation) Prestate() [32]byte {
	b := append([]byte("aura consensus prestate 1\x00"), o.State[:]...)
	for i := range o.Witnesses {
		w := &o.Witnesses[i]
		b = append(append(append(b, w.Authority[:]...), w.Device[:]...), w.Key[:]...)
	}
	return sha256.Sum256(b)
}

// Hash returns the hash of the operation, but for its nonce.
func (o *Operation) Hash() [32]byte {
	pre := o.Prestate()
	b := append([]byte("aura consensus operation 1\x00"), pre[:]...)
	b = binary.BigEndian.AppendUint16(b, o.Threshold)
	b = framed(framed(b, []byte(o.Kind)), o.Payload)
	return sha256.Sum256(b)
}

// framed appends a part with its length, so that two different lists of parts never have the same bytes.
func framed(b, part []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
}

// Find returns the place of a device among the witnesses, false when it is none.
func (o *Operation) Find(device aura.DeviceID) (int, bool) {
	return slices.BinarySearchFunc(o.Witnesses, device, func(w Witness, d aura.DeviceID) int { return bytes.Compare(w.Device[:], d[:]) })
}

// Conflict says that a witness has signed another operation over the same state, or does not agree.
type Conflict struct {
	Prestate [32]byte `cbor:"1,keyasint,omitzero"`
	Voted    [32]byte `cbor:"2,keyasint,omitzero"`  // the hash of the operation that it has signed; zero: none
	Text     string   `cbor:"3,keyasint,omitempty"` // at most 200 bytes
}

// Commitment is a witness's answer to an operation: the hash of a nonce that it will use, or why it does not sign.
type Commitment struct {
	Digest    [32]byte  `cbor:"1,keyasint,omitzero"`
	Signature [64]byte  `cbor:"2,keyasint,omitzero"` // over [CommitmentBytes]
	Conflict  *Conflict `cbor:"3,keyasint,omitempty"`
}

// SignRequest tells the witnesses which commitments there are, in the order of the witnesses.
type SignRequest struct {
	Commitments []Commitment `cbor:"1,keyasint,omitempty"`
}

// Digest returns the hash of the commitments.
func (r *SignRequest) Digest() [32]byte {
	b := []byte("aura consensus commitments 1\x00")
	for i := range r.Commitments {
		c := &r.Commitments[i]
		b = append(append(b, c.Digest[:]...), c.Signature[:]...)
	}
	return sha256.Sum256(b)
}

// Share is a witness's signature, or why it does not sign.
type Share struct {
	Nonce     [32]byte  `cbor:"1,keyasint,omitzero"` // the one that it has committed to
	Signature [64]byte  `cbor:"2,keyasint,omitzero"` // over [ShareBytes]
	Conflict  *Conflict `cbor:"3,keyasint,omitempty"`
}

// Signed is a share in a commit.
type Signed struct {
	Witness   uint16   `cbor:"1,keyasint,omitempty"` // its place among the witnesses
	Signature [64]byte `cbor:"2,keyasint,omitzero"`
}

// Commit shows that as many witnesses as an operation asks for have signed it.
type Commit struct {
	Session     aura.SessionID `cbor:"1,keyasint,omitzero"`
	Commitments [32]byte       `cbor:"2,keyasint,omitzero"`  // [SignRequest.Digest]
	Shares      []Signed       `cbor:"3,keyasint,omitempty"` // by witness, ascending
}

// CommitmentBytes returns what a witness signs when it commits to a nonce.
func CommitmentBytes(session aura.SessionID, operation, digest [32]byte) []byte {
	return append(append(append([]byte("aura consensus commitment 1\x00"), session[:]...), operation[:]...), digest[:]...)
}

// ShareBytes returns what a witness signs when it agrees.
func ShareBytes(session aura.SessionID, operation, commitments [32]byte) []byte {
	return append(append(append([]byte("aura consensus share 1\x00"), session[:]...), operation[:]...), commitments[:]...)
}

// CheckCommitment returns aura.Denied unless a witness has signed the commitment in this session.
func (o *Operation) CheckCommitment(session aura.SessionID, witness int, c *Commitment) error {
	return o.verify(witness, CommitmentBytes(session, o.Hash(), c.Digest), c.Signature)
}

// CheckShare returns aura.Denied unless a witness has signed this operation in this session, with the nonce that it had committed to.
func (o *Operation) CheckShare(session aura.SessionID, witness int, r *SignRequest, s *Share) error {
	if witness >= len(r.Commitments) || sha256.Sum256(s.Nonce[:]) != r.Commitments[witness].Digest {
		return aura.Errorf("consensus.Share", aura.Denied, "a share with another nonce than its witness has committed to")
	}
	return o.verify(witness, ShareBytes(session, o.Hash(), r.Digest()), s.Signature)
}

// Verify returns aura.Denied unless the commit has the signatures of as many different witnesses as the operation asks for.
func (o *Operation) Verify(c *Commit) error {
	const op = "consensus.Verify"
	if err := o.Check(); err != nil {
		return err
	}
	if len(c.Shares) < int(o.Threshold) {
		return aura.Errorf(op, aura.Denied, "a commit with %d signatures of the %d that it needs", len(c.Shares), o.Threshold)
	}
	message := ShareBytes(c.Session, o.Hash(), c.Commitments)
	for i, s := range c.Shares {
		if i > 0 && s.Witness <= c.Shares[i-1].Witness {
			return aura.Errorf(op, aura.Denied, "a commit with a witness twice, or out of order")
		}
		if err := o.verify(int(s.Witness), message, s.Signature); err != nil {
			return err
		}
	}
	return nil
}

func (o *Operation) verify(witness int, message []byte, signature [64]byte) error {
	if witness >= len(o.Witnesses) || !ed25519.Verify(o.Witnesses[witness].Key[:], message, signature[:]) {
		return aura.Errorf("consensus.Verify", aura.Denied, "a signature that is not of witness %d", witness)
	}
	return nil
}
