package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// PebbleOptions configures [OpenPebble]. The zero value works.
type PebbleOptions struct {
	// FS is the file system. Default: the operating system's, with files that only their owner reads.
	FS vfs.FS
	// Reserve is the size in bytes of a file that is given up when the disk is full, so that the batch on
	// its way and the store's work behind it still find room. Default: 8 MiB. Negative: none.
	Reserve int64
	// ReadOnly opens the existing store and changes no file of it. Apply is [aura.Unavailable].
	ReadOnly bool
}

// Sizes that let an idle agent stay small; a journal's load needs no more. A memtable grows to its size as it is
// filled, and a larger one is written into tables less often.
const (
	pebbleMemTable = 16 << 20
	pebbleCache    = 8 << 20
	pebbleFiles    = 128
	pebbleReserve  = 8 << 20
)

// OpenPebble opens the store in a directory, which it creates if it is not there. It returns aura.Conflict
// when another process uses it, aura.Corrupt when a file is damaged or missing, aura.Exhausted when the
// disk is full and aura.Unavailable when the disk fails otherwise.
func OpenPebble(dir string, o PebbleOptions) (Store, error) {
	const op = "journal.OpenPebble"
	if o.FS == nil {
		o.FS = private{vfs.Default}
	}
	if o.Reserve == 0 {
		o.Reserve = pebbleReserve
	}
	if o.ReadOnly {
		o.Reserve = -1
		if _, err := o.FS.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, aura.Errorf(op, aura.Corrupt, "the folder %s is missing", dir)
		}
	} else if err := o.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, storeError(op, err)
	}
	lock, err := pebble.LockDirectory(dir, o.FS)
	for _, failure := range []error{fs.ErrPermission, syscall.ENOSPC, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, failure) {
			return nil, storeError(op, err)
		}
	}
	if err != nil {
		return nil, aura.Errorf(op, aura.Conflict, "the journal %s is in use by another process", dir)
	}
	p := &pebbleStore{lock: lock, readOnly: o.ReadOnly, reserve: reserve{fs: o.FS, path: o.FS.PathJoin(dir, "reserve"), size: o.Reserve}}
	if err := p.open(dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return p, nil
}

// settleWithin bounds the extra work of a clean close.
const settleWithin = 2 * time.Second

// pebbleStore is a Store on a disk.
type pebbleStore struct {
	db       *pebble.DB
	lock     *pebble.Lock
	readOnly bool
	reserve  reserve
	broken   atomic.Pointer[aura.Error] // why no further Apply can work; nil: none

	mu     sync.RWMutex // held for reading by calls, for writing by Close
	closed bool
}

func (p *pebbleStore) open(dir string) (err error) {
	const op = "journal.OpenPebble"
	if err := p.complete(dir); err != nil {
		return err
	}
	p.reserve.fill()
	if err := p.room(dir); err != nil {
		return err
	}
	cache := pebble.NewCache(pebbleCache)
	defer cache.Unref()
	o := &pebble.Options{
		FS: vfs.OnDiskFull(p.reserve.fs, p.reserve.release), Lock: p.lock, ReadOnly: p.readOnly,
		Cache: cache, MemTableSize: pebbleMemTable, MaxOpenFiles: pebbleFiles,
		// Explicit, so that a newer library does not change the format on the disk.
		FormatMajorVersion: pebble.FormatValueSeparation,
		Logger:             quiet{},
		// The reader of a damaged file gets the error. Without a listener Pebble ends the process.
		EventListener: &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.Levels[i].Compression = func() *block.CompressionProfile { return block.NoCompression } // all is sealed
	}
	defer func() {
		if failure := fatal(recover()); failure != nil {
			err = storeError(op, failure)
		}
	}()
	p.db, err = pebble.Open(dir, o)
	if err == nil {
		return nil
	}
	var errno syscall.Errno
	if errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist) {
		return storeError(op, err)
	}
	return aura.Errorf(op, aura.Corrupt, "the journal %s is damaged: %s", dir, firstLine(err))
}

