package journal_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// The first bytes of the store keys of records, of the states of streams, and of the index of each device's facts.
const (
	tableRecord = 0x02
	tableStream = 0x07
	tableSeqRun = 0x0e
	tableProof  = 0x11
)

// formatOne returns a store as a program with format 1 left it: 40 facts of four groups.
func formatOne(t *testing.T, tc task.Context) journal.Store {
	t.Helper()
	return written(t, tc, "testdata/format1.store")
}

// written returns the store in a file.
func written(t *testing.T, tc task.Context, file string) journal.Store {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), " ")
		k, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		v, err := hex.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		content[string(k)] = string(v)
	}
	return restore(t, tc, content, "", nil)
}

// formatOf returns the format that the header of a store says.
func formatOf(t *testing.T, s journal.Store) byte {
	t.Helper()
	return dump(t, s)["\x00"][len("aura journal")]
}

// mixed appends a group of facts of several namespaces, kinds and authors.
func mixed(t *testing.T, tc task.Context, j opened, seq uint64) {
	t.Helper()
	e := &journal.Entry{Foreign: []fact.Record{peer.record(pair, seq, aura.Logical(1000+seq), fmt.Sprint("peer ", seq))}}
	for range 3 {
		e.Drafts = append(e.Drafts, draft(pair, "chat.message", "pair"), draft(crew, "chat.read", "crew"), draft(own, "chat.starred", "own"))
	}
	j.append(t, tc, e)
}

// places returns the positions of records.
func places(records []fact.Record) (all []fact.Position) {
	for i := range records {
		all = append(all, records[i].Position)
	}
	return all
}

// checkIndexes compares the reads of every index, from both ends, with the records.
func checkIndexes(t *testing.T, tc task.Context, j opened) {
	t.Helper()
	all := j.read(t, tc, fact.Selection{})
	head := j.Head()
	for _, namespaces := range [][]fact.Namespace{nil, {pair}, {crew, own}, {fact.ContextNamespace(aura.ContextID{99})}} {
		for _, kinds := range [][]string{nil, {"chat.message"}, {"chat.*"}, {"chat.starred"}} {
			for _, bounds := range []fact.Selection{
				{}, {After: 17}, {After: 41, Through: 47}, {Before: 44, Last: 5}, {Last: 3}, {Last: 13, Through: 40}, {After: head},
			} {
				sel := bounds
				sel.Namespaces, sel.Kinds = namespaces, kinds
				var want []fact.Record
				for i := range all {
					if sel.Selects(&all[i]) && all[i].Position <= sel.End() {
						want = append(want, all[i])
					}
				}
				if sel.Last > 0 && len(want) > sel.Last {
					want = want[len(want)-sel.Last:]
				}
				if got := places(j.read(t, tc, sel)); !slices.Equal(places(want), got) {
					t.Fatalf("%+v: got %v, want %v", sel, got, places(want))
				}
			}
		}
	}
	for _, ns := range []fact.Namespace{pair, crew, own} {
		for _, d := range []device{self, peer} {
			var stream []fact.Record
			for i := range all {
				if all[i].Fact.Namespace == ns && all[i].Fact.Device == d.id {
					stream = append(stream, all[i])
				}
			}
			for skip := 0; skip < len(stream); skip += 1 + len(stream)/8 {
				for _, limit := range []int{1, 4, 1000} {
					got, err := j.ByAuthor(ns, d.id, stream[skip].Seq, limit)
					if want := stream[skip:min(skip+limit, len(stream))]; err != nil || !slices.Equal(places(want), places(got)) {
						t.Fatalf("from %d, %d of %s: got %v, %v; want %v", stream[skip].Seq, limit, ns, places(got), err, places(want))
					}
				}
			}
		}
	}
	for i := 0; i < len(all); i += 7 {
		if r, ok, err := j.Fact(all[i].ID); err != nil || !ok || r.Position != all[i].Position {
			t.Fatalf("fact %d by its identity: at %d, %v, %v", all[i].Position, r.Position, ok, err)
		}
	}
}

func TestJournalOfFormat1GoesOn(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := formatOne(t, tc).(*journal.Faulty)
		j := open(t, tc, disk)
		if n := len(j.read(t, tc, fact.Selection{})); n != 40 || j.Head() != 40 {
			t.Fatalf("%d facts, head %d", n, j.Head())
		}
		checkIndexes(t, tc, j)
		for i := range uint64(3) {
			mixed(t, tc, j, 5+i)
		}
		checkIndexes(t, tc, j)
		j.close(t, tc)

		disk = disk.Crash()
		if format := formatOf(t, disk); format != 4 {
			t.Errorf("the header says format %d: an older program would go on", format)
		}
		j = open(t, tc, disk)
		checkIndexes(t, tc, j) // now nothing is in memory
		mixed(t, tc, j, 8)
		checkIndexes(t, tc, j)

		// Collected records leave the indexes of both formats.
		snapshot, err := commitSnapshot(tc, j, pair)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := j.Collect(tc, snapshot); err != nil || n != 32 {
			t.Fatalf("collected %d, %v", n, err)
		}
		mixed(t, tc, j, 9)
		checkIndexes(t, tc, j)
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		checkIndexes(t, tc, j)
		j.close(t, tc)
	})
}

