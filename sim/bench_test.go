package sim_test

import (
	"fmt"
	"testing"

	"github.com/aura-runtime/aura/sim"
)

// BenchmarkWorld lives through a world of people who talk, and says how many of its steps a second has.
func BenchmarkWorld(b *testing.B) {
	for _, agents := range []int{4, 16} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			b.ReportAllocs()
			steps := uint64(0)
			for b.Loop() {
				r, err := sim.Run(sim.Options{Seed: 1, Agents: agents, Minutes: 9})
				if err != nil || len(r.Violations) > 0 {
					b.Fatal(r.Violations, err)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
		})
	}
}
