package interp

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// CollectReceipts removes receipts of ended chains as far as may permits, and returns how many: the oldest first, until
// may returns false. The present chain of a ledger entry stays; a ledger entry that was settled has none. May gets one
// receipt at a time and must not keep it.
func (p *Production) CollectReceipts(tc task.Context, context aura.ContextID, peer aura.AuthorityID, may func(*effect.Receipt) bool) (removed int, err error) {
	k := budgetKey{context, peer}
	if removed, err = p.collectEarly(tc, k, may); err != nil {
		return removed, err
	}
	log := p.journal.Log(receiptLogName(k))
	settled := p.journal.Charge(context, peer) == fact.Charge{Context: context, Peer: peer}
	ended := log.Cursor
	if settled {
		ended = log.Last
	}
	through, err := p.collectable(log, ended, may)
	if err != nil {
		return removed, err
	}
	change := journal.LogChange{Name: log.Name, Drop: through, Remove: settled && log.Last > 0 && through == log.Last}
	if through == log.Dropped && !change.Remove {
		return removed, nil
	}
	_, err = p.journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}, Expect: func(v journal.View) error {
		if v.Log(log.Name) != log {
			return aura.Errorf("interp.CollectReceipts", aura.Stale, "the chain of receipts has grown")
		}
		return nil
	}})
	if aura.KindOf(err) == aura.Stale {
		return removed, nil // the next collection goes on
	}
	if err != nil {
		return removed, err
	}
	return removed + int(through-log.Dropped), nil
}

// collectEarly removes the receipts of a budget that an earlier build left as metadata and [MoveReceipts] did not move, because the
// ledger entry counts none of them any more. It keeps them all while may keeps one.
func (p *Production) collectEarly(tc task.Context, k budgetKey, may func(*effect.Receipt) bool) (removed int, err error) {
	n := uint64(0)
	for ; ; n++ {
		value, err := p.journal.Meta(earlyReceiptKey(k, n+1))
		if aura.KindOf(err) == aura.Corrupt {
			break // the journal does not write over damage
		}
		if err != nil {
			return 0, err
		}
		if value == nil {
			break
		}
		if r, err := effect.DecodeReceipt(value); err == nil && !may(&r) {
			return 0, nil
		}
	}
	for n > 0 { // from the end, so that a crash leaves no gap behind which the rest is not found
		e := &journal.Entry{}
		for ; n > 0 && len(e.Meta) < moveStep; n-- {
			e.Meta = append(e.Meta, journal.KV{Key: earlyReceiptKey(k, n)})
		}
		if _, err := p.journal.Append(tc, e); err != nil {
			return removed, err
		}
		removed += len(e.Meta)
	}
	return removed, nil
}

// collectable returns up to which number the receipts of a log may go, of those up to ended.
func (p *Production) collectable(log journal.Log, ended uint64, may func(*effect.Receipt) bool) (through uint64, err error) {
	for through = log.Dropped; through < ended; through++ {
		values, err := p.journal.ReadLog(log.Name, through+1, 1, 0)
		switch aura.KindOf(err) {
		case 0:
			if r, err := effect.DecodeReceipt(values[0]); err == nil && !may(&r) {
				return through, nil
			}
		case aura.Corrupt: // a damaged receipt proves nothing, so it goes
		case aura.NotFound: // a chain began meanwhile
			return log.Dropped, nil
		default:
			return log.Dropped, err
		}
	}
	return through, nil
}