// complete refuses a folder with tables or logs in which the marker of the manifest is missing. Pebble takes such a
// folder for a new one, and removes the tables and logs.
func (p *pebbleStore) complete(dir string) error {
	const op = "journal.OpenPebble"
	names, err := p.reserve.fs.List(dir)
	if err != nil {
		return storeError(op, err)
	}
	used := false
	for _, name := range names {
		if strings.HasPrefix(name, "marker.manifest.") {
			return nil
		}
		used = used || strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".log")
	}
	if used {
		return aura.Errorf(op, aura.Corrupt,
			"the journal %s misses the file whose name begins with marker.manifest: put it back; nothing was changed", dir)
	}
	return nil
}

// openRoom is more than the bytes of the new files of each start, beside the tables into which the log of the last run goes.
const openRoom = 256 << 10

// room refuses to open a store for writing on a disk without space for that. Pebble would try again and again, and never return.
func (p *pebbleStore) room(dir string) error {
	if p.readOnly {
		return nil
	}
	usage, err := p.reserve.fs.GetDiskUsage(dir)
	if err != nil {
		return nil // the file system does not say
	}
	names, err := p.reserve.fs.List(dir)
	if err != nil {
		return storeError("journal.OpenPebble", err)
	}
	need, here := uint64(openRoom), usage.AvailBytes
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			if info, err := p.reserve.fs.Stat(p.reserve.fs.PathJoin(dir, name)); err == nil {
				need += uint64(info.Size())
			}
		}
	}
	if p.reserve.size > 0 && p.reserve.held.Load() {
		here += uint64(p.reserve.size)
	}
	if here < need {
		return aura.Errorf("journal.OpenPebble", aura.Exhausted, "no space left on the disk of the journal: it needs %d KiB to start", (need-here+1023)>>10)
	}
	return nil
}

// Apply implements [Store].
func (p *pebbleStore) Apply(_ task.Context, b *Batch) error {
	const op = "journal.Apply"
	p.mu.RLock()
	defer p.mu.RUnlock()
	if err := p.usable(op); err != nil {
		return err
	}
	if failure := p.broken.Load(); failure != nil {
		return failure
	}
	if p.readOnly {
		return aura.Errorf(op, aura.Unavailable, "the journal was opened for reading alone")
	}
	if !p.reserve.fill() {
		return aura.Errorf(op, aura.Exhausted, "no space left on the disk of the journal")
	}
	batch := p.db.NewBatchWithSize(b.Bytes() + 24*b.Len())
	b.Each(func(c Change) {
		// Building a batch in memory cannot fail.
		switch {
		case c.End != nil:
			_ = batch.DeleteRange(c.Key, c.End, nil)
		case c.Value == nil:
			_ = batch.Delete(c.Key, nil)
		default:
			_ = batch.Set(c.Key, c.Value, nil)
		}
	})
	if err := commit(batch); err != nil {
		failure := aura.Errorf(op, aura.KindOf(storeError(op, err)), "the journal's disk failed, start again when it works: %w", err)
		p.broken.Store(failure)
		return failure
	}
	return nil
}

// commit makes a batch durable. Pebble has no way on after a failed log: it reports that to its logger and
// expects the process to end. Here the store stops taking batches and goes on answering instead.
func commit(b *pebble.Batch) (err error) {
	defer func() {
		if failure := fatal(recover()); failure != nil {
			err = failure
		}
	}()
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	return b.Close()
}

// fatal returns the error of a recovered panic; nil when there was none.
func fatal(value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case error:
		return v
	default:
		return fmt.Errorf("%v", v)
	}
}

// Get implements [Store].
func (p *pebbleStore) Get(key []byte) ([]byte, bool, error) {
	const op = "journal.Get"
	p.mu.RLock()
	defer p.mu.RUnlock()
	if err := p.usable(op); err != nil {
		return nil, false, err
	}
	value, closer, err := p.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, storeError(op, err)
	}
	own := append(make([]byte, 0, len(value)), value...)
	return own, true, closer.Close()
}

// Iterate implements [Store].
func (p *pebbleStore) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	return p.iterate(start, end, fn, (*pebble.Iterator).First, (*pebble.Iterator).Next)
}

// IterateBack implements [Store].
func (p *pebbleStore) IterateBack(start, end []byte, fn func(key, value []byte) error) error {
	return p.iterate(start, end, fn, (*pebble.Iterator).Last, (*pebble.Iterator).Prev)
}

