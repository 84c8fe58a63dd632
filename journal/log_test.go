package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// logModel is a log as a plain list of all values that it ever had.
type logModel struct {
	values          []string
	dropped, cursor uint64
}

// logModels are the logs by name.
type logModels map[string]*logModel

func (ms logModels) change(c *journal.LogChange) {
	m := ms[c.Name]
	if m == nil {
		m = &logModel{}
	}
	for _, v := range c.Values {
		m.values = append(m.values, string(v))
	}
	m.dropped = max(m.dropped, min(c.Drop, uint64(len(m.values))))
	m.cursor = max(m.cursor, c.Cursor)
	ms[c.Name] = m
	if c.Remove || len(m.values) == 0 && m.cursor == 0 {
		delete(ms, c.Name)
	}
}

// check compares the logs of a journal with the model.
func (ms logModels) check(j *journal.Journal) error {
	if n := len(j.Logs()); n != len(ms) {
		return fmt.Errorf("there are %d logs, want %d: %+v", n, len(ms), j.Logs())
	}
	for _, l := range j.Logs() {
		m := ms[l.Name]
		if m == nil || l != j.Log(l.Name) || l.Last != uint64(len(m.values)) || l.Dropped != m.dropped || l.Cursor != m.cursor {
			return fmt.Errorf("log %+v, the model has %+v", l, m)
		}
		size := uint64(0)
		for _, v := range m.values[m.dropped:] {
			size += uint64(len(v)) + logOverhead
		}
		if l.Bytes != size {
			return fmt.Errorf("log %q has %d bytes, want %d", l.Name, l.Bytes, size)
		}
		got, err := j.ReadLog(l.Name, l.Dropped+1, 1<<20, 0)
		if err != nil || !slices.EqualFunc(got, m.values[m.dropped:], func(a []byte, b string) bool { return string(a) == b }) {
			return fmt.Errorf("log %q has %q, want %q, %v", l.Name, got, m.values[m.dropped:], err)
		}
		if l.Dropped > 0 {
			if _, err := j.ReadLog(l.Name, l.Dropped, 1, 0); !errors.Is(err, aura.NotFound) {
				return fmt.Errorf("entry %d of log %q was dropped, got %v", l.Dropped, l.Name, err)
			}
		}
	}
	return nil
}

// logOverhead is what an entry takes beside its value: key, nonce, authentication and total.
const logOverhead = 69

// logStep is an entry of the journal and what comes after it.
type logStep struct {
	changes []journal.LogChange
	failing bool // the disk refuses it
	crash   bool
}

var anyLogSteps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) logStep {
	return logStep{
		changes: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) journal.LogChange {
			c := journal.LogChange{
				Name:   rapid.SampledFrom([]string{"a", "b/\x00\xff", "b/\x00"}).Draw(t, "name"),
				Drop:   rapid.SampledFrom([]uint64{0, 0, 1, 2, 5, 9, 280, 1 << 63}).Draw(t, "drop"),
				Cursor: rapid.SampledFrom([]uint64{0, 0, 3, 7}).Draw(t, "cursor"),
				Remove: rapid.IntRange(0, 9).Draw(t, "remove") == 0,
			}
			// Some drops are of more entries than are removed one by one.
			for n := range rapid.SampledFrom([]int{0, 1, 2, 5, 300}).Draw(t, "values") {
				c.Values = append(c.Values, bytes.Repeat([]byte{byte(n)}, n%7))
			}
			return c
		}), 0, 3).Draw(t, "changes"),
		failing: rapid.IntRange(0, 5).Draw(t, "failing") == 0,
		crash:   rapid.IntRange(0, 3).Draw(t, "crash") == 0,
	}
}), 1, 12)

// TestLogsBehaveLikeLists makes random changes, several of them in a commit, with crashes and a failing disk in between, to a
// journal and to lists.
func TestLogsBehaveLikeLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := anyLogSteps.Draw(t, "steps")
		err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j, err := tryOpen(tc, disk, options())
			if err != nil {
				return err
			}
			model := logModels{}
			for i, step := range steps {
				if step.failing {
					disk.SetFaults(journal.Faults{FailApply: 1})
				}
				// A fact makes each entry a batch.
				_, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(own, "chat.noted", "x")}, Logs: step.changes})
				disk.SetFaults(journal.Faults{})
				if (err != nil) != step.failing {
					return fmt.Errorf("step %d: %w", i, err)
				}
				if step.failing { // the next commit decides that nothing of it is there
					_, err = j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(own, "chat.noted", "x")}})
					if err != nil {
						return err
					}
				} else {
					for k := range step.changes {
						model.change(&step.changes[k])
					}
				}
				if step.crash {
					disk = disk.Crash()
					if err := j.group.Close(tc, time.Second); err != nil {
						return err
					}
					if j, err = tryOpen(tc, disk, options()); err != nil {
						return err
					}
				}
				if err := model.check(j.Journal); err != nil {
					return fmt.Errorf("step %d: %w", i, err)
				}
			}
			return j.group.Close(tc, time.Second)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
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

