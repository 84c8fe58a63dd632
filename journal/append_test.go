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

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

func TestReceivedFactsComeInOrderAndOnce(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		one, two, three := peer.record(pair, 1, 5, "one"), peer.record(pair, 2, 6, "two"), peer.record(pair, 3, 7, "three")
		j.append(t, tc, &journal.Entry{Foreign: []fact.Record{one, two}})

		renamed := three
		renamed.ID[0] ^= 1
		nameless := three
		nameless.Fact.Kind = ""
		cases := []struct {
			name string
			in   fact.Record
			want aura.Kind
		}{
			{"a gap", peer.record(pair, 4, 8, "four"), aura.Unavailable},
			{"a fact without a proof", unproven(peer.record(pair, 3, 7, "three")), aura.Invalid},
			{"a fact with the proof of another", proven(peer.record(pair, 3, 7, "three"), one.Proof), aura.Invalid},
			{"a fact that is not later than the one before", peer.record(pair, 3, 6, "three"), aura.Invalid},
			{"a fact far ahead of all clocks", peer.record(pair, 3, 1<<40, "three"), aura.Invalid},
			{"a fact under another identity", renamed, aura.Invalid},
			{"a fact without a kind", nameless, aura.Invalid},
		}
		for _, c := range cases {
			// A good fact beside the bad one: an entry is stored as a whole or not at all.
			e := &journal.Entry{Foreign: []fact.Record{peer.record(crew, 1, 1, "good"), c.in}}
			if _, err := j.Append(tc, e); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		if n := j.Head(); n != 2 {
			t.Fatalf("refused entries left something: the head is %d", n)
		}
		if got := j.append(t, tc, &journal.Entry{Foreign: []fact.Record{one, two, three, three}}); len(got) != 1 || got[0].ID != three.ID {
			t.Errorf("duplicates were stored again: %v", got)
		}
		got, err := j.ByAuthor(pair, peer.id, 2, 10)
		if err != nil {
			t.Fatal(err)
		}
		two.Position, three.Position, two.Number, three.Number = 2, 3, 2, 3
		if diff := cmp.Diff([]fact.Record{two, three}, got); diff != "" {
			t.Errorf("the peer's facts differ (-want +got):\n%s", diff)
		}
		if r, ok, err := j.Fact(two.ID); err != nil || !ok || r.Position != 2 {
			t.Errorf("fact two is %+v, %v, %v", r, ok, err)
		}
		if _, ok, err := j.Fact(aura.FactID{9}); err != nil || ok {
			t.Errorf("an unknown fact is %v, %v", ok, err)
		}
		j.close(t, tc)
	})
}

func TestExpectationSeesTheEntriesBeforeIt(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{SyncDelay: time.Millisecond}))
		context := aura.ContextID{7}
		const limit, cost, senders = 50, 10, 8
		errShort := aura.Errorf("test", aura.Denied, "budget is spent")
		allowed := 0
		g := task.NewGroup(tc, "senders")
		for range senders {
			g.Go("sender", func(tc task.Context) error {
				e := &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}, Meta: []journal.KV{{Key: "last"}}}
				e.Expect = func(v journal.View) error {
					c := v.Charge(context, peer.author)
					if c.Spent+cost > limit {
						return errShort
					}
					if last, err := v.Meta("last"); err != nil || string(last) != fmt.Sprint(c.Through) && c.Through > 0 {
						t.Errorf("metadata is %q, %v; the charge says %d", last, err, c.Through)
					}
					c.Spent, c.Through = c.Spent+cost, v.Count(pair, self.id)+1
					e.Charges = []fact.Charge{c}
					e.Meta[0].Value = fmt.Append(nil, c.Through)
					return nil
				}
				records, err := j.Append(tc, e)
				if err == errShort {
					return nil
				}
				if err == nil && records[0].Seq != e.Charges[0].Through {
					t.Errorf("the charge foresaw place %d, the fact has %d", e.Charges[0].Through, records[0].Seq)
				}
				allowed++
				return err
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if allowed != limit/cost || j.Head() != limit/cost {
			t.Errorf("%d entries were allowed and %d facts stored, the budget is for %d", allowed, j.Head(), limit/cost)
		}
		if c := j.Charge(context, peer.author); c.Spent != limit || c.Through != limit/cost {
			t.Errorf("the ledger has %+v", c)
		}
		j.close(t, tc)
	})
}

