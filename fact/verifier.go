package fact

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// Verifier verifies records of one device, as [Record.Verify] does. Facts of one group commit share one
// signature; a verifier checks the signature of a batch once while the batch's records follow each other, and computes
// its root once for all that came together. One task at a time uses it.
type Verifier struct {
	key    []byte
	device aura.DeviceID

	// The last batch whose signature held: of these exact values nothing needs to be checked again.
	batch     *Batch // nil: none yet
	root      [32]byte
	signature [64]byte
}

// NewVerifier returns a verifier for the device with the given signing key (Ed25519, 32 bytes). It keeps no
// reference to the key.
func NewVerifier(deviceKey []byte) *Verifier {
	return &Verifier{key: slices.Clone(deviceKey), device: aura.DeviceOf(deviceKey)}
}

// Verify checks that the device stands for the record's fact. It returns aura.Denied otherwise.
func (v *Verifier) Verify(r *Record) error {
	const op = "fact.Verify"
	if r.Fact.Device != v.device {
		return aura.Errorf(op, aura.Denied, "fact %s names another device than the key's", aura.Short(r.ID))
	}
	if !r.Genuine() {
		return aura.Errorf(op, aura.Denied, "fact %s does not have the identity that it claims", aura.Short(r.ID))
	}
	p := &r.Proof
	if !p.Of(r.ID) {
		return unproven(op, r.ID)
	}
	if v.batch == p.batch && v.signature == p.Signature {
		return nil
	}
	root := p.batch.root()
	same := v.batch != nil && v.batch.count == p.batch.count && v.root == root && v.signature == p.Signature
	if !same && !signed(v.key, p.batch.count, root, &p.Signature) {
		return unproven(op, r.ID)
	}
	v.batch, v.root, v.signature = p.batch, root, p.Signature
	return nil
}

func unproven(op aura.Op, id aura.FactID) error {
	return aura.Errorf(op, aura.Denied, "proof of fact %s does not hold", aura.Short(id))
}
