package guard

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
)

// Chain is what a next hop knows about the receipts of one sender towards one destination in one
// context. The zero value with the three names set has seen none.
type Chain struct {
	Context  aura.ContextID
	From, To aura.AuthorityID
	Epoch    aura.Epoch
	Spent    uint64 // units that the receipts of Epoch cover
	After    uint64 // the facts that they cover have Seq in (After, LastSeq]
	LastSeq  uint64
	Count    uint64   // receipts of Epoch
	Head     [32]byte // hash of the last receipt of Epoch; zero: none
}

// Accept verifies the next receipt with the sending device's signing key (Ed25519, 32 bytes) and
// advances the chain, before anything is forwarded. The receipt that is the chain's head is accepted
// again without change: a retransmission uses the same one.
//
// It returns aura.Stale for an earlier epoch or a run that is covered already, and aura.Denied for
// everything else that does not fit: another binding, a broken link, a wrong signature, no cost, more
// than the policy's limit, or an epoch that the clock has not reached. The chain is unchanged then.
func (c *Chain) Accept(r *effect.Receipt, deviceKey []byte, p Policy, now aura.Physical) error {
	const op = "guard.Accept"
	if r.Context != c.Context || r.From != c.From || r.To != c.To {
		return aura.Errorf(op, aura.Denied, "receipt is bound to another context, source or destination")
	}
	if err := r.Verify(deviceKey); err != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	hash := r.Hash()
	if hash == c.Head {
		return nil
	}
	next := *c
	if r.Epoch > c.Epoch {
		if r.Epoch > latestEpoch(p, now) {
			return aura.Errorf(op, aura.Denied, "receipt of an epoch that has not begun")
		}
		next = Chain{Context: c.Context, From: c.From, To: c.To, Epoch: r.Epoch}
	}
	switch {
	case r.Epoch < c.Epoch:
		return aura.Errorf(op, aura.Stale, "receipt of an earlier epoch")
	case r.Previous != next.Head && r.LastSeq <= next.LastSeq:
		return aura.Errorf(op, aura.Stale, "receipt of a run that is covered already")
	case r.FirstSeq == 0 || r.FirstSeq > r.LastSeq:
		return aura.Errorf(op, aura.Denied, "receipt covers no run of facts")
	case r.Previous != next.Head:
		return aura.Errorf(op, aura.Denied, "receipt does not follow the last one")
	case r.Cost == 0:
		return aura.Errorf(op, aura.Denied, "receipt without a cost")
	case next.Spent > p.Limit || r.Cost > p.Limit-next.Spent:
		return aura.Errorf(op, aura.Denied, "receipt exceeds the budget of its epoch")
	}
	// The run follows the same rule as the sender's ledger, so that both agree on what is paid for.
	next.After, next.LastSeq = joined(next.After, next.LastSeq, r.FirstSeq-1, r.LastSeq)
	next.Spent, next.Count, next.Head = next.Spent+r.Cost, next.Count+1, hash
	*c = next
	return nil
}

// Covers reports whether a receipt of the chain's epoch paid for the fact with a Seq.
func (c *Chain) Covers(seq uint64) bool { return seq > c.After && seq <= c.LastSeq }

// latestEpoch is the last epoch that a sender's clock may have reached: one beyond the latest instant
// that ours may show, because neither clock is exact.
func latestEpoch(p Policy, now aura.Physical) aura.Epoch {
	return EpochAt(p, aura.Physical{At: now.Range().Latest}) + 1
}
