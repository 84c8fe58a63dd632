package guard_test

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// A handler asks to send one message; the guard answers with commands, or says which stage refuses.
func ExampleEvaluate() {
	ada, ben, pair := aura.AuthorityID{1}, aura.AuthorityID{2}, aura.ContextID{7}
	now := aura.Physical{At: aura.Instant(500_000 * time.Hour)}
	policy := guard.DefaultPolicy()
	policy.Limit = 5 // units for each peer and hour

	request := &guard.Request{
		Capability: "chat:send", Context: pair, Authority: ada,
		Entries: []fact.Draft{{Namespace: fact.ContextNamespace(pair), Kind: "chat.message", Payload: []byte("hi")}},
		Sends:   []guard.Send{{Peer: ben, Cost: guard.CostOf(100), Leak: guard.LeakOf(100)}},
	}
	for _, spent := range []uint64{0, 5} {
		ledger := fact.Charge{Context: pair, Peer: ben, Epoch: guard.EpochAt(policy, now), Spent: spent}
		snapshot := &guard.Snapshot{
			Now: now, Caps: guard.NewFrontier("chat:send"),
			Budgets: []guard.Headroom{guard.HeadroomOf(policy, guard.WholeShare, &ledger, pair, ben, now)},
			Leakage: guard.LeakViewOf(policy, guard.WholeShare, &[fact.Observers]fact.Leak{}, now),
		}
		var out guard.Outcome
		guard.Evaluate(&out, snapshot, request)
		for _, c := range out.Commands {
			fmt.Println(c.Kind)
		}
		fmt.Println("denial:", out.Denial.Err())
	}
	// Output:
	// charge budget
	// record leakage
	// record leakage
	// append journal
	// send envelope
	// denial: <nil>
	// denial: guard.Evaluate: flow budget: used up for this epoch (needs 1, has 0)
}
