package datalog

import "slices"

// relation holds the facts of one predicate name and arity as rows of term numbers, in the order of
// arrival. A row is told from another by its terms and its origin.
type relation struct {
	name    string
	arity   int
	columns []uint32 // row r is columns[r*arity : (r+1)*arity]
	origins []Origin // one a row
	// Rows before old have been seen by every rule; rows from old to current are new in this
	// iteration; later rows wait for the next.
	old, current int

	unique chains
	// byColumns has a hash table for each set of columns that some predicate looks up, as a bit
	// mask.
	byColumns map[uint64]*chains
}

// chains is a hash table of row numbers with linked buckets. A chain lists its rows in descending
// order.
type chains struct {
	heads []int32 // by hash; a power of two
	next  []int32 // by row
}

const noRow = -1

func (c *chains) head(hash uint64) int32 {
	if len(c.heads) == 0 {
		return noRow
	}
	return c.heads[hash&uint64(len(c.heads)-1)]
}

// extend puts rows up to n in their chains, growing the table so that chains stay short.
func (c *chains) extend(n int, hash func(row int) uint64) {
	from := len(c.next)
	if n > len(c.heads) {
		size := max(16, len(c.heads))
		for size < n {
			size *= 2
		}
		c.heads = make([]int32, size)
		for i := range c.heads {
			c.heads[i] = noRow
		}
		from = 0
	}
	c.next = c.next[:from]
	for row := from; row < n; row++ {
		bucket := &c.heads[hash(row)&uint64(len(c.heads)-1)]
		c.next = append(c.next, *bucket)
		*bucket = int32(row)
	}
}

// mix folds v into h. Term numbers are dense, so multiplication must spread their low bits.
func mix(h uint64, v uint64) uint64 {
	h = (h ^ v) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func (r *relation) len() int { return len(r.origins) }

func (r *relation) row(i int) []uint32 { return r.columns[i*r.arity : (i+1)*r.arity] }

func hashRow(row []uint32, o Origin) uint64 {
	h := uint64(o)
	for _, v := range row {
		h = mix(h, uint64(v))
	}
	return h
}

// insert appends a row unless it is there; it reports whether it was new. It spends a step for each
// row that it compares.
func (r *relation) insert(row []uint32, o Origin, b *budget) (bool, error) {
	if found, err := r.has(row, o, b); found || err != nil {
		return false, err
	}
	if err := b.state(); err != nil {
		return false, err
	}
	if err := b.hold(rowBytes(len(row))); err != nil {
		return false, err
	}
	r.columns = append(r.columns, row...)
	r.origins = append(r.origins, o)
	return true, nil
}

// has looks for a row: among few rows one by one, among many by hash.
func (r *relation) has(row []uint32, o Origin, b *budget) (bool, error) {
	const few = 8
	if r.len() <= few {
		for i := range r.origins {
			if r.origins[i] == o && slices.Equal(r.row(i), row) {
				return true, b.work(few * (1 + len(row)>>3))
			}
		}
		return false, b.work(few * (1 + len(row)>>3))
	}
	r.unique.extend(r.len(), func(i int) uint64 { return hashRow(r.row(i), r.origins[i]) })
	for i := r.unique.head(hashRow(row, o)); i != noRow; i = r.unique.next[i] {
		if err := b.work(1 + len(row)>>3); err != nil {
			return false, err
		}
		if r.origins[i] == o && slices.Equal(r.row(int(i)), row) {
			return true, nil
		}
	}
	return false, nil
}

// rowBytes is the counted memory of a row, with its places in hash tables.
func rowBytes(arity int) int { return 24 + 4*arity }

// indexed returns the hash table over the columns of mask, up to date with all rows.
func (r *relation) indexed(mask uint64, b *budget) (*chains, error) {
	c := r.byColumns[mask]
	if c == nil {
		c = &chains{}
		if r.byColumns == nil {
			r.byColumns = map[uint64]*chains{}
		}
		r.byColumns[mask] = c
	}
	if added := r.len() - len(c.next); added > 0 {
		if err := b.work(added * (1 + r.arity>>3)); err != nil {
			return nil, err
		}
		if err := b.hold(added * indexBytes); err != nil {
			return nil, err
		}
		c.extend(r.len(), func(i int) uint64 { return hashColumns(r.row(i), mask) })
	}
	return c, nil
}

// indexBytes is the memory of a row in one hash table.
const indexBytes = 12

func hashColumns(row []uint32, mask uint64) (h uint64) {
	for i, v := range row {
		if i < 64 && mask>>i&1 != 0 {
			h = mix(h, uint64(v))
		}
	}
	return h
}
