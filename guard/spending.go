package guard

import (
	"math"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

const (
	// burst is how many limits a sender may spend at once: the epoch of its clock may turn within one of ours.
	burst = 2
	// SpentEpochs is how many epochs a [Spending] remembers. Devices of one authority whose clocks differ name a few.
	SpentEpochs = 8
)

// Spending is what a next hop counts of one sender in one context, by the receipts of one kind: those of all its devices,
// and of all branches of each. It trusts no share. The zero value has counted nothing.
//
// It bounds the sender twice. The sender's clocks name the epochs: the receipts of one epoch, of those that were named
// last, amount to the limit at most. The own clock sets the pace: the limit for each epoch that passes here, and at most
// twice that at once, so a sender gains nothing by naming many epochs.
type Spending struct {
	// Epochs are the amounts by the epochs that the receipts name, the one named last first. The zero value is a free place.
	Epochs [SpentEpochs]fact.EpochSpend `cbor:"1,keyasint,omitzero"`
	// Owed is the amount that recent receipts cover, in units: it falls by the limit with every epoch of the own clock, of
	// which Seen was the last.
	Owed uint64     `cbor:"2,keyasint,omitempty"`
	Seen aura.Epoch `cbor:"3,keyasint,omitempty"`
}

// OverspentError says that a sender has no room in its budget for a receipt. One of a later epoch may have.
type OverspentError struct{ which string }

// Error says which bound is exceeded.
func (e *OverspentError) Error() string { return e.which }

// SpendingOf returns the spending of a sender as a chain of an earlier build knows it: the sender had one device.
func SpendingOf(c *ReceiptChain) Spending {
	s := Spending{Owed: c.Owed, Seen: c.Seen}
	if c.Spent > 0 {
		s.Epochs[0] = fact.EpochSpend{Epoch: c.Epoch, Spent: c.Spent}
	}
	return s
}

// In returns the amount that the receipts of an epoch cover; zero for one that is not remembered.
func (s *Spending) In(epoch aura.Epoch) uint64 {
	if i := s.find(epoch); i >= 0 {
		return s.Epochs[i].Spent
	}
	return 0
}

// Since returns the amounts of the epochs from a given one on that are remembered, the one named last first; nil: none.
func (s *Spending) Since(epoch aura.Epoch) (all []fact.EpochSpend) {
	for _, e := range s.Epochs {
		if e.Spent > 0 && e.Epoch >= epoch {
			all = append(all, e)
		}
	}
	return all
}

func (s *Spending) find(epoch aura.Epoch) int {
	return slices.IndexFunc(s.Epochs[:], func(e fact.EpochSpend) bool { return e.Epoch == epoch && e.Spent > 0 })
}

// plus returns the spending with one more receipt, or aura.Denied when that exceeds what the sender may spend.
func (s *Spending) plus(r *effect.Receipt, p Policy, now aura.Physical) (Spending, error) {
	const op = "guard.Accept"
	next := *s
	next.settle(p, EpochAt(p, now))
	most := burst * min(p.Limit, math.MaxUint64/burst)
	switch spent := next.In(r.Epoch); {
	case spent > p.Limit || r.Cost > p.Limit-spent:
		return Spending{}, &aura.Error{Op: op, Kind: aura.Denied, Err: &OverspentError{"receipt exceeds the budget of its epoch"}}
	case next.Owed > most || r.Cost > most-next.Owed:
		return Spending{}, &aura.Error{Op: op, Kind: aura.Denied, Err: &OverspentError{"receipt exceeds what may be sent in one epoch of this clock"}}
	}
	at := next.find(r.Epoch)
	if at < 0 {
		at = SpentEpochs - 1
		next.Epochs[at] = fact.EpochSpend{Epoch: r.Epoch}
	}
	named := next.Epochs[at]
	copy(next.Epochs[1:at+1], next.Epochs[:at])
	next.Epochs[0] = fact.EpochSpend{Epoch: named.Epoch, Spent: named.Spent + r.Cost}
	next.Owed += r.Cost
	return next, nil
}

// settle lets the debt fall with the own clock. When that clock was ahead and is right again, the epochs that passed since
// cannot be counted, and the debt would wait until the clock is back where it was: it is forgotten. The sender does not set
// this clock.
func (s *Spending) settle(p Policy, own aura.Epoch) {
	switch {
	case own+1 < s.Seen:
		s.Owed = 0
	case own > s.Seen:
		passed := uint64(own - s.Seen)
		if p.Limit == 0 || passed > s.Owed/p.Limit {
			s.Owed = 0
		} else {
			s.Owed -= passed * p.Limit
		}
	}
	s.Seen = own
}