// TestACrashNeverSeparatesALogFromItsFacts crashes at every write of a workload, before it and after it. Facts, metadata and
// logs are those of as many whole entries.
func TestACrashNeverSeparatesALogFromItsFacts(t *testing.T) {
	value := func(n int) []byte { return fmt.Appendf(nil, "entry %d", n) }
	workload := [][]journal.LogChange{
		{{Name: "a", Values: [][]byte{value(1), value(2), value(3)}}},
		{{Name: "a", Values: [][]byte{value(4)}, Drop: 2, Cursor: 3}, {Name: "b", Cursor: 8}},
		{{Name: "a", Drop: 3}},
		{{Name: "a", Remove: true}, {Name: "c", Values: [][]byte{value(5)}}},
		{{Name: "a", Values: [][]byte{value(6), {}}}, {Name: "b", Remove: true}},
		{{Name: "a", Drop: 9}, {Name: "c", Values: [][]byte{value(7)}, Drop: 1}},
	}
	for _, after := range []bool{false, true} {
		for at := 1; at <= len(workload)+1; at++ {
			simulate(t, 1, func(tc task.Context) {
				disk := journal.NewFaulty(entropy(2), journal.Faults{})
				store := &dying{Store: disk, left: 1 << 30, after: after}
				j := open(t, tc, store)
				store.left = at
				acknowledged := 0
				for n, changes := range workload {
					_, err := j.Append(tc, &journal.Entry{
						Drafts: []fact.Draft{draft(own, "chat.noted", "x")}, Logs: changes,
						Meta: []journal.KV{{Key: "n", Value: fmt.Append(nil, n+1)}},
					})
					if err == nil {
						acknowledged++
					}
				}
				j.close(t, tc)
				again := open(t, tc, disk.Crash())
				defer again.close(t, tc)
				there := int(again.Head())
				if meta, err := again.Meta("n"); err != nil || there > 0 && string(meta) != fmt.Sprint(there) {
					t.Errorf("%d facts, and metadata of %q, %v", there, meta, err)
				}
				if there < acknowledged || there > acknowledged+1 {
					t.Errorf("%d entries are there, %d were acknowledged", there, acknowledged)
				}
				model := logModels{}
				for _, changes := range workload[:there] {
					for i := range changes {
						model.change(&changes[i])
					}
				}
				if err := model.check(again.Journal); err != nil {
					t.Errorf("after a crash at write %d (%t): %v", at, after, err)
				}
			})
		}
	}
}

func TestEntriesOfALogAreReadInBounds(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		defer j.close(t, tc)
		var values [][]byte
		for n := range 10 {
			values = append(values, bytes.Repeat([]byte{'0' + byte(n)}, 100))
		}
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a", Values: values, Drop: 2}}})
		for _, c := range []struct {
			from         uint64
			limit, bytes int
			want         string // the first byte of each
		}{
			{3, 99, 0, "23456789"}, {3, 3, 0, "234"}, {9, 99, 0, "89"}, {5, 99, 1, "4"}, {5, 99, 100, "4"}, {5, 99, 101, "45"},
			{5, 1, 1000, "4"}, {11, 99, 0, ""}, {1 << 63, 99, 0, ""}, {3, 0, 0, ""}, {3, -1, 0, ""},
		} {
			got, err := j.ReadLog("a", c.from, c.limit, c.bytes)
			first := ""
			for _, v := range got {
				first += string(v[:1])
			}
			if err != nil || first != c.want {
				t.Errorf("from %d, at most %d and %d bytes: got %q, want %q, %v", c.from, c.limit, c.bytes, first, c.want, err)
			}
		}
		for _, from := range []uint64{0, 1, 2} {
			if _, err := j.ReadLog("a", from, 9, 0); !errors.Is(err, aura.NotFound) {
				t.Errorf("from %d: got %v, want not found", from, err)
			}
		}
		if got, err := j.ReadLog("b", 1, 9, 0); got != nil || err != nil {
			t.Errorf("of a log that is not there: %q, %v", got, err)
		}
	})
}

