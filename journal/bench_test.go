package journal_test

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

const benchWriters = 16

// BenchmarkAppend16 appends one received fact of 100 bytes per entry from each of 16 writers, synced, on a
// disk. The facts were signed beforehand.
func BenchmarkAppend16(b *testing.B) {
	share := b.N/benchWriters + 1
	records := make([][]fact.Record, benchWriters)
	for w := range records {
		d := newDevice(byte(10 + w))
		records[w] = benchChain(d, share)
	}
	benchJournal(b, func(tc task.Context, j opened) error {
		writers := task.NewGroup(tc, "writers")
		for w := range benchWriters {
			writers.Go("writer", func(tc task.Context) error {
				for i := range share {
					if _, err := j.Append(tc, &journal.Entry{Foreign: records[w][i : i+1]}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return writers.Wait(tc)
	})
}

// BenchmarkAppendOwn16 is the same for own facts, which the journal signs.
func BenchmarkAppendOwn16(b *testing.B) {
	share := b.N/benchWriters + 1
	payload := string(make([]byte, 100))
	benchJournal(b, func(tc task.Context, j opened) error {
		writers := task.NewGroup(tc, "writers")
		for range benchWriters {
			writers.Go("writer", func(tc task.Context) error {
				for range share {
					if _, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", payload)}}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return writers.Wait(tc)
	})
}

// BenchmarkAppendRow16 is what a receiver does that is given facts of one device, 16 at once.
func BenchmarkAppendRow16(b *testing.B) {
	const row = 16
	records := benchChain(newDevice(10), b.N+row)
	benchJournal(b, func(tc task.Context, j opened) error {
		for part := range slices.Chunk(records, row) {
			if _, err := j.Append(tc, &journal.Entry{Foreign: part}); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkBarePebble16 writes what the journal writes for one fact, keys and sizes alike, from each of
// 16 goroutines: the limit of the disk and Pebble.
func BenchmarkBarePebble16(b *testing.B) {
	share := b.N/benchWriters + 1
	r := benchChain(newDevice(10), 1)[0]
	size := len(r.Fact.Encode()) + len(r.Proof.Encode()) + 4 + 24 + 16
	cache := pebble.NewCache(8 << 20)
	defer cache.Unref()
	db, err := pebble.Open(b.TempDir(), &pebble.Options{Cache: cache, MemTableSize: 4 << 20, FormatMajorVersion: pebble.FormatValueSeparation, Logger: silent{}})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	err = real().Run("bench", func(tc task.Context) error {
		writers := task.NewGroup(tc, "writers")
		for w := range benchWriters {
			writers.Go("writer", func(tc task.Context) error {
				value := make([]byte, size)
				_, _ = rand.Read(value)
				for i := range share {
					batch := db.NewBatch()
					n := binary.BigEndian.AppendUint64(nil, uint64(i*benchWriters+w))
					stored := fmt.Appendf(nil, "%c%s", 2, n)
					_ = batch.Set(stored, value, nil)
					_ = batch.Set(fmt.Appendf(nil, "%c%16d%s", 3, 0, n), nil, nil)
					_ = batch.Set(fmt.Appendf(nil, "%c%16d%s", 4, 0, n), nil, nil)
					_ = batch.Set(fmt.Appendf(nil, "%c%16d%s", 5, w, n), n, nil)
					_ = batch.Set(append([]byte{6}, value[i%(size-16):][:16]...), n, nil)
					if err := batch.Commit(pebble.Sync); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return writers.Wait(tc)
	})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRead reads a thread of 1,000 facts among 10,000.
func BenchmarkRead(b *testing.B) {
	err := real().Run("bench", func(tc task.Context) error {
		store, err := journal.OpenPebble(b.TempDir(), journal.PebbleOptions{})
		if err != nil {
			return err
		}
		j := open(b, tc, store)
		for i := range 100 {
			e := &journal.Entry{}
			for k := range 100 {
				ns := fact.ContextNamespace(aura.ContextID{byte(1 + k%10)})
				e.Drafts = append(e.Drafts, draft(ns, "chat.message", fmt.Sprint(i, k)))
			}
			j.append(b, tc, e)
		}
		b.ResetTimer()
		for b.Loop() {
			n := 0
			_, err := j.Read(tc, fact.Selection{Namespaces: []fact.Namespace{fact.ContextNamespace(aura.ContextID{3})}}, func(fact.Record) error {
				n++
				return nil
			})
			if err != nil || n != 1000 {
				b.Fatalf("read %d facts, %v", n, err)
			}
		}
		j.close(b, tc)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadKind reads the facts of one kind, of which every so many facts is one, from the store. Baseline,
// "all": every fact.
func BenchmarkReadKind(b *testing.B) {
	for _, every := range []int{0, 1, 4, 8, 16, 64} {
		name := fmt.Sprintf("every%d", every)
		if every == 0 {
			name = "all"
		}
		b.Run(name, func(b *testing.B) {
			err := real().Run("bench", func(tc task.Context) error { return benchReadKind(b, tc, every) })
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func benchReadKind(b *testing.B, tc task.Context, every int) error {
	dir := b.TempDir()
	again := func() opened {
		store, err := journal.OpenPebble(dir, journal.PebbleOptions{})
		if err != nil {
			b.Fatal(err)
		}
		return open(b, tc, store)
	}
	j := again()
	for i := range 200 {
		e := &journal.Entry{}
		for k := range 100 {
			kind := "chat.read"
			if every > 0 && (100*i+k)%every == 0 {
				kind = "chat.message"
			}
			e.Drafts = append(e.Drafts, draft(own, kind, fmt.Sprint(i, k)))
		}
		j.append(b, tc, e)
	}
	j.close(b, tc)
	j = again() // nothing is in memory now
	var sel fact.Selection
	if every > 0 {
		sel.Kinds = []string{"chat.message"}
	}
	n := 0
	b.ResetTimer()
	for b.Loop() {
		_, err := j.Read(tc, sel, func(fact.Record) error {
			n++
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
	j.close(b, tc)
	return nil
}

// BenchmarkMark computes the mark of a device that speaks in 1,000 conversations.
func BenchmarkMark(b *testing.B) {
	benchJournal(b, func(tc task.Context, j opened) error {
		e := &journal.Entry{}
		for i := range 1000 {
			var context aura.ContextID
			binary.BigEndian.PutUint64(context[:], uint64(i+1))
			e.Drafts = append(e.Drafts, draft(fact.ContextNamespace(context), "chat.message", "hi"))
		}
		if _, err := j.Append(tc, e); err != nil {
			return err
		}
		for b.Loop() {
			j.Mark()
		}
		return nil
	})
}

func benchJournal(b *testing.B, fn func(task.Context, opened) error) {
	err := real().Run("bench", func(tc task.Context) error {
		store, err := journal.OpenPebble(b.TempDir(), journal.PebbleOptions{})
		if err != nil {
			return err
		}
		j, err := tryOpen(tc, store, options())
		if err != nil {
			return err
		}
		b.ResetTimer()
		if err := fn(tc, j); err != nil {
			return err
		}
		b.StopTimer()
		j.close(b, tc)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// benchChain returns the first facts of a device's stream, each signed alone.
func benchChain(d device, n int) []fact.Record {
	records := make([]fact.Record, n)
	f := fact.Fact{Namespace: pair, Kind: "chat.message", Payload: make([]byte, 100), Author: d.author, Device: d.id}
	for i := range records {
		f.Seq, f.Logical, f.Order = uint64(i+1), aura.Logical(i+1), aura.OrderToken{byte(i)}
		records[i] = d.signed(f)
		f.Prev = fact.PlaceOf(f.Seq, records[i].ID).ID
	}
	return records
}

type silent struct{}

func (silent) Infof(string, ...any)         {}
func (silent) Errorf(string, ...any)        {}
func (silent) Fatalf(f string, args ...any) { panic(fmt.Sprintf(f, args...)) }

// BenchmarkLogOfAMillion opens a journal on a disk with a log of a million entries of 100 bytes, appends to the log, reads 100
// entries of its middle and drops one.
func BenchmarkLogOfAMillion(b *testing.B) {
	const entries = 1_000_000
	dir := b.TempDir()
	values := make([][]byte, 4000)
	for i := range values {
		values[i] = make([]byte, 100)
	}
	change := func(tc task.Context, j opened, c journal.LogChange) error {
		c.Name, c.Limit = "a", 1<<40
		_, err := j.Append(tc, &journal.Entry{Logs: []journal.LogChange{c}})
		return err
	}
	with := func(fn func(task.Context, opened) error) {
		err := real().Run("bench", func(tc task.Context) error {
			store, err := journal.OpenPebble(dir, journal.PebbleOptions{})
			if err != nil {
				return err
			}
			j := open(b, tc, store)
			if err := fn(tc, j); err != nil {
				return err
			}
			j.close(b, tc)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	with(func(tc task.Context, j opened) error {
		for range entries / len(values) {
			if err := change(tc, j, journal.LogChange{Values: values}); err != nil {
				return err
			}
		}
		return nil
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			with(func(task.Context, opened) error { return nil })
		}
	})
	for name, fn := range map[string]func(tc task.Context, j opened) error{
		"append": func(tc task.Context, j opened) error {
			return change(tc, j, journal.LogChange{Values: values[:1]})
		},
		"read": func(_ task.Context, j opened) error {
			got, err := j.ReadLog("a", entries/2, 100, 0)
			if len(got) != 100 {
				return fmt.Errorf("%d entries", len(got))
			}
			return err
		},
		"drop": func(tc task.Context, j opened) error {
			return change(tc, j, journal.LogChange{Drop: j.Log("a").Dropped + 1})
		},
	} {
		b.Run(name, func(b *testing.B) {
			with(func(tc task.Context, j opened) error {
				for b.Loop() {
					if err := fn(tc, j); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}
