package guard

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
)

// ControlLimit is the budget of control messages per peer and epoch, in units, in every context whose policy
// permits anything. It is apart from the budget of facts: texts must not use up the units that open a channel, nor the
// other way round.
const ControlLimit = 1024

// ControlContext names the ledger entries that pay for the control messages of a context. No facts belong to
// it, so no receipt covers the spending there.
func ControlContext(context aura.ContextID) aura.ContextID {
	return sha256.Sum256(append([]byte("aura control budget v1\x00"), context[:]...))
}

// For returns the policy by which the sends of a request are limited.
func (p Policy) For(r *Request) Policy {
	if r.control() && p.Limit > 0 {
		p.Limit = ControlLimit
	}
	return p
}