// TestASettledContextHasNoLedger: its entries go, those of others stay, and later spending is counted from zero,
// also when it comes in the same group and after a restart.
func TestASettledContextHasNoLedger(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		gone, stays := aura.ContextID{1}, aura.ContextID{2}
		spend := func(context aura.ContextID, units uint64) *journal.Entry {
			return &journal.Entry{
				Charges: []fact.Charge{{Context: context, Peer: peer.author, Epoch: 1, Spent: units}},
				Leaks:   []fact.Leak{{Context: context, Observer: fact.ObserverExternal, Epoch: 1, Bits: units}},
			}
		}
		spent := func(context aura.ContextID) [2]uint64 {
			return [2]uint64{j.Charge(context, peer.author).Spent, j.Leak(context, fact.ObserverExternal).Bits}
		}
		empty := len(dump(t, disk))
		j.append(t, tc, spend(gone, 7))
		j.append(t, tc, &journal.Entry{Settled: []aura.ContextID{gone}})
		if n := len(dump(t, disk)); n != empty || spent(gone) != [2]uint64{} {
			t.Errorf("%d entries more than before, spent %v", n-empty, spent(gone))
		}
		j.append(t, tc, spend(gone, 7))
		j.append(t, tc, spend(stays, 5))
		g := task.NewGroup(tc, "group")
		for _, e := range []*journal.Entry{{Settled: []aura.ContextID{gone}}, spend(gone, 2)} {
			g.Go("append", func(tc task.Context) error {
				_, err := j.Append(tc, e)
				return err
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := [2][2]uint64{spent(gone), spent(stays)}; got != [2][2]uint64{{2, 2}, {5, 5}} {
				t.Errorf("spent %v", got)
			}
			j.close(t, tc)
			disk = disk.Crash()
			j = open(t, tc, disk)
		}
		j.close(t, tc)
	})
}

func TestRefusedEntryChangesNoByte(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "one")}})
		before := dump(t, disk)
		refused := []*journal.Entry{
			{Expect: func(journal.View) error { return aura.Stale }, Drafts: []fact.Draft{draft(pair, "chat.message", "x")}},
			{Drafts: []fact.Draft{draft(pair, "chat.message", "x"), draft(fact.Namespace{}, "chat.message", "x")}},
			{Charges: []fact.Charge{{Spent: 1}}, Foreign: []fact.Record{peer.record(pair, 9, 9, "gap")}},
			{Meta: []journal.KV{{Key: "", Value: []byte("x")}}},
			{Checkpoints: []journal.Checkpoint{{Name: "Not A Name"}}},
			{},
		}
		for i, e := range refused {
			if _, err := j.Append(tc, e); (err != nil) != (i < len(refused)-1) {
				t.Errorf("entry %d: %v", i, err)
			}
		}
		if diff := cmp.Diff(before, dump(t, disk)); diff != "" {
			t.Errorf("the store changed:\n%s", diff)
		}
		j.close(t, tc)
	})
}

// dump returns the content of a store.
func dump(t testing.TB, s journal.Store) map[string]string {
	t.Helper()
	content := map[string]string{}
	if err := s.Iterate(nil, nil, func(key, value []byte) error {
		content[string(key)] = string(value)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return content
}

func TestLogicalTimeOfAContextTellsNothingAboutOthers(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		j.append(t, tc, &journal.Entry{Foreign: []fact.Record{peer.record(pair, 1, 100, "hi")}})
		records := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{
			draft(pair, "chat.message", "after hi"), draft(crew, "chat.message", "elsewhere"), draft(own, "contact.renamed", "after all"),
		}})
		var got []aura.Logical
		for _, r := range records {
			got = append(got, r.Fact.Logical)
		}
		if diff := cmp.Diff([]aura.Logical{101, 1, 102}, got); diff != "" {
			t.Errorf("logical times differ (-want +got):\n%s", diff)
		}
		j.close(t, tc)
	})
}

func TestWritersShareSyncs(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{SyncDelay: 5 * time.Millisecond})
		j := open(t, tc, disk)
		before := disk.Syncs()
		const writers, each = 64, 4
		g := task.NewGroup(tc, "writers")
		for range writers {
			g.Go("writer", func(tc task.Context) error {
				for range each {
					if _, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if syncs := disk.Syncs() - before; syncs > 3*each {
			t.Errorf("%d appends by %d writers took %d syncs", writers*each, writers, syncs)
		}
		j.close(t, tc)
	})
}

// recorder is a store that notes when a batch became durable, and a sink that notes when it heard of it.
type recorder struct {
	journal.Store
	lock  task.Mutex
	words []string
}

func (r *recorder) note(format string, args ...any) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.words = append(r.words, fmt.Sprintf(format, args...))
}

