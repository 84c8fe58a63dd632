package journal

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Faults are the failures of a [Faulty] store. The zero value is a perfect disk without delay.
type Faults struct {
	// SyncDelay is the greatest time that a sync takes; each takes a random part of it.
	SyncDelay aura.Duration
	// FailApply and FailRead are the shares (0 to 1) of calls that fail with aura.Unavailable. A failed
	// Apply changed nothing.
	FailApply, FailRead float64
	// BreakApply is the share (0 to 1) of Applies that fail without telling whether they happened; the
	// store then refuses further ones until it is opened again, as a disk does whose sync failed.
	BreakApply float64
	// Capacity is the size in bytes of all keys and values from which on an Apply fails with
	// aura.Exhausted. Default 0: no bound.
	Capacity int
	// Stuck keeps every sync from returning, as a dying disk or a lost network mount does, until it is
	// unset or the store crashes. No cancellation ends such a sync.
	Stuck bool
}

// Faulty is an ordered store in memory that fails as disks do, by chance or on demand. It is for
// simulations and tests. Its methods are safe for concurrent use.
type Faulty struct {
	entropy world.Entropy

	lock    task.Mutex
	faults  Faults
	loose   *task.Latch // open: no sync is stuck
	root    *node       // the synced files
	size    int         // bytes in root
	pending []*pending  // applies that wait for their sync, in order
	closed  bool
	broken  bool
	syncs   uint64
	struck  uint64
}

type pending struct{ batch *Batch }

// NewFaulty returns an empty store. Entropy decides which calls fail and which bytes survive a crash.
func NewFaulty(entropy world.Entropy, faults Faults) *Faulty {
	f := &Faulty{entropy: entropy, loose: task.NewLatch()}
	f.set(faults)
	return f
}

// SetFaults changes the failures from now on.
func (f *Faulty) SetFaults(faults Faults) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.set(faults)
}

func (f *Faulty) set(faults Faults) {
	f.faults = faults
	switch {
	case !faults.Stuck:
		f.loose.Open()
	case f.loose.Opened():
		f.loose = task.NewLatch()
	}
}

// Size returns the size in bytes of all keys and values, see [Faults.Capacity].
func (f *Faulty) Size() int {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.size
}

// Syncs returns the number of batches that became durable.
func (f *Faulty) Syncs() uint64 {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.syncs
}

// Struck returns how many calls failed, or waited for their sync, because of a fault, also before a crash.
func (f *Faulty) Struck() uint64 {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.struck
}

// Crash ends this store as a power failure does and returns it as it is found afterwards: everything that
// was synced is there, and of the applies that were waiting for their sync the first few, each as a whole.
// All further calls to the old one fail. After a Close it is a plain reopening.
func (f *Faulty) Crash() *Faulty {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.closed = true
	f.loose.Open()
	after := NewFaulty(f.entropy, f.faults)
	after.root, after.size, after.struck = f.root, f.size, f.struck
	if n := len(f.pending); n > 0 {
		for _, p := range f.pending[:f.draw(n+1)] {
			after.install(p.batch)
		}
	}
	return after
}

// Apply implements [Store].
func (f *Faulty) Apply(tc task.Context, b *Batch) error {
	delay, p, err := f.begin(b)
	if err != nil {
		return err
	}
	if delay > 0 {
		err = tc.Sleep(delay)
	}
	f.unstick(tc)
	f.lock.Lock()
	defer f.lock.Unlock()
	f.pending = slices.DeleteFunc(f.pending, func(q *pending) bool { return q == p })
	switch {
	case f.closed:
		return f.gone()
	case err != nil:
		return err
	case f.happens(f.faults.BreakApply):
		f.broken = true
		f.struck++
		if f.draw(2) == 0 {
			f.install(b)
		}
		return f.failed()
	}
	f.install(b)
	f.syncs++
	return nil
}

