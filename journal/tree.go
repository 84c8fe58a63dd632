package journal

import "bytes"

// node is a persistent ordered tree (a treap): changing it gives a new root and leaves the old one as
// it was, so that a reader has a stable view and a crash goes back to an older root, both for free.
type node struct {
	key, value  []byte
	rank        uint64 // a hash of the key: the greater is nearer to the root, which keeps it balanced
	left, right *node
}

func rankOf(key []byte) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, with a final mix because neighbours differ in few bits
	for _, c := range key {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

func (n *node) get(key []byte) ([]byte, bool) {
	for n != nil {
		switch c := bytes.Compare(key, n.key); {
		case c == 0:
			return n.value, true
		case c < 0:
			n = n.left
		default:
			n = n.right
		}
	}
	return nil, false
}

func (n *node) set(key, value []byte) *node {
	if n == nil {
		return &node{key: key, value: value, rank: rankOf(key)}
	}
	m := *n
	switch c := bytes.Compare(key, n.key); {
	case c == 0:
		m.value = value
	case c < 0:
		l := n.left.set(key, value) // a fresh node: it may be changed
		m.left = l
		if l.rank > m.rank {
			m.left, l.right = l.right, &m
			return l
		}
	default:
		r := n.right.set(key, value)
		m.right = r
		if r.rank > m.rank {
			m.right, r.left = r.left, &m
			return r
		}
	}
	return &m
}

func (n *node) remove(key []byte) *node {
	if n == nil {
		return nil
	}
	m := *n
	switch c := bytes.Compare(key, n.key); {
	case c == 0:
		return join(n.left, n.right)
	case c < 0:
		m.left = n.left.remove(key)
	default:
		m.right = n.right.remove(key)
	}
	return &m
}

// join returns the tree of both; every key of l is less than every key of r.
func join(l, r *node) *node {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	case l.rank > r.rank:
		m := *l
		m.right = join(l.right, r)
		return &m
	}
	m := *r
	m.left = join(l, r.left)
	return &m
}

// walk calls fn for the keys from start up to but without end, in order; a nil end has no bound.
func (n *node) walk(start, end []byte, fn func(key, value []byte) error) error {
	if n == nil {
		return nil
	}
	after := bytes.Compare(n.key, start) >= 0
	before := end == nil || bytes.Compare(n.key, end) < 0
	if after {
		if err := n.left.walk(start, end, fn); err != nil {
			return err
		}
		if before {
			if err := fn(n.key, n.value); err != nil {
				return err
			}
		}
	}
	if before {
		return n.right.walk(start, end, fn)
	}
	return nil
}

// walkBack is walk in the other direction.
func (n *node) walkBack(start, end []byte, fn func(key, value []byte) error) error {
	if n == nil {
		return nil
	}
	after := bytes.Compare(n.key, start) >= 0
	before := end == nil || bytes.Compare(n.key, end) < 0
	if before {
		if err := n.right.walkBack(start, end, fn); err != nil {
			return err
		}
		if after {
			if err := fn(n.key, n.value); err != nil {
				return err
			}
		}
	}
	if after {
		return n.left.walkBack(start, end, fn)
	}
	return nil
}