func (r *recorder) Apply(tc task.Context, b *journal.Batch) error {
	r.note("apply")
	err := r.Store.Apply(tc, b)
	r.note("synced")
	return err
}

func (r *recorder) Committed(records []fact.Record) {
	for i := range records {
		r.note("sink %d", records[i].Position)
	}
}

// freeing is a committer that notes the items of the entries that became durable.
type freeing struct {
	*recorder
	journal *journal.Journal
}

func (freeing) Seal([]*journal.Entry, journal.View, func(fact.Namespace, uint64) fact.Place) journal.Addition {
	return journal.Addition{}
}

func (f freeing) Synced(_ task.Context, entries []*journal.Entry) {
	for _, e := range entries {
		f.note("free %s, head %d", e.Item, f.journal.Head())
	}
}

// TestWhatWaitsForASyncIsLetGoBeforeTheSinks: Synced comes after the sync and before the other calls, and never
// for an entry that was lost or refused.
func TestWhatWaitsForASyncIsLetGoBeforeTheSinks(t *testing.T) {
	simulate(t, 3, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{SyncDelay: time.Millisecond})
		rec := &recorder{Store: disk}
		j := open(t, tc, rec)
		j.Attach(rec)
		entry := func(name string) *journal.Entry {
			return &journal.Entry{
				Drafts:    []fact.Draft{draft(pair, "chat.message", name)},
				Committer: freeing{rec, j.Journal}, Item: name,
			}
		}
		rec.words = nil
		j.append(t, tc, entry("kept"))
		rec.note("ack")
		if diff := cmp.Diff([]string{"apply", "synced", "free kept, head 1", "sink 1", "ack"}, rec.words); diff != "" {
			t.Error(diff)
		}
		rec.words = nil
		disk.SetFaults(journal.Faults{FailApply: 1})
		if _, err := j.Append(tc, entry("lost")); err == nil {
			t.Error("the disk did not fail")
		}
		disk.SetFaults(journal.Faults{})
		refused := entry("refused")
		refused.Expect = func(journal.View) error { return aura.Denied }
		if _, err := j.Append(tc, refused); !errors.Is(err, aura.Denied) {
			t.Errorf("an entry that is refused: %v", err)
		}
		if diff := cmp.Diff([]string{"apply", "synced"}, rec.words); diff != "" {
			t.Error(diff)
		}
		j.close(t, tc)
	})
}

// sealer is a committer that notes its entries and adds their common part.
type sealer struct {
	sealed, synced [][]any
	fails          bool
}

func items(entries []*journal.Entry) (all []any) {
	for _, e := range entries {
		all = append(all, e.Item)
	}
	return all
}

func (s *sealer) Seal(entries []*journal.Entry, v journal.View, _ func(fact.Namespace, uint64) fact.Place) journal.Addition {
	if s.fails {
		panic("the sealer fails")
	}
	s.sealed = append(s.sealed, items(entries))
	return journal.Addition{
		Charges: []fact.Charge{{Peer: aura.AuthorityID{1}, Epoch: 1, Spent: uint64(10 * len(entries))}},
		Meta:    []journal.KV{{Key: "sum", Value: fmt.Append(nil, len(entries))}},
		Logs:    []journal.LogChange{{Name: "sums", Values: [][]byte{fmt.Append(nil, v.Log("sums").Last, len(entries))}}},
	}
}

func (s *sealer) Synced(_ task.Context, entries []*journal.Entry) {
	s.synced = append(s.synced, items(entries))
}

