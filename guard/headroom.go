package guard

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// Headroom is the flow budget towards one peer in the current epoch.
type Headroom struct {
	Context aura.ContextID
	Peer    aura.AuthorityID
	Epoch   aura.Epoch
	Limit   uint64 // of this device: its share of the policy's limit
	Spent   uint64 // by this device
	// Unshared says that the device has no share in the epoch, so Limit is zero and may be more in the next.
	Unshared bool
	// Version names the ledger entry that was seen; a commit holds only while it is unchanged. Every
	// charge costs at least one unit, so the amount spent in an epoch is such a name.
	Version uint64
	// From and Through bound the run of own facts charged for this peer in this epoch: numbers in
	// (From, Through]. All others must be charged before they leave.
	From, Through uint64
}

// HeadroomOf reads the own device's ledger entry at an instant: the epoch is the one that the clock says, see [epochOf].
// The share is that of the epoch that begins at [ChargeBegan]. A zero charge is a peer never sent to.
func HeadroomOf(p Policy, share Share, c *fact.Charge, context aura.ContextID, peer aura.AuthorityID, now aura.Physical) Headroom {
	spend := epochOf(fact.EpochSpend{Epoch: c.Epoch, Spent: c.Spent}, &c.Past, EpochAt(p, now))
	share = p.shared(share)
	h := Headroom{
		Context: context, Peer: peer, Limit: share.Of(p.Limit), Epoch: spend.Epoch, Spent: spend.Spent, Version: spend.Spent,
		Unshared: share == 0, From: c.Through, Through: c.Through,
	}
	if h.Epoch == c.Epoch {
		h.From, h.Through = c.From, c.Until
	}
	return h
}

// epochOf returns the epoch in which an entry spends when the clock shows one, and the amount spent in it. The
// rule that no budget is spent twice, however the clock moves: in each epoch at most its limit is spent, and an
// epoch whose spending is no longer known counts as spent. Then the entry stays where it is, and also when
// the clock is back by one epoch only, which clocks that are set do.
func epochOf(current fact.EpochSpend, past *fact.EpochHistory, clock aura.Epoch) fact.EpochSpend {
	if clock == current.Epoch || clock+1 == current.Epoch {
		return current
	}
	if spent, known := past.Spent(current.Epoch, clock); known {
		return fact.EpochSpend{Epoch: clock, Spent: spent}
	}
	return current
}

// holds reports whether an entry is still one that a decision at (epoch, seen) can be carried out on. A
// decision that another one has overtaken at the turn of an epoch does not lead the entry back.
func holds(current fact.EpochSpend, past *fact.EpochHistory, epoch aura.Epoch, seen uint64) bool {
	if epoch == current.Epoch {
		return current.Spent == seen
	}
	spent, known := past.Spent(current.Epoch, epoch)
	return known && spent == seen && epoch+1 != current.Epoch
}

// ChargeHolds reports whether a ledger entry is still the one that a charge at (epoch, seen) was
// decided on. Two decisions at once are told apart by it: the second to commit does not hold.
func ChargeHolds(c *fact.Charge, epoch aura.Epoch, seen uint64) bool {
	return holds(fact.EpochSpend{Epoch: c.Epoch, Spent: c.Spent}, &c.Past, epoch, seen)
}

// Charged returns the ledger entry after a charge that was decided on it. The run of own facts that it
// pays for is numbered (from, through]. In another epoch than before nothing is paid for yet.
func Charged(c fact.Charge, cmd *effect.Command, from, through uint64) fact.Charge {
	if c.Epoch != cmd.Epoch {
		past := c.Past
		spent := past.Change(fact.EpochSpend{Epoch: c.Epoch, Spent: c.Spent}, cmd.Epoch)
		c = fact.Charge{Epoch: cmd.Epoch, Spent: spent, From: c.Through, Until: c.Through, Through: c.Through, Past: past, Device: c.Device}
	}
	c.Context, c.Peer = cmd.Context, cmd.Peer
	c.Spent += uint64(cmd.Amount)
	c.From, c.Until = joined(c.From, c.Until, from, through)
	c.Through = max(c.Through, through)
	return c
}

