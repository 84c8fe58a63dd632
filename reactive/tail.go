package reactive

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura/fact"
)

const (
	// tailRecords and tailBytes bound a feed's memory. A watcher that is nearly up to date is served from
	// it; one that is further behind reads the journal.
	tailRecords = 1024
	tailBytes   = 1 << 20
)

// tail holds the newest records in position order: every one after base.
type tail struct {
	records []fact.Record
	first   int // the ones before it were dropped, and leave when the slice is compacted
	bytes   int // of payload
	base    fact.Position
}

// add appends a record and drops the oldest beyond the bounds.
func (t *tail) add(r *fact.Record) {
	t.records = append(t.records, *r)
	t.bytes += len(r.Fact.Payload)
	for len(t.records)-t.first > tailRecords || t.bytes > tailBytes {
		old := &t.records[t.first]
		t.bytes -= len(old.Fact.Payload)
		t.base = old.Position
		*old = fact.Record{} // a removed record must not be kept alive
		t.first++
	}
	if t.first >= tailRecords {
		t.records = slices.Delete(t.records, 0, t.first)
		t.first = 0
	}
}

// after returns the records at greater positions, valid until the next add.
func (t *tail) after(p fact.Position) []fact.Record {
	live := t.records[t.first:]
	i, _ := slices.BinarySearchFunc(live, p+1, func(r fact.Record, p fact.Position) int {
		return cmp.Compare(r.Position, p)
	})
	return live[i:]
}
