package guard

import (
	"math/bits"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Share is the part of every budget that one device of an authority may spend, of [WholeShare]. The shares of all devices
// sum to no more than that, so the devices keep the authority's limit without hearing of each other.
type Share uint32

// WholeShare is the share of an only device.
const WholeShare Share = 1 << shareBits

const shareBits = 16

// Of returns the share of a limit, rounded down. A share above the whole counts as the whole.
func (s Share) Of(limit uint64) uint64 {
	hi, lo := bits.Mul64(limit, uint64(min(s, WholeShare)))
	return hi<<(64-shareBits) | lo>>shareBits
}

// ChargeBegan returns the instant at which the epoch began in which a ledger entry is charged next.
func ChargeBegan(p Policy, c *fact.Charge, now aura.Physical) aura.Instant {
	return EpochBegan(p, epochOf(fact.EpochSpend{Epoch: c.Epoch, Spent: c.Spent}, &c.Past, EpochAt(p, now)).Epoch)
}

// LeaksBegan returns the instant at which the earliest epoch began in which one of a context's ledger entries records
// leakage next. They differ only after a clock was wrong.
func LeaksBegan(p Policy, spent *[fact.Observers]fact.Leak, now aura.Physical) aura.Instant {
	clock := EpochAt(p, now)
	first := clock
	for i := range spent {
		l := &spent[i]
		first = min(first, epochOf(fact.EpochSpend{Epoch: l.Epoch, Spent: l.Bits}, &l.Past, clock).Epoch)
	}
	return EpochBegan(p, first)
}

// EpochBegan returns the instant at which an epoch begins; zero for the first one.
func EpochBegan(p Policy, e aura.Epoch) aura.Instant {
	if e == 0 {
		return 0
	}
	return NextEpoch(p, e-1)
}
