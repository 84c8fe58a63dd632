package session_test

import (
	"encoding/binary"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// meter is a protocol in which the engine only listens, so that no budget bounds a measurement.
const meter = `
module meter exposing (Meter)

protocol Meter =
  roles Device, Reader
  loop forever
    Device { guard_capability : "chat:send" } -> Reader : Value
`

const meterID = "test.meter"

// withMeter has the engine play the reader, who listens for ever, and run many sessions.
func withMeter(b *testing.B) func(*session.Options) {
	listen := func(tc task.Context, p *session.Port) error {
		for {
			if _, _, err := p.Receive(tc, "Device"); err != nil {
				return err
			}
		}
	}
	return metered(b, listen, func(o *session.Options) { o.Sessions = 20_000 })
}

func reading(n int, persistent bool) session.Opening {
	o := session.Opening{
		Protocol: meterID, Role: "Reader", Context: chaintest.Pair, Persistent: persistent,
		Parties: []session.Party{{Role: "Device", Authority: chaintest.Ben}},
	}
	binary.BigEndian.PutUint64(o.Name[:], uint64(n)+1)
	return o
}

// value is a message of the device, role 0, to the reader, role 1.
func value(b testing.TB, of session.Opening, seq uint64) *effect.Message {
	content, err := fact.Marshal(parcel{To: 1})
	if err != nil {
		b.Fatal(err)
	}
	return &effect.Message{Session: of.Name, Edge: 1, Seq: seq, Parcel: content}
}

// BenchmarkMessageBeside takes messages of one session while others sleep, and says what each of these holds in memory.
func BenchmarkMessageBeside(b *testing.B) {
	for _, sleeping := range []int{0, 10_000} {
		b.Run(strconv.Itoa(sleeping), func(b *testing.B) {
			chaintest.Simulate(b, 1, func(tc task.Context, sim *task.Sim) {
				s := begin(b, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, withMeter(b))
				defer s.Close(tc)
				heap, stacks := inUse()
				for n := range sleeping {
					if err := s.engine.Open(tc, reading(n, false)); err != nil {
						b.Fatal(err)
					}
				}
				heapNow, stacksNow := inUse()
				one := reading(sleeping, false)
				if err := s.engine.Open(tc, one); err != nil {
					b.Fatal(err)
				}
				b.ResetTimer()
				for n := range b.N {
					if _, err := s.engine.Deliver(tc, &ben, value(b, one, uint64(n))); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				if sleeping > 0 {
					b.ReportMetric(float64(heapNow-heap)/float64(sleeping), "B/session")
					b.ReportMetric(float64(stacksNow-stacks)/float64(sleeping), "stack-B/session")
				}
			})
		})
	}
}

// inUse returns the bytes of the heap and those of the stacks of tasks.
func inUse() (heap, stacks uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse, m.StackInuse
}

// BenchmarkOpen opens sessions in memory: admission, the machine's session, and the start of the program.
func BenchmarkOpen(b *testing.B) {
	chaintest.Simulate(b, 1, func(tc task.Context, sim *task.Sim) {
		s := begin(b, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, withMeter(b))
		defer s.Close(tc)
		b.ResetTimer()
		for n := range b.N {
			if err := s.engine.Open(tc, reading(n, false)); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
	})
}

// BenchmarkRestart starts an engine whose journal has the recordings of 1,000 sessions.
func BenchmarkRestart(b *testing.B) {
	const open = 1000
	for b.Loop() {
		b.StopTimer()
		chaintest.Simulate(b, 1, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			s := begin(b, tc, sim, disk, true, "Cust", idle, withMeter(b))
			for n := range open {
				o := reading(n, true)
				if err := s.engine.Open(tc, o); err != nil {
					b.Fatal(err)
				}
				if _, err := s.engine.Deliver(tc, &ben, value(b, o, 0)); err != nil {
					b.Fatal(err)
				}
			}
			s.Close(tc)
			b.StartTimer()
			s = begin(b, tc, sim, disk, false, "Cust", idle, withMeter(b))
			b.StopTimer()
			if all, err := s.engine.List(tc); err != nil || len(all) != open {
				b.Errorf("%d sessions live, %v", len(all), err)
			}
			s.Close(tc)
		})
		b.StartTimer()
	}
}

// BenchmarkRestartLong starts an engine with the recording of one session of many messages, whose program saves each hundred, or never.
func BenchmarkRestartLong(b *testing.B) {
	for what, c := range map[string]struct{ messages, every uint64 }{"10": {10, 0}, "10000": {10_000, 0}, "10000saved": {10_000, 100}} {
		b.Run(what, func(b *testing.B) {
			var heard []uint64
			var failed error
			with := metered(b, reads(c.every, &heard, &failed))
			chaintest.Simulate(b, 1, func(tc task.Context, sim *task.Sim) {
				disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
				s := begin(b, tc, sim, disk, true, "Cust", idle, with)
				o := reading(1, true)
				if err := s.engine.Open(tc, o); err != nil {
					b.Fatal(err)
				}
				s.deliver(b, tc, o, 0, c.messages)
				b.ResetTimer()
				for range b.N {
					b.StopTimer()
					disk = disk.Crash()
					s.Close(tc)
					heard = heard[:0]
					b.StartTimer()
					s = begin(b, tc, sim, disk, false, "Cust", idle, with)
					sleep(b, tc, time.Second) // its program has repeated the recorded messages
				}
				b.StopTimer()
				b.ReportMetric(float64(len(heard)), "repeated")
				s.Close(tc)
			})
		})
	}
}

// BenchmarkStream sends frames through both ends of a stream.
func BenchmarkStream(b *testing.B) {
	withStream(b, func(tc task.Context, r *session.Registry) {
		var ends [2]*session.Stream
		for i := range ends {
			var err error
			if ends[i], err = r.Stream(tc, aura.DeviceID{1}, aura.SessionID{1}, radioID, i == 0); err != nil {
				b.Fatal(err)
			}
		}
		frame := make([]byte, 400)
		label := "Hello"
		b.ResetTimer()
		for range b.N {
			if err := ends[0].Send(label, frame); err != nil {
				b.Fatal(err)
			}
			if err := ends[1].Receive(label, frame); err != nil {
				b.Fatal(err)
			}
			label = "Song"
		}
	})
}

// idle is a program that does nothing.
func idle(task.Context, *session.Port) error { return nil }

// BenchmarkTake takes messages on a channel with receipts and on one without, in memory and with a recording.
func BenchmarkTake(b *testing.B) {
	for _, persistent := range []bool{false, true} {
		for _, receipts := range []bool{false, true} {
			b.Run("persistent="+strconv.FormatBool(persistent)+"/receipts="+strconv.FormatBool(receipts), func(b *testing.B) {
				chaintest.Simulate(b, 1, func(tc task.Context, sim *task.Sim) {
					s := begin(b, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, withMeter(b))
					defer s.Close(tc)
					one, talk := reading(1, persistent), ben
					if err := s.engine.Open(tc, one); err != nil {
						b.Fatal(err)
					}
					all := make([]*effect.Message, b.N)
					var last [32]byte
					for n := range all {
						all[n] = value(b, one, uint64(n))
						r := receiptAfter(last, 0, all[n], 100)
						all[n].Receipt, last = r.Encode(), r.Hash()
					}
					if receipts {
						p := s.payments()
						p.Policy = func(task.Context, aura.ContextID) (guard.Policy, error) { return chaintest.Limited(1 << 40), nil }
						talk.Payments = p
					}
					b.ResetTimer()
					for _, m := range all {
						if _, err := s.engine.Deliver(tc, &talk, m); err != nil {
							b.Fatal(err)
						}
					}
					b.StopTimer()
				})
			})
		}
	}
}
