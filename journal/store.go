package journal

import (
	"github.com/aura-runtime/aura/task"
)

// Store is an ordered map of bytes on a disk, or on something that fails like one. Keys order by their
// bytes. Reading is safe at any time from any task, also during an Apply.
type Store interface {
	// Apply makes the batch durable: when it returns nil, all of it survives any crash. After an error or
	// a crash either all of it is there or nothing. It returns aura.Exhausted when the disk is full;
	// a later Apply may succeed. After any other error the store may refuse all Applies until it is
	// opened again; if it takes one, the failed batch changed nothing. The store keeps no reference to the batch.
	Apply(tc task.Context, b *Batch) error
	// Get returns the value of key, which the caller owns, and whether there is one. Damaged bytes are
	// aura.Corrupt.
	Get(key []byte) ([]byte, bool, error)
	// Iterate calls fn for the keys from start up to but without end, in order, as they were when it
	// began; a nil end has no bound. The bytes are valid during the call only. It stops at fn's first
	// error and returns it. fn must not wait.
	Iterate(start, end []byte, fn func(key, value []byte) error) error
	// IterateBack is Iterate in the other direction: from the last key before end down to start.
	IterateBack(start, end []byte, fn func(key, value []byte) error) error
	// Close waits for running calls and releases the store. Later calls return aura.Unavailable.
	Close(tc task.Context) error
}

// Batch is an ordered list of changes that happen together. The zero value is empty. Keys and values
// are not copied.
type Batch struct {
	changes []Change
	bytes   int
}

// Change is one change of a batch.
type Change struct {
	Key   []byte
	Value []byte // nil: Key is removed
	// End, if set, removes all keys from Key up to but without End.
	End []byte
}

// Set gives key a value, which may be empty.
func (b *Batch) Set(key, value []byte) { b.add(Change{Key: key, Value: orEmpty(value)}) }

// orEmpty returns a value that is not nil, since nil stands for a removal.
func orEmpty(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// Delete removes key if it is there.
func (b *Batch) Delete(key []byte) { b.add(Change{Key: key}) }

// DeleteRange removes the keys from start up to but without end. Its cost does not depend on how many there are.
func (b *Batch) DeleteRange(start, end []byte) { b.add(Change{Key: start, End: end}) }

func (b *Batch) add(c Change) {
	b.changes = append(b.changes, c)
	b.bytes += len(c.Key) + len(c.Value) + len(c.End)
}

// Len returns the number of changes.
func (b *Batch) Len() int { return len(b.changes) }

// Bytes returns the size of all keys and values.
func (b *Batch) Bytes() int { return b.bytes }

// Each calls fn for every change, in order.
func (b *Batch) Each(fn func(Change)) {
	for _, c := range b.changes {
		fn(c)
	}
}
