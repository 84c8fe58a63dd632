package interp_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestReceiptsAreReadFromTheNewestOn: each once, over several pages, those of the epoch before too, and no further than a reader wants.
func TestReceiptsAreReadFromTheNewestOn(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		read := func(most int) (all []string) {
			err := interp.EachReceipt(h.Journal, chaintest.Pair, chaintest.Ben, func(r *effect.Receipt) bool {
				all = append(all, string(r.Encode()))
				return len(all) != most
			})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		var want []string
		for _, n := range []int{0, 130, 65} {
			texts(t, tc, h, n)
			c := h.Journal.Charge(chaintest.Pair, chaintest.Ben)
			receipts, err := h.Production.Receipts(chaintest.Pair, chaintest.Ben, c.Epoch, 0, 1<<20)
			if err != nil || len(receipts) != n {
				t.Fatalf("%d of %d receipts, %v", len(receipts), n, err)
			}
			for i := range receipts {
				want = slices.Insert(want, 0, string(receipts[i].Encode()))
			}
			if diff := cmp.Diff(want, read(0)); diff != "" {
				t.Error(diff)
			}
			turn(t, tc)
		}
		for _, most := range []int{1, 64, 65, 100} {
			if got := read(most); !slices.Equal(got, want[:most]) {
				t.Errorf("of the newest %d receipts it read %d", most, len(got))
			}
		}
		if n := collected(t, tc, h, always); n == 0 {
			t.Error("nothing was collected")
		}
		if got := read(0); len(got) == 0 || len(got) >= len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("behind a collection it read %d of %d receipts", len(got), len(want))
		}
	})
}
