package guard

import (
	"math"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
)

// ReceiptChain is a next hop's knowledge of the receipts of one kind from one sender towards one destination in one
// context. The zero value with the kind and the three names set has seen none.
type ReceiptChain struct {
	Kind     effect.ReceiptKind `cbor:",omitzero"`
	Context  aura.ContextID
	From, To aura.AuthorityID
	Epoch    aura.Epoch
	Spent    uint64 // units that the receipts of Epoch cover
	After    uint64 // the facts or cells that they cover are numbered (After, LastSeq]; parcels have no numbers
	LastSeq  uint64
	// LastID is the identity of the fact at LastSeq, as the receipt named it; zero: it did not.
	LastID [16]byte `cbor:",omitzero"`
	// Digest is that of the message that the last receipt covers; zero but for parcels.
	Digest [32]byte `cbor:",omitzero"`
	Count  uint64   // receipts of the chain
	Head   [32]byte // hash of the last receipt of the chain; zero: none
	First  [32]byte // hash of its first one; zero: not known
	// Owed is the amount that recent receipts covered, in units: it falls by the limit with every epoch of the own clock,
	// of which Seen was the last.
	Owed uint64
	Seen aura.Epoch
}

// burst is how many limits a sender may spend at once: the epoch of its clock may turn within one of ours.
const burst = 2

// Accept verifies the next receipt with the sending device's signing key (Ed25519, 32 bytes) and
// advances the chain, before anything is forwarded. The receipt that is the chain's head is accepted
// again without change: a retransmission uses the same one.
//
// The sender's clock names the epochs, and may be wrong, jump, and come back. So any epoch may follow any
// other, with a chain that begins anew. The own clock bounds a sender's spending instead: the limit
// for each epoch that passes here, and at most twice that at once. Nor does one epoch's name, until the sender
// names another, pay for more than the limit.
//
// It returns aura.Stale for a receipt of an earlier chain or a run that is covered already, and aura.Denied
// for everything else that does not fit: another kind or binding, a broken link, a wrong signature, no cost, more
// than is permitted, more cells than units. The chain is unchanged then.
func (c *ReceiptChain) Accept(r *effect.Receipt, deviceKey []byte, p Policy, now aura.Physical) error {
	const op = "guard.Accept"
	if r.Context != c.Context || r.From != c.From || r.To != c.To {
		return aura.Errorf(op, aura.Denied, "receipt is bound to another context, source or destination")
	}
	if r.Kind != c.Kind {
		return aura.Errorf(op, aura.Denied, "receipt of a %s in a chain of receipts of %s", r.Kind, c.Kind)
	}
	if err := r.Verify(deviceKey); err != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	hash := r.Hash()
	if hash == c.Head {
		return nil
	}
	next, err := c.after(r, hash)
	if err != nil {
		return err
	}
	next.settle(p, EpochAt(p, now))
	most := burst * min(p.Limit, math.MaxUint64/burst)
	switch {
	case c.Kind == effect.ReceiptKindParcel && r.Digest == [32]byte{}:
		return aura.Errorf(op, aura.Denied, "receipt covers no parcel")
	case c.Kind != effect.ReceiptKindParcel && (r.FirstSeq == 0 || r.FirstSeq > r.LastSeq):
		return aura.Errorf(op, aura.Denied, "receipt covers no run of %s", c.Kind)
	case c.Kind == effect.ReceiptKindCarry && r.LastSeq-r.FirstSeq >= r.Cost:
		return aura.Errorf(op, aura.Denied, "receipt covers more cells than it pays for")
	case r.Cost == 0:
		return aura.Errorf(op, aura.Denied, "receipt without a cost")
	case next.Spent > p.Limit || r.Cost > p.Limit-next.Spent:
		return aura.Errorf(op, aura.Denied, "receipt exceeds the budget of its epoch")
	case next.Owed > most || r.Cost > most-next.Owed:
		return aura.Errorf(op, aura.Denied, "receipt exceeds what may be sent in one epoch of this clock")
	}
	next.cover(r)
	next.Spent, next.Owed, next.Count, next.Head = next.Spent+r.Cost, next.Owed+r.Cost, next.Count+1, hash
	*c = next
	return nil
}