// TestALogIsBoundedByItsOwner: an entry beyond the limit is refused as a whole, and the owner makes room in the same change.
func TestALogIsBoundedByItsOwner(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		defer j.close(t, tc)
		const limit = 10 * (100 + logOverhead)
		value := make([]byte, 100)
		add := func(drop uint64) error {
			_, err := j.Append(tc, &journal.Entry{
				Drafts: []fact.Draft{draft(own, "chat.noted", "x")},
				Logs:   []journal.LogChange{{Name: "a/1", Values: [][]byte{value}, Drop: drop, Limit: limit}},
			})
			return err
		}
		for n := range 10 {
			if err := add(0); err != nil {
				t.Fatalf("entry %d: %v", n+1, err)
			}
		}
		if err := add(0); !errors.Is(err, aura.Exhausted) || !strings.Contains(err.Error(), `log "a"`) {
			t.Errorf("one entry too many: %v", err)
		}
		if l := j.Log("a/1"); l.Last != 10 || j.Head() != 10 {
			t.Errorf("a refused entry left %+v and %d facts", l, j.Head())
		}
		if err := add(1); err != nil {
			t.Errorf("with room for it: %v", err)
		}
		if l := j.Log("a/1"); l.Last != 11 || l.Dropped != 1 || l.Bytes != limit {
			t.Errorf("a ring of ten has %+v", l)
		}
		// A change that appends nothing is never refused.
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a/1", Cursor: 5, Drop: 2, Limit: 1}}})
	})
}

func TestChangesOfALogOutOfBoundsAreRefused(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		defer j.close(t, tc)
		before := dump(t, disk)
		for name, c := range map[string]struct {
			change journal.LogChange
			says   string
		}{
			"no name":         {journal.LogChange{Cursor: 1}, "name"},
			"long name":       {journal.LogChange{Name: strings.Repeat("a", 257), Cursor: 1}, "257"},
			"large value":     {journal.LogChange{Name: "big/\x00", Values: [][]byte{make([]byte, 256<<10+1)}}, `log "big" has 262145 bytes`},
			"large change":    {journal.LogChange{Name: "big", Values: append(slices.Repeat([][]byte{make([]byte, 256<<10)}, 64), []byte{1})}, "16777217 bytes"},
			"too many values": {journal.LogChange{Name: "many", Values: make([][]byte, 4097)}, "4097"},
		} {
			_, err := j.Append(tc, &journal.Entry{
				Drafts: []fact.Draft{draft(own, "chat.noted", "x")},
				Logs:   []journal.LogChange{{Name: "good", Values: [][]byte{{1}}}, c.change},
			})
			if !errors.Is(err, aura.Invalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(before, dump(t, disk)); diff != "" {
			t.Errorf("a refused entry changed the store:\n%s", diff)
		}
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{
			Name: strings.Repeat("a", 256), Values: append(make([][]byte, 4095), make([]byte, 256<<10)),
		}, {Name: "a/1", Values: slices.Repeat([][]byte{make([]byte, 256<<10)}, 64)}}})
		last, err := j.ReadLog(strings.Repeat("a", 256), 4096, 1, 1)
		if err != nil || len(last) != 1 || len(last[0]) != 256<<10 {
			t.Errorf("%d entries of the greatest size are there: %v", len(last), err)
		}
	})
}

