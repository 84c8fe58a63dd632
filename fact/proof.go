package fact

import (
	"crypto/ed25519"
	"crypto/sha256"
	"math/bits"

	"github.com/aura-runtime/aura"
)

// maxProof bounds the encoding of one fact's proof.
const maxProof = maxPath*sha256.Size + ed25519.SignatureSize + 32

// Proof shows that a device stands for a fact: the batch that the device signed, the fact's place in it, and the
// signature. The proofs of a batch share what they have in common. Any valid proof of a fact is as good as another. The
// zero Proof proves nothing.
type Proof struct {
	Signature [64]byte // Ed25519, by the device, over [Batch.SigningBytes]
	index     uint32   // 0-based place in the batch, where it is known
	batch     *Batch
}

// Batch returns the batch as far as the proof knows it; nil for the zero Proof.
func (p *Proof) Batch() *Batch { return p.batch }

// Index returns the fact's place in its batch, 0-based.
func (p *Proof) Index() uint32 { return p.index }

// Equal reports whether two proofs are the same in all that they say.
func (p Proof) Equal(o Proof) bool {
	if p.batch == o.batch {
		return p.index == o.index && p.Signature == o.Signature
	}
	return p.batch != nil && o.batch != nil && string(p.Encode()) == string(o.Encode())
}

// Encode returns the canonical encoding of the proof by itself: what the batch has of other facts is left out, but for
// the nodes on the way to the root. The zero Proof has no bytes.
func (p *Proof) Encode() []byte {
	if p.batch == nil {
		return nil
	}
	return p.Append(make([]byte, 0, p.Room()))
}

// Room returns at most how many bytes the encoding has.
func (p *Proof) Room() int {
	if p.batch == nil {
		return 0
	}
	return proofRoom + sha256.Size*bits.Len32(p.batch.count-1)
}

// Append appends the canonical encoding of the proof to b.
func (p *Proof) Append(b []byte) []byte {
	if p.batch == nil {
		return b
	}
	at := [1]uint32{p.index}
	beside := p.batch.beside
	if len(p.batch.at) > 1 {
		beside = p.batch.nodesBeside(at[:])
	}
	return p.batch.append(b, at[:], beside, &p.Signature)
}

// DecodeProof reads what [Proof.Encode] wrote, of the fact with the given identity. It returns aura.Corrupt for anything
// else, and for a path whose length does not fit the batch. It does not verify.
func DecodeProof(b []byte, id aura.FactID) (Proof, error) {
	const op = "fact.DecodeProof"
	if len(b) > maxProof {
		return Proof{}, aura.Errorf(op, aura.Corrupt, "proof has %d bytes, the most is %d", len(b), maxProof)
	}
	batch, signature, err := DecodeBatch(b, []aura.FactID{id})
	if err != nil {
		return Proof{}, err
	}
	return batch.Proof(0, signature), nil
}

// Verify checks that proof shows the device with the given signing key (Ed25519, 32 bytes) to stand for
// the fact id. It returns aura.Denied otherwise. That the key is the one of the fact's device is for the
// caller to check, see [Record.Verify].
func Verify(id aura.FactID, proof Proof, deviceKey []byte) error {
	const op = "fact.Verify"
	if len(deviceKey) != ed25519.PublicKeySize {
		return aura.Errorf(op, aura.Denied, "device key has %d bytes", len(deviceKey))
	}
	if !proof.Of(id) || !signed(deviceKey, proof.batch.count, proof.batch.root(), &proof.Signature) {
		return unproven(op, id)
	}
	return nil
}

// Of reports whether the proof is one of the fact with an identity: the batch has it at the proof's place. Whether it
// holds is for [Verify] to say.
func (p *Proof) Of(id aura.FactID) bool {
	if p.batch == nil {
		return false
	}
	has, ok := p.batch.find(p.index)
	return ok && has == id
}

// ShareProofs returns the proofs of records, each once for as many of the records that follow each other as one batch
// has in its order: the first proof is that of the first records, and so on. It leaves out what [SpreadProofs] can
// compute from the facts.
func ShareProofs(records []Record) (proofs [][]byte) {
	var at []uint32
	for len(records) > 0 {
		first := &records[0].Proof
		if first.batch == nil {
			proofs, records = append(proofs, nil), records[1:]
			continue
		}
		at = append(at[:0], first.index)
		for i := 1; i < len(records); i++ {
			p := &records[i].Proof
			if p.batch != first.batch || p.Signature != first.Signature || p.index <= at[len(at)-1] {
				break
			}
			at = append(at, p.index)
		}
		proofs = append(proofs, first.batch.Part(at).Encode(first.Signature))
		records = records[len(at):]
	}
	return proofs
}

// SpreadProofs sets the proofs of records, whose identities are those of their facts, to what [ShareProofs] made of
// them. It returns aura.Corrupt for anything that does not prove each of the records once, in their order. It does not
// verify.
func SpreadProofs(records []Record, proofs [][]byte) error {
	const op = "fact.SpreadProofs"
	for _, b := range proofs {
		batch, signature, err := decodeBatch(b, len(records))
		if err != nil {
			return err
		}
		batch.ids = make([]aura.FactID, len(batch.at))
		for i := range batch.at {
			batch.ids[i] = records[i].ID
			records[i].Proof = batch.Proof(i, signature)
		}
		records = records[len(batch.at):]
	}
	if len(records) > 0 {
		return aura.Errorf(op, aura.Corrupt, "%d facts have no proof", len(records))
	}
	return nil
}
