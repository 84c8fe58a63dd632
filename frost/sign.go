package frost

import (
	"crypto/ed25519"
	"io"
	"slices"

	"filippo.io/edwards25519"

	"github.com/aura-runtime/aura"
)

// MaxSigners bounds the signers of one signature.
const MaxSigners = 255

// Commitment is what a signer tells the others before it signs: the public halves of its nonces. It is public.
type Commitment struct {
	ID              ID
	Hiding, Binding [Size]byte
}

// Nonces is the secret half of a commitment. It signs once. It is not safe for use by several tasks.
type Nonces struct {
	share           *Share
	hiding, binding *edwards25519.Scalar // nil: used
	commitment      Commitment
}

// Commit makes the nonces of one signature: RFC 9591, section 5.1.
func (s *Share) Commit(entropy io.Reader) (*Nonces, Commitment, error) {
	const op = "frost.Commit"
	var random [2][32]byte
	for i := range random {
		if _, err := io.ReadFull(entropy, random[i][:]); err != nil {
			return nil, Commitment{}, aura.Errorf(op, aura.Unavailable, "no randomness: %w", err)
		}
	}
	// A share that is mixed in makes poor randomness no danger: section 4.1, nonce_generate.
	nonce := func(random [32]byte) *edwards25519.Scalar {
		return hash([]byte(suite+"nonce"), random[:], s.value.Bytes())
	}
	n := &Nonces{share: s, hiding: nonce(random[0]), binding: nonce(random[1])}
	n.commitment = Commitment{s.id, [Size]byte(mult(n.hiding).Bytes()), [Size]byte(mult(n.binding).Bytes())}
	return n, n.commitment, nil
}

// Part is the contribution of one signer to a signature.
type Part struct {
	ID    ID
	Value [Size]byte
}

// Sign returns the signer's part of the signature of a message, and uses the nonces up: RFC 9591, section 5.2. The commitments are those of all
// signers, in any order. It returns aura.Stale for nonces that were used, and aura.Invalid, which uses nothing up, for commitments
// that lack this signer's own, that are fewer than the threshold or more than [MaxSigners], or of which one is damaged or stands twice.
func (n *Nonces) Sign(message []byte, commitments []Commitment) (Part, error) {
	const op = "frost.Sign"
	if n.hiding == nil {
		return Part{}, aura.Errorf(op, aura.Stale, "these nonces have signed: commit anew, nonces that sign twice give the share away")
	}
	if !slices.Contains(commitments, n.commitment) {
		return Part{}, aura.Errorf(op, aura.Invalid, "the commitments lack that of holder %d, who signs", n.share.id)
	}
	c, err := n.share.group.ceremony(op, message, commitments)
	if err != nil {
		return Part{}, err
	}
	hiding, binding := n.hiding, n.binding
	n.hiding, n.binding = nil, nil
	i, _ := c.place(n.share.id)
	weighed := edwards25519.NewScalar().Multiply(n.share.value, c.weight(n.share.id))
	z := edwards25519.NewScalar().MultiplyAdd(binding, c.factors[i], hiding)
	z.MultiplyAdd(weighed, c.challenge, z)
	return Part{n.share.id, [Size]byte(z.Bytes())}, nil
}

// Aggregate makes the signature, 64 bytes, of the parts of all whose commitments these are: RFC 9591, section 5.3. It returns aura.Invalid when it
// does not verify: for parts or commitments that lack one or have one twice, or with the holders whose parts are wrong.
func (g *Group) Aggregate(message []byte, commitments []Commitment, parts []Part) ([]byte, error) {
	const op = "frost.Aggregate"
	c, err := g.ceremony(op, message, commitments)
	if err != nil {
		return nil, err
	}
	if len(parts) != len(c.ids) {
		return nil, aura.Errorf(op, aura.Invalid, "%d parts of %d signers: each gives one", len(parts), len(c.ids))
	}
	seen := make([]bool, len(c.ids))
	values := make([]*edwards25519.Scalar, len(c.ids))
	var wrong []ID
	sum := edwards25519.NewScalar()
	for _, p := range parts {
		i, has := c.place(p.ID)
		if !has || seen[i] {
			return nil, aura.Errorf(op, aura.Invalid, "a part of holder %d, who made no commitment or gave a part already", p.ID)
		}
		seen[i] = true
		if values[i], err = parseScalar(op, "a part", p.Value[:]); err != nil {
			wrong = append(wrong, p.ID)
			continue
		}
		sum.Add(sum, values[i])
	}
	signature := append(c.commitment.Bytes(), sum.Bytes()...)
	if len(wrong) == 0 && ed25519.Verify(g.public, message, signature) {
		return signature, nil
	}
	for i, z := range values {
		if z != nil && !c.holds(i, z) {
			wrong = append(wrong, c.ids[i])
		}
	}
	slices.Sort(wrong)
	return nil, aura.Errorf(op, aura.Invalid, "the signature does not verify: the parts of the holders %v are wrong, sign again without them", wrong)
}

