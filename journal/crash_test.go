package journal_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// history is the acknowledged facts, which a crash may not take back.
type history struct {
	facts   map[aura.FactID]fact.Position
	spent   uint64
	sunk    fact.Position
	entries int
}

func (h *history) Committed(records []fact.Record) { h.sunk = records[len(records)-1].Position }

// TestCrashAtAnyInstantLosesNothingAcknowledged runs writers on a disk with all its faults, crashes it at a
// random time, opens it again, and goes on, several times over.
func TestCrashAtAnyInstantLosesNothingAcknowledged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		faults := journal.Faults{
			SyncDelay:  10 * time.Millisecond,
			FailApply:  rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "failing"),
			BreakApply: rapid.SampledFrom([]float64{0, 0.05}).Draw(t, "breaking"),
		}
		lifetimes := rapid.SliceOfN(rapid.IntRange(1, 80), 1, 4).Draw(t, "lifetimes in ms")
		err := task.NewSim(seed, task.SimOptions{}).Run("test", func(tc task.Context) error {
			h := &history{facts: map[aura.FactID]fact.Position{}}
			disk := journal.NewFaulty(entropy(seed), journal.Faults{})
			for _, ms := range lifetimes {
				var err error
				if disk, err = live(tc, disk, faults, h, time.Duration(ms)*time.Millisecond); err != nil {
					return err
				}
				disk.SetFaults(journal.Faults{})
				if err := h.check(tc, disk); err != nil {
					return err
				}
				disk = disk.Crash()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// live opens the journal, lets writers append for a while, crashes the disk under them and returns the disk after
// the crash.
func live(tc task.Context, disk *journal.Faulty, faults journal.Faults, h *history, lifetime time.Duration) (*journal.Faulty, error) {
	j, err := tryOpen(tc, disk, options())
	if err != nil {
		return nil, err
	}
	j.Attach(h)
	disk.SetFaults(faults)
	writers := task.NewGroup(tc, "writers")
	for w := range 6 {
		writers.Go("writer", func(tc task.Context) error {
			for {
				n := h.entries
				h.entries++
				e := &journal.Entry{Drafts: []fact.Draft{
					draft(pair, "chat.message", fmt.Sprint(n, w)), draft(own, "chat.noted", fmt.Sprint(n, w)),
				}}
				e.Expect = func(v journal.View) error {
					c := v.Charge(aura.ContextID{7}, peer.author)
					c.Spent++
					e.Charges = []fact.Charge{c}
					// A log of the units, of which the last ten stay.
					e.Logs = []journal.LogChange{{
						Name: "spent", Values: [][]byte{fmt.Append(nil, c.Spent)}, Drop: max(c.Spent, 10) - 10, Cursor: c.Spent,
					}}
					return nil
				}
				records, err := j.Append(tc, e)
				if err != nil {
					if ended := tc.Sleep(time.Millisecond); ended != nil {
						return nil
					}
					continue
				}
				h.spent = max(h.spent, e.Charges[0].Spent)
				for _, r := range records {
					h.facts[r.ID] = r.Position
				}
			}
		})
	}
	if err := tc.Sleep(lifetime); err != nil {
		return nil, err
	}
	left := disk.Crash()
	writers.Cancel()
	if err := writers.Wait(tc); err != nil {
		return nil, err
	}
	return left, j.group.Close(tc, time.Minute)
}

// check opens the journal after a crash and compares it with the acknowledged facts.
func (h *history) check(tc task.Context, disk *journal.Faulty) error {
	j, err := tryOpen(tc, disk, options())
	if err != nil {
		return err
	}
	there := map[aura.FactID]fact.Position{}
	if _, err := j.Read(tc, fact.Selection{}, func(r fact.Record) error {
		there[r.ID] = r.Position
		return nil
	}); err != nil {
		return err
	}
	for id, position := range h.facts {
		if there[id] != position {
			return fmt.Errorf("fact %s was acknowledged at %d and is now at %d", aura.Short(id), position, there[id])
		}
	}
	if j.Head() < h.sunk {
		return fmt.Errorf("the sink heard %d, the head is %d", h.sunk, j.Head())
	}
	if c := j.Charge(aura.ContextID{7}, peer.author); c.Spent < h.spent || 2*c.Spent != uint64(j.Head()) {
		return fmt.Errorf("%d was spent and acknowledged, the ledger has %d for %d facts", h.spent, c.Spent, j.Head())
	}
	if err := checkSpent(j.Journal); err != nil {
		return err
	}
	next := map[fact.Namespace]uint64{}
	position := fact.Position(0)
	if _, err := j.Read(tc, fact.Selection{}, func(r fact.Record) error {
		position++
		next[r.Fact.Namespace]++
		if r.Position != position || r.Seq != next[r.Fact.Namespace] {
			return fmt.Errorf("record %d has position %d and place %d", position, r.Position, r.Seq)
		}
		return nil
	}); err != nil {
		return err
	}
	if next[pair] != next[own] || position != j.Head() {
		return fmt.Errorf("half an entry: %d and %d facts, head %d", next[pair], next[own], j.Head())
	}
	if err := j.Close(tc); err != nil {
		return err
	}
	return j.group.Close(tc, time.Minute)
}

// checkSpent compares the log of the units that were spent with the ledger.
func checkSpent(j *journal.Journal) error {
	l, spent := j.Log("spent"), j.Charge(aura.ContextID{7}, peer.author).Spent
	if l.Last != spent || l.Cursor != spent || l.Dropped != max(spent, 10)-10 {
		return fmt.Errorf("after %d units the log is %+v", spent, l)
	}
	values, err := j.ReadLog("spent", l.Dropped+1, 100, 0)
	for i, v := range values {
		if string(v) != fmt.Sprint(l.Dropped+1+uint64(i)) {
			return fmt.Errorf("entry %d of the log is %s", l.Dropped+1+uint64(i), v)
		}
	}
	if err == nil && uint64(len(values)) != l.Last-l.Dropped {
		return fmt.Errorf("the log has %d entries, want %d", len(values), l.Last-l.Dropped)
	}
	return err
}
