package fact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Small ranges, so that draws collide in every field.
var anyCharge = rapid.Custom(func(t *rapid.T) fact.Charge {
	small := rapid.Uint64Range(0, 3)
	return fact.Charge{
		Context: aura.ContextID{1}, Peer: aura.AuthorityID{2},
		Epoch: aura.Epoch(small.Draw(t, "epoch")), Spent: small.Draw(t, "spent"), Through: small.Draw(t, "through"),
		Receipts: small.Draw(t, "receipts"), Head: [32]byte{byte(small.Draw(t, "head"))},
		From: small.Draw(t, "from"), Until: small.Draw(t, "until"), Past: anyPast.Draw(t, "past"), Device: aura.DeviceID{3},
	}
})

var anyPast = rapid.Custom(func(t *rapid.T) fact.EpochHistory {
	small := rapid.Uint64Range(0, 2)
	return fact.EpochHistory{
		Changes: small.Draw(t, "turns"), Last: fact.EpochSpend{Epoch: aura.Epoch(small.Draw(t, "last")), Spent: small.Draw(t, "then")},
		Ranges: [3]fact.EpochRange{{From: aura.Epoch(small.Draw(t, "span")), Until: 3}},
	}
})

var anyLeak = rapid.Custom(func(t *rapid.T) fact.Leak {
	small := rapid.Uint64Range(0, 3)
	return fact.Leak{
		Context: aura.ContextID{1}, Observer: fact.ObserverCustody,
		Epoch: aura.Epoch(small.Draw(t, "epoch")), Bits: small.Draw(t, "bits"), Past: anyPast.Draw(t, "past"), Device: aura.DeviceID{3},
	}
})

func TestChargesMergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { joins(t, anyCharge, fact.Charge.Merge) })
}

func TestLeaksMergeInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { joins(t, anyLeak, fact.Leak.Merge) })
}

// joins checks that merge is a join: commutative, associative, idempotent.
func joins[T comparable](t *rapid.T, entries *rapid.Generator[T], merge func(T, T) T) {
	a, b, c := entries.Draw(t, "a"), entries.Draw(t, "b"), entries.Draw(t, "c")
	if merge(a, b) != merge(b, a) {
		t.Fatal("not commutative")
	}
	if merge(merge(a, b), c) != merge(a, merge(b, c)) {
		t.Fatal("not associative")
	}
	if merge(a, a) != a || merge(merge(a, b), b) != merge(a, b) {
		t.Fatal("not idempotent")
	}
}

func TestMergeNeverForgetsSpending(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyCharge.Draw(t, "a"), anyCharge.Draw(t, "b")
		m := a.Merge(b)
		same := m.Epoch == a.Epoch && m.Past.Changes == a.Past.Changes
		if m.Past.Changes < a.Past.Changes || m.Past.Changes == a.Past.Changes && m.Epoch < a.Epoch || m.Through < a.Through || same && (m.Spent < a.Spent || m.Receipts < a.Receipts) {
			t.Fatalf("%+v merged with %+v lost something: %+v", a, b, m)
		}
	})
}

func TestLedgerEntriesSurviveTheirEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, l := anyCharge.Draw(t, "charge"), anyLeak.Draw(t, "leak")
		gotC, err := fact.DecodeCharge(c.Encode())
		if err != nil {
			t.Fatal(err)
		}
		gotL, err := fact.DecodeLeak(l.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, gotC) + cmp.Diff(l, gotL); diff != "" {
			t.Fatalf("decoded entries differ (-want +got):\n%s", diff)
		}
	})
}
