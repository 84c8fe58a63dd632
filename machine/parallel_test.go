package machine_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/machine"
)

// Picks are prepared at once, on real goroutines: the race detector sees that they have nothing in common,
// and the trace is that of picks prepared one after the other.
func TestPicksArePreparedAtOnce(t *testing.T) {
	run := func(prepare func(*machine.Machine, int)) []machine.Event {
		trace := machine.NewTrace(0)
		m := machine.New(newHost(5), machine.Options{Key: [32]byte{1}, Trace: trace, Signer: newSigner(1)})
		im := image(t, shop, nil)
		for range 8 {
			open(t, m, im, machine.IntegritySigned)
		}
		for m.Status() == machine.StatusProgressing {
			prepare(m, m.Plan(8).Len())
			if _, err := m.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		return trace.Events()
	}
	want := run(func(m *machine.Machine, n int) {
		for i := range n {
			m.Prepare(i)
		}
	})
	got := run(func(m *machine.Machine, n int) {
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { m.Prepare(i) })
		}
		all.Wait()
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}
