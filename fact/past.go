package fact

import (
	"cmp"

	"github.com/aura-runtime/aura"
)

// EpochSpend is the amount spent in one epoch.
type EpochSpend struct {
	Epoch aura.Epoch `cbor:"1,keyasint,omitempty"`
	Spent uint64     `cbor:"2,keyasint,omitempty"` // zero: none
}

// EpochRange is a row of epochs, both ends included; zero: none.
type EpochRange struct {
	From  aura.Epoch `cbor:"1,keyasint,omitempty"`
	Until aura.Epoch `cbor:"2,keyasint,omitempty"`
}

// maxRanges bounds the memory of a ledger entry. Beyond it the two that lie closest on one side of the present
// become one, and the epochs between them count as spent: a clock that jumps often may cost budgets, and
// never gives one.
const maxRanges = 3

// EpochHistory is a ledger entry's memory of the epochs that it has left. A clock that was wrong and is corrected
// leads back to the rest of the present epoch, and no epoch's budget is spent twice. It has a
// fixed size.
type EpochHistory struct {
	// Changes is how often the entry changed its epoch. The entry with more of them is the newer.
	Changes uint64 `cbor:"1,keyasint,omitempty"`
	// Last is the epoch before, and the amount spent in it.
	Last EpochSpend `cbor:"2,keyasint,omitzero"`
	// Ranges are all other epochs in which something was spent, ascending.
	Ranges [maxRanges]EpochRange `cbor:"3,keyasint,omitzero"`
}

// Spent returns the amount spent in an epoch other than the given current one, and false when the entry does
// not remember it.
func (p *EpochHistory) Spent(current, epoch aura.Epoch) (units uint64, known bool) {
	if epoch == p.Last.Epoch && p.Last.Spent > 0 {
		return p.Last.Spent, true
	}
	// An entry of an earlier build remembers nothing, and knows that it never went back.
	if p.Changes == 0 && epoch < current {
		return 0, false
	}
	for _, s := range p.Ranges {
		if s != (EpochRange{}) && s.From <= epoch && epoch <= s.Until {
			return 0, false
		}
	}
	return 0, true
}

// spentIn returns the amount spent in any epoch by an entry that spends in current, and false when it does not remember.
func (p *EpochHistory) spentIn(current EpochSpend, epoch aura.Epoch) (units uint64, known bool) {
	if epoch == current.Epoch {
		return current.Spent, true
	}
	return p.Spent(current.Epoch, epoch)
}

// Change leaves an epoch for another one. It returns the amount spent in the other one.
func (p *EpochHistory) Change(left EpochSpend, to aura.Epoch) (spent uint64) {
	spent, _ = p.Spent(left.Epoch, to)
	p.Changes++
	if p.Last.Epoch == to {
		p.Last = EpochSpend{}
	}
	if left.Spent == 0 {
		return spent // nothing to remember
	}
	if p.Last.Spent > 0 {
		p.add(p.Last.Epoch, to)
	}
	p.Last = left
	return spent
}

// add remembers that an epoch is spent, where present is the one that the entry goes to.
func (p *EpochHistory) add(epoch, present aura.Epoch) {
	var ranges [maxRanges + 1]EpochRange
	n := 0
	added := EpochRange{epoch, epoch}
	put := func(s EpochRange) {
		if n > 0 && s.From <= ranges[n-1].Until+1 {
			ranges[n-1].Until = max(ranges[n-1].Until, s.Until)
			return
		}
		ranges[n] = s
		n++
	}
	placed := false
	for _, s := range p.Ranges {
		if s == (EpochRange{}) {
			continue
		}
		if !placed && epoch < s.From {
			put(added)
			placed = true
		}
		put(s)
	}
	if !placed {
		put(added)
	}
	if n > maxRanges {
		at := closest(ranges[:n], present)
		ranges[at-1].Until = ranges[at].Until
		copy(ranges[at:], ranges[at+1:])
		ranges[n-1] = EpochRange{}
	}
	copy(p.Ranges[:], ranges[:maxRanges])
}

// closest returns the index of the span that lies closest to the one before it, of those that have the present
// epoch not between them: losing past epochs costs nothing.
func closest(ranges []EpochRange, present aura.Epoch) int {
	best := 0
	for i := 1; i < len(ranges); i++ {
		if ranges[i-1].Until < present && present < ranges[i].From {
			continue
		}
		if best == 0 || ranges[i].From-ranges[i-1].Until < ranges[best].From-ranges[best-1].Until {
			best = i
		}
	}
	return best
}

// compare orders the memories of two entries of the same epoch and number of turns: a total order, so that a
// merge does not depend on the order of its arguments.
func (p *EpochHistory) compare(o *EpochHistory) int {
	c := cmp.Or(cmp.Compare(p.Last.Epoch, o.Last.Epoch), cmp.Compare(p.Last.Spent, o.Last.Spent))
	for i := range p.Ranges {
		c = cmp.Or(c, cmp.Compare(p.Ranges[i].From, o.Ranges[i].From), cmp.Compare(p.Ranges[i].Until, o.Ranges[i].Until))
	}
	return c
}

// newest compares two entries by their turns, then by their epochs.
func newest(a *EpochHistory, at aura.Epoch, b *EpochHistory, bt aura.Epoch) int {
	return cmp.Or(cmp.Compare(a.Changes, b.Changes), cmp.Compare(at, bt))
}
