package fact

import (
	"cmp"

	"github.com/aura-runtime/aura"
)

// Page is the amount spent in one epoch.
type Page struct {
	Epoch aura.Epoch `cbor:"1,keyasint,omitempty"`
	Spent uint64     `cbor:"2,keyasint,omitempty"` // zero: there is no page
}

// Span is a row of epochs, both ends included; zero: none.
type Span struct {
	From  aura.Epoch `cbor:"1,keyasint,omitempty"`
	Until aura.Epoch `cbor:"2,keyasint,omitempty"`
}

// maxSpans bounds the memory of a ledger entry. Beyond it the two that lie closest on one side of the present
// become one, and the epochs between them count as spent: a clock that jumps often may cost budgets, and
// never gives one.
const maxSpans = 3

// Past is a ledger entry's memory of the epochs that it has left. A clock that was wrong and is corrected
// leads back to the rest of the present epoch, and no epoch's budget is spent twice. It has a
// fixed size.
type Past struct {
	// Turns is how often the entry changed its epoch. The entry with more of them is the newer.
	Turns uint64 `cbor:"1,keyasint,omitempty"`
	// Last is the epoch before, and the amount spent in it.
	Last Page `cbor:"2,keyasint,omitzero"`
	// Spans are all other epochs in which something was spent, ascending.
	Spans [maxSpans]Span `cbor:"3,keyasint,omitzero"`
}

// Spent returns the amount spent in an epoch other than the given current one, and false when the entry does
// not remember it.
func (p *Past) Spent(current, epoch aura.Epoch) (units uint64, known bool) {
	if epoch == p.Last.Epoch && p.Last.Spent > 0 {
		return p.Last.Spent, true
	}
	// An entry of an earlier build remembers nothing, and knows that it never went back.
	if p.Turns == 0 && epoch < current {
		return 0, false
	}
	for _, s := range p.Spans {
		if s != (Span{}) && s.From <= epoch && epoch <= s.Until {
			return 0, false
		}
	}
	return 0, true
}

// Turn leaves an epoch for another one. It returns the amount spent in the other one.
func (p *Past) Turn(left Page, to aura.Epoch) (spent uint64) {
	spent, _ = p.Spent(left.Epoch, to)
	p.Turns++
	if p.Last.Epoch == to {
		p.Last = Page{}
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
func (p *Past) add(epoch, present aura.Epoch) {
	var spans [maxSpans + 1]Span
	n := 0
	added := Span{epoch, epoch}
	put := func(s Span) {
		if n > 0 && s.From <= spans[n-1].Until+1 {
			spans[n-1].Until = max(spans[n-1].Until, s.Until)
			return
		}
		spans[n] = s
		n++
	}
	placed := false
	for _, s := range p.Spans {
		if s == (Span{}) {
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
	if n > maxSpans {
		at := closest(spans[:n], present)
		spans[at-1].Until = spans[at].Until
		copy(spans[at:], spans[at+1:])
		spans[n-1] = Span{}
	}
	copy(p.Spans[:], spans[:maxSpans])
}

// closest returns the index of the span that lies closest to the one before it, of those that have the present
// epoch not between them: losing past epochs costs nothing.
func closest(spans []Span, present aura.Epoch) int {
	best := 0
	for i := 1; i < len(spans); i++ {
		if spans[i-1].Until < present && present < spans[i].From {
			continue
		}
		if best == 0 || spans[i].From-spans[i-1].Until < spans[best].From-spans[best-1].Until {
			best = i
		}
	}
	return best
}

// compare orders the memories of two entries of the same epoch and number of turns: a total order, so that a
// merge does not depend on the order of its arguments.
func (p *Past) compare(o *Past) int {
	c := cmp.Or(cmp.Compare(p.Last.Epoch, o.Last.Epoch), cmp.Compare(p.Last.Spent, o.Last.Spent))
	for i := range p.Spans {
		c = cmp.Or(c, cmp.Compare(p.Spans[i].From, o.Spans[i].From), cmp.Compare(p.Spans[i].Until, o.Spans[i].Until))
	}
	return c
}

// newest compares two entries by their turns, then by their epochs.
func newest(a *Past, at aura.Epoch, b *Past, bt aura.Epoch) int {
	return cmp.Or(cmp.Compare(a.Turns, b.Turns), cmp.Compare(at, bt))
}
