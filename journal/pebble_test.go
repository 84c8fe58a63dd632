package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// inReal runs fn as the root task of a real executor.
func inReal(t testing.TB, fn func(task.Context)) {
	t.Helper()
	if err := real().Run("test", func(tc task.Context) error {
		fn(tc)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// clones takes a picture of the disk, as a crash would leave it, whenever something is made durable,
// together with the facts acknowledged by then.
type clones struct {
	mem *vfs.MemFS

	mu           sync.Mutex
	acknowledged []aura.FactID
	taken        []clone
	rng          *rand.Rand
}

type clone struct {
	fs           *vfs.MemFS
	acknowledged int
}

// take is called around every sync. The acknowledgements are counted before the picture is taken, so
// that the picture must have them all.
func (c *clones) take() {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.acknowledged)
	// Half of the pictures keep only synced bytes, the others random parts of the rest as well.
	cfg := vfs.CrashCloneCfg{}
	if len(c.taken)%2 == 1 {
		cfg = vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: c.rng}
	}
	c.taken = append(c.taken, clone{c.mem.CrashClone(cfg), n})
}

func (c *clones) acknowledge(records []fact.Record) {
	c.mu.Lock()
	for i := range records {
		c.acknowledged = append(c.acknowledged, records[i].ID)
	}
	c.mu.Unlock()
	c.take()
}

func TestPebbleKeepsWhatWasAcknowledgedAtEverySync(t *testing.T) {
	mem := vfs.NewCrashableMem()
	c := &clones{mem: mem, rng: rand.New(rand.NewPCG(1, 2))}
	syncs := errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo, errorfs.OpRename, errorfs.OpRemove:
			c.take()
		}
		return nil
	})
	inReal(t, func(tc task.Context) {
		store, err := openMem(errorfs.Wrap(mem, syncs))
		if err != nil {
			t.Fatal(err)
		}
		j := open(t, tc, store)
		writers := task.NewGroup(tc, "writers")
		for w := range 4 {
			writers.Go("writer", func(tc task.Context) error {
				for i := range 6 {
					e := &journal.Entry{}
					for k := range trio {
						e.Drafts = append(e.Drafts, draft(pair, "chat.message", fmt.Sprint(w, i, k)))
					}
					records, err := j.Append(tc, e)
					if err != nil {
						return err
					}
					c.acknowledge(records)
				}
				return nil
			})
		}
		if err := writers.Wait(tc); err != nil {
			t.Fatal(err)
		}
		j.close(t, tc)
	})
	if len(c.taken) < 30 {
		t.Fatalf("only %d pictures were taken", len(c.taken))
	}
	for i, picture := range c.taken {
		inReal(t, func(tc task.Context) {
			store, err := openMem(picture.fs)
			if err != nil {
				t.Fatalf("picture %d: %v", i, err)
			}
			j := open(t, tc, store)
			wholeBatches(t, j.read(t, tc, fact.Selection{}))
			for _, id := range c.acknowledged[:picture.acknowledged] {
				if _, ok, err := j.Fact(id); err != nil || !ok {
					t.Fatalf("picture %d of %d: a fact of %d acknowledged ones is missing: %v", i, len(c.taken), picture.acknowledged, err)
				}
			}
			j.close(t, tc)
		})
	}
}

func TestPebbleDiskFailureRefusesAndLosesNothing(t *testing.T) {
	for _, kind := range []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileSyncData} {
		mem := vfs.NewCrashableMem()
		failing := false
		var mu sync.Mutex
		injector := errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if failing && op.Kind == kind && strings.HasSuffix(op.Path, ".log") {
				return syscall.EIO
			}
			return nil
		})
		var kept aura.FactID
		inReal(t, func(tc task.Context) {
			store, err := openMem(errorfs.Wrap(mem, injector))
			if err != nil {
				t.Fatal(err)
			}
			j := open(t, tc, store)
			kept = j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "kept")}})[0].ID
			mu.Lock()
			failing = true
			mu.Unlock()
			for range 2 {
				e := &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "lost")}, Meta: []journal.KV{{Key: "k", Value: []byte("v")}}}
				if _, err := j.Append(tc, e); !errors.Is(err, aura.Unavailable) {
					t.Errorf("operation %d: got %v, want unavailable", kind, err)
				}
			}
			if n := len(j.read(t, tc, fact.Selection{})); n != 1 || j.Head() != 1 {
				t.Errorf("operation %d: %d facts are read, the head is %d", kind, n, j.Head())
			}
			if v, err := j.Meta("k"); v != nil || err != nil {
				t.Errorf("operation %d: metadata that was never synced is %q, %v", kind, v, err)
			}
			if err := j.Close(tc); !errors.Is(err, aura.Unavailable) {
				t.Errorf("operation %d: closing gives %v", kind, err)
			}
		})
		inReal(t, func(tc task.Context) {
			store, err := openMem(mem.CrashClone(vfs.CrashCloneCfg{}))
			if err != nil {
				t.Fatal(err)
			}
			j := open(t, tc, store)
			if _, ok, err := j.Fact(kept); err != nil || !ok {
				t.Errorf("operation %d: the acknowledged fact is gone: %v", kind, err)
			}
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "next")}})
			j.close(t, tc)
		})
	}
}

