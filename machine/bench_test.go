package machine_test

import (
	"fmt"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// steady answers everything at once and counts the messages. It is the host of the benchmarks.
type steady struct {
	payload  machine.Value
	received int
}

func (*steady) Choose(o machine.Offer) (int, machine.Answer) {
	return int(o.Tick) % o.Len(), machine.AnswerDone
}
func (s *steady) Payload(machine.Message) (machine.Value, machine.Answer) {
	return s.payload, machine.AnswerDone
}

func (s *steady) Receive(machine.Message, machine.Value) machine.Answer {
	s.received++
	return machine.AnswerDone
}

var profiles = []struct {
	name string
	as   machine.Integrity
}{{"bare", machine.IntegrityBare}, {"sealed", machine.IntegritySealed}}

func options(traced bool) machine.Options {
	o := machine.Options{Key: [32]byte{1}, MaxSessions: 1 << 14, MaxRoles: 1 << 15}
	if traced {
		o.Trace, o.Log = machine.NewTrace(1<<12), machine.NewLog(1<<12)
	}
	return o
}

func open(t testing.TB, m *machine.Machine, im *machine.Image, as machine.Integrity) {
	t.Helper()
	if _, err := m.Open(im, machine.Opening{Owner: "test", Admission: machine.AdmitTrusted(im, as, machine.ReplaySequence, 8)}); err != nil {
		t.Fatal(err)
	}
}

func run(b *testing.B, m *machine.Machine, n int) {
	b.Helper()
	for range n {
		if _, err := m.Step(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInstruction(b *testing.B) {
	for _, p := range profiles {
		for _, traced := range []bool{false, true} {
			for name, text := range map[string]string{"pair": pingPong, "choice": threeWay} {
				label := name + "/" + p.name + "/untraced"
				if traced {
					label = name + "/" + p.name + "/traced"
				}
				b.Run(label, func(b *testing.B) {
					h := &steady{payload: machine.Bytes(make([]byte, 64))}
					m := machine.New(h, options(traced))
					open(b, m, image(b, text, nil), p.as)
					run(b, m, 1<<14) // fill the rings
					b.ReportAllocs()
					b.ResetTimer()
					h.received = 0
					run(b, m, b.N)
					if h.received > 0 {
						// A step may also find that its role has to wait: that is part of the price of a message,
						// which is two instructions, a send and a receive.
						message := float64(b.Elapsed().Nanoseconds()) / float64(h.received)
						b.ReportMetric(message, "ns/message")
						b.ReportMetric(message/2, "ns/instruction")
					}
				})
			}
		}
	}
}

const fourRoles = `protocol Four =
  roles A, B, C, D
  A -> B : One
  B -> C : Two
  C -> D : Three
  D -> A : Four
`

const tenMessages = `protocol Ten =
  roles A, B
  loop repeat 5
    A -> B : Ask
    B -> A : Answer
`

// each runs a benchmark for both profiles, with its machine traced.
func each(b *testing.B, f func(*testing.B, *machine.Machine, machine.Integrity)) {
	for _, p := range profiles {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			f(b, machine.New(&steady{payload: machine.Bytes(make([]byte, 64))}, options(true)), p.as)
		})
	}
}

// finish runs all sessions to their end and reaps them.
func finish(b *testing.B, m *machine.Machine, into []machine.Summary) []machine.Summary {
	b.Helper()
	for m.Status() == machine.StatusProgressing {
		if _, err := m.Step(); err != nil {
			b.Fatal(err)
		}
	}
	return m.Reap(into[:0])
}

func BenchmarkShortSessions(b *testing.B) {
	im := image(b, fourRoles, nil)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		var ended []machine.Summary
		for b.Loop() {
			for range 32 {
				open(b, m, im, as)
			}
			ended = finish(b, m, ended)
		}
	})
}

func BenchmarkThousandSessions(b *testing.B) {
	im := image(b, tenMessages, nil)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		var ended []machine.Summary
		for b.Loop() {
			for range 1000 {
				open(b, m, im, as)
			}
			ended = finish(b, m, ended)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1000*22), "ns/instruction")
	})
}

// A step costs the same however many roles sleep beside it, here those of up to 10,000 sessions.
func BenchmarkBesideSleepers(b *testing.B) {
	im := image(b, pingPong, nil)
	for _, sleepers := range []int{0, 254, 4094, 20_000} {
		b.Run(fmt.Sprintf("%d", sleepers), func(b *testing.B) {
			m := machine.New(&steady{}, options(true))
			for range sleepers / 2 {
				c, err := m.Open(im, machine.Opening{Owner: "test", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1)})
				if err != nil {
					b.Fatal(err)
				}
				for role := range im.Roles() {
					if err := m.Pause(c, machine.RoleID(role)); err != nil {
						b.Fatal(err)
					}
				}
			}
			open(b, m, im, machine.IntegrityBare)
			run(b, m, 1<<13)
			b.ReportAllocs()
			b.ResetTimer()
			run(b, m, b.N)
		})
	}
}

func BenchmarkWave(b *testing.B) {
	im := image(b, pingPong, nil)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		for range 8 {
			open(b, m, im, as)
		}
		for b.Loop() {
			for i := range m.Plan(8).Len() {
				m.Prepare(i)
			}
			if _, err := m.Commit(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	encoded := image(b, tenMessages, nil).Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := machine.Load(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	im := image(b, tenMessages, nil)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		var ended []machine.Summary
		for b.Loop() {
			c, err := m.Open(im, machine.Opening{Owner: "test", Admission: machine.AdmitTrusted(im, as, 0, 1)})
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Close(c); err != nil {
				b.Fatal(err)
			}
			ended = m.Reap(ended[:0])
		}
	})
}

// A checkpoint of one session and its return, which a restart does for each session that lives.
func BenchmarkExportImport(b *testing.B) {
	im := image(b, tenMessages, nil)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		a := machine.AdmitTrusted(im, as, machine.ReplaySequence, 1)
		c, err := m.Open(im, machine.Opening{Owner: "test", Name: aura.SessionID{1}, Admission: a})
		if err != nil {
			b.Fatal(err)
		}
		run(b, m, 7)
		var ended []machine.Summary
		for b.Loop() {
			state, err := m.Export(c)
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Close(c); err != nil {
				b.Fatal(err)
			}
			ended = m.Reap(ended[:0])
			authority, err := m.Import(im, a, state)
			if err != nil {
				b.Fatal(err)
			}
			if c, err = m.Claim(authority, "test"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
