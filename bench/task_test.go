// Package bench_test measures Aura against libraries that Aura does not use. It is a module of its own, so
// that they never enter Aura's.
package bench_test

import (
	"log/slog"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/aura-runtime/aura/task"
)

// The messages are boxed once: an actor's message is an interface, and its allocation is not the subject.
var message any = 1

func BenchmarkPingPong(b *testing.B) {
	b.Run("aura", func(b *testing.B) {
		onReal(b, func(tc task.Context) {
			ping, pong := task.NewMailbox[any]("ping", 1), task.NewMailbox[any]("pong", 1)
			task.NewGroup(tc, "peer").Go("pong", func(tc task.Context) error {
				for range b.N {
					m, _ := ping.Recv(tc)
					_ = pong.Send(tc, m)
				}
				return nil
			})
			b.ResetTimer()
			for range b.N {
				_ = ping.Send(tc, message)
				_, _ = pong.Recv(tc)
			}
			b.StopTimer()
		})
	})
	b.Run("protoactor", func(b *testing.B) {
		system := newActorSystem()
		defer system.Shutdown()
		b.ReportAllocs()
		done := make(chan struct{})
		pong := system.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
			if from, ok := c.Message().(*actor.PID); ok {
				c.Send(from, message)
			}
		}))
		var self any // the PID, boxed once
		left := b.N
		ping := system.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
			switch c.Message().(type) {
			case int:
				if left--; left < 0 {
					close(done)
					return
				}
				c.Send(pong, self)
			}
		}))
		self = ping
		b.ResetTimer()
		system.Root.Send(ping, message)
		<-done
		b.StopTimer()
	})
	b.Run("channel", func(b *testing.B) {
		ping, pong := make(chan any), make(chan any)
		go func() {
			for range b.N {
				pong <- <-ping
			}
		}()
		b.ReportAllocs()
		for range b.N {
			ping <- message
			<-pong
		}
	})
}

// BenchmarkSpawn starts a task, hands it one message, and waits for its end, in bursts of 100.
func BenchmarkSpawn(b *testing.B) {
	const burst = 100
	b.Run("aura", func(b *testing.B) {
		onReal(b, func(tc task.Context) {
			g := task.NewGroup(tc, "burst")
			b.ResetTimer()
			for i := 0; i < b.N; i += burst {
				for range burst {
					m := task.NewMailbox[any]("m", 1)
					g.Go("task", func(tc task.Context) error {
						_, err := m.Recv(tc)
						return err
					})
					m.TrySend(message)
				}
				_ = g.Wait(tc)
			}
			b.StopTimer()
		})
	})
	b.Run("protoactor", func(b *testing.B) {
		system := newActorSystem()
		defer system.Shutdown()
		b.ReportAllocs()
		ended := make(chan struct{}, burst)
		props := actor.PropsFromFunc(func(c actor.Context) {
			switch c.Message().(type) {
			case int:
				c.Stop(c.Self())
			case *actor.Stopped:
				ended <- struct{}{}
			}
		})
		b.ResetTimer()
		for i := 0; i < b.N; i += burst {
			for range burst {
				system.Root.Send(system.Root.Spawn(props), message)
			}
			for range burst {
				<-ended
			}
		}
		b.StopTimer()
	})
	b.Run("goroutine", func(b *testing.B) {
		b.ReportAllocs()
		ended := make(chan struct{}, burst)
		for i := 0; i < b.N; i += burst {
			for range burst {
				c := make(chan any, 1)
				go func() {
					<-c
					ended <- struct{}{}
				}()
				c <- message
			}
			for range burst {
				<-ended
			}
		}
	})
}

// BenchmarkOneWay sends messages to one receiver that has to keep up.
func BenchmarkOneWay(b *testing.B) {
	const capacity = 1024
	b.Run("aura", func(b *testing.B) {
		onReal(b, func(tc task.Context) {
			m := task.NewMailbox[any]("m", capacity)
			g := task.NewGroup(tc, "receiver")
			g.Go("receive", func(tc task.Context) error {
				for range b.N {
					_, _ = m.Recv(tc)
				}
				return nil
			})
			b.ResetTimer()
			for range b.N {
				_ = m.Send(tc, message)
			}
			_ = g.Wait(tc)
			b.StopTimer()
		})
	})
	b.Run("protoactor", func(b *testing.B) {
		system := newActorSystem()
		defer system.Shutdown()
		b.ReportAllocs()
		done := make(chan struct{})
		left := b.N
		// Its default mailbox is unbounded: the sender never waits.
		receiver := system.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
			if _, ok := c.Message().(int); ok {
				if left--; left == 0 {
					close(done)
				}
			}
		}))
		b.ResetTimer()
		for range b.N {
			system.Root.Send(receiver, message)
		}
		<-done
		b.StopTimer()
	})
	b.Run("channel", func(b *testing.B) {
		c, done := make(chan any, capacity), make(chan struct{})
		b.ReportAllocs()
		go func() {
			for range b.N {
				<-c
			}
			close(done)
		}()
		for range b.N {
			c <- message
		}
		<-done
	})
}

func onReal(b *testing.B, fn func(tc task.Context)) {
	b.ReportAllocs()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error { fn(tc); return nil })
	if err != nil {
		b.Fatal(err)
	}
}

func newActorSystem() *actor.ActorSystem {
	quiet := func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }
	return actor.NewActorSystem(actor.WithLoggerFactory(quiet))
}
