package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/journal"
)

// EachReceipt calls fn with every receipt that a journal still has of a budget towards a peer, the oldest first: those of the
// present chain, and of the one before it as far as no policy let them go. A receipt must not be kept. It returns aura.Corrupt
// for one that is damaged, and aura.NotFound when they went meanwhile.
func EachReceipt(j *journal.Journal, budget aura.ContextID, peer aura.AuthorityID, fn func(*effect.Receipt)) error {
	const page = 256
	name := receiptLogName(budgetKey{budget, peer})
	log := j.Log(name)
	for from := log.Dropped + 1; from <= log.Last; {
		values, err := j.ReadLog(name, from, page, 0)
		if err != nil || len(values) == 0 {
			return err
		}
		for _, b := range values {
			r, err := effect.DecodeReceipt(b)
			if err != nil {
				return err
			}
			fn(&r)
		}
		from += uint64(len(values))
	}
	return nil
}