// TestADamagedEntryOfALogIsNamed: the others are read, and a drop beyond it mends the count of bytes.
func TestADamagedEntryOfALogIsNamed(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		defer j.close(t, tc)
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a/1", Values: [][]byte{{1}, {2}, {3}, {4}, {5}, {6}}}}})
		var keys [][]byte
		_ = disk.Iterate([]byte{0x13}, []byte{0x14}, func(key, _ []byte) error {
			keys = append(keys, bytes.Clone(key))
			return nil
		})
		set := func(n int, value []byte) {
			b := &journal.Batch{}
			if value == nil {
				b.Delete(keys[n-1])
			} else {
				b.Set(keys[n-1], value)
			}
			if err := disk.Apply(tc, b); err != nil {
				t.Fatal(err)
			}
		}
		corrupt := func(from uint64, entry int) {
			t.Helper()
			_, err := j.ReadLog("a/1", from, 9, 0)
			if !errors.Is(err, aura.Corrupt) || !strings.Contains(err.Error(), fmt.Sprintf(`entry %d of log "a"`, entry)) {
				t.Errorf("from %d: got %v, want entry %d damaged", from, err, entry)
			}
		}
		third, _, _ := disk.Get(keys[2])
		flipped := bytes.Clone(third)
		flipped[len(flipped)-1] ^= 1
		last, _, _ := disk.Get(keys[5])
		for name, damaged := range map[string][]byte{"a flipped bit": flipped, "another entry": last, "nothing": {}, "no key": nil} {
			set(3, damaged)
			corrupt(1, 3)
			corrupt(3, 3)
			if got, err := j.ReadLog("a/1", 4, 9, 0); len(got) != 3 || err != nil {
				t.Errorf("%s: behind the damage: %v, %v", name, got, err)
			}
			if got, err := j.ReadLog("a/1", 1, 2, 0); len(got) != 2 || err != nil {
				t.Errorf("%s: before the damage: %v, %v", name, got, err)
			}
		}
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a/1", Drop: 3}}})
		if l := j.Log("a/1"); l.Dropped != 3 || l.Bytes != 6*(1+logOverhead) {
			t.Errorf("after a drop up to the damage: %+v", l)
		}
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a/1", Drop: 4}}})
		if l := j.Log("a/1"); l.Dropped != 4 || l.Bytes != 2*(1+logOverhead) {
			t.Errorf("after a drop beyond the damage: %+v", l)
		}
		set(6, nil)
		corrupt(5, 6)
	})
}

// TestNoViewOfFactsTellsOfLogs: a peer, a sibling, a snapshot and a backup can be given the same of a journal with logs
// and of one without, and a collection of facts leaves logs alone.
func TestNoViewOfFactsTellsOfLogs(t *testing.T) {
	type view struct {
		Mark        journal.Mark
		Branchings  []journal.Branching
		Facts       []fact.Record
		Newest      []fact.Record
		Begin, Next []byte
		Snapshot    fact.Draft
		Charges     []fact.Charge
		Count       uint64
	}
	secret := []byte("what only this device may know")
	look := func(logs bool) (v view, content map[string]string) {
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			defer j.close(t, tc)
			for n := range 5 {
				e := &journal.Entry{
					Drafts:  []fact.Draft{draft(pair, "chat.message", fmt.Sprint(n))},
					Charges: []fact.Charge{{Peer: peer.author, Epoch: 1, Spent: uint64(n + 1)}},
				}
				if logs {
					e.Logs = []journal.LogChange{{Name: "session/secret", Values: [][]byte{secret, secret}, Cursor: uint64(n)}}
				}
				j.append(t, tc, e)
			}
			v.Mark, v.Branchings, v.Facts = j.Mark(), j.Branchings(), j.read(t, tc, fact.Selection{})
			v.Newest = j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}, Last: 3, Causal: true})
			ids := make([]aura.FactID, len(v.Facts))
			for i := range v.Facts {
				ids[i] = v.Facts[i].ID
			}
			set := journal.NewSet(ids)
			v.Begin = set.Begin()
			answer, err := journal.NewSet(ids[:3]).Answer(v.Begin)
			if err != nil {
				t.Fatal(err)
			}
			if v.Next, _, _, err = set.Next(answer); err != nil {
				t.Fatal(err)
			}
			if v.Snapshot, err = j.Snapshot(tc, pair, j.Head(), []byte("state")); err != nil {
				t.Fatal(err)
			}
			v.Charges, v.Count = j.Charges(), j.Count(pair, self.id)
			snapshot := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{v.Snapshot}})
			if n, err := j.Collect(tc, snapshot[0].ID); n != 5 || err != nil {
				t.Errorf("%d facts were collected, %v", n, err)
			}
			if got, err := j.ReadLog("session/secret", 1, 99, 0); logs && len(got) != 10 || err != nil {
				t.Errorf("after a collection of facts the log has %d entries, %v", len(got), err)
			}
			content = dump(t, disk)
		})
		return v, content
	}
	with, content := look(true)
	without, _ := look(false)
	// The identities of facts, their proofs and the rest are drawn from the same source, in the same order.
	if diff := cmp.Diff(without, with, cmp.Comparer(func(a, b fact.Proof) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("views differ (-without +with logs):\n%s", diff)
	}
	for key, value := range content {
		if strings.Contains(key+value, string(secret)) || strings.Contains(key+value, "secret") {
			t.Errorf("the store shows a log under %x", key)
		}
	}
}

// reading counts the keys that a store gives.
type reading struct {
	journal.Store
	keys int
}

func (r *reading) Get(key []byte) ([]byte, bool, error) {
	r.keys++
	return r.Store.Get(key)
}

func (r *reading) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return r.Store.Iterate(start, end, func(key, value []byte) error {
		r.keys++
		return fn(key, value)
	})
}

