package machine_test

import (
	"testing"

	"github.com/aura-runtime/aura/machine"
)

// steady answers everything at once and remembers nothing: what a benchmark wants of a host.
type steady struct{ payload machine.Value }

func (steady) Choose(o machine.Offer) (int, machine.Answer) {
	return int(o.Tick) % o.Len(), machine.Done
}
func (s steady) Payload(machine.Message) (machine.Value, machine.Answer) {
	return s.payload, machine.Done
}
func (steady) Receive(machine.Message, machine.Value) machine.Answer { return machine.Done }

var profiles = []struct {
	name string
	as   machine.Integrity
}{{"bare", machine.Bare}, {"sealed", machine.Sealed}}

func options(traced bool) machine.Options {
	o := machine.Options{Key: [32]byte{1}, MaxSessions: 1 << 12, MaxRoles: 1 << 14}
	if traced {
		o.Trace, o.Log = machine.NewTrace(1<<12), machine.NewLog(1<<12)
	}
	return o
}

func open(t testing.TB, m *machine.Machine, im *machine.Image, as machine.Integrity) {
	t.Helper()
	if _, err := m.Open(im, machine.Opening{Owner: "test", Admission: machine.AdmitTrusted(as, machine.ReplaySequence, 8)}); err != nil {
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
					m := machine.New(steady{machine.Bytes(make([]byte, 64))}, options(traced))
					open(b, m, image(b, text, nil), p.as)
					run(b, m, 1<<14) // fill the rings
					b.ReportAllocs()
					b.ResetTimer()
					run(b, m, b.N)
				})
			}
		}
	}
}