// TestACommitterSealsItsAcceptedEntriesOnce: entries of two committers and of none share a commit. Each committer
// sees its own that were not refused, in order, and its additions are durable with them.
func TestACommitterSealsItsAcceptedEntriesOnce(t *testing.T) {
	simulate(t, 5, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		disk.SetFaults(journal.Faults{Stuck: true})
		one, two := &sealer{}, &sealer{}
		g := task.NewGroup(tc, "writers")
		append := func(c journal.Committer, item int, refused bool) {
			e := &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}, Committer: c, Item: item}
			if refused {
				e.Expect = func(journal.View) error { return aura.Denied }
			}
			g.Go("writer", func(tc task.Context) error {
				if _, err := j.Append(tc, e); (err != nil) != refused {
					t.Errorf("entry %d: %v", item, err)
				}
				return nil
			})
			if err := tc.Sleep(time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		append(nil, 0, false) // the writer is busy with this one
		before := j.Commits()
		append(one, 1, false)
		append(two, 2, false)
		append(nil, 3, false)
		append(one, 4, true)
		append(one, 5, false)
		disk.SetFaults(journal.Faults{})
		if err := g.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if n := j.Commits() - before; n != 2 {
			t.Fatalf("%d commits, want that of the first entry and one more", n)
		}
		want := [][][]any{{{1, 5}}, {{1, 5}}, {{2}}, {{2}}}
		if diff := cmp.Diff(want, [][][]any{one.sealed, one.synced, two.sealed, two.synced}); diff != "" {
			t.Error(diff)
		}
		check := func(j *journal.Journal) {
			if c := j.Charge(aura.ContextID{}, aura.AuthorityID{1}); c.Spent != 20 {
				t.Errorf("the ledger has %+v", c)
			}
			if v, err := j.Meta("sum"); string(v) != "1" || err != nil {
				t.Errorf("metadata %q, %v", v, err)
			}
			// The second committer sees what the first one added.
			if v, err := j.ReadLog("sums", 1, 9, 0); fmt.Sprintf("%s", v) != "[0 2 1 1]" || err != nil {
				t.Errorf("a log with %s, %v", v, err)
			}
		}
		check(j.Journal)
		j.close(t, tc)
		again := open(t, tc, disk.Crash())
		check(again.Journal)
		again.close(t, tc)
	})
}

// TestACommitterThatPanicsLeavesNobodyWaiting: the writer ends, and its callers are told.
func TestACommitterThatPanicsLeavesNobodyWaiting(t *testing.T) {
	sim := task.NewSim(3, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		var undecided *journal.UndecidedError
		_, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}, Committer: &sealer{fails: true}})
		if !errors.As(err, &undecided) {
			t.Errorf("the caller is told %v", err)
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "the sealer fails") {
		t.Errorf("the world ended with %v", err)
	}
}

func TestNothingIsToldBeforeItsSync(t *testing.T) {
	for _, executor := range []struct {
		name string
		task.Executor
	}{{"simulated", task.NewSim(3, task.SimOptions{})}, {"real", real()}} {
		rec := &recorder{Store: journal.NewFaulty(entropy(2), journal.Faults{SyncDelay: time.Millisecond})}
		err := executor.Run("test", func(tc task.Context) error {
			j := open(t, tc, rec)
			rec.words = nil
			head, detach := j.Attach(rec)
			if head != 0 {
				t.Errorf("attached at %d", head)
			}
			g := task.NewGroup(tc, "writers")
			for range 8 {
				g.Go("writer", func(tc task.Context) error {
					records, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}})
					if err != nil {
						return err
					}
					rec.note("ack %d", records[0].Position)
					return nil
				})
			}
			if err := g.Wait(tc); err != nil {
				return err
			}
			detach()
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "unheard")}})
			j.close(t, tc)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		checkOrder(t, executor.name, rec.words)
	}
}

// checkOrder replays the words: positions are told only while no batch is on its way that could hold
// them, in order to the sink, and each exactly once.
func checkOrder(t *testing.T, name string, words []string) {
	t.Helper()
	told, sunk := map[int]bool{}, 0
	batches, durable := 0, 0
	for _, w := range words {
		var n int
		switch {
		case w == "apply":
			batches++
		case w == "synced":
			durable++
		case scan(w, "ack %d", &n):
			if durable == 0 || told[n] {
				t.Errorf("%s: position %d was told with %d batches durable: %v", name, n, durable, words)
			}
			told[n] = true
		case scan(w, "sink %d", &n):
			if n != sunk+1 || batches != durable {
				t.Errorf("%s: the sink heard %d after %d with %d of %d batches durable", name, n, sunk, durable, batches)
			}
			sunk = n
		}
	}
	if len(told) != 8 || sunk != 8 {
		t.Errorf("%s: %d of 8 were told to their callers, %d to the sink", name, len(told), sunk)
	}
}

func scan(word, format string, n *int) bool {
	k, err := fmt.Sscanf(word, format, n)
	return k == 1 && err == nil
}

