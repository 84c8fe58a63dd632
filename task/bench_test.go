package task_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/aura-runtime/aura/task"
)

// Every benchmark runs on both executors and, where Go has an equal, with plain channels beside it.

func benchEach(b *testing.B, fn func(b *testing.B, tc task.Context)) {
	b.Run("real", func(b *testing.B) { benchOn(b, task.NewReal(task.RealOptions{}), fn) })
	b.Run("sim", func(b *testing.B) {
		benchOn(b, task.NewSim(1, task.SimOptions{StallLimit: 1 << 62}), fn)
	})
}

func benchOn(b *testing.B, x task.Executor, fn func(b *testing.B, tc task.Context)) {
	b.ReportAllocs()
	if err := x.Run("bench", func(tc task.Context) error { fn(b, tc); return nil }); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPingPong(b *testing.B) {
	benchEach(b, func(b *testing.B, tc task.Context) {
		ping, pong := task.NewMailbox[int]("ping", 1), task.NewMailbox[int]("pong", 1)
		task.NewGroup(tc, "peer").Go("pong", func(tc task.Context) error {
			for range b.N {
				v, _ := ping.Recv(tc)
				_ = pong.Send(tc, v)
			}
			return nil
		})
		b.ResetTimer()
		for i := range b.N {
			_ = ping.Send(tc, i)
			_, _ = pong.Recv(tc)
		}
		b.StopTimer()
	})
	b.Run("channel", func(b *testing.B) {
		ping, pong := make(chan int), make(chan int)
		go func() {
			for range b.N {
				pong <- <-ping
			}
		}()
		b.ReportAllocs()
		for i := range b.N {
			ping <- i
			<-pong
		}
	})
}

func BenchmarkPingPongWithDeadline(b *testing.B) {
	benchEach(b, func(b *testing.B, tc task.Context) {
		ping, pong := task.NewMailbox[int]("ping", 1), task.NewMailbox[int]("pong", 1)
		task.NewGroup(tc, "peer").Go("pong", func(tc task.Context) error {
			for range b.N {
				v, _, _ := ping.RecvUntil(tc, tc.Elapsed()+time.Second)
				_ = pong.Send(tc, v)
			}
			return nil
		})
		b.ResetTimer()
		for i := range b.N {
			_ = ping.Send(tc, i)
			_, _, _ = pong.RecvUntil(tc, tc.Elapsed()+time.Second)
		}
		b.StopTimer()
	})
	b.Run("channel", func(b *testing.B) {
		ping, pong := make(chan int), make(chan int)
		receive := func(c chan int, timer *time.Timer) int {
			timer.Reset(time.Second)
			select {
			case v := <-c:
				timer.Stop()
				return v
			case <-timer.C:
				return -1
			}
		}
		go func() {
			timer := time.NewTimer(time.Hour)
			for range b.N {
				pong <- receive(ping, timer)
			}
		}()
		b.ReportAllocs()
		timer := time.NewTimer(time.Hour)
		for i := range b.N {
			ping <- i
			receive(pong, timer)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	const capacity = 64
	benchEach(b, func(b *testing.B, tc task.Context) {
		m := task.NewMailbox[int]("stream", capacity)
		task.NewGroup(tc, "source").Go("send", func(tc task.Context) error {
			for i := range b.N {
				_ = m.Send(tc, i)
			}
			return nil
		})
		b.ResetTimer()
		for range b.N {
			_, _ = m.Recv(tc)
		}
		b.StopTimer()
	})
	b.Run("channel", func(b *testing.B) {
		c := make(chan int, capacity)
		go func() {
			for i := range b.N {
				c <- i
			}
		}()
		b.ReportAllocs()
		for range b.N {
			<-c
		}
	})
}

func BenchmarkFanIn(b *testing.B) {
	const senders, capacity = 16, 64
	benchEach(b, func(b *testing.B, tc task.Context) {
		m := task.NewMailbox[int]("fan-in", capacity)
		g := task.NewGroup(tc, "sources")
		for s := range senders {
			g.Go("send", func(tc task.Context) error {
				for i := s; i < b.N; i += senders {
					_ = m.Send(tc, i)
				}
				return nil
			})
		}
		b.ResetTimer()
		for range b.N {
			_, _ = m.Recv(tc)
		}
		b.StopTimer()
	})
	b.Run("channel", func(b *testing.B) {
		c := make(chan int, capacity)
		for s := range senders {
			go func() {
				for i := s; i < b.N; i += senders {
					c <- i
				}
			}()
		}
		b.ReportAllocs()
		for range b.N {
			<-c
		}
	})
}

// BenchmarkSpawn starts and ends tasks in bursts of 100.
func BenchmarkSpawn(b *testing.B) {
	const burst = 100
	benchEach(b, func(b *testing.B, tc task.Context) {
		g := task.NewGroup(tc, "burst")
		nothing := func(task.Context) error { return nil }
		b.ResetTimer()
		for i := 0; i < b.N; i += burst {
			for range burst {
				g.Go("task", nothing)
			}
			_ = g.Wait(tc)
		}
		b.StopTimer()
	})
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i += burst {
			var wg sync.WaitGroup
			wg.Add(burst)
			for range burst {
				go wg.Done()
			}
			wg.Wait()
		}
	})
}

// BenchmarkSwitch is one switch among 1,000 simulated tasks that tick, each with a timer.
func BenchmarkSwitch(b *testing.B) {
	const tasks = 1000
	sim := task.NewSim(1, task.SimOptions{})
	benchOn(b, sim, func(b *testing.B, tc task.Context) {
		g := task.NewGroup(tc, "tickers")
		for i := range tasks {
			g.Go("tick", func(tc task.Context) error {
				for tc.Sleep(time.Duration(i+1)*time.Microsecond) == nil {
				}
				return nil
			})
		}
		_ = tc.Yield()
		b.ResetTimer()
		for first := sim.Steps(); sim.Steps()-first < uint64(b.N); {
			_ = tc.Sleep(10 * time.Microsecond)
		}
		b.StopTimer()
		_ = g.Close(tc, time.Second)
	})
}

// BenchmarkParked reports the memory of a task that waits, one of 100,000.
func BenchmarkParked(b *testing.B) {
	const tasks = 100_000
	benchEach(b, func(b *testing.B, tc task.Context) {
		for range b.N {
			before := memory()
			latch, ready := task.NewLatch(), task.NewMailbox[struct{}]("ready", tasks)
			g := task.NewGroup(tc, "parked")
			for range tasks {
				g.Go("wait", func(tc task.Context) error {
					_ = ready.Send(tc, struct{}{})
					return latch.Wait(tc)
				})
			}
			for range tasks {
				_, _ = ready.Recv(tc)
			}
			_ = tc.Sleep(time.Millisecond)
			after := memory()
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/tasks, "heap-B/task")
			b.ReportMetric(float64(after.StackInuse-before.StackInuse)/tasks, "stack-B/task")
			latch.Open()
			_ = g.Wait(tc)
		}
	})
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}
