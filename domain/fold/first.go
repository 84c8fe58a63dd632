package fold

import "slices"

// First keeps the earliest items up to a limit, in order. It bounds the memory that one peer can take: items beyond
// the limit are refused.
type First[T any] struct {
	items []Item[T]
}

// Put offers a value and reports whether it was taken. A second Put of one stamp changes nothing.
func (f *First[T]) Put(limit int, s Stamp, v T) bool {
	at, found := slices.BinarySearchFunc(f.items, s, func(i Item[T], s Stamp) int { return i.Stamp.Compare(s) })
	if found || at >= limit {
		return false
	}
	f.items = slices.Insert(f.items, at, Item[T]{Stamp: s, Value: v})
	f.items = f.items[:min(len(f.items), limit)]
	return true
}

// Items returns the content, earliest first. The caller must not change it.
func (f *First[T]) Items() []Item[T] { return f.items }
