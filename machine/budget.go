package machine

import (
	"math/bits"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Weight measures a protocol: twice the sum of the depths of its parts, and the messages that wait already.
func Weight(parts []Part, buffered int) uint64 {
	w := uint64(max(0, buffered))
	for _, p := range parts {
		w += 2 * uint64(choreo.DepthOfLocal(p.Local))
	}
	return w
}

// weights are the least and the greatest weight that protocols of a class are expected to have.
func (c Class) weights() (least, most uint64) {
	switch c {
	case ClassConsensusFastPath:
		return 16, 40
	case ClassConsensusFallback:
		return 80, 140
	case ClassSyncAntiEntropy:
		return 420, 600
	case ClassDkgCeremony:
		return 160, 260
	}
	return 40, 70
}

// Expects reports whether a weight is one that the class's budget was made for.
func (c Class) Expects(weight uint64) bool {
	least, most := c.weights()
	return weight >= least && weight <= most
}

// factor is how many steps a class takes for a unit of weight, in tenths.
func (c Class) factor() uint64 {
	switch c {
	case ClassConsensusFastPath:
		return 15
	case ClassConsensusFallback, ClassSyncAntiEntropy:
		return 18
	case ClassDkgCeremony:
		return 16
	}
	return 17
}

// Budget bounds the steps of a session, so that it ends. It is what [Opening].Budget takes.
type Budget struct {
	// Steps is the bound, Used the part taken.
	Steps, Used uint64
}

// TerminationBudget returns the bound for a protocol of a weight: the weight by the factor of its class,
// rounded up, by the multiplier in tenths, rounded up, and at most limit. A multiplier of 0 is 10, a limit
// of 0 none.
func TerminationBudget(c Class, weight, multiplierTenths, limit uint64) Budget {
	if multiplierTenths == 0 {
		multiplierTenths = 10
	}
	steps := tenths(tenths(weight, c.factor()), multiplierTenths)
	if limit > 0 {
		steps = min(steps, limit)
	}
	return Budget{Steps: max(1, steps)}
}

// tenths is n·f/10 rounded up, or the greatest number if it is larger.
func tenths(n, f uint64) uint64 {
	hi, lo := bits.Mul64(n, f)
	if hi >= 10 {
		return ^uint64(0)
	}
	q, rest := bits.Div64(hi, lo, 10)
	if rest > 0 && q < ^uint64(0) {
		q++
	}
	return q
}

// Spend takes n steps. It returns aura.Exhausted if there are not so many left.
func (b *Budget) Spend(n uint64) error {
	if n > b.Steps-b.Used {
		return aura.Errorf("machine.Spend", aura.Exhausted, "bound exceeded: %d steps of %d are used", b.Used, b.Steps)
	}
	b.Used += n
	return nil
}

// Low reports whether more than four fifths are used.
func (b Budget) Low() bool { return b.Used > b.Steps/5*4 }
