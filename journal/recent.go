package journal

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/aura-runtime/aura/fact"
)

// recent holds at most so many records, and records of so many bytes, beside those of the newest group.
const (
	recentFacts = 1024
	recentBytes = 1 << 20
)

// recentMeta bounds the metadata that is kept in memory, in bytes of names and values, twice over.
const recentMeta = 256 << 10

// recent is the end of the journal in memory. A task that follows the journal wants the records of the last commits:
// without recent each would read them back from the store, open and decode them. A copy may be read without the lock,
// since groups come and go at the ends and never change.
type recent struct {
	after  fact.Position  // every record after it is here
	groups []groupRecords // in position order
	facts  int
	bytes  int
}

// groupRecords is the records of one group commit.
type groupRecords struct {
	records []fact.Record
	bytes   int
}

// add takes a group that became durable and drops the oldest ones that are too much.
func (c *recent) add(records []fact.Record, bytes int) {
	if len(records) == 0 {
		return
	}
	c.groups = append(c.groups, groupRecords{records, bytes})
	c.facts, c.bytes = c.facts+len(records), c.bytes+bytes
	for len(c.groups) > 1 && (c.facts > recentFacts || c.bytes > recentBytes) {
		old := c.groups[0]
		c.groups = c.groups[1:]
		c.facts, c.bytes = c.facts-len(old.records), c.bytes-old.bytes
		c.after = old.records[len(old.records)-1].Position
	}
}

// each calls fn for the records of a span, in its direction, until fn returns false.
func (c *recent) each(s span, fn func(*fact.Record) bool) {
	if s.back {
		c.eachBack(s, fn)
		return
	}
	from, _ := slices.BinarySearchFunc(c.groups, s.after+1, func(g groupRecords, p fact.Position) int {
		return cmp.Compare(g.records[len(g.records)-1].Position, p)
	})
	for _, g := range c.groups[from:] {
		for i := range g.records {
			if p := g.records[i].Position; p > s.end || p > s.after && !fn(&g.records[i]) {
				return
			}
		}
	}
}

func (c *recent) eachBack(s span, fn func(*fact.Record) bool) {
	for _, g := range slices.Backward(c.groups) {
		if g.records[0].Position > s.end {
			continue
		}
		for i := len(g.records) - 1; i >= 0; i-- {
			if p := g.records[i].Position; p <= s.after || p <= s.end && !fn(&g.records[i]) {
				return
			}
		}
	}
}

// of returns at most limit records of a stream from a number on, nil when that one is not here.
func (c *recent) of(id streamID, fromNumber uint64, limit int) (records []fact.Record) {
	in := func(r *fact.Record) bool { return r.Fact.Device == id.device && r.Fact.Namespace == id.namespace }
	first := c.last(func(r *fact.Record) bool { return r.Number == fromNumber && in(r) })
	if first == nil {
		return nil
	}
	all := span{after: first.Position - 1, end: ^fact.Position(0)}
	n := 0
	c.each(all, func(r *fact.Record) bool {
		if in(r) {
			n++
		}
		return n < limit
	})
	records = make([]fact.Record, 0, n)
	c.each(all, func(r *fact.Record) bool {
		if in(r) {
			records = append(records, *r)
		}
		return len(records) < limit
	})
	return records
}

// last returns the newest record that matches, nil for none.
func (c *recent) last(match func(*fact.Record) bool) *fact.Record {
	for _, g := range slices.Backward(c.groups) {
		for i := len(g.records) - 1; i >= 0; i-- {
			if match(&g.records[i]) {
				return &g.records[i]
			}
		}
	}
	return nil
}

// metadata is the metadata that was written last, in two halves: when the young one is full it takes the place of
// the old one. A count is written again and again, and each time the writer reads the value before.
type metadata struct {
	young, old map[string][]byte // nil values: not there
	bytes      int               // of the young
}

// put takes a durable value; nil: the name is gone.
func (m *metadata) put(name string, value []byte) {
	size := len(name) + len(value)
	if m.young == nil || m.bytes+size > recentMeta {
		m.young, m.old, m.bytes = map[string][]byte{}, m.young, 0
	}
	m.young[name] = bytes.Clone(value)
	m.bytes += size
	delete(m.old, name)
}

// get returns the value of a name, and false when it is not known here.
func (m *metadata) get(name string) (value []byte, known bool) {
	if value, known = m.young[name]; !known {
		value, known = m.old[name]
	}
	return value, known
}
