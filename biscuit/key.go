package biscuit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// PublicKey verifies signatures and names their maker in "trusting".
type PublicKey = datalog.Key

// Algorithm names a signature algorithm.
type Algorithm = datalog.Algorithm

// PrivateKey signs blocks. It prints without its secret. The zero PrivateKey signs nothing.
type PrivateKey struct {
	public PublicKey
	secret []byte // 32 bytes: the Ed25519 seed or the P-256 scalar
	signer crypto.Signer
}

// Signer signs blocks with a key that it need not show: a [PrivateKey], or a keyring that keeps its own.
type Signer interface {
	// Public returns the key that verifies the signatures.
	Public() PublicKey
	// Sign returns the signature of a message, which names its own purpose.
	Sign(message []byte) ([]byte, error)
}

// NewPrivateKey returns the key of a 32-byte secret: the seed of an Ed25519 key, or the big-endian
// scalar of a secp256r1 key. Random bytes make a good secret; for secp256r1, with a chance of 2⁻³²,
// they do not, and the error is [aura.Invalid].
func NewPrivateKey(a Algorithm, secret [32]byte) (PrivateKey, error) {
	const op = "biscuit.NewPrivateKey"
	switch a {
	case datalog.AlgorithmEd25519:
		k := ed25519.NewKeyFromSeed(secret[:])
		return PrivateKey{PublicKey{Algorithm: a, Bytes: string(k[32:])}, secret[:], k}, nil
	case datalog.AlgorithmSecp256r1:
		k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
		if err != nil {
			return PrivateKey{}, aura.Errorf(op, aura.Invalid, "secp256r1 secret is out of range")
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			return PrivateKey{}, &aura.Error{Op: op, Kind: aura.Internal, Err: err}
		}
		return PrivateKey{PublicKey{Algorithm: a, Bytes: compress(point)}, secret[:], k}, nil
	}
	return PrivateKey{}, aura.Errorf(op, aura.Invalid, "unknown signature algorithm %d", a)
}

// ParsePrivateKey reads "ed25519-private/" or "secp256r1-private/" and the secret in hexadecimal.
func ParsePrivateKey(s string) (PrivateKey, error) {
	const op = "biscuit.ParsePrivateKey"
	for _, a := range []Algorithm{datalog.AlgorithmEd25519, datalog.AlgorithmSecp256r1} {
		digits, ok := strings.CutPrefix(s, a.String()+"-private/")
		if !ok {
			continue
		}
		b, err := hex.DecodeString(digits)
		if err != nil || len(b) != 32 {
			return PrivateKey{}, aura.Errorf(op, aura.Invalid, "%s private key is not 32 bytes of hexadecimal", a)
		}
		return NewPrivateKey(a, [32]byte(b))
	}
	return PrivateKey{}, aura.Errorf(op, aura.Invalid,
		"private key does not start with ed25519-private/ or secp256r1-private/")
}

// Public returns the public key.
func (k PrivateKey) Public() PublicKey { return k.public }

// Text returns the form that [ParsePrivateKey] reads. It shows the secret.
func (k PrivateKey) Text() string {
	return k.public.Algorithm.String() + "-private/" + hex.EncodeToString(k.secret)
}

// String names the key by its public half.
func (k PrivateKey) String() string { return "private key of " + k.public.String() }

// GoString is String, so that no verb prints the secret.
func (k PrivateKey) GoString() string { return k.String() }

// Format prints [PrivateKey.String] for every verb.
func (k PrivateKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// Sign implements [Signer]. The error is [aura.Invalid] for the zero key. ECDSA signatures are deterministic
// (RFC 6979) and in DER.
func (k PrivateKey) Sign(message []byte) ([]byte, error) {
	const op = "biscuit.Sign"
	var sig []byte
	var err error
	switch s := k.signer.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(s, message), nil
	case *ecdsa.PrivateKey:
		digest := sha256.Sum256(message)
		sig, err = s.Sign(nil, digest[:], crypto.SHA256)
	default:
		return nil, aura.Errorf(op, aura.Invalid, "no private key given")
	}
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Internal, Err: err}
	}
	return sig, nil
}

// verify checks a signature. Its errors wrap ErrSignature, ErrSignatureForm or ErrForm.
func verify(k PublicKey, message []byte, sig string) error {
	switch k.Algorithm {
	case datalog.AlgorithmEd25519:
		if len(sig) != ed25519.SignatureSize {
			return fmt.Errorf("%w: %d bytes", ErrSignatureForm, len(sig))
		}
		if !ed25519.Verify([]byte(k.Bytes), message, []byte(sig)) {
			return ErrSignature
		}
		return nil
	case datalog.AlgorithmSecp256r1:
		point, err := decompress(k.Bytes)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(message)
		if !ecdsa.VerifyASN1(point, digest[:], []byte(sig)) {
			return ErrSignature
		}
		return nil
	}
	return fmt.Errorf("%w: signature algorithm %d", ErrForm, k.Algorithm)
}

// compress returns the 33-byte form of an uncompressed P-256 point: the sign of y, then x.
func compress(point []byte) string {
	return string(append([]byte{2 + point[64]&1}, point[1:33]...))
}

func decompress(s string) (*ecdsa.PublicKey, error) {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), []byte(s))
	if x == nil {
		return nil, fmt.Errorf("%w: secp256r1 key is not a point", ErrForm)
	}
	point := make([]byte, 65)
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// checkKey refuses a public key that no honest holder has: of the wrong length, or an Ed25519 key
// of small order, for which anyone can make signatures.
func checkKey(k PublicKey) error {
	size := map[Algorithm]int{datalog.AlgorithmEd25519: 32, datalog.AlgorithmSecp256r1: 33}[k.Algorithm]
	if size == 0 || len(k.Bytes) != size {
		return fmt.Errorf("%w: public key of algorithm %d with %d bytes", ErrForm, k.Algorithm, len(k.Bytes))
	}
	if k.Algorithm == datalog.AlgorithmEd25519 && smallOrder(k.Bytes) {
		return fmt.Errorf("%w: Ed25519 key of small order", ErrForm)
	}
	return nil
}

// The y coordinates of the points of Curve25519 whose order divides 8, and those of their encodings
// that are not reduced, little-endian, without the sign bit of x.
var smallOrderY = [...]string{
	"\x00" + zeros30 + "\x00",
	"\x01" + zeros30 + "\x00",
	"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
	"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
	"\xec" + ones30 + "\x7f",
	"\xed" + ones30 + "\x7f",
	"\xee" + ones30 + "\x7f",
}

const (
	zeros10 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	zeros30 = zeros10 + zeros10 + zeros10
	ones10  = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	ones30  = ones10 + ones10 + ones10
)

func smallOrder(key string) bool {
	for _, y := range smallOrderY {
		if key[:31] == y[:31] && key[31]&0x7f == y[31] {
			return true
		}
	}
	return false
}
