package chain_test

import (
	"testing"

	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkDecide measures one message through the guard chain into a store in memory: alone, and with
// 256 outstanding, where commits and receipts are shared.
func BenchmarkDecide(b *testing.B) {
	for name, senders := range map[string]int{"alone": 1, "outstanding-256": 256} {
		b.Run(name, func(b *testing.B) {
			err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
				h := chaintest.Found(b, tc, journal.NewFaulty(new(chaintest.Entropy), journal.Faults{}), new(chaintest.Entropy), chaintest.Limited(1<<60))
				defer h.Close(tc)
				c := chain.New(chaintest.Own, chaintest.Device, h.Journal, h.Frontier, h.Production, new(chaintest.Entropy), chain.Options{})
				left := task.NewSemaphore(b.N)
				g := task.NewGroup(tc, "senders")
				b.ResetTimer()
				before := h.Journal.Commits()
				defer func() { b.ReportMetric(float64(h.Journal.Commits()-before)/float64(b.N), "commits/op") }()
				for range senders {
					g.Go("sender", func(tc task.Context) error {
						for left.TryAcquire() {
							req := chaintest.Text(1, chaintest.Ben)
							req.Sends[0].Leak = guard.Leakage{}
							if _, _, err := c.Decide(tc, req); err != nil {
								return err
							}
						}
						return nil
					})
				}
				return g.Wait(tc)
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
