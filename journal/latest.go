package journal

import (
	"cmp"
	"slices"
	"sort"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// cursor goes back through the facts of one device in a namespace, in causal order.
type cursor struct {
	id      streamID
	stream  stream
	next    uint64 // number of the record that is read next
	page    int    // how many records are read at once
	records []fact.Record
}

// pick is a record that was chosen; it is kept only while those kept are few.
type pick struct {
	position fact.Position
	record   *fact.Record
}

// readLatest calls fn for the newest records in causal order that sel asks for, in position order. It merges the
// devices of the namespaces from their ends, so it costs those records and the later ones of other kinds.
func (j *Journal) readLatest(tc task.Context, of *reading, head fact.Position, fn func(fact.Record) error) error {
	sel := &of.sel
	cursors, err := j.cursors(sel, min(head, sel.End()))
	if err != nil {
		return err
	}
	var picks []pick
	for size := 0; len(picks) < sel.Last; {
		if err := tc.Err(); err != nil {
			return err
		}
		r, err := j.latest(cursors, sel.After)
		if err != nil {
			return err
		}
		if r == nil {
			break
		}
		if !sel.Covers(r) || r.Void && !of.stored {
			continue
		}
		p := pick{position: r.Position}
		if size += len(r.Fact.Payload); size < pageBytes {
			p.record = r
		}
		picks = append(picks, p)
	}
	slices.SortFunc(picks, func(a, b pick) int { return cmp.Compare(a.position, b.position) })
	for _, p := range picks {
		if p.record == nil {
			r, ok, err := j.record(p.position)
			if err != nil {
				return err
			}
			if !ok {
				continue // collected meanwhile
			}
			p.record = &r
		}
		j.mark(p.record)
		if err := fn(*p.record); err != nil {
			return err
		}
	}
	return nil
}

// cursors returns one for each device that spoke in the namespaces of a selection, at its last record up to a
// position.
func (j *Journal) cursors(sel *fact.Selection, end fact.Position) ([]*cursor, error) {
	var all []*cursor
	j.lock.Lock()
	for _, p := range j.state.streams.pairs {
		if slices.Contains(sel.Namespaces, p.key.namespace) {
			all = append(all, &cursor{id: p.key, stream: p.value, next: p.value.count, page: 4})
		}
	}
	whole := end >= j.state.head
	j.lock.Unlock()
	if whole {
		return all, nil
	}
	for _, c := range all {
		var failed error
		beyond := sort.Search(int(c.next), func(i int) bool {
			records, err := j.ByAuthor(c.id.namespace, c.id.device, uint64(i)+1, 1)
			if aura.KindOf(err) == aura.NotFound { // collected: it comes before all that is left
				return false
			}
			if err != nil {
				failed = err
			}
			return len(records) > 0 && records[0].Position > end
		})
		if failed != nil {
			return nil, failed
		}
		c.next = uint64(beyond)
	}
	return all, nil
}

// latest takes the record that is the newest in causal order, nil when none is left after a position.
func (j *Journal) latest(cursors []*cursor, after fact.Position) (*fact.Record, error) {
	var from *cursor
	for _, c := range cursors {
		if err := j.advance(c, after); err != nil {
			return nil, err
		}
		if n := len(c.records); n > 0 && (from == nil || fact.Compare(&c.records[n-1], &from.records[len(from.records)-1]) > 0) {
			from = c
		}
	}
	if from == nil {
		return nil, nil
	}
	r := &from.records[len(from.records)-1]
	from.records = from.records[:len(from.records)-1]
	return r, nil
}

// advance reads the cursor's next page if it has none.
func (j *Journal) advance(c *cursor, after fact.Position) error {
	if len(c.records) > 0 || c.next == 0 {
		return nil
	}
	first := max(c.stream.level(c.next-min(c.next, uint64(c.page))+1, c.next), c.stream.collected+1)
	if first > c.next {
		c.next = 0
		return nil
	}
	records, err := j.ByAuthor(c.id.namespace, c.id.device, first, int(c.next-first+1))
	if collected := j.collectedThrough(c.id); collected >= first { // meanwhile: the rest follows them
		c.stream.collected = collected
		return j.advance(c, after)
	}
	if err != nil {
		return err
	}
	c.next, c.page = first-1, min(2*c.page, pageSize)
	old, _ := slices.BinarySearchFunc(records, after+1, func(r fact.Record, p fact.Position) int { return cmp.Compare(r.Position, p) })
	if c.records = records[old:]; len(c.records) == 0 {
		c.next = 0
	}
	if c.records = fresh(c.records); len(c.records) == 0 && c.next > 0 {
		return j.advance(c, after)
	}
	if c.stream.calm != nil {
		slices.SortFunc(c.records, func(a, b fact.Record) int { return fact.Compare(&a, &b) })
	}
	return nil
}