func (r *reading) IterateBack(start, end []byte, fn func(key, value []byte) error) error {
	return r.Store.IterateBack(start, end, func(key, value []byte) error {
		r.keys++
		return fn(key, value)
	})
}

// TestTheCostOfALogFollowsTheChange: a start, an append, a drop and a read cost the same however long the log is.
func TestTheCostOfALogFollowsTheChange(t *testing.T) {
	cost := func(entries int) (all []int) {
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			for left := entries; left > 0; left -= 1000 {
				j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a", Values: make([][]byte, min(left, 1000))}}})
			}
			j.close(t, tc)
			r := &reading{Store: disk.Crash()}
			j = open(t, tc, r)
			all = append(all, r.keys)
			for _, c := range []journal.LogChange{
				{Name: "a", Values: [][]byte{{1}}}, {Name: "a", Drop: uint64(entries - 5)}, {Name: "a", Remove: true},
			} {
				r.keys = 0
				j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{c}})
				all = append(all, r.keys)
				r.keys = 0
				if !c.Remove {
					if _, err := j.ReadLog("a", uint64(entries-2), 2, 0); err != nil {
						t.Fatal(err)
					}
				}
				all = append(all, r.keys)
			}
			j.close(t, tc)
		})
		return all
	}
	if diff := cmp.Diff(cost(10), cost(10_000)); diff != "" {
		t.Errorf("keys read for ten entries and for 10,000 (-ten +10,000):\n%s", diff)
	}
}

// TestALogIsReadWhileItsEntriesGo: the store shows a drop before it is synced, and a reader that meets it is told that the
// entries went, never that they are damaged.
func TestALogIsReadWhileItsEntriesGo(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, early{disk})
		defer j.close(t, tc)
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{
			{Name: "a", Values: [][]byte{{1}, {2}, {3}, {4}}}, {Name: "b", Values: [][]byte{{5}, {6}}},
		}})
		writers := task.NewGroup(tc, "writers")
		writers.Go("writer", func(tc task.Context) error {
			_, err := j.Append(tc, &journal.Entry{Logs: []journal.LogChange{
				{Name: "a", Drop: 2, Values: [][]byte{{9}}},
				{Name: "b", Remove: true}, {Name: "b", Values: [][]byte{{7}, {8}}},
				{Name: "c", Cursor: 3},
			}})
			return err
		})
		if err := tc.Sleep(500 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b"} {
			if _, err := j.ReadLog(name, 1, 9, 0); !errors.Is(err, aura.NotFound) {
				t.Errorf("an entry of %s that is about to go: %v", name, err)
			}
		}
		if got, err := j.ReadLog("a", 3, 9, 0); err != nil || len(got) != 2 {
			t.Errorf("entries that stay: %v, %v", got, err)
		}
		if l := j.Log("a"); l.Last != 4 || l.Dropped != 0 || j.Log("c").Cursor != 0 {
			t.Errorf("before the sync the log is %+v", l)
		}
		if err := writers.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if got, err := j.ReadLog("b", 1, 9, 0); err != nil || len(got) != 2 || got[0][0] != 7 {
			t.Errorf("the log that has the name now: %v, %v", got, err)
		}
		if got, err := j.ReadLog("a", 3, 9, 0); err != nil || len(got) != 3 {
			t.Errorf("the rest: %v, %v", got, err)
		}
	})
}

// TestAFailedRemovalAndAReadThatFails: a log whose removal failed is as it was. A reader whose read fails is told that the disk failed, and
// not that the entries went.
func TestAFailedRemovalAndAReadThatFails(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		defer j.close(t, tc)
		j.append(t, tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a", Values: [][]byte{{1}, {2}}}}})
		disk.SetFaults(journal.Faults{FailApply: 1})
		if _, err := j.Append(tc, &journal.Entry{Logs: []journal.LogChange{{Name: "a", Remove: true}}}); !errors.Is(err, aura.Unavailable) {
			t.Fatalf("a removal on a disk that fails: %v", err)
		}
		disk.SetFaults(journal.Faults{FailRead: 1})
		if _, err := j.ReadLog("a", 1, 9, 0); !errors.Is(err, aura.Unavailable) {
			t.Errorf("a read that fails after a removal that failed: %v", err)
		}
		disk.SetFaults(journal.Faults{})
		if got, err := j.ReadLog("a", 1, 9, 0); err != nil || len(got) != 2 {
			t.Errorf("the log that stayed: %v, %v", got, err)
		}
	})
}