// TestAStoreWhoseLogBrokeTakesNothingMore: after one failed write of the log nothing that follows could be
// relied on, although the disk works again. The store refuses until it is opened anew.
func TestAStoreWhoseLogBrokeTakesNothingMore(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var failing atomic.Bool
	injector := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind == errorfs.OpFileSyncData && strings.HasSuffix(op.Path, ".log") {
			return syscall.EIO
		}
		return nil
	})
	batch := func(key string) *journal.Batch {
		b := &journal.Batch{}
		b.Set([]byte(key), []byte("value"))
		return b
	}
	inReal(t, func(tc task.Context) {
		store, err := openMem(errorfs.Wrap(mem, injector))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Apply(tc, batch("before")); err != nil {
			t.Fatal(err)
		}
		failing.Store(true)
		first := store.Apply(tc, batch("torn"))
		failing.Store(false)
		second := store.Apply(tc, batch("after"))
		if !errors.Is(first, aura.Unavailable) || second == nil || second.Error() != first.Error() {
			t.Errorf("got %v, then %v: want the same refusal", first, second)
		}
		_ = store.Close(tc) // a broken store says so
	})
	inReal(t, func(tc task.Context) {
		store, err := openMem(mem.CrashClone(vfs.CrashCloneCfg{}))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := store.Get([]byte("before")); err != nil || !ok {
			t.Errorf("what was acknowledged is gone: %v", err)
		}
		if _, ok, err := store.Get([]byte("after")); err != nil || ok {
			t.Errorf("what was refused is there: %v", err)
		}
		if err := store.Close(tc); err != nil {
			t.Error(err)
		}
	})
}

// smallDisk is a file system with so many bytes left. Removing the reserve gives its size back.
type smallDisk struct {
	mu   sync.Mutex
	left int64
}

const smallReserve = 1 << 20

func (d *smallDisk) inject(op errorfs.Op) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case op.Kind == errorfs.OpRemove && strings.HasSuffix(op.Path, "reserve"):
		d.left += smallReserve
	case op.Kind == errorfs.OpGetDiskUsage:
		return syscall.ENOTSUP
	case op.Kind == errorfs.OpFileWrite && strings.HasSuffix(op.Path, "reserve"):
		if d.left < smallReserve {
			return syscall.ENOSPC
		}
		d.left -= 256 << 10
	case op.Kind == errorfs.OpFileWrite:
		if d.left < 32<<10 {
			return syscall.ENOSPC
		}
		d.left -= 32 << 10 // the most that one write of the log takes
	}
	return nil
}

func TestPebbleFullDiskRefusesAndRecovers(t *testing.T) {
	disk := &smallDisk{left: 1 << 40}
	inReal(t, func(tc task.Context) {
		store, err := journal.OpenPebble("journal", journal.PebbleOptions{FS: errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(disk.inject)), Reserve: smallReserve})
		if err != nil {
			t.Fatal(err)
		}
		j := open(t, tc, store)
		message := strings.Repeat("x", 1000)
		entry := func() *journal.Entry {
			return &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", message)}}
		}
		disk.mu.Lock()
		disk.left = 128 << 10
		disk.mu.Unlock()
		stored := 0
		for ; stored < 1000; stored++ {
			if _, err = j.Append(tc, entry()); err != nil {
				break
			}
		}
		if !errors.Is(err, aura.Exhausted) || stored == 0 {
			t.Fatalf("after %d facts: got %v, want exhausted", stored, err)
		}
		if n := len(j.read(t, tc, fact.Selection{})); n != stored {
			t.Errorf("%d facts are read of %d stored", n, stored)
		}
		disk.mu.Lock()
		disk.left = 1 << 40
		disk.mu.Unlock()
		j.append(t, tc, entry())
		if n := len(j.read(t, tc, fact.Selection{})); n != stored+1 {
			t.Errorf("%d facts are read of %d stored", n, stored+1)
		}
		j.close(t, tc)
	})
}