// Check returns aura.Invalid for a part that is not the signer's for this message and these commitments: RFC 9591, section 5.4.
func (g *Group) Check(message []byte, commitments []Commitment, part Part) error {
	const op = "frost.Check"
	c, err := g.ceremony(op, message, commitments)
	if err != nil {
		return err
	}
	z, err := parseScalar(op, "a part", part.Value[:])
	if err != nil {
		return err
	}
	if i, has := c.place(part.ID); !has || !c.holds(i, z) {
		return aura.Errorf(op, aura.Invalid, "the part of holder %d is wrong", part.ID)
	}
	return nil
}

// ceremony has the values that all signers of one signature compute alike.
type ceremony struct {
	group           *Group
	ids             []ID // ascending
	hiding, binding []*edwards25519.Point
	factors         []*edwards25519.Scalar // binding factors, section 4.4
	commitment      *edwards25519.Point    // of the group, section 4.5
	challenge       *edwards25519.Scalar
}

func (g *Group) ceremony(op aura.Op, message []byte, commitments []Commitment) (*ceremony, error) {
	if len(commitments) < g.Threshold() || len(commitments) > MaxSigners {
		return nil, aura.Errorf(op, aura.Invalid, "%d commitments: want %d to %d", len(commitments), g.Threshold(), MaxSigners)
	}
	sorted := slices.Clone(commitments)
	slices.SortFunc(sorted, func(a, b Commitment) int { return int(a.ID) - int(b.ID) })
	c := &ceremony{group: g, commitment: edwards25519.NewIdentityPoint()}
	var list []byte
	for i := range sorted {
		s := &sorted[i]
		if s.ID == 0 || i > 0 && s.ID == sorted[i-1].ID {
			return nil, aura.Errorf(op, aura.Invalid, "two commitments of holder %d, or one of holder 0", s.ID)
		}
		hiding, err := parsePoint(op, "a commitment", s.Hiding[:])
		if err != nil {
			return nil, err
		}
		binding, err := parsePoint(op, "a commitment", s.Binding[:])
		if err != nil {
			return nil, err
		}
		c.ids, c.hiding, c.binding = append(c.ids, s.ID), append(c.hiding, hiding), append(c.binding, binding)
		list = append(append(s.ID.encode(list), s.Hiding[:]...), s.Binding[:]...)
	}
	prefix := slices.Concat(g.public, digest("msg", message), digest("com", list))
	for i, id := range c.ids {
		factor := hash([]byte(suite+"rho"), prefix, id.encode(nil))
		c.factors = append(c.factors, factor)
		c.commitment.Add(c.commitment, c.nonce(i))
	}
	if isIdentity(c.commitment) {
		return nil, aura.Errorf(op, aura.Invalid, "the commitments cancel each other: a signer chose its own to do so, begin anew")
	}
	c.challenge = hash(c.commitment.Bytes(), g.public, message)
	return c, nil
}

// nonce returns the public nonce with which a signer takes part.
func (c *ceremony) nonce(i int) *edwards25519.Point {
	p := edwards25519.NewIdentityPoint().VarTimeDoubleScalarBaseMult(c.factors[i], c.binding[i], edwards25519.NewScalar())
	return p.Add(p, c.hiding[i])
}

func (c *ceremony) place(id ID) (int, bool) { return slices.BinarySearch(c.ids, id) }

func (c *ceremony) weight(id ID) *edwards25519.Scalar {
	return lagrange(c.ids, id, edwards25519.NewScalar())
}

// holds reports whether a part is that of its signer.
func (c *ceremony) holds(i int, z *edwards25519.Scalar) bool {
	weight := edwards25519.NewScalar().Multiply(c.challenge, c.weight(c.ids[i]))
	want := edwards25519.NewIdentityPoint().VarTimeDoubleScalarBaseMult(weight, c.group.at(c.ids[i]), edwards25519.NewScalar())
	return mult(z).Equal(want.Add(want, c.nonce(i))) == 1
}
