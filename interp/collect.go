package interp

import (
	"sort"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// collectStep is how many receipts one batch removes: collecting is in no hurry and must not hold up others.
const collectStep = 256

// CollectReceipts removes receipts of ended epochs as far as may permits, and returns how many. An epoch writes its
// receipts over those of the epoch before it. So behind the chain of the present epoch, a receipt with a higher number
// is an older one: CollectReceipts goes down from the last number until may returns false. The receipts of the ledger's
// epoch stay; a ledger entry that was settled has none. May gets one receipt at a time and must not keep it.
func (p *Production) CollectReceipts(tc task.Context, context aura.ContextID, peer aura.AuthorityID, may func(*effect.Receipt) bool) (removed int, err error) {
	k := budgetKey{context, peer}
	for {
		charge := p.journal.Charge(context, peer)
		last, err := p.lastReceipt(k, charge.Receipts)
		if err != nil {
			return removed, err
		}
		step, err := p.oldReceipts(k, &charge, last, may)
		if err != nil || len(step) == 0 {
			return removed, err
		}
		_, err = p.journal.Append(tc, &journal.Entry{Meta: step, Expect: func(v journal.View) error {
			// The present epoch may have written over some of these receipts in the meantime.
			if v.Charge(context, peer).Receipts != charge.Receipts {
				return aura.Errorf("interp.CollectReceipts", aura.Stale, "the ledger has changed")
			}
			return nil
		}})
		if aura.KindOf(err) == aura.Stale {
			return removed, nil // the next collection goes on
		}
		if err != nil {
			return removed, err
		}
		removed += len(step)
	}
}

// oldReceipts returns the removal of receipts that may go, from the last one down to the present chain.
func (p *Production) oldReceipts(k budgetKey, c *fact.Charge, last uint64, may func(*effect.Receipt) bool) (step []journal.KV, err error) {
	settled := *c == fact.Charge{Context: k.context, Peer: k.peer}
	for n := last; n > c.Receipts && len(step) < collectStep; n-- {
		key := receiptKey(k, n)
		b, err := p.journal.Meta(key)
		if err != nil {
			return nil, err
		}
		// A damaged receipt proves nothing, so it goes.
		if r, err := effect.DecodeReceipt(b); err == nil && (r.Epoch >= c.Epoch && !settled || !may(&r)) {
			break
		}
		step = append(step, journal.KV{Key: key})
	}
	return step, nil
}

// lastReceipt returns the greatest number of a stored receipt of a budget, at least that of the present chain. The
// numbers below it are all there.
func (p *Production) lastReceipt(k budgetKey, chain uint64) (last uint64, err error) {
	there := func(n uint64) bool {
		b, failed := p.journal.Meta(receiptKey(k, n))
		if failed != nil {
			err = failed
		}
		return failed == nil && b != nil
	}
	span := uint64(1)
	for there(chain + span) {
		span *= 2
	}
	// Between half the span, where there is one, and the span, where there is none.
	low := span / 2
	gone := sort.Search(int(span-low), func(i int) bool { return !there(chain + low + uint64(i) + 1) })
	return chain + low + uint64(gone), err
}
