package interp_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// earlyKey is where builds up to journal format 3 kept the n-th receipt for ben, as docs/formats.md has it.
func earlyKey(n int) string {
	k := "receipt/" + string(chaintest.Pair[:]) + string(chaintest.Ben[:])
	return string(binary.BigEndian.AppendUint64([]byte(k), uint64(n)))
}

// makeEarly puts the receipts of a home where an early build kept them: those of the present chain, and
// behind them so many of the chain before.
func makeEarly(t *testing.T, tc task.Context, h *chaintest.Home, rest int) (chain []effect.Receipt) {
	t.Helper()
	c := h.Journal.Charge(chaintest.Pair, chaintest.Ben)
	chain, err := h.Production.Receipts(chaintest.Pair, chaintest.Ben, c.Epoch, 0, int(c.Receipts))
	if err != nil {
		t.Fatal(err)
	}
	logs := h.Journal.Logs()
	e := &journal.Entry{Logs: []journal.LogChange{{Name: logs[0].Name, Remove: true}}}
	for i := range chain {
		e.Meta = append(e.Meta, journal.KV{Key: earlyKey(i + 1), Value: chain[i].Encode()})
	}
	for i := range rest {
		e.Meta = append(e.Meta, journal.KV{Key: earlyKey(len(chain) + 1 + i), Value: []byte("old")})
	}
	if _, err := h.Journal.Append(tc, e); err != nil {
		t.Fatal(err)
	}
	return chain
}

// TestReceiptsOfAnEarlyBuildAreMoved crashes at every batch of moving them, before it and after it.
func TestReceiptsOfAnEarlyBuildAreMoved(t *testing.T) {
	for _, after := range []bool{false, true} {
		for at := 1; at <= 3; at++ {
			chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
				disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
				store := &dying{Store: disk, left: 1 << 30, after: after}
				h := chaintest.Found(t, tc, store, sim.Entropy("home"), guard.DefaultPolicy())
				turn(t, tc)
				texts(t, tc, h, 300)
				if interp.HasEarlyReceipts(h.Journal) {
					t.Error("receipts of this build are taken for early ones")
				}
				before := len(chaintest.Dump(t, disk))
				chain := makeEarly(t, tc, h, 290)
				if !interp.HasEarlyReceipts(h.Journal) {
					t.Error("early receipts are not seen")
				}
				store.left = at
				if err := interp.MoveReceipts(tc, h.Journal); (err != nil) != (at <= 2) { // there are two steps
					t.Errorf("the disk died at batch %d: %v", at, err)
				}
				h.Close(tc)
				disk = disk.Crash()
				again := chaintest.Open(t, tc, disk, sim.Entropy("again"))
				defer again.Close(tc)
				if err := interp.MoveReceipts(tc, again.Journal); err != nil || interp.HasEarlyReceipts(again.Journal) {
					t.Errorf("after a crash at batch %d: %v", at, err)
				}
				c := again.Journal.Charge(chaintest.Pair, chaintest.Ben)
				moved, err := again.Production.Receipts(chaintest.Pair, chaintest.Ben, c.Epoch, 0, 1<<20)
				if err != nil || !slices.Equal(moved, chain) {
					t.Errorf("after a crash at batch %d: %d receipts of %d, %v", at, len(moved), len(chain), err)
				}
				if n := len(chaintest.Dump(t, disk)); n != before {
					t.Errorf("after a crash at batch %d: %d keys, want %d", at, n, before)
				}
				texts(t, tc, again, 3)
				checkChain(t, again)
			})
		}
	}
}

// TestDamagedEarlyReceiptsAreMoved: one of them that is damaged and one that is missing keep neither the agent from starting, nor
// the others from their numbers.
func TestDamagedEarlyReceiptsAreMoved(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		turn(t, tc)
		texts(t, tc, h, 10)
		chain := makeEarly(t, tc, h, 0)
		whole := chaintest.Dump(t, disk)
		var keys []string // of the receipts 3 and 7
		for _, n := range []int{3, 7} {
			if _, err := h.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: earlyKey(n)}}}); err != nil {
				t.Fatal(err)
			}
			left := chaintest.Dump(t, disk)
			for key := range whole {
				if _, there := left[key]; !there && !slices.Contains(keys, key) {
					keys = append(keys, key)
				}
			}
		}
		if len(keys) != 2 {
			t.Fatalf("%d keys have left the store", len(keys))
		}
		h.Close(tc)
		disk = disk.Crash()
		var damage journal.Batch
		damage.Set([]byte(keys[0]), []byte("damage"))
		if err := disk.Apply(tc, &damage); err != nil {
			t.Fatal(err)
		}
		again := chaintest.Open(t, tc, disk, sim.Entropy("again"))
		defer again.Close(tc)
		if err := interp.MoveReceipts(tc, again.Journal); err != nil || interp.HasEarlyReceipts(again.Journal) {
			t.Fatalf("moved: %v", err)
		}
		c := again.Journal.Charge(chaintest.Pair, chaintest.Ben)
		for i := range chain {
			got, err := again.Production.Receipts(chaintest.Pair, chaintest.Ben, c.Epoch, uint64(i), 1)
			gone := i+1 == 3 || i+1 == 7
			if gone != (err != nil) || !gone && got[0] != chain[i] {
				t.Errorf("receipt %d: %v, %v", i+1, got, err)
			}
		}
		turn(t, tc)
		texts(t, tc, again, 2)
		checkChain(t, again)
	})
}

// TestEarlyReceiptsThatNoEntryCountsAreCollected: those of a budget that was settled, or begun anew. They stay while the policy
// keeps one of them.
func TestEarlyReceiptsThatNoEntryCountsAreCollected(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		turn(t, tc)
		texts(t, tc, h, 300)
		before := len(chaintest.Dump(t, disk))
		chain := makeEarly(t, tc, h, 0)
		if _, err := h.Journal.Append(tc, &journal.Entry{Settled: []aura.ContextID{chaintest.Pair}}); err != nil {
			t.Fatal(err)
		}
		last := chain[len(chain)-1]
		for _, keep := range []bool{true, false} {
			n, err := h.Production.CollectReceipts(tc, chaintest.Pair, chaintest.Ben, func(r *effect.Receipt) bool {
				return !keep || *r != last
			})
			if want := map[bool]int{true: 0, false: len(chain)}[keep]; err != nil || n != want {
				t.Errorf("%d of %d receipts were removed, want %d, %v", n, len(chain), want, err)
			}
		}
		if n := len(chaintest.Dump(t, disk)); n > before-len(chain) {
			t.Errorf("%d keys are left of %d, of which %d were receipts", n, before, len(chain))
		}
	})
}
