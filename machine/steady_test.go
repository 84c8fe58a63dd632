package machine_test

import (
	"fmt"
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// crowd is a protocol of 256 roles that come one after the other, so that nearly all of them wait.
func crowd(t testing.TB) *machine.Image {
	return image(t, `protocol Crowd =
  roles Hub, Member[N]
  loop forever
    Hub -> Member[*] : Ask
    Member[*] -> Hub : Answer
`, choreo.Binding{"N": 255})
}

// A program that runs for ever takes no memory: every instruction, both profiles, traced to bounded rings, with few
// roles and with many, one step at a time and in waves.
func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	for _, p := range profiles {
		for name, im := range map[string]*machine.Image{
			"pair": image(t, pingPong, nil), "choice": image(t, threeWay, nil), "crowd": crowd(t),
		} {
			for _, width := range []int{1, 4} {
				t.Run(fmt.Sprintf("%s/%s/width %d", name, p.name, width), func(t *testing.T) {
					m := machine.New(&steady{payload: machine.Bytes(make([]byte, 64))}, options(true))
					open(t, m, im, p.as)
					round := func() {
						for i := range m.Plan(width).Len() {
							m.Prepare(i)
						}
						if _, err := m.Commit(); err != nil {
							t.Fatal(err)
						}
					}
					for range 1 << 14 { // fill the rings
						round()
					}
					if n := testing.AllocsPerRun(1000, round); n != 0 {
						t.Errorf("a round allocates %v times", n)
					}
				})
			}
		}
	}
}

// Messages that cross between two machines take no memory either: taken out, let in where the receiver waits for them,
// and acted on.
func TestMessagesCrossWithoutAllocation(t *testing.T) {
	for _, p := range profiles {
		im := image(t, pingPong, nil)
		var machines [2]*machine.Machine
		var owners [2]own.Capability
		for i, role := range []choreo.Role{"A", "B"} {
			machines[i] = machine.New(&steady{payload: machine.Bytes(make([]byte, 64))}, options(true))
			var err error
			owners[i], err = machines[i].Open(im, machine.Opening{
				Owner: "test", Admission: machine.AdmitTrusted(im, p.as, machine.ReplaySequence, 1), Roles: []choreo.Role{role},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		round := func() {
			for i, m := range machines {
				for m.Status() == machine.StatusProgressing {
					if _, err := m.Step(); err != nil {
						t.Fatal(err)
					}
				}
				for {
					parcel, ok, err := m.Take(owners[i])
					if err != nil {
						t.Fatal(err)
					}
					if !ok {
						break
					}
					if err := machines[1-i].Inject(owners[1-i], parcel); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for range 1 << 13 {
			round()
		}
		if n := testing.AllocsPerRun(1000, round); n != 0 {
			t.Errorf("%s: a message that crosses allocates %v times", p.name, n)
		}
	}
}

// One instruction of a session whose 256 roles mostly wait for their turn.
func BenchmarkCrowd(b *testing.B) {
	im := crowd(b)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		open(b, m, im, as)
		run(b, m, 1<<13)
		b.ResetTimer()
		run(b, m, b.N)
	})
}

// One instruction of a session of two roles beside as many sessions that are paused, each role of them.
func BenchmarkBesidePaused(b *testing.B) {
	im := image(b, pingPong, nil)
	each(b, func(b *testing.B, m *machine.Machine, as machine.Integrity) {
		for range 127 {
			c, err := m.Open(im, machine.Opening{Owner: "test", Admission: machine.AdmitTrusted(im, as, machine.ReplaySequence, 1)})
			if err != nil {
				b.Fatal(err)
			}
			for role := range im.Roles() {
				if err := m.Pause(c, machine.RoleID(role)); err != nil {
					b.Fatal(err)
				}
			}
		}
		open(b, m, im, as)
		run(b, m, 1<<13)
		b.ResetTimer()
		run(b, m, b.N)
	})
}
