package frost

import (
	"crypto/ed25519"
	"io"
	"slices"

	"filippo.io/edwards25519"

	"github.com/aura-runtime/aura"
)

// MaxThreshold bounds what a group costs to decode and to check.
const MaxThreshold = 255

// Group is the public part of a key that several people hold: commitments to the coefficients of the polynomial whose values the
// shares are (Feldman 1987). The first one is the public key. It is immutable.
type Group struct {
	commitments []*edwards25519.Point
	public      []byte
}

// newGroup refuses coefficients whose sum or value came out as the identity, which only a cheater can cause.
func newGroup(op aura.Op, commitments []*edwards25519.Point) (*Group, error) {
	for i, c := range commitments {
		if isIdentity(c) {
			return nil, aura.Errorf(op, aura.Invalid, "coefficient %d of the key is 0", i)
		}
	}
	return &Group{commitments, commitments[0].Bytes()}, nil
}

// ParseGroup reads the encoding of a group. It returns aura.Invalid, with the item, for bytes that are none.
func ParseGroup(b []byte) (*Group, error) {
	const op = "frost.ParseGroup"
	commitments, err := parseCommitments(op, b)
	if err != nil {
		return nil, err
	}
	return newGroup(op, commitments)
}

func parseCommitments(op aura.Op, b []byte) ([]*edwards25519.Point, error) {
	if n := len(b) / Size; len(b)%Size != 0 || n < 1 || n > MaxThreshold {
		return nil, aura.Errorf(op, aura.Invalid, "%d bytes: want 1 to %d commitments of %d bytes", len(b), MaxThreshold, Size)
	}
	var all []*edwards25519.Point
	for part := range slices.Chunk(b, Size) {
		p, err := parsePoint(op, "a commitment", part)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Bytes returns the encoding: 32 bytes for each coefficient, so that many people must sign.
func (g *Group) Bytes() []byte { return encodePoints(g.commitments) }

func encodePoints(points []*edwards25519.Point) (b []byte) {
	for _, p := range points {
		b = append(b, p.Bytes()...)
	}
	return b
}

// Threshold returns how many shares make a signature.
func (g *Group) Threshold() int { return len(g.commitments) }

// PublicKey returns the key that the signatures verify under.
func (g *Group) PublicKey() ed25519.PublicKey { return slices.Clone(g.public) }

// at returns the public point of a holder's share: the polynomial's value in the exponent.
func (g *Group) at(id ID) *edwards25519.Point { return evaluatePoints(g.commitments, id) }

func evaluatePoints(commitments []*edwards25519.Point, id ID) *edwards25519.Point {
	x, sum := id.scalar(), edwards25519.NewIdentityPoint()
	for i := len(commitments) - 1; i >= 0; i-- {
		sum.VarTimeDoubleScalarBaseMult(x, sum, edwards25519.NewScalar())
		sum.Add(sum, commitments[i])
	}
	return sum
}

// VerifyingKey returns the public half of a holder's share, 32 bytes. It returns aura.Invalid for the identifier 0.
func (g *Group) VerifyingKey(id ID) ([]byte, error) {
	if id == 0 {
		return nil, aura.Errorf("frost.VerifyingKey", aura.Invalid, "the identifier 0 is the key's: shares begin with 1")
	}
	return g.at(id).Bytes(), nil
}

// Share is what one person holds of a key. It is secret, apart from its group and identifier.
type Share struct {
	id    ID
	value *edwards25519.Scalar
	group *Group
}

// ParseShare reads the 32 bytes of a share, and checks that it is that of the holder in the group: RFC 9591, appendix C.2, vss_verify. It
// returns aura.Invalid for bytes that are not.
func ParseShare(g *Group, id ID, b []byte) (*Share, error) {
	const op = "frost.ParseShare"
	value, err := parseScalar(op, "a share", b)
	if err != nil {
		return nil, err
	}
	return newShare(op, g, id, value)
}

func newShare(op aura.Op, g *Group, id ID, value *edwards25519.Scalar) (*Share, error) {
	if id == 0 || isZero(value) {
		return nil, aura.Errorf(op, aura.Invalid, "the identifier or the share is 0: ask for another share")
	}
	if mult(value).Equal(g.at(id)) != 1 {
		return nil, aura.Errorf(op, aura.Invalid, "the share is not that of holder %d in this group: ask its dealer for it again", id)
	}
	return &Share{id, value, g}, nil
}

// Bytes returns the secret, 32 bytes.
func (s *Share) Bytes() []byte { return s.value.Bytes() }

// ID returns who holds the share.
func (s *Share) ID() ID { return s.id }

// Group returns the public part of the key.
func (s *Share) Group() *Group { return s.group }

// Deal makes a key and n shares of it, of which t make a signature, for the holders 1 to n: RFC 9591, appendix C. The dealer could sign alone
// until it forgets the shares. It returns aura.Invalid for a threshold that is not 2 to n.
func Deal(entropy io.Reader, t, n int) ([]*Share, error) {
	const op = "frost.Deal"
	if err := checkSizes(op, t, n); err != nil {
		return nil, err
	}
	coefficients, err := polynomial(op, entropy, t)
	if err != nil {
		return nil, err
	}
	return deal(op, coefficients, n)
}

// checkSizes refuses thresholds with which one holder could sign alone, or with which no number of them can.
func checkSizes(op aura.Op, t, n int) error {
	if t < 2 || t > n || t > MaxThreshold || n > 1<<16-1 {
		return aura.Errorf(op, aura.Invalid, "%d of %d: want a threshold of at least 2, at most %d, and at most the number of holders", t, n, MaxThreshold)
	}
	return nil
}

func polynomial(op aura.Op, entropy io.Reader, t int) ([]*edwards25519.Scalar, error) {
	coefficients := make([]*edwards25519.Scalar, t)
	for i := range coefficients {
		var err error
		if coefficients[i], err = drawn(op, entropy); err != nil {
			return nil, err
		}
	}
	return coefficients, nil
}

func deal(op aura.Op, coefficients []*edwards25519.Scalar, n int) ([]*Share, error) {
	g, err := newGroup(op, commit(coefficients))
	if err != nil {
		return nil, err
	}
	shares := make([]*Share, n)
	for i := range shares {
		id := ID(i + 1)
		shares[i] = &Share{id, evaluate(coefficients, id), g}
	}
	return shares, nil
}

func commit(coefficients []*edwards25519.Scalar) []*edwards25519.Point {
	all := make([]*edwards25519.Point, len(coefficients))
	for i, c := range coefficients {
		all[i] = mult(c)
	}
	return all
}
