package journal

// few is how many keys of an [ordered] are searched one by one. Most layers hold one decision: a map for each of
// their tables would cost more than all their searches.
const few = 8

// ordered is a map that remembers the order in which its keys came, so that the order of a map never reaches the
// disk.
type ordered[K comparable, V any] struct {
	pairs []pair[K, V]
	index map[K]int // of the pairs; nil while there are few
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

// find returns the index of a key's pair, -1 when there is none.
func (t *ordered[K, V]) find(k K) int {
	if t.index != nil {
		if i, ok := t.index[k]; ok {
			return i
		}
		return -1
	}
	for i := range t.pairs {
		if t.pairs[i].key == k {
			return i
		}
	}
	return -1
}

func (t *ordered[K, V]) get(k K) (v V, ok bool) {
	i := t.find(k)
	if i < 0 {
		return v, false
	}
	return t.pairs[i].value, true
}

func (t *ordered[K, V]) set(k K, v V) {
	if i := t.find(k); i >= 0 {
		t.pairs[i].value = v
		return
	}
	t.pairs = append(t.pairs, pair[K, V]{k, v})
	switch {
	case t.index != nil:
		t.index[k] = len(t.pairs) - 1
	case len(t.pairs) > few:
		t.reindex()
	}
}

// reserve makes room for n keys in an empty map.
func (t *ordered[K, V]) reserve(n int) {
	t.pairs = make([]pair[K, V], 0, n)
	if n > few {
		t.index = make(map[K]int, n)
	}
}

func (t *ordered[K, V]) reindex() {
	t.index = nil
	if len(t.pairs) <= few {
		return
	}
	t.index = make(map[K]int, 2*len(t.pairs))
	for i := range t.pairs {
		t.index[t.pairs[i].key] = i
	}
}

func (t *ordered[K, V]) merge(o *ordered[K, V]) {
	for i := range o.pairs {
		t.set(o.pairs[i].key, o.pairs[i].value)
	}
}

// drop forgets the empty values among those that o has changed.
func (t *ordered[K, V]) drop(o *ordered[K, V], empty func(V) bool) {
	gone := map[K]bool{}
	for i := range o.pairs {
		if v, ok := t.get(o.pairs[i].key); ok && empty(v) {
			gone[o.pairs[i].key] = true
		}
	}
	if len(gone) == 0 {
		return
	}
	kept := t.pairs[:0]
	for _, p := range t.pairs {
		if !gone[p.key] {
			kept = append(kept, p)
		}
	}
	clear(t.pairs[len(kept):])
	t.pairs = kept
	t.reindex()
}

// reset forgets all keys and keeps the memory of few.
func (t *ordered[K, V]) reset() {
	clear(t.pairs)
	t.pairs, t.index = t.pairs[:0], nil
}