// Learned returns the ledger entry after the peer said that it counts an amount in an epoch. More than the entry knows
// was spent by another copy of the device's home. It returns false when there is nothing to learn: the epoch is another one
// than that of the next charge, or the amount is known.
func Learned(p Policy, c fact.Charge, epoch aura.Epoch, amount uint64, now aura.Physical) (fact.Charge, bool) {
	room := HeadroomOf(p, WholeShare, &c, c.Context, c.Peer, now)
	if amount = min(amount, p.Limit); epoch != room.Epoch || amount <= room.Spent {
		return c, false
	}
	at := c.Through
	if c.Epoch == epoch {
		at = c.From
	}
	cmd := effect.Command{Context: c.Context, Peer: c.Peer, Amount: aura.FlowCost(amount - room.Spent), Epoch: epoch}
	return Charged(c, &cmd, at, at), true
}

// Unpaid returns the ledger entry after the peer named no receipt that this device knows, see [KnownReceipts]: no own fact is
// paid for in its epoch any more. The empty run lies behind the one before, so that it prevails over it, see
// [fact.Charge.Merge]; it costs nothing, because the budget may be used up.
func Unpaid(c fact.Charge) fact.Charge {
	c.Until++
	c.From = c.Until
	return c
}

// joined returns the run that is paid for after another one was: both together when they touch. When
// facts between them are left out, only the newer counts: an entry has one run, and it must never hold a
// fact that was not paid for. The older run's payment is lost, and its facts are charged again.
func joined(from, until, newFrom, newUntil uint64) (uint64, uint64) {
	if newFrom <= until && newUntil >= from {
		return min(from, newFrom), max(until, newUntil)
	}
	return newFrom, newUntil
}

// LeakView is the leakage budget of a context in the current epoch, per observer class; the index is
// the [fact.Observer].
type LeakView [fact.Observers]LeakRoom

// LeakRoom is the leakage budget towards one class of observer.
type LeakRoom struct {
	Defined bool
	Epoch   aura.Epoch
	Limit   uint64 // of this device: its share of the policy's
	Spent   uint64 // by this device
}

// LeakViewOf reads the own device's ledger entries of a context at an instant, with the same rule for epochs as
// [HeadroomOf]. The share is that of the epoch that begins at [LeaksBegan]. The index of spent is the [fact.Observer]; a
// zero entry has leaked nothing.
func LeakViewOf(p Policy, share Share, spent *[fact.Observers]fact.Leak, now aura.Physical) LeakView {
	var v LeakView
	share = p.shared(share)
	epoch := EpochAt(p, now)
	for i := range v {
		l := &spent[i]
		spend := epochOf(fact.EpochSpend{Epoch: l.Epoch, Spent: l.Bits}, &l.Past, epoch)
		v[i] = LeakRoom{Defined: p.Leak[i].Defined, Limit: share.Of(p.Leak[i].Bits), Epoch: spend.Epoch, Spent: spend.Spent}
	}
	return v
}

// LeakHolds reports whether a ledger entry is still the one that leakage at (epoch, seen) was decided on.
func LeakHolds(l *fact.Leak, epoch aura.Epoch, seen uint64) bool {
	return holds(fact.EpochSpend{Epoch: l.Epoch, Spent: l.Bits}, &l.Past, epoch, seen)
}

// Leaked returns the ledger entry after leakage that was decided on it.
func Leaked(l fact.Leak, cmd *effect.Command) fact.Leak {
	if l.Epoch != cmd.Epoch {
		past := l.Past
		spent := past.Change(fact.EpochSpend{Epoch: l.Epoch, Spent: l.Bits}, cmd.Epoch)
		l = fact.Leak{Epoch: cmd.Epoch, Bits: spent, Past: past, Device: l.Device}
	}
	l.Context, l.Observer = cmd.Context, cmd.Observer
	l.Bits += uint64(cmd.Bits)
	return l
}
