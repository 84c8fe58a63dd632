package frost

import (
	"bytes"
	"crypto/sha512"
	"encoding/binary"
	"io"

	"filippo.io/edwards25519"

	"github.com/aura-runtime/aura"
)

// Size is the number of bytes of an encoded scalar and of an encoded point: RFC 9591, section 6.1.
const Size = 32

// suite separates the hashes of this ciphersuite from all others: RFC 9591, section 6.1.
const suite = "FROST-ED25519-SHA512-v1"

// ID names who holds a share, from 1 on. It is the place at which the share's polynomial is evaluated.
type ID uint16

func (i ID) scalar() *edwards25519.Scalar {
	var b [Size]byte
	binary.LittleEndian.PutUint16(b[:], uint16(i))
	s, err := edwards25519.NewScalar().SetCanonicalBytes(b[:])
	if err != nil {
		panic(err) // two bytes are below the order of the group
	}
	return s
}

// encode appends the identifier as the scalar that it is.
func (i ID) encode(to []byte) []byte {
	to = binary.LittleEndian.AppendUint16(to, uint16(i))
	return append(to, make([]byte, Size-2)...)
}

// hash reduces SHA-512 of its parts modulo the order of the group.
func hash(parts ...[]byte) *edwards25519.Scalar {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	s, err := edwards25519.NewScalar().SetUniformBytes(h.Sum(nil))
	if err != nil {
		panic(err) // it takes the 64 bytes of SHA-512
	}
	return s
}

// digest is SHA-512 of a label of the suite and a value: the hashes H4 and H5 of RFC 9591.
func digest(label string, value []byte) []byte {
	h := sha512.New()
	io.WriteString(h, suite+label)
	h.Write(value)
	return h.Sum(nil)
}

// drawn returns a uniform scalar.
func drawn(op aura.Op, entropy io.Reader) (*edwards25519.Scalar, error) {
	var b [64]byte
	if _, err := io.ReadFull(entropy, b[:]); err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "no randomness: %w", err)
	}
	s, err := edwards25519.NewScalar().SetUniformBytes(b[:])
	if err != nil {
		panic(err) // it takes 64 bytes
	}
	clear(b[:])
	return s, nil
}

// parseScalar reads a scalar in its only encoding.
func parseScalar(op aura.Op, what string, b []byte) (*edwards25519.Scalar, error) {
	s, err := edwards25519.NewScalar().SetCanonicalBytes(b)
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "%s: %d bytes that are no scalar below the order of the group", what, len(b))
	}
	return s, nil
}

// parsePoint reads a point in its only encoding. It refuses the identity and each point outside of the group of prime order, in which
// all of the proofs are: RFC 9591, section 6.1, DeserializeElement.
func parsePoint(op aura.Op, what string, b []byte) (*edwards25519.Point, error) {
	p, err := edwards25519.NewIdentityPoint().SetBytes(b)
	if err != nil || !bytes.Equal(p.Bytes(), b) {
		return nil, aura.Errorf(op, aura.Invalid, "%s: %d bytes that are no point of the curve", what, len(b))
	}
	if isIdentity(p) {
		return nil, aura.Errorf(op, aura.Invalid, "%s: the identity", what)
	}
	minusOne := edwards25519.NewScalar().Negate(ID(1).scalar()) // the order of the group, less one
	if q := edwards25519.NewIdentityPoint().VarTimeDoubleScalarBaseMult(minusOne, p, edwards25519.NewScalar()); !isIdentity(q.Add(q, p)) {
		return nil, aura.Errorf(op, aura.Invalid, "%s: a point outside of the group of prime order", what)
	}
	return p, nil
}

func isIdentity(p *edwards25519.Point) bool { return p.Equal(edwards25519.NewIdentityPoint()) == 1 }

func isZero(s *edwards25519.Scalar) bool { return s.Equal(edwards25519.NewScalar()) == 1 }

// mult returns s times the base point.
func mult(s *edwards25519.Scalar) *edwards25519.Point {
	return edwards25519.NewIdentityPoint().ScalarBaseMult(s)
}

// evaluate returns the polynomial's value at a place: RFC 9591, appendix C.1.1.
func evaluate(coefficients []*edwards25519.Scalar, at ID) *edwards25519.Scalar {
	x, sum := at.scalar(), edwards25519.NewScalar()
	for i := len(coefficients) - 1; i >= 0; i-- {
		sum.MultiplyAdd(sum, x, coefficients[i])
	}
	return sum
}

// lagrange returns the factor of the value at one place in the value at another one, from the values at all places: RFC 9591, section 4.2,
// where the other one is 0. The places are distinct, and have the one.
func lagrange(places []ID, of ID, at *edwards25519.Scalar) *edwards25519.Scalar {
	above, below, mine := ID(1).scalar(), ID(1).scalar(), of.scalar()
	for _, p := range places {
		if p == of {
			continue
		}
		x := p.scalar()
		above.Multiply(above, edwards25519.NewScalar().Subtract(at, x))
		below.Multiply(below, edwards25519.NewScalar().Subtract(mine, x))
	}
	return above.Multiply(above, below.Invert(below))
}
