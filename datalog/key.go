package datalog

import (
	"encoding/hex"
	"strings"

	"github.com/aura-runtime/aura"
)

// Algorithm names a signature algorithm. The numbers are those of the Biscuit schema.
type Algorithm uint8

// The signature algorithms.
const (
	AlgorithmEd25519   Algorithm = 0
	AlgorithmSecp256r1 Algorithm = 1
)

// String returns the name that keys start with.
func (a Algorithm) String() string {
	switch a {
	case AlgorithmEd25519:
		return "ed25519"
	case AlgorithmSecp256r1:
		return "secp256r1"
	}
	return "unknown"
}

// Key names the holder of a public key as an origin of facts. Bytes is the encoded public key: 32
// bytes for Ed25519, a 33-byte compressed point for secp256r1. This package compares keys and never
// uses them.
type Key struct {
	Algorithm Algorithm
	Bytes     string
}

// String returns the algorithm, a slash, and the key in hexadecimal.
func (k Key) String() string { return k.Algorithm.String() + "/" + hex.EncodeToString([]byte(k.Bytes)) }

// ParseKey reads the form that [Key.String] writes. It checks the length of the key, not that it is
// a point.
func ParseKey(s string) (Key, error) {
	const op = "datalog.ParseKey"
	name, digits, _ := strings.Cut(s, "/")
	k := Key{Algorithm: AlgorithmEd25519}
	size := 32
	switch name {
	case "ed25519":
	case "secp256r1":
		k.Algorithm, size = AlgorithmSecp256r1, 33
	default:
		return Key{}, aura.Errorf(op, aura.Invalid, "public key does not start with ed25519/ or secp256r1/")
	}
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != size {
		return Key{}, aura.Errorf(op, aura.Invalid, "%s public key is not %d bytes of hexadecimal", name, size)
	}
	k.Bytes = string(b)
	return k, nil
}
