package reactive_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkCommittedToSignal measures, on the real executor, the time from the offer of a committed
// fact to the return of a waiting subscriber's Next. Beyond the mean it reports the 99th percentile of
// what exceeds the window; the aim is 1 ms.
func BenchmarkCommittedToSignal(b *testing.B) {
	for name, o := range map[string]reactive.Options{
		"window": {}, "immediate": {Immediate: true},
	} {
		b.Run(name, func(b *testing.B) {
			window := reactive.DefaultWindow
			if o.Immediate {
				window = 0
			}
			err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
				h := reactive.NewHub()
				s := scheduler(b, h, o, counting(b, h, "bench:all"), counting(b, h, "bench:one", "test.one"))
				g := task.NewGroup(tc, "services")
				handle := task.Supervise(g, s)
				if err := handle.Start(tc); err != nil {
					return err
				}
				sub, err := reactive.Subscribe(h, signal("bench:all"), 0)
				if err != nil {
					return err
				}
				if _, err := sub.Next(tc); err != nil {
					return err
				}
				over := make([]aura.Duration, 0, b.N)
				r := record(1, "test.note", "x")
				for b.Loop() {
					begin := tc.Elapsed()
					if err := s.Offer(tc, fact.Update{Records: []fact.Record{r}}); err != nil {
						return err
					}
					if _, err := sub.Next(tc); err != nil {
						return err
					}
					over = append(over, tc.Elapsed()-begin-window)
				}
				slices.Sort(over)
				b.ReportMetric(float64(over[len(over)*99/100])/1e3, "p99-over-window-µs")
				return handle.Join(tc, time.Second)
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkThroughput measures facts a second through the scheduler and two views, offered one by one.
func BenchmarkThroughput(b *testing.B) {
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		h := reactive.NewHub()
		s := scheduler(b, h, reactive.Options{}, counting(b, h, "bench:all"), counting(b, h, "bench:one", "test.one"))
		handle := task.Supervise(task.NewGroup(tc, "services"), s)
		if err := handle.Start(tc); err != nil {
			return err
		}
		r := record(1, "test.note", "x")
		for b.Loop() {
			if err := s.Offer(tc, fact.Update{Records: []fact.Record{r}}); err != nil {
				return err
			}
		}
		return handle.Join(tc, time.Second)
	})
	if err != nil {
		b.Fatal(err)
	}
}
