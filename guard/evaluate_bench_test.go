package guard_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/aura-runtime/aura/guard"
)

// BenchmarkEvaluate reports the cost of one evaluation beside one Ed25519 signature of the same run.
// The aim is at most 2 % of a signature, without allocation.
func BenchmarkEvaluate(b *testing.B) {
	s, r := snapshot(guard.DefaultPolicy(), ben), text(ben)
	out := new(guard.Outcome)
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			guard.Evaluate(out, s, r)
		}
	})
	m := step(ben, make([]byte, 1000))
	snapshotOf := permitted(m, guard.DefaultPolicy())
	b.Run("message", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			guard.Evaluate(out, snapshotOf, m)
		}
	})
	b.Run("denied", func(b *testing.B) {
		denied := *r
		denied.Capability = "chat:other"
		b.ReportAllocs()
		for b.Loop() {
			guard.Evaluate(out, s, &denied)
		}
	})
	b.Run("signature", func(b *testing.B) {
		msg := make([]byte, 100)
		for b.Loop() {
			ed25519.Sign(device, msg)
		}
	})
}

func TestEvaluateAllocatesNothing(t *testing.T) {
	s, r := snapshot(guard.DefaultPolicy(), ben, cleo), text(ben, cleo)
	r.Queue = true
	s.Budgets[0].Spent = s.Budgets[0].Limit // one waits, one proceeds
	requests := map[*guard.Request]*guard.Snapshot{r: s}
	for _, r := range []*guard.Request{greeting(ben), step(ben, make([]byte, 5000)), carry(ben, cleo)} {
		requests[r] = permitted(r, guard.DefaultPolicy())
	}
	for r, s := range requests {
		out := new(guard.Outcome)
		if guard.Evaluate(out, s, r); !out.Allowed {
			t.Fatal(out.Denial.Err())
		}
		if n := testing.AllocsPerRun(100, func() { guard.Evaluate(out, s, r) }); n != 0 {
			t.Errorf("%s: %v allocations", r.Form(), n)
		}
	}
}
