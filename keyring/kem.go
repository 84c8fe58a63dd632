package keyring

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha3"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// The sizes of a KEM's public parts, in bytes.
const (
	// EncapsulationKeySize is ML-KEM-768's 1,184 and X25519's 32.
	EncapsulationKeySize = mlkem.EncapsulationKeySize768 + 32
	// CiphertextSize is ML-KEM-768's 1,088 and X25519's 32.
	CiphertextSize = mlkem.CiphertextSize768 + 32
)

// combinerLabel ends the combiner's input, as X-Wing has it.
const combinerLabel = `\.//^\`

// KEM is a hybrid of ML-KEM-768 and X25519: the shared secret stays secret while either holds. Formats
// and combiner are X-Wing's; the seed has 64 bytes where X-Wing's has 32. Everything follows from the
// seed and the entropy given, which the standard library's generators do not offer.
type KEM struct {
	lattice *mlkem.DecapsulationKey768
	curve   *ecdh.PrivateKey
}

// NewKEM derives both key pairs from a seed.
func NewKEM(seed [64]byte) *KEM {
	expanded := sha3.SumSHAKE256(seed[:], mlkem.SeedSize+32)
	lattice, err := mlkem.NewDecapsulationKey768(expanded[:mlkem.SeedSize])
	if err != nil {
		panic(err) // only for a seed of another length
	}
	curve, err := ecdh.X25519().NewPrivateKey(expanded[mlkem.SeedSize:])
	if err != nil {
		panic(err) // only for a key of another length
	}
	return &KEM{lattice, curve}
}

// EncapsulationKey returns the public key, [EncapsulationKeySize] bytes.
func (k *KEM) EncapsulationKey() []byte {
	return append(k.lattice.EncapsulationKey().Bytes(), k.curve.PublicKey().Bytes()...)
}

// Encapsulate makes a shared secret and the ciphertext, [CiphertextSize] bytes, from which the owner of
// encapsulationKey gets the same. It returns [aura.Invalid] for a malformed key.
func Encapsulate(encapsulationKey []byte, e world.Entropy) (shared [32]byte, ciphertext []byte, err error) {
	const op = "keyring.Encapsulate"
	if len(encapsulationKey) != EncapsulationKeySize {
		return shared, nil, aura.Errorf(op, aura.Invalid, "encapsulation key of %d bytes", len(encapsulationKey))
	}
	lattice, err := mlkem.NewEncapsulationKey768(encapsulationKey[:mlkem.EncapsulationKeySize768])
	if err != nil {
		return shared, nil, aura.Errorf(op, aura.Invalid, "encapsulation key: %w", err)
	}
	curveKey := encapsulationKey[mlkem.EncapsulationKeySize768:]
	curve, err := ecdh.X25519().NewPublicKey(curveKey)
	if err != nil {
		return shared, nil, aura.Errorf(op, aura.Invalid, "encapsulation key: %w", err)
	}
	var random [64]byte
	_, _ = e.Read(random[:])
	latticeShared, ciphertext, err := mlkemtest.Encapsulate768(lattice, random[:32])
	if err != nil {
		return shared, nil, aura.Errorf(op, aura.Internal, "encapsulate: %w", err)
	}
	ephemeral, err := ecdh.X25519().NewPrivateKey(random[32:])
	if err != nil {
		return shared, nil, aura.Errorf(op, aura.Internal, "encapsulate: %w", err)
	}
	curveShared, err := ephemeral.ECDH(curve)
	if err != nil {
		return shared, nil, aura.Errorf(op, aura.Invalid, "encapsulation key: %w", err)
	}
	curveCiphertext := ephemeral.PublicKey().Bytes()
	shared = combine(latticeShared, curveShared, curveCiphertext, curveKey)
	return shared, append(ciphertext, curveCiphertext...), nil
}

// Decapsulate returns the shared secret of a ciphertext. It returns [aura.Invalid] for a malformed
// ciphertext; one made for another key gives a secret that no other party has.
func (k *KEM) Decapsulate(ciphertext []byte) (shared [32]byte, err error) {
	const op = "keyring.Decapsulate"
	if len(ciphertext) != CiphertextSize {
		return shared, aura.Errorf(op, aura.Invalid, "ciphertext of %d bytes", len(ciphertext))
	}
	curveCiphertext := ciphertext[mlkem.CiphertextSize768:]
	latticeShared, err := k.lattice.Decapsulate(ciphertext[:mlkem.CiphertextSize768])
	if err != nil {
		return shared, aura.Errorf(op, aura.Invalid, "ciphertext: %w", err)
	}
	ephemeral, err := ecdh.X25519().NewPublicKey(curveCiphertext)
	if err != nil {
		return shared, aura.Errorf(op, aura.Invalid, "ciphertext: %w", err)
	}
	curveShared, err := k.curve.ECDH(ephemeral)
	if err != nil {
		return shared, aura.Errorf(op, aura.Invalid, "ciphertext: %w", err)
	}
	return combine(latticeShared, curveShared, curveCiphertext, k.curve.PublicKey().Bytes()), nil
}

func combine(latticeShared, curveShared, curveCiphertext, curveKey []byte) (shared [32]byte) {
	h := sha3.New256()
	for _, part := range [][]byte{latticeShared, curveShared, curveCiphertext, curveKey, []byte(combinerLabel)} {
		_, _ = h.Write(part)
	}
	h.Sum(shared[:0])
	return shared
}
