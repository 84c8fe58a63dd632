package interp_test

import (
	"testing"

	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkDecide measures one message through the guard chain into a store in memory: alone, and with
// 256 outstanding, where commits and receipts are shared.
func BenchmarkDecide(b *testing.B) {
	for name, senders := range map[string]int{"alone": 1, "outstanding-256": 256} {
		b.Run(name, func(b *testing.B) {
			err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
				h := found(b, tc, journal.NewFaulty(new(stream), journal.Faults{}), new(stream), limited(1<<60))
				defer h.close(tc)
				room := interp.NewRoom(own, device, h.journal, h.tokens, h.prod, new(stream), interp.RoomOptions{})
				left := task.NewSemaphore(b.N)
				g := task.NewGroup(tc, "senders")
				b.ResetTimer()
				for range senders {
					g.Go("sender", func(tc task.Context) error {
						for left.TryAcquire() {
							req := text(1, ben)
							req.Sends[0].Leak = guard.Leakage{}
							if _, _, err := room.Decide(tc, req); err != nil {
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