func TestACrashWhileAFormatIsRaisedLosesNothing(t *testing.T) {
	for _, after := range []bool{false, true} {
		simulate(t, 1, func(tc task.Context) {
			disk := formatOne(t, tc).(*journal.Faulty)
			j := open(t, tc, &mortal{Store: disk, left: 1, after: after})
			if format := formatOf(t, disk); format != 1 {
				t.Errorf("opening raised the format to %d", format)
			}
			if _, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}}); err == nil {
				t.Error("appended on a disk that died")
			}
			j.close(t, tc)
			head, format := fact.Position(40), byte(1)
			if after {
				head, format = 41, 4
			}
			disk = disk.Crash()
			if got := formatOf(t, disk); got != format {
				t.Errorf("the header says format %d, want %d", got, format)
			}
			j = open(t, tc, disk)
			if j.Head() != head {
				t.Errorf("the head is %d, want %d", j.Head(), head)
			}
			checkIndexes(t, tc, j)
			mixed(t, tc, j, 5)
			checkIndexes(t, tc, j)
			j.close(t, tc)
		})
	}
}

func TestAGroupHasOneEntryInEachIndex(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		count := func() map[byte]int {
			tables := map[byte]int{}
			for key := range dump(t, disk) {
				tables[key[0]]++
			}
			return tables
		}
		before := count()
		const facts = 500
		j.append(t, tc, &journal.Entry{Drafts: slices.Repeat([]fact.Draft{draft(pair, "chat.message", "x")}, facts)})
		for table, n := range count() {
			want := 1
			switch table {
			case tableRecord:
				want = facts
			case tableProof:
				want = facts/64 + 1
			}
			if n-before[table] > want {
				t.Errorf("table %#x has %d entries of one group", table, n-before[table])
			}
		}
		j.close(t, tc)
	})
}

// TestIndexesAgreeWithTheRecords lets several writers append at once, so that groups have entries of many, and
// collects in between.
func TestIndexesAgreeWithTheRecords(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		simulate(t, seed, func(tc task.Context) {
			disk := journal.NewFaulty(entropy(seed), journal.Faults{SyncDelay: time.Millisecond})
			j := open(t, tc, disk)
			for round := range 3 {
				g := task.NewGroup(tc, "writers")
				for w := range int(seed+uint64(round)) % 7 {
					g.Go("writer", func(tc task.Context) error {
						for i := range 3 {
							ns, kind := []fact.Namespace{pair, crew, own}[(w+i)%3], []string{"chat.message", "chat.read", "chat.starred"}[(w*i)%3]
							e := &journal.Entry{Drafts: slices.Repeat([]fact.Draft{draft(ns, kind, fmt.Sprint(round, w, i))}, 1+w)}
							if _, err := j.Append(tc, e); err != nil {
								return err
							}
						}
						return nil
					})
				}
				if err := g.Wait(tc); err != nil {
					t.Fatal(err)
				}
				if seed%2 == 0 {
					if snapshot, err := commitSnapshot(tc, j, crew); err == nil {
						if _, err := j.Collect(tc, snapshot); err != nil {
							t.Fatal(err)
						}
					}
				}
				j.close(t, tc)
				disk = disk.Crash()
				j = open(t, tc, disk)
				checkIndexes(t, tc, j)
			}
			j.close(t, tc)
		})
	}
}

// TestAMissingRecordIsDamage takes single records of one group from the disk, as a fault of it may. The indexes still
// list each, so a reader learns that the journal is damaged, wherever in the group the record stood.
func TestAMissingRecordIsDamage(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		mixed(t, tc, j, 1)
		records := j.read(t, tc, fact.Selection{Namespaces: []fact.Namespace{pair}})
		whole := dump(t, disk)
		j.close(t, tc)
		for _, r := range records {
			key := binary.BigEndian.AppendUint64([]byte{tableRecord}, uint64(r.Position))
			j := open(t, tc, restore(t, tc, whole, string(key), nil))
			for name, read := range map[string]func() error{
				"the facts of a device": func() error {
					_, err := j.ByAuthor(pair, r.Fact.Device, 1, 100)
					return err
				},
				"a namespace": func() error {
					_, err := j.Read(tc, fact.Selection{Namespaces: []fact.Namespace{pair}}, func(fact.Record) error { return nil })
					return err
				},
				"a kind": func() error {
					_, err := j.Read(tc, fact.Selection{Kinds: []string{r.Fact.Kind}}, func(fact.Record) error { return nil })
					return err
				},
			} {
				if err := read(); !errors.Is(err, aura.Corrupt) {
					t.Errorf("record %d is missing: reading %s gives %v", r.Position, name, err)
				}
			}
			j.close(t, tc)
		}
	})
}

// TestAMissingIndexIsDamage takes parts of the index of a device's facts from the disk. The sender of those facts
// learns that they are missing, and does not take the gap for their end.
func TestAMissingIndexIsDamage(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		mixed(t, tc, j, 1)
		mixed(t, tc, j, 2)
		count := j.Count(pair, self.id)
		whole := dump(t, disk)
		j.close(t, tc)
		damaged := 0
		for key := range whole {
			if key[0] != tableSeqRun {
				continue
			}
			j := open(t, tc, restore(t, tc, whole, key, nil))
			read, err := j.ByAuthor(pair, self.id, 1, int(count))
			switch {
			case errors.Is(err, aura.Corrupt):
				damaged++
			case err != nil || uint64(len(read)) != count:
				t.Errorf("without a part of the index %d of %d facts are read: %v", len(read), count, err)
			}
			j.close(t, tc)
		}
		if damaged == 0 {
			t.Error("no part of the index is missed")
		}
	})
}
