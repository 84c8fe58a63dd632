package interp

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// run is a row of own facts of one context, paid for in one epoch, that one receipt covers.
type run struct {
	key         budgetKey
	epoch       aura.Epoch
	cost        uint64
	from, until uint64 // Seq in (from, until]
	nonce       aura.Nonce
}

// runs collects charges. Those of one budget and epoch whose facts follow each other become one run, so
// that a group commit signs one receipt per peer however many messages it carries.
type runs struct {
	all  []run
	last map[budgetKey]int // the newest run of each budget
}

// add takes a charge and returns the index of the run that covers it.
func (rs *runs) add(r run) int {
	if at, ok := rs.last[r.key]; ok {
		if last := &rs.all[at]; last.epoch == r.epoch && last.until == r.from {
			last.cost, last.until = last.cost+r.cost, r.until
			return at
		}
	}
	rs.all = append(rs.all, r)
	rs.last[r.key] = len(rs.all) - 1
	return len(rs.all) - 1
}

// issue makes the receipt of a run on top of a charge's chain and returns the charge with the new head.
func (r *run) issue(own aura.AuthorityID, c fact.Charge, sign func([]byte) [64]byte) (effect.Receipt, fact.Charge) {
	if c.Epoch != r.epoch {
		c.Epoch, c.Receipts, c.Head = r.epoch, 0, [32]byte{} // every turn begins a chain of its own
	}
	receipt := effect.Receipt{
		Context: r.key.context, From: own, To: r.key.peer, Epoch: r.epoch, Cost: r.cost,
		FirstSeq: r.from + 1, LastSeq: r.until, Nonce: r.nonce, Previous: c.Head,
	}
	receipt.Signature = sign(receipt.SigningBytes())
	c.Receipts++
	c.Head = receipt.Hash()
	return receipt, c
}

// issue makes the receipts of all runs, in order, writes the chains' heads into the plan's charges and
// keeps the receipts as metadata, so that they are durable before anything is released.
func (p *plan) issue(own aura.AuthorityID, sign func([]byte) [64]byte) []effect.Receipt {
	receipts := make([]effect.Receipt, 0, len(p.runs.all))
	chains := map[budgetKey]fact.Charge{}
	for i := range p.runs.all {
		r := &p.runs.all[i]
		chain, ok := chains[r.key]
		if !ok {
			chain = p.charges.base[r.key]
		}
		receipt, chain := r.issue(own, chain, sign)
		chains[r.key] = chain
		receipts = append(receipts, receipt)
		p.meta = append(p.meta, guard.Meta{
			Key: receiptKey(r.key, chain.Receipts), Value: receipt.Encode(),
		})

		c := p.charges.get(r.key)
		c.Receipts, c.Head = chain.Receipts, chain.Head
		p.charges.set(r.key, c)
	}
	return receipts
}

// receiptKey is where the n-th receipt (1-based) of a budget's current epoch is kept. The next epoch
// overwrites it: a retransmission in a later epoch is decided anew and never uses an old receipt.
func receiptKey(k budgetKey, n uint64) string {
	b := append([]byte("receipt/"), k.context[:]...)
	b = append(b, k.peer[:]...)
	return string(binary.BigEndian.AppendUint64(b, n))
}

// receiptsAfter returns receipts of a budget's chain in an epoch: those after the first ones, at most so many.
func receiptsAfter(l Ledger, k budgetKey, epoch aura.Epoch, after uint64, most int) ([]effect.Receipt, error) {
	const op = "interp.Receipts"
	c := l.Charge(k.context, k.peer)
	if c.Epoch != epoch {
		return nil, aura.Errorf(op, aura.Stale, "the epoch has turned")
	}
	var found []effect.Receipt
	for n := after; n < c.Receipts && len(found) < most; n++ {
		b, err := l.Meta(receiptKey(k, n+1))
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, aura.Errorf(op, aura.Corrupt, "receipt %d of %d is missing", n+1, c.Receipts)
		}
		r, err := effect.DecodeReceipt(b)
		if err != nil {
			return nil, err
		}
		if r.Epoch != epoch { // those of another epoch have begun to take their places
			return nil, aura.Errorf(op, aura.Stale, "the epoch has turned")
		}
		found = append(found, r)
	}
	return found, nil
}
