package guard

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
)

// UnpaidError says that the receipt with which a message of a session came does not pay for it. Its cause is an [OverspentError] when a
// receipt of a later epoch may.
type UnpaidError struct{ Err error }

// Error says why.
func (e *UnpaidError) Error() string { return "the message is not paid for: " + aura.Reason(e.Err) }

// Unwrap returns what the chain says of the receipt.
func (e *UnpaidError) Unwrap() error { return e.Err }

// AcceptMessage is [ReceiptChain.Accept] for a message of a session that came with an encoded receipt: it must pay for this message, for no
// other one before, and with least units or more. The caller has checked that the message did not come before: a receipt
// counts when its message does.
//
// It returns aura.Denied with an [UnpaidError] as its cause otherwise. Chain and spending are unchanged then.
func (c *ReceiptChain) AcceptMessage(m *effect.Message, least aura.FlowCost, deviceKey []byte, spending *Spending, p Policy, now aura.Physical) error {
	const op = "guard.AcceptMessage"
	unpaid := func(err error) error { return &aura.Error{Op: op, Kind: aura.Denied, Err: &UnpaidError{err}} }
	if len(m.Receipt) == 0 {
		return unpaid(aura.Errorf(op, aura.Denied, "it came without a receipt"))
	}
	r, err := effect.DecodeReceipt(m.Receipt)
	if err != nil {
		return unpaid(err)
	}
	next, total := *c, *spending
	err = next.Accept(&r, deviceKey, false, &total, p, now)
	switch {
	case err != nil:
		return unpaid(err)
	case next == *c: // it is the last one of a branch, which Accept takes once more
		return unpaid(aura.Errorf(op, aura.Denied, "its receipt was used before"))
	case !next.CoversMessage(m.Digest()):
		return unpaid(aura.Errorf(op, aura.Denied, "its receipt is of another message"))
	case r.Cost < uint64(least):
		return unpaid(aura.Errorf(op, aura.Denied, "its receipt is of %d units, and it costs %d", r.Cost, least))
	}
	*c, *spending = next, total
	return nil
}
