package frost

import (
	"io"
	"slices"

	"filippo.io/edwards25519"

	"github.com/aura-runtime/aura"
)

// Splits begins to give a holder back the share that it lost, with as many others as the threshold asks for (Stinson and Wei 2017, "repairable
// threshold schemes", the enrolment protocol). It returns this holder's part of the lost share, split at random: one fragment for each of those
// who help, its own included, in their order. Each fragment is secret; all of them together are this holder's share. It returns
// aura.Invalid for too few who help, for one who stands twice, and when this holder is not among them or the lost one is.
func (s *Share) Splits(entropy io.Reader, helping []ID, lost ID) ([]Fragment, error) {
	const op = "frost.Splits"
	switch sorted := slices.Sorted(slices.Values(helping)); {
	case len(helping) < s.group.Threshold() || len(helping) > MaxSigners:
		return nil, aura.Errorf(op, aura.Invalid, "%d who help: want %d to %d", len(helping), s.group.Threshold(), MaxSigners)
	case len(slices.Compact(sorted)) != len(helping) || sorted[0] == 0:
		return nil, aura.Errorf(op, aura.Invalid, "one who helps stands twice, or is 0")
	case lost == 0 || slices.Contains(helping, lost) || !slices.Contains(helping, s.id):
		return nil, aura.Errorf(op, aura.Invalid, "%v help to repair the share of holder %d: they must be others, and holder %d one of them", helping, lost, s.id)
	}
	rest := edwards25519.NewScalar().Multiply(s.value, lagrange(helping, s.id, lost.scalar()))
	out := make([]Fragment, len(helping))
	for i, to := range helping {
		part := rest
		if i < len(helping)-1 {
			var err error
			if part, err = drawn(op, entropy); err != nil {
				return nil, err
			}
			rest = edwards25519.NewScalar().Subtract(rest, part)
		}
		out[i] = Fragment{s.id, to, [Size]byte(part.Bytes())}
	}
	return out, nil
}

// Sum adds the fragments that came from all who help to one of them. The sum is for the holder who lost its share. It returns aura.Invalid for a
// fragment that is no scalar, or for none.
func Sum(fragments []Fragment) ([Size]byte, error) {
	const op = "frost.Sum"
	if len(fragments) == 0 {
		return [Size]byte{}, aura.Errorf(op, aura.Invalid, "no fragments: each who helps sends one")
	}
	sum := edwards25519.NewScalar()
	for _, f := range fragments {
		value, err := parseScalar(op, "a fragment", f.Value[:])
		if err != nil {
			return [Size]byte{}, aura.Errorf(op, aura.Invalid, "from holder %d: %w", f.From, err)
		}
		sum.Add(sum, value)
	}
	return [Size]byte(sum.Bytes()), nil
}

// Repair returns the lost share, from the sums of all who helped. It returns aura.Invalid when they do not make it.
func Repair(g *Group, lost ID, sums [][Size]byte) (*Share, error) {
	fragments := make([]Fragment, len(sums))
	for i, s := range sums {
		fragments[i].Value = s
	}
	value, err := Sum(fragments)
	if err != nil {
		return nil, err
	}
	return ParseShare(g, lost, value[:])
}