func TestFailedDiskRefusesAndRecovers(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults journal.Faults
		want   aura.Kind
	}{
		{"full", journal.Faults{Capacity: 1}, aura.Exhausted},
		{"failing", journal.Faults{FailApply: 1}, aura.Unavailable},
	} {
		simulate(t, 1, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(2), journal.Faults{})
			j := open(t, tc, disk)
			entry := func() *journal.Entry {
				return &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}, Meta: []journal.KV{{Key: "k", Value: []byte("v")}}}
			}
			j.append(t, tc, entry())
			disk.SetFaults(c.faults)
			if _, err := j.Append(tc, entry()); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
			if n := len(j.read(t, tc, fact.Selection{})); n != 1 || j.Head() != 1 || j.Count(pair, self.id) != 1 {
				t.Errorf("%s: %d facts are read, the head is %d", c.name, n, j.Head())
			}
			disk.SetFaults(journal.Faults{})
			if r := j.append(t, tc, entry()); r[0].Position != 2 || r[0].Seq != 2 {
				t.Errorf("%s: the next fact has position %d, place %d", c.name, r[0].Position, r[0].Seq)
			}
			j.close(t, tc)
		})
	}
}

// TestAnExpectationSeesWhatReadersSee: a disk that broke with a batch in its hands may show values of it that never became durable.
// An entry that expects the value which a reader has is not refused for that; it fails as the disk does, and its caller does not
// try again for ever.
func TestAnExpectationSeesWhatReadersSee(t *testing.T) {
	for seed := range uint64(8) { // the disk took the batch, or did not
		simulate(t, seed, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(seed), journal.Faults{})
			j := open(t, tc, disk)
			set := func(value string, expect func(journal.View) error) error {
				_, err := j.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: "spent", Value: []byte(value)}}, Expect: expect})
				return err
			}
			if err := set("before", nil); err != nil {
				t.Fatal(err)
			}
			disk.SetFaults(journal.Faults{BreakApply: 1})
			if err := set("never durable", nil); !errors.Is(err, aura.Unavailable) {
				t.Fatalf("a disk that breaks: %v", err)
			}
			read, err := j.Meta("spent")
			if err != nil || string(read) != "before" {
				t.Errorf("a reader sees %q, %v", read, err)
			}
			err = set("more", func(v journal.View) error {
				if now, err := v.Meta("spent"); err != nil || !bytes.Equal(now, read) {
					t.Errorf("seed %d: an entry sees %q where a reader sees %q, %v", seed, now, read, err)
				}
				return nil
			})
			if !errors.Is(err, aura.Unavailable) {
				t.Errorf("on a disk that broke: %v", err)
			}
			j.close(t, tc)
		})
	}
}

func TestWhatIsInsideIsCommittedWhenTheOwnerStops(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{SyncDelay: time.Second}))
		kinds := map[aura.Kind]int{}
		g := task.NewGroup(tc, "writers")
		for range 20 {
			g.Go("writer", func(tc task.Context) error {
				_, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}})
				kinds[aura.KindOf(err)]++
				return nil
			})
		}
		if err := tc.Sleep(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		j.group.Cancel()
		if err := errors.Join(g.Wait(tc), j.group.Wait(tc)); err != nil {
			t.Fatal(err)
		}
		if n := len(j.read(t, tc, fact.Selection{})); kinds[0] != 20 || n != 20 {
			t.Errorf("answers by kind: %v, and %d facts are there", kinds, n)
		}
		if err := j.Close(tc); err != nil {
			t.Error(err)
		}
		if _, err := j.Append(tc, &journal.Entry{}); !errors.Is(err, aura.Cancelled) {
			t.Errorf("after the end: got %v, want cancelled", err)
		}
	})
}