// cover adds the thing that a receipt covers. A run follows the same rule as the sender's ledger, so that both agree
// which facts or cells are paid for.
func (c *ReceiptChain) cover(r *effect.Receipt) {
	if c.Kind == effect.ReceiptKindParcel {
		c.Digest = r.Digest
		return
	}
	end := c.LastSeq
	c.After, c.LastSeq = joined(c.After, c.LastSeq, r.FirstSeq-1, r.LastSeq)
	if moved := c.LastSeq != end; moved || c.LastSeq == r.LastSeq && r.LastID != [16]byte{} {
		c.LastID = r.LastID
	}
}

// after returns the chain to which a receipt belongs: this one, or one that begins with it.
func (c *ReceiptChain) after(r *effect.Receipt, hash [32]byte) (ReceiptChain, error) {
	const op = "guard.Accept"
	same := r.Epoch == c.Epoch
	switch {
	case same && r.Previous == c.Head:
		next := *c
		if c.Head == ([32]byte{}) {
			next.First = hash
		}
		return next, nil
	case same && hash == c.First, same && c.First == ([32]byte{}) && c.covered(r):
		return ReceiptChain{}, aura.Errorf(op, aura.Stale, "receipt with which the chain began")
	case r.Previous == ([32]byte{}):
		next := ReceiptChain{Kind: c.Kind, Context: c.Context, From: c.From, To: c.To, Epoch: r.Epoch, First: hash, Owed: c.Owed, Seen: c.Seen}
		if same {
			next.Spent = c.Spent // the sender left the epoch and came back
		}
		return next, nil
	case r.Epoch < c.Epoch:
		return ReceiptChain{}, aura.Errorf(op, aura.Stale, "receipt of an earlier epoch")
	case same && c.covered(r):
		return ReceiptChain{}, aura.Errorf(op, aura.Stale, "receipt of a run that is covered already")
	}
	return ReceiptChain{}, aura.Errorf(op, aura.Denied, "receipt does not follow the last one")
}

// covered reports whether the run of a receipt ends where the chain has come to. Nothing says so of a parcel.
func (c *ReceiptChain) covered(r *effect.Receipt) bool {
	return c.Kind != effect.ReceiptKindParcel && r.LastSeq <= c.LastSeq
}

// settle lets the debt fall with the own clock.
func (c *ReceiptChain) settle(p Policy, own aura.Epoch) {
	if own > c.Seen {
		passed := uint64(own - c.Seen)
		if p.Limit == 0 || passed > c.Owed/p.Limit {
			c.Owed = 0
		} else {
			c.Owed -= passed * p.Limit
		}
	}
	c.Seen = own
}

// Covers reports whether a receipt of the chain's epoch paid for the fact with a Seq, or for the cell with a number.
func (c *ReceiptChain) Covers(seq uint64) bool { return seq > c.After && seq <= c.LastSeq }

// CoversMessage reports whether the last receipt of the chain paid for the message with a digest: a message comes with its
// receipt, and the next one with the next.
func (c *ReceiptChain) CoversMessage(digest [32]byte) bool {
	return c.Kind == effect.ReceiptKindParcel && digest == c.Digest && digest != [32]byte{}
}

// Contradicts reports whether the receipts name another fact at a place than the one with an identity: the one that
// they were made for. They name the last fact that they cover, and by its predecessors all before it.
func (c *ReceiptChain) Contradicts(seq uint64, id aura.FactID) bool {
	return seq == c.LastSeq && c.LastID != [16]byte{} && c.LastID != [16]byte(id[:16])
}