func (p *pebbleStore) iterate(start, end []byte, fn func(key, value []byte) error, begin, next func(*pebble.Iterator) bool) error {
	const op = "journal.Iterate"
	p.mu.RLock()
	defer p.mu.RUnlock()
	if err := p.usable(op); err != nil {
		return err
	}
	if end != nil && len(end) == 0 {
		return nil
	}
	if len(start) == 0 {
		start = nil
	}
	it, err := p.db.NewIter(&pebble.IterOptions{LowerBound: start, UpperBound: end})
	if err != nil {
		return storeError(op, err)
	}
	for ok := begin(it); ok; ok = next(it) {
		value, err := it.ValueAndErr()
		if err != nil {
			break // Close returns it
		}
		if err := fn(it.Key(), value); err != nil {
			_ = it.Close()
			return err
		}
	}
	if err := it.Close(); err != nil {
		return storeError(op, err)
	}
	return nil
}

// Close implements [Store].
func (p *pebbleStore) Close(task.Context) error {
	const op = "journal.Close"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	if failure := p.broken.Load(); failure != nil {
		// A broken store waits for its log for ever. The directory stays locked until the process ends.
		return failure
	}
	p.settle()
	if err := errors.Join(p.db.Close(), p.lock.Close()); err != nil {
		return storeError(op, err)
	}
	return nil
}

// settle moves the records that only the log holds into tables. A table carries checksums, so that damage to it is found;
// a damaged log looks like one that a crash tore, and its records would be lost silently.
func (p *pebbleStore) settle() {
	flushed, err := p.db.AsyncFlush()
	if err != nil {
		return // the log still has it
	}
	select {
	case <-flushed:
	case <-time.After(settleWithin): // the disk is full or slow: the log still has it
	}
}

func (p *pebbleStore) usable(op aura.Op) error {
	if p.closed {
		return aura.Errorf(op, aura.Unavailable, "the journal is closed")
	}
	return nil
}

func storeError(op aura.Op, err error) *aura.Error {
	switch {
	case pebble.IsCorruptionError(err):
		return aura.Errorf(op, aura.Corrupt, "a file of the journal is damaged: %s", firstLine(err))
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return aura.Errorf(op, aura.Exhausted, "no space left on the disk of the journal")
	}
	return aura.Errorf(op, aura.Unavailable, "the disk of the journal: %w", err)
}

// firstLine returns the text of an error of the library, without its internal details.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// reserve is a file that holds space. Losing it says that the disk is full; while it cannot be made again,
// the disk still is.
type reserve struct {
	fs   vfs.FS
	path string
	size int64 // zero or less: there is none

	held atomic.Bool
}

// fill makes the file and reports whether the reserve is held.
func (r *reserve) fill() bool {
	if r.size <= 0 || r.held.Load() {
		return true
	}
	if info, err := r.fs.Stat(r.path); err == nil && info.Size() == r.size {
		r.held.Store(true)
		return true
	}
	if usage, err := r.fs.GetDiskUsage(r.fs.PathDir(r.path)); err == nil && usage.AvailBytes < uint64(r.size) {
		return false
	}
	if err := r.write(); err != nil {
		_ = r.fs.Remove(r.path)
		return false
	}
	r.held.Store(true)
	return true
}

func (r *reserve) write() error {
	f, err := r.fs.Create(r.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	// Real bytes: a hole would hold nothing.
	block := make([]byte, 256<<10)
	for left := r.size; left > 0 && err == nil; left -= int64(len(block)) {
		_, err = f.Write(block[:min(left, int64(len(block)))])
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// release gives the space back. Pebble calls it when a write found the disk full, and then writes again.
func (r *reserve) release() {
	r.held.Store(false)
	_ = r.fs.Remove(r.path)
}

// private is a file system whose files only their owner can read.
type private struct{ vfs.FS }

// Create implements [vfs.FS].
func (p private) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := p.FS.Create(name, category)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Unwrap implements [vfs.FS].
func (p private) Unwrap() vfs.FS { return p.FS }

// quiet is Pebble's logger: it drops information and turns a fatal message into a panic, which
// commit and open recover. In Pebble's own goroutines, where a broken log of files leaves no other way,
// it ends the process; acknowledged batches are on the disk.
type quiet struct{}

// Infof implements [pebble.Logger].
func (quiet) Infof(string, ...any) {}

// Errorf implements [pebble.Logger].
func (quiet) Errorf(string, ...any) {}

// Fatalf implements [pebble.Logger].
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Errorf("journal store: "+format, args...)) }
