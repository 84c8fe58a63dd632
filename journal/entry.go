package journal

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Bounds of one entry.
const (
	maxEntryFacts = 4096
	maxMetaKey    = 256
	maxMetaValue  = 256 << 10
	maxCheckpoint = 16 << 20
	maxForm       = 16 << 10
)

// Entry is one decision: all of it becomes durable together or none of it. The journal reads it until
// Append returns, and keeps payloads for as long as the records are in use: do not change them.
type Entry struct {
	// Expect, if set, is called by the writer just before the entry is checked, with the state that the
	// entries before it leave. An error refuses this entry alone, and Append returns it. Expect may
	// fill in the entry's other fields, for example charges that depend on the ledger of that moment. It must
	// be quick, must not wait and must not call the journal except through the view.
	Expect func(View) error

	// Committer, if set, takes part in the commit of this entry. Item is for its use.
	Committer Committer
	Item      any

	Drafts      []fact.Draft  // own facts, in order
	Foreign     []fact.Record // verified facts of others; positions are ignored, duplicates dropped
	Charges     []fact.Charge // merged into the ledger; one that names no device is the own device's
	Leaks       []fact.Leak   // merged into the ledger; one that names no device is the own device's
	Meta        []KV
	Logs        []LogChange
	Checkpoints []Checkpoint
	// Void says anew which facts of some streams are void, after those of this entry.
	Void []Void
	// Settled are contexts in which no more is spent: their ledger entries are removed.
	Settled []aura.ContextID

	collect *collection // see Journal.Collect
}

// Committer takes part in the commits of its entries. The writer groups the entries of many callers into one
// commit; a committer adds the common part of its entries to the group, and acts as soon as the group is durable.
// The writer calls both methods, which must be quick, must not wait and must not append. Entries belong to one committer
// when theirs are equal, so its type must be comparable.
type Committer interface {
	// Seal is called once for a group, after its entries were checked and before it is handed to the store, with the
	// committer's entries among them in the order of the commit. Its result is committed with the group. The view is of
	// the state that the group leaves so far. Place returns the place of one of the group's own facts, by its number
	// in its namespace; zero for others.
	Seal(entries []*Entry, v View, place func(ns fact.Namespace, number uint64) fact.Place) Addition
	// Synced is called once for a group with the same entries, as soon as they are durable and can be read and before
	// the sinks are called: for work that must not wait for them, such as a message that may leave now. It is not called for
	// a group that was lost.
	Synced(tc task.Context, entries []*Entry)
}

// Addition is what a [Committer] adds to a group. Nothing of it is refused, so it keeps to the bounds of an [Entry] by
// itself.
type Addition struct {
	Charges []fact.Charge // merged into the ledger
	Meta    []KV
	Logs    []LogChange
}

// KV is a piece of metadata: local, sealed, never synced. A nil Value removes the key. A key has at most
// 256 bytes, a value 256 KiB.
type KV struct {
	Key   string
	Value []byte
}

// View is the state that an expectation may read. [Journal] gives the same view of the durable state.
type View interface {
	// Head returns the position of the last record; zero: none.
	Head() fact.Position
	// Count returns how many facts of the device in the namespace are here; zero: none.
	Count(ns fact.Namespace, device aura.DeviceID) uint64
	// Through returns the place up to which every fact of a stream that is here has a number up to the given one, and the
	// fact at that place with the greatest such number. It is zero when there is none.
	Through(ns fact.Namespace, device aura.DeviceID, number uint64) (fact.Place, error)
	// Charge returns the ledger entry of the own device; zero but for context and peer when there is none.
	Charge(context aura.ContextID, peer aura.AuthorityID) fact.Charge
	// Leak returns the ledger entry of the own device; zero but for context and observer when there is none.
	Leak(context aura.ContextID, observer fact.Observer) fact.Leak
	// Meta returns the value of a key, nil when there is none. Damage is aura.Corrupt.
	Meta(key string) ([]byte, error)
	// Log returns the state of a device-local log; zero but for the name when there is none.
	Log(name string) Log
}

// check returns aura.Invalid when the entry is out of bounds by itself.
func (e *Entry) check() error {
	const op = "journal.Append"
	if n := len(e.Drafts) + len(e.Foreign); n > maxEntryFacts {
		return aura.Errorf(op, aura.Invalid, "entry has %d facts, the most is %d", n, maxEntryFacts)
	}
	for i := range e.Drafts {
		if err := e.Drafts[i].Check(); err != nil {
			return &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
		}
	}
	for i := range e.Foreign {
		if err := e.Foreign[i].Fact.Check(); err != nil {
			return &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
		}
	}
	for _, kv := range e.Meta {
		if len(kv.Key) == 0 || len(kv.Key) > maxMetaKey || len(kv.Value) > maxMetaValue {
			return aura.Errorf(op, aura.Invalid, "metadata %.40q has a key of %d and a value of %d bytes", kv.Key, len(kv.Key), len(kv.Value))
		}
	}
	for i := range e.Logs {
		if err := e.Logs[i].check(); err != nil {
			return err
		}
	}
	for i := range e.Void {
		if err := e.Void[i].check(); err != nil {
			return err
		}
	}
	for i := range e.Checkpoints {
		if c := &e.Checkpoints[i]; !fact.ValidKind(c.Name) || len(c.Form) > maxForm || len(c.State) > maxCheckpoint {
			return aura.Errorf(op, aura.Invalid, "checkpoint %.80q has %d bytes, the most is %d", c.Name, len(c.State), maxCheckpoint)
		}
	}
	return nil
}

// size returns how many facts an entry has, and about how many bytes it adds to a batch.
func (e *Entry) size() (facts, bytes int) {
	for i := range e.Drafts {
		bytes += len(e.Drafts[i].Payload) + recordSize
	}
	for i := range e.Foreign {
		bytes += len(e.Foreign[i].Fact.Payload) + recordSize
	}
	for i := range e.Checkpoints {
		bytes += len(e.Checkpoints[i].State)
	}
	for i := range e.Meta {
		bytes += len(e.Meta[i].Value)
	}
	for i := range e.Logs {
		for _, v := range e.Logs[i].Values {
			bytes += len(v) + logOverhead
		}
	}
	return len(e.Drafts) + len(e.Foreign), bytes
}

// recordSize is about the size of a record without its payload.
const recordSize = 256