// TestACallersBudgetEndsAtTheCommitPoint: on a disk that hangs, an entry that the store has is waited for past its
// caller's budget, and one that waits behind it is withdrawn in time and never written.
func TestACallersBudgetEndsAtTheCommitPoint(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		store := journal.NewFaulty(entropy(5), journal.Faults{})
		j := open(t, tc, store)
		store.SetFaults(journal.Faults{Stuck: true})
		ended := map[string]aura.Duration{}
		callers, began := task.NewGroup(tc, "callers"), tc.Elapsed()
		say := func(text string, want aura.Kind) {
			callers.Go(text, func(tc task.Context) error {
				tc, done := tc.WithBudget(text, time.Second)
				defer done()
				_, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", text)}})
				if aura.KindOf(err) != want {
					t.Errorf("%s: %v, want %v", text, err, want)
				}
				ended[text] = tc.Elapsed() - began
				return nil
			})
		}
		say("handed over", 0)
		if err := tc.Sleep(10 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		say("behind it", aura.Timeout)
		if err := tc.Sleep(time.Minute); err != nil {
			t.Fatal(err)
		}
		store.SetFaults(journal.Faults{})
		if err := callers.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if ended["behind it"] > 2*time.Second || ended["handed over"] < time.Minute {
			t.Errorf("the callers were answered after %v", ended)
		}
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "later")}})
		var texts []string
		for _, r := range j.read(t, tc, fact.Selection{}) {
			texts = append(texts, string(r.Fact.Payload))
		}
		if diff := cmp.Diff([]string{"handed over", "later"}, texts); diff != "" {
			t.Errorf("the journal holds %s", diff)
		}
		j.close(t, tc)
	})
}

func TestReadingOneThreadCostsThatThread(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		store := &counter{Store: journal.NewFaulty(entropy(2), journal.Faults{})}
		j := open(t, tc, store)
		const others, mine = 1500, 600
		var want []aura.FactID
		for i := range others {
			e := &journal.Entry{Drafts: []fact.Draft{draft(crew, "chat.message", "theirs")}}
			if i < mine {
				e.Drafts = append(e.Drafts, draft(pair, "chat.message", "mine"))
			}
			for _, r := range j.append(t, tc, e) {
				if r.Fact.Namespace == pair {
					want = append(want, r.ID)
				}
			}
		}
		store.values = 0
		var got []aura.FactID
		for _, r := range j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}}) {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the thread differs (-want +got):\n%s", diff)
		}
		if limit := 3*mine + 10; store.values > limit {
			t.Errorf("reading %d facts of %d touched %d values", mine, mine+others, store.values)
		}
		store.values = 0
		if r := j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}, After: j.Head() - 5}); len(r) != 0 || store.values > 5 {
			t.Errorf("reading nothing new gave %d facts and touched %d values", len(r), store.values)
		}
		j.close(t, tc)
	})
}

// counter counts the values that are read.
type counter struct {
	journal.Store
	values int
	gets   int // of them, one at a time
}

func (c *counter) Get(key []byte) ([]byte, bool, error) {
	c.values++
	c.gets++
	return c.Store.Get(key)
}

func (c *counter) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return c.Store.Iterate(start, end, func(key, value []byte) error {
		c.values++
		return fn(key, value)
	})
}

func (c *counter) IterateBack(start, end []byte, fn func(key, value []byte) error) error {
	return c.Store.IterateBack(start, end, func(key, value []byte) error {
		c.values++
		return fn(key, value)
	})
}

// TestWhatComesAgainIsComparedWithItsPlace, in the store, in memory, and in the same entry: it is there once, also when another
// place is said, and another fact at its place is a branch.
func TestWhatComesAgainIsComparedWithItsPlace(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		var theirs []fact.Record
		for n := range uint64(3) {
			theirs = append(theirs, peer.record(pair, n+1, aura.Logical(n+1), fmt.Sprint(n)))
		}
		if n := len(j.append(t, tc, &journal.Entry{Foreign: slices.Concat(theirs, theirs)})); n != 3 {
			t.Errorf("%d facts of an entry that has each twice", n)
		}
		for i, when := range []string{"in memory", "in the store"} {
			if n := len(j.append(t, tc, &journal.Entry{Foreign: theirs})); n != 0 {
				t.Errorf("%s: %d facts came twice", when, n)
			}
			moved, other := theirs[1+i], peer.record(pair, 2, 9, when)
			moved.Seq = 1
			if n := len(j.append(t, tc, &journal.Entry{Foreign: []fact.Record{moved, other}})); n != 1 {
				t.Errorf("%s: %d facts are new of one that was at another place and one that was not here", when, n)
			}
			j.close(t, tc)
			disk = disk.Crash()
			j = open(t, tc, disk)
		}
		if n := len(j.read(t, tc, fact.Selection{})); n != 5 {
			t.Errorf("%d facts", n)
		}
		j.close(t, tc)
	})
}

func unproven(r fact.Record) fact.Record { return proven(r, fact.Proof{}) }

// proven returns the record with another proof.
func proven(r fact.Record, p fact.Proof) fact.Record {
	r.Proof = p
	return r
}
