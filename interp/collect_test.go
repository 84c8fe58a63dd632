package interp_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// texts sends so many messages to ben, each with a receipt of its own.
func texts(t *testing.T, tc task.Context, h *chaintest.Home, n int) {
	t.Helper()
	for range n {
		if _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); err != nil {
			t.Fatal(err)
		}
	}
}

func turn(t *testing.T, tc task.Context) {
	t.Helper()
	if err := tc.Sleep(guard.DefaultPolicy().EpochLength); err != nil {
		t.Fatal(err)
	}
}

func collected(t *testing.T, tc task.Context, h *chaintest.Home, may func(*effect.Receipt) bool) int {
	t.Helper()
	n, err := h.Production.CollectReceipts(tc, chaintest.Pair, chaintest.Ben, may)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func always(*effect.Receipt) bool { return true }

// checkChain fails the test unless the receipts of the present epoch are all there.
func checkChain(t *testing.T, h *chaintest.Home) {
	t.Helper()
	c := h.Journal.Charge(chaintest.Pair, chaintest.Ben)
	receipts, err := h.Production.Receipts(chaintest.Pair, chaintest.Ben, c.Epoch, 0, 1<<20)
	if err != nil || uint64(len(receipts)) != c.Receipts {
		t.Errorf("%d of %d receipts of the present epoch, %v", len(receipts), c.Receipts, err)
	}
}

func TestReceiptsOfEndedEpochsAreCollected(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		if n := collected(t, tc, h, always); n != 0 {
			t.Errorf("collected %d receipts of a peer never sent to", n)
		}
		for _, n := range []int{60, 9} {
			turn(t, tc)
			texts(t, tc, h, n)
		}
		if n := collected(t, tc, h, func(*effect.Receipt) bool { return false }); n != 0 {
			t.Errorf("collected %d receipts that may not go", n)
		}
		before := len(chaintest.Dump(t, disk))
		if n := collected(t, tc, h, func(r *effect.Receipt) bool { return r.LastSeq <= 25 }); n != 25 {
			t.Errorf("collected %d of the receipts of the first 25 facts", n)
		}
		checkChain(t, h)
		if n := collected(t, tc, h, always); n != 60-25 {
			t.Errorf("collected %d of the rest of the first epoch, want %d", n, 60-25)
		}
		if gone := before - len(chaintest.Dump(t, disk)); gone != 60 {
			t.Errorf("%d keys have left the store, want 60", gone)
		}
		// An epoch that has begun without a send keeps the chain of the one before it.
		turn(t, tc)
		if n := collected(t, tc, h, always); n != 0 {
			t.Errorf("collected %d receipts of the ledger's epoch", n)
		}
		checkChain(t, h)
		texts(t, tc, h, 20)
		checkChain(t, h)
	})
}

// TestReceiptsOfTwoChainsAreKept: where no policy lets receipts go, those of the chain before the last one go as a chain begins.
func TestReceiptsOfTwoChainsAreKept(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		turn(t, tc)
		texts(t, tc, h, 5)
		before := len(chaintest.Dump(t, disk))
		for range 10 {
			turn(t, tc)
			texts(t, tc, h, 5)
			checkChain(t, h)
		}
		logs := h.Journal.Logs()
		if len(logs) != 1 || logs[0].Last != 55 || logs[0].Dropped != 45 {
			t.Errorf("logs %+v, want one with 10 of 55 receipts", logs)
		}
		// A text is a record and three entries of indexes.
		if more := len(chaintest.Dump(t, disk)) - before - 50*4; more != 5 {
			t.Errorf("%d keys beside those of the facts were added, want 5", more)
		}
	})
}

// TestReceiptsOfASettledBudgetLeaveNoLog: a budget that ended has no present chain.
func TestReceiptsOfASettledBudgetLeaveNoLog(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
		defer h.Close(tc)
		texts(t, tc, h, 5)
		if _, err := h.Journal.Append(tc, &journal.Entry{Settled: []aura.ContextID{chaintest.Pair}}); err != nil {
			t.Fatal(err)
		}
		if n := collected(t, tc, h, func(r *effect.Receipt) bool { return r.LastSeq < 4 }); n != 3 || len(h.Journal.Logs()) != 1 {
			t.Errorf("collected %d of 3 receipts that may go, logs %+v", n, h.Journal.Logs())
		}
		if n := collected(t, tc, h, always); n != 2 || len(h.Journal.Logs()) != 0 {
			t.Errorf("collected %d of the last 2 receipts, logs %+v", n, h.Journal.Logs())
		}
	})
}

// TestCollectingBesideASenderKeepsTheChain sends and collects at once, in many interleavings: a receipt that
// follows an old one stays.
func TestCollectingBesideASenderKeepsTheChain(t *testing.T) {
	for seed := uint64(1); seed <= 30; seed++ {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{SyncDelay: 3 * time.Millisecond})
			h := chaintest.Found(t, tc, disk, sim.Entropy("home"), guard.DefaultPolicy())
			defer h.Close(tc)
			turn(t, tc)
			texts(t, tc, h, 40)
			turn(t, tc)
			g := task.NewGroup(tc, "both")
			g.Go("send", func(tc task.Context) error {
				texts(t, tc, h, 30)
				return nil
			})
			g.Go("collect", func(tc task.Context) error {
				for range 10 {
					collected(t, tc, h, always)
					if err := tc.Sleep(5 * time.Millisecond); err != nil {
						return err
					}
				}
				return nil
			})
			if err := g.Wait(tc); err != nil {
				t.Fatal(err)
			}
			checkChain(t, h)
			collected(t, tc, h, always)
			checkChain(t, h)
		})
	}
}

// dying fails every batch from a given one on: before it takes effect or just after.
type dying struct {
	journal.Store
	left  int
	after bool
}

func (d *dying) Apply(tc task.Context, b *journal.Batch) error {
	if d.left--; d.left > 0 {
		return d.Store.Apply(tc, b)
	}
	if d.left == 0 && d.after {
		if err := d.Store.Apply(tc, b); err != nil {
			return err
		}
	}
	return aura.Errorf("test.Apply", aura.Unavailable, "the machine is off")
}

func TestACrashWhileCollectingLeavesNoHole(t *testing.T) {
	for _, after := range []bool{false, true} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			store := &dying{Store: disk, left: 1 << 30, after: after}
			h := chaintest.Found(t, tc, store, sim.Entropy("home"), guard.DefaultPolicy())
			turn(t, tc)
			texts(t, tc, h, 60)
			turn(t, tc)
			texts(t, tc, h, 5)
			store.left = 1
			if n, err := h.Production.CollectReceipts(tc, chaintest.Pair, chaintest.Ben, always); err == nil {
				t.Errorf("collected %d on a disk that died", n)
			}
			h.Close(tc)
			again := chaintest.Open(t, tc, disk.Crash(), sim.Entropy("again"))
			defer again.Close(tc)
			checkChain(t, again)
			collected(t, tc, again, always)
			if left := collected(t, tc, again, always); left != 0 {
				t.Errorf("%d receipts were left over", left)
			}
			checkChain(t, again)
			texts(t, tc, again, 10)
			checkChain(t, again)
		})
	}
}
