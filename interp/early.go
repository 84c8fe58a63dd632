package interp

import (
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// moveStep is how many receipts one batch moves.
const moveStep = 256

// earlyReceiptKey is where earlier builds kept the n-th receipt (1-based) of a budget's present chain in the metadata. Each
// chain was written over the one before it.
func earlyReceiptKey(k budgetKey, n uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(receiptLogName(k)), n))
}

// HasEarlyReceipts reports whether a journal has receipts where an earlier build kept them, as metadata. It reads nothing.
func HasEarlyReceipts(j *journal.Journal) bool {
	charges := j.Charges()
	return slices.ContainsFunc(charges, func(c fact.Charge) bool { return early(&c, receiptLogOf(j, &c)) })
}

// early reports whether receipts of a ledger entry's chain are not in their log. This build has a chain in the log from its
// first receipt on.
func early(c *fact.Charge, log journal.Log) bool { return log.Cursor == 0 && log.Last < c.Receipts }

func receiptLogOf(j *journal.Journal, c *fact.Charge) journal.Log {
	return j.Log(receiptLogName(budgetKey{c.Context, c.Peer}))
}

// MoveReceipts moves the receipts that an earlier build kept as metadata to where this one keeps them. Call it before
// anything is decided. A crash in between leaves the rest for the next call.
func MoveReceipts(tc task.Context, j *journal.Journal) error {
	charges := j.Charges()
	for i := range charges {
		for more := true; more; {
			var err error
			if more, err = moveReceipts(tc, j, &charges[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveReceipts moves some receipts of a chain, and reports whether there may be more.
func moveReceipts(tc task.Context, j *journal.Journal, c *fact.Charge) (more bool, err error) {
	log := receiptLogOf(j, c)
	if !early(c, log) {
		return false, nil
	}
	change := journal.LogChange{Name: log.Name}
	entry := &journal.Entry{}
	for n := log.Last + 1; len(change.Values) < moveStep || n > c.Receipts; n++ {
		key := earlyReceiptKey(budgetKey{c.Context, c.Peer}, n)
		value, err := j.Meta(key)
		if err != nil {
			return false, err
		}
		if value == nil {
			break
		}
		if n <= c.Receipts { // the rest, of the chain before, goes with the last of this one
			change.Values = append(change.Values, value)
		}
		entry.Meta = append(entry.Meta, journal.KV{Key: key})
	}
	if len(entry.Meta) == 0 {
		return false, nil // they were missing before
	}
	entry.Logs = []journal.LogChange{change}
	_, err = j.Append(tc, entry)
	return true, err
}
