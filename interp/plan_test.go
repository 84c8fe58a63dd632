package interp

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// counting is a ledger in which only the own count moves.
type counting struct{ count *uint64 }

func (c counting) Count(fact.Namespace, aura.DeviceID) uint64 { return *c.count }
func (counting) Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	return fact.Charge{Context: context, Peer: peer}
}
func (counting) Leak(context aura.ContextID, o fact.Observer) fact.Leak {
	return fact.Leak{Context: context, Observer: o}
}
func (counting) Meta(string) ([]byte, error) { return nil, nil }

// TestAPlanHoldsOnlyOnTheCountsThatItSaw is inside the package: a receipt names facts by their Seq, so a fact
// that somebody else appends between the plan and its commit would make the receipt cover the wrong one.
func TestAPlanHoldsOnlyOnTheCountsThatItSaw(t *testing.T) {
	count := uint64(5)
	ledger, context, device := counting{&count}, aura.ContextID{1}, aura.DeviceID{2}
	p := newPlan(ledger, device)
	err := p.admit(&Decision{
		Request: &guard.Request{Context: context},
		Commands: []effect.Command{{
			Kind: effect.AppendJournal, Entry: &fact.Draft{Namespace: fact.ContextNamespace(context), Kind: "chat.message"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !p.holds(ledger, device) {
		t.Error("the plan does not hold on the ledger that it was made on")
	}
	count++
	if p.holds(ledger, device) {
		t.Error("the plan holds although another fact took the place of its own")
	}
}