// TestAStoreNeedsRoomToOpen: one on a disk that is full is refused, and not opened for ever. It can be read, and opens when there is room.
func TestAStoreNeedsRoomToOpen(t *testing.T) {
	mem := vfs.NewMem()
	open := func(left uint64, readOnly bool) error {
		mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: left, TotalBytes: 1 << 40, UsedBytes: 1<<40 - left})
		store, err := journal.OpenPebble("journal", journal.PebbleOptions{FS: mem, Reserve: smallReserve, ReadOnly: readOnly})
		if err != nil {
			return err
		}
		inReal(t, func(tc task.Context) {
			if left == 1<<30 {
				b := &journal.Batch{}
				b.Set([]byte("key"), make([]byte, 1<<20))
				if err := store.Apply(tc, b); err != nil {
					t.Error(err)
				}
			}
			if err := store.Close(tc); err != nil {
				t.Error(err)
			}
		})
		return nil
	}
	for _, c := range []struct {
		left     uint64
		readOnly bool
		want     aura.Kind
	}{{1 << 30, false, 0}, {0, false, aura.Exhausted}, {0, true, 0}, {4 << 20, false, 0}} {
		_ = mem.Remove("journal/reserve")
		if err := open(c.left, c.readOnly); aura.KindOf(err) != c.want {
			t.Errorf("%d bytes left, for reading alone %t: %v", c.left, c.readOnly, err)
		}
	}
}

// TestPebbleReserveOfAnEarlierRun: the reserve that an earlier run left serves on a disk that is full now. One of
// another size, such as a crash leaves, holds no space: the disk is full until it can be made anew.
func TestPebbleReserveOfAnEarlierRun(t *testing.T) {
	for size, want := range map[int]aura.Kind{smallReserve: 0, smallReserve - 1: aura.Exhausted, 0: aura.Exhausted} {
		mem := vfs.NewMem()
		usage := func(left uint64) {
			mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: left, TotalBytes: 1 << 40, UsedBytes: 1<<40 - left})
		}
		run := func(left uint64, want aura.Kind) {
			usage(left)
			inReal(t, func(tc task.Context) {
				store, err := journal.OpenPebble("journal", journal.PebbleOptions{FS: mem, Reserve: smallReserve})
				if err != nil {
					t.Fatal(err)
				}
				b := &journal.Batch{}
				b.Set([]byte("key"), []byte("value"))
				if err := store.Apply(tc, b); aura.KindOf(err) != want {
					t.Errorf("a reserve of %d bytes, %d left: got %v, want kind %v", size, left, err, want)
				}
				if err := store.Close(tc); err != nil {
					t.Error(err)
				}
			})
		}
		run(1<<30, 0)
		f, err := mem.Create("journal/reserve", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		run(smallReserve-1, want)
		run(smallReserve, 0)
	}
}

func TestPebbleIsOpenOnce(t *testing.T) {
	dir := t.TempDir()
	inReal(t, func(tc task.Context) {
		store, err := journal.OpenPebble(dir, journal.PebbleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := journal.OpenPebble(dir, journal.PebbleOptions{}); !errors.Is(err, aura.Conflict) {
			t.Errorf("got %v, want conflict", err)
		}
		if err := store.Close(tc); err != nil {
			t.Fatal(err)
		}
		if store, err = journal.OpenPebble(dir, journal.PebbleOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := store.Close(tc); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPebbleFilesAreForTheirOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home", "journal")
	inReal(t, func(tc task.Context) {
		store, err := journal.OpenPebble(dir, journal.PebbleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		j := open(t, tc, store)
		j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "x")}})
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			// The lock has no content; the folder keeps others out of it too.
			if info.Mode().Perm()&0o077 != 0 && filepath.Base(path) != "LOCK" {
				t.Errorf("%s has mode %v", filepath.Base(path), info.Mode())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		j.close(t, tc)
	})
}

// TestPebbleDamagedFilesAreRefused overwrites each file of a journal in turn, the whole of it and one byte in
// its middle. Opening and reading gives all of it, or the error says that it is damaged: a clean close
// leaves nothing in the log, whose damage would look like a crash.
func TestPebbleDamagedFilesAreRefused(t *testing.T) {
	good := t.TempDir()
	inReal(t, func(tc task.Context) {
		store, err := journal.OpenPebble(good, journal.PebbleOptions{Reserve: -1})
		if err != nil {
			t.Fatal(err)
		}
		j := open(t, tc, store)
		for i := range 50 {
			j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", fmt.Sprint(i))}})
		}
		j.close(t, tc)
	})
	files, err := os.ReadDir(good)
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]int{}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 || strings.HasPrefix(f.Name(), "OPTIONS") {
			continue
		}
		all := int(info.Size())
		for _, part := range [][2]int{{0, all}, {all / 2, all/2 + 1}} {
			if damaged(t, good, f.Name(), part[0], part[1]) {
				refused[filepath.Ext(f.Name())]++
			}
		}
	}
	if refused[".sst"] == 0 || refused[""] == 0 {
		t.Errorf("refused %v, want damaged tables and a manifest", refused)
	}
}

