package interp

// book is a ledger page with corrections: values are read from the base until they are set. It remembers
// the order in which keys were first set, so that what is written out does not depend on a map.
type book[K comparable, V comparable] struct {
	read func(K) V
	base map[K]V // as read, for the check inside the commit
	now  map[K]V
	keys []K
}

func newBook[K comparable, V comparable](read func(K) V) book[K, V] {
	return book[K, V]{read: read, base: map[K]V{}, now: map[K]V{}}
}

func (b *book[K, V]) get(k K) V {
	if v, ok := b.now[k]; ok {
		return v
	}
	v, ok := b.base[k]
	if !ok {
		v = b.read(k)
		b.base[k] = v
	}
	return v
}

func (b *book[K, V]) set(k K, v V) {
	if _, ok := b.now[k]; !ok {
		b.get(k) // the base is what the change was made on
		b.keys = append(b.keys, k)
	}
	b.now[k] = v
}

// written returns the values that were set, in the order of their keys' first setting.
func (b *book[K, V]) written() []V {
	vs := make([]V, 0, len(b.keys))
	for _, k := range b.keys {
		vs = append(vs, b.now[k])
	}
	return vs
}

// holds reports whether every key that was set still reads as it did.
func (b *book[K, V]) holds(read func(K) V) bool {
	for _, k := range b.keys {
		if read(k) != b.base[k] {
			return false
		}
	}
	return true
}
