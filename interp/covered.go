package interp

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/journal"
)

// EachReceipt calls fn with the receipts that a journal still has of a budget towards a peer, the newest first, until fn returns false: those of
// the present chain, and of the one before it as far as no policy let them go. It reads a page at a time, so its cost is that of the receipts
// which fn wants. A receipt must not be kept. It returns aura.Corrupt for one that is damaged, and aura.NotFound when they went meanwhile.
func EachReceipt(j *journal.Journal, budget aura.ContextID, peer aura.AuthorityID, fn func(*effect.Receipt) bool) error {
	const page = 64
	name := receiptLogName(budgetKey{budget, peer})
	log := j.Log(name)
	for last := log.Last; last > log.Dropped; {
		first := max(last, page) - page + 1 // of the page
		first = max(first, log.Dropped+1)
		values, err := j.ReadLog(name, first, int(last-first)+1, 0)
		if err != nil {
			return err
		}
		for _, b := range slices.Backward(values) {
			r, err := effect.DecodeReceipt(b)
			if err != nil {
				return err
			}
			if !fn(&r) {
				return nil
			}
		}
		last = first - 1
	}
	return nil
}