// damaged reports whether a copy of a journal is refused when one of its files is overwritten from a byte to
// another.
func damaged(t *testing.T, good, name string, from, to int) (refused bool) {
	bad := t.TempDir()
	if err := os.CopyFS(bad, os.DirFS(good)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(bad, name)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range content[from:to] {
		content[from+i] ^= 0x55
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	inReal(t, func(tc task.Context) {
		store, err := journal.OpenPebble(bad, journal.PebbleOptions{Reserve: -1})
		if err == nil {
			err = use(tc, store)
		}
		refused = err != nil
		if refused && !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: got %v, want corrupt", name, err)
		}
		if refused && strings.Contains(err.Error(), "detail carrier") {
			t.Errorf("%s: words of the library for itself: %v", name, err)
		}
		if refused {
			return
		}
		if store, err = journal.OpenPebble(bad, journal.PebbleOptions{Reserve: -1}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		j := open(t, tc, store)
		if got := j.Head(); got != 50 {
			t.Errorf("%s: %d of 50 facts are left without a word", name, got)
		}
		j.close(t, tc)
	})
	return refused
}

// TestAMissingFileCostsNoOther: when a file of a journal is missing at opening, everything is there again once
// that file is back.
func TestAMissingFileCostsNoOther(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	inReal(t, func(tc task.Context) {
		fill := func(from, to int) {
			store, err := journal.OpenPebble(dir, journal.PebbleOptions{Reserve: -1})
			if err != nil {
				t.Fatal(err)
			}
			j := open(t, tc, store)
			for i := from; i < to; i++ {
				j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", fmt.Sprint(i))}})
			}
			j.close(t, tc)
		}
		fill(0, 25)
		fill(25, 50)
		for _, name := range []string{"marker.manifest.*", "MANIFEST-*", "*.sst"} {
			gone, err := filepath.Glob(filepath.Join(dir, name))
			if err != nil || len(gone) == 0 {
				t.Fatalf("%s: %v, %v", name, gone, err)
			}
			for _, path := range gone {
				if err := os.Rename(path, filepath.Join(away, filepath.Base(path))); err != nil {
					t.Fatal(err)
				}
			}
			if store, err := journal.OpenPebble(dir, journal.PebbleOptions{Reserve: -1}); !errors.Is(err, aura.Corrupt) {
				t.Fatalf("without %s: %v, %v, want corrupt", name, store, err)
			}
			for _, path := range gone {
				if err := os.Rename(filepath.Join(away, filepath.Base(path)), path); err != nil {
					t.Fatal(err)
				}
			}
			store, err := journal.OpenPebble(dir, journal.PebbleOptions{Reserve: -1})
			if err != nil {
				t.Fatalf("%s is back: %v", name, err)
			}
			j := open(t, tc, store)
			if got := j.Head(); got != 50 {
				t.Errorf("%s is back: %d of 50 facts", name, got)
			}
			j.close(t, tc)
		}
	})
}

func TestAStoreForReadingChangesNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	if _, err := journal.OpenPebble(dir, journal.PebbleOptions{ReadOnly: true}); !errors.Is(err, aura.Corrupt) {
		t.Fatalf("a folder that is not there: %v", err)
	}
	s, err := journal.OpenPebble(dir, journal.PebbleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b journal.Batch
	b.Set([]byte("key"), []byte("value"))
	inReal(t, func(tc task.Context) {
		if err := errors.Join(s.Apply(tc, &b), s.Close(tc)); err != nil {
			t.Fatal(err)
		}
	})
	files := func() map[string]string {
		all := map[string]string{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			content, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = string(content)
		}
		return all
	}
	before := files()
	s, err = journal.OpenPebble(dir, journal.PebbleOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if v, ok, err := s.Get([]byte("key")); string(v) != "value" || !ok || err != nil {
		t.Errorf("%q, %v, %v", v, ok, err)
	}
	if _, err := journal.OpenPebble(dir, journal.PebbleOptions{ReadOnly: true}); !errors.Is(err, aura.Conflict) {
		t.Errorf("a second reader: %v", err)
	}
	inReal(t, func(tc task.Context) {
		if err := s.Apply(tc, &b); !errors.Is(err, aura.Unavailable) {
			t.Errorf("apply: %v", err)
		}
		if err := s.Close(tc); err != nil {
			t.Error(err)
		}
	})
	if !maps.Equal(before, files()) {
		t.Error("reading has changed the folder")
	}
}
