package frost

import (
	"io"
	"slices"

	"filippo.io/edwards25519"

	"github.com/aura-runtime/aura"
)

// Offer is the public message of a holder to all others, when they make a key of which each gets a share: commitments to its polynomial, 32
// bytes each, and a proof that it knows the first coefficient, 64 bytes, without which it could choose its own after it has seen theirs.
type Offer struct {
	ID          ID
	Commitments []byte
	Proof       [2 * Size]byte
}

// Generation is one holder's secret part of making a key.
type Generation struct {
	id           ID
	n            int
	coefficients []*edwards25519.Scalar
	offer        Offer
	commitments  [][]*edwards25519.Point // by holder, from 1 on; nil until all offers are here
}

// Generate begins to make a key with the holders 1 to n, of whom t will sign: distributed key generation by Pedersen with proofs of
// knowledge (Komlo and Goldberg 2020, figure 1, round 1). It returns the offer to all others, or aura.Invalid for sizes or an identifier that
// do not fit.
func Generate(entropy io.Reader, id ID, t, n int) (*Generation, Offer, error) {
	const op = "frost.Generate"
	if err := checkSizes(op, t, n); err != nil {
		return nil, Offer{}, err
	}
	if id == 0 || int(id) > n {
		return nil, Offer{}, aura.Errorf(op, aura.Invalid, "holder %d of %d: want 1 to %d", id, n, n)
	}
	coefficients, err := polynomial(op, entropy, t)
	if err != nil {
		return nil, Offer{}, err
	}
	k, err := drawn(op, entropy)
	if err != nil {
		return nil, Offer{}, err
	}
	g := &Generation{id: id, n: n, coefficients: coefficients}
	g.offer = Offer{ID: id, Commitments: encodePoints(commit(coefficients))}
	r := mult(k).Bytes()
	c := knowledge(id, g.offer.Commitments[:Size], r)
	copy(g.offer.Proof[:], append(r, c.MultiplyAdd(coefficients[0], c, k).Bytes()...))
	return g, g.offer, nil
}

// knowledge is the challenge of an offer's proof.
func knowledge(id ID, public, r []byte) *edwards25519.Scalar {
	return hash([]byte(suite+"dkg"), id.encode(nil), public, r)
}

// check returns the commitments of an offer whose proof holds.
func (o *Offer) check(op aura.Op, t int) ([]*edwards25519.Point, error) {
	if len(o.Commitments) != t*Size {
		return nil, aura.Errorf(op, aura.Invalid, "the offer of holder %d has %d bytes of commitments: want %d", o.ID, len(o.Commitments), t*Size)
	}
	commitments, err := parseCommitments(op, o.Commitments)
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "the offer of holder %d: %w", o.ID, err)
	}
	r, err := parsePoint(op, "the proof", o.Proof[:Size])
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "the offer of holder %d: %w", o.ID, err)
	}
	mu, err := parseScalar(op, "the proof", o.Proof[Size:])
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "the offer of holder %d: %w", o.ID, err)
	}
	c := knowledge(o.ID, o.Commitments[:Size], o.Proof[:Size])
	// mu times the base is R and c times the commitment.
	if got := edwards25519.NewIdentityPoint().VarTimeDoubleScalarBaseMult(c.Negate(c), commitments[0], mu); got.Equal(r) != 1 {
		return nil, aura.Errorf(op, aura.Invalid, "the offer of holder %d does not prove that it knows what it commits to: begin without it", o.ID)
	}
	return commitments, nil
}

// Fragment is a secret message of one holder to another one: the value of its polynomial at the other's place.
type Fragment struct {
	From, To ID
	Value    [Size]byte
}

// Fragments checks the offers of all holders, this one's own included, and returns the secret message to each of the others: round 2. It
// returns aura.Invalid, with the holder, for an offer that is missing, stands twice or does not hold.
func (g *Generation) Fragments(offers []Offer) ([]Fragment, error) {
	const op = "frost.Fragments"
	if len(offers) != g.n {
		return nil, aura.Errorf(op, aura.Invalid, "%d offers of %d holders: each makes one", len(offers), g.n)
	}
	all := make([][]*edwards25519.Point, g.n)
	for i := range offers {
		o := &offers[i]
		if o.ID == 0 || int(o.ID) > g.n || all[o.ID-1] != nil {
			return nil, aura.Errorf(op, aura.Invalid, "an offer of holder %d, who is none of 1 to %d or made one already", o.ID, g.n)
		}
		if o.ID == g.id && (o.Proof != g.offer.Proof || !slices.Equal(o.Commitments, g.offer.Commitments)) {
			return nil, aura.Errorf(op, aura.Invalid, "the offer of holder %d is not the one that was made here: somebody changed it on its way", g.id)
		}
		commitments, err := o.check(op, len(g.coefficients))
		if err != nil {
			return nil, err
		}
		all[o.ID-1] = commitments
	}
	var out []Fragment
	for i := range g.n {
		if to := ID(i + 1); to != g.id {
			out = append(out, Fragment{g.id, to, [Size]byte(evaluate(g.coefficients, to).Bytes())})
		}
	}
	g.commitments = all
	return out, nil
}

// Finish returns this holder's share, from what all others told it. It returns aura.Invalid, with the holder, for a fragment that is
// missing, stands twice or does not fit the commitments of its sender; that holder must be left out, and the key made anew.
func (g *Generation) Finish(fragments []Fragment) (*Share, error) {
	const op = "frost.Finish"
	if g.commitments == nil {
		return nil, aura.Errorf(op, aura.Invalid, "no offers were checked: call Fragments first")
	}
	if len(fragments) != g.n-1 {
		return nil, aura.Errorf(op, aura.Invalid, "%d fragments of %d other holders: each sends one", len(fragments), g.n-1)
	}
	sum, seen := evaluate(g.coefficients, g.id), map[ID]bool{g.id: true}
	for _, f := range fragments {
		if f.From == 0 || int(f.From) > g.n || seen[f.From] || f.To != g.id {
			return nil, aura.Errorf(op, aura.Invalid, "a fragment from holder %d to %d, which is not for holder %d or came already", f.From, f.To, g.id)
		}
		seen[f.From] = true
		value, err := parseScalar(op, "a fragment", f.Value[:])
		if err != nil || mult(value).Equal(evaluatePoints(g.commitments[f.From-1], g.id)) != 1 {
			return nil, aura.Errorf(op, aura.Invalid, "the fragment of holder %d is not what it committed to: begin without it", f.From)
		}
		sum.Add(sum, value)
	}
	total := make([]*edwards25519.Point, len(g.coefficients))
	for i := range total {
		total[i] = edwards25519.NewIdentityPoint()
		for _, c := range g.commitments {
			total[i].Add(total[i], c[i])
		}
	}
	group, err := newGroup(op, total)
	if err != nil {
		return nil, err
	}
	return newShare(op, group, g.id, sum)
}
