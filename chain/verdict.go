package chain

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
)

// Verdict is a decision of the guard in the words of a person: allowed with its charges, or denied and why.
type Verdict struct {
	Operation  aura.OperationID
	Capability string
	Allowed    bool
	Repeated   bool            // the message was decided before: the guard was not asked, and nothing is charged now
	Denial     guard.Denial    // zero when allowed
	Charged    []Charged       // in the request's order
	Waiting    []guard.Waiting // recipients whose budget is short while the rest proceeds
}

// Charged is one charge of a [Verdict].
type Charged struct {
	Peer  aura.AuthorityID
	Epoch aura.Epoch
	Cost  aura.FlowCost
	Left  uint64 // units that remain in the epoch
}

// first returns the identifier of the first fact that a decision made, zero when it made none.
func first(r *effect.Result) (id aura.FactID) {
	if len(r.Records) > 0 {
		id = r.Records[0].ID
	}
	return id
}

func verdictOf(s *guard.Snapshot, req *guard.Request, out *guard.Outcome) Verdict {
	v := Verdict{
		Operation: req.Operation, Capability: req.Capability, Allowed: out.Allowed, Denial: out.Denial,
		Waiting: slices.Clone(out.Waiting),
	}
	for i := range out.Commands {
		c := &out.Commands[i]
		if c.Kind == effect.ChargeBudget {
			h := &s.Budgets[s.Headroom(c.Peer)]
			v.Charged = append(v.Charged, Charged{
				Peer: c.Peer, Epoch: c.Epoch, Cost: c.Amount, Left: h.Limit - h.Spent - uint64(c.Amount),
			})
		}
	}
	return v
}