// unstick waits as long as the disk is stuck.
func (f *Faulty) unstick(tc task.Context) {
	for loose := f.jam(); loose != nil; loose = f.jam() {
		stuck, done := tc.Irrevocable("disk")
		_ = loose.Wait(stuck)
		done()
	}
}

// jam returns the latch that opens when the disk may work again; nil: it is not stuck.
func (f *Faulty) jam() *task.Latch {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.loose.Opened() {
		return nil
	}
	f.struck++
	return f.loose
}

// begin decides whether an Apply fails at once, and how long its sync takes.
func (f *Faulty) begin(b *Batch) (aura.Duration, *pending, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	switch {
	case f.closed:
		return 0, nil, f.gone()
	case f.broken || f.happens(f.faults.FailApply):
		f.struck++
		return 0, nil, f.failed()
	case f.faults.Capacity > 0 && f.size+b.Bytes() > f.faults.Capacity:
		f.struck++
		return 0, nil, aura.Errorf("journal.Apply", aura.Exhausted, "no space left on the disk")
	}
	p := &pending{batch: b}
	f.pending = append(f.pending, p)
	if f.faults.SyncDelay <= 0 {
		return 0, p, nil
	}
	f.struck++
	return aura.Duration(f.fraction() * float64(f.faults.SyncDelay)), p, nil
}

func (f *Faulty) install(b *Batch) {
	b.Each(func(c Change) {
		switch {
		case c.End != nil:
			_ = f.root.walk(c.Key, c.End, func(key, old []byte) error { // of the tree as it was
				f.size -= len(key) + len(old)
				f.root = f.root.remove(key)
				return nil
			})
		case c.Value == nil:
			f.size -= f.sizeOf(c.Key)
			f.root = f.root.remove(c.Key)
		default:
			f.size += len(c.Key) + len(c.Value) - f.sizeOf(c.Key)
			f.root = f.root.set(bytes.Clone(c.Key), bytes.Clone(c.Value))
		}
	})
}

// sizeOf returns the size of a key and its value, zero when it is not there.
func (f *Faulty) sizeOf(key []byte) int {
	old, ok := f.root.get(key)
	if !ok {
		return 0
	}
	return len(key) + len(old)
}

// Get implements [Store].
func (f *Faulty) Get(key []byte) ([]byte, bool, error) {
	root, err := f.read()
	if err != nil {
		return nil, false, err
	}
	value, ok := root.get(key)
	return bytes.Clone(value), ok, nil
}

// Iterate implements [Store].
func (f *Faulty) Iterate(start, end []byte, fn func(key, value []byte) error) error {
	root, err := f.read()
	if err != nil {
		return err
	}
	return root.walk(start, end, fn)
}

// IterateBack implements [Store].
func (f *Faulty) IterateBack(start, end []byte, fn func(key, value []byte) error) error {
	root, err := f.read()
	if err != nil {
		return err
	}
	return root.walkBack(start, end, fn)
}

func (f *Faulty) read() (*node, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.closed {
		return nil, f.gone()
	}
	if f.happens(f.faults.FailRead) {
		f.struck++
		return nil, f.failed()
	}
	return f.root, nil
}

// Close implements [Store].
func (f *Faulty) Close(task.Context) error {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.closed = true
	return nil
}

func (f *Faulty) gone() error {
	return aura.Errorf("journal.Store", aura.Unavailable, "the store is closed")
}

func (f *Faulty) failed() error {
	return aura.Errorf("journal.Store", aura.Unavailable, "the disk failed")
}

// happens draws whether something of the given share happens. Without a share it draws nothing, so that
// a world without faults does not depend on them.
func (f *Faulty) happens(share float64) bool { return share > 0 && f.fraction() < share }

func (f *Faulty) fraction() float64 {
	var b [8]byte
	_, _ = f.entropy.Read(b[:])
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}

// draw returns a number from 0 up to but without n.
func (f *Faulty) draw(n int) int { return int(f.fraction() * float64(n)) }
