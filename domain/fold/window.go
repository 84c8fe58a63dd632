package fold

import "slices"

// Limit bounds a [Window]. A field below zero means no bound; zero is a bound of nothing, so the
// caller resolves its defaults first.
type Limit struct {
	Items int
	Bytes int
}

// Item is one entry of a [Window].
type Item[T any] struct {
	Stamp Stamp `cbor:"1,keyasint"`
	Size  int   `cbor:"2,keyasint,omitempty"` // bytes, as the caller counts them
	Value T     `cbor:"3,keyasint"`
}

// Window keeps the newest items, in order, within a limit: always the longest run of newest items that fits. An item
// that it once pushed out, and every older one, never enters again; so the content does not depend on the order of
// arrival.
type Window[T any] struct {
	items []Item[T]
	bytes int
	floor Newest[struct{}]
}

// Put inserts an item and reports whether the window changed. A second Put of one stamp changes nothing.
func (w *Window[T]) Put(limit Limit, item Item[T]) bool {
	if w.floor.Set && item.Stamp.Compare(w.floor.Stamp) <= 0 {
		return false
	}
	at, found := w.search(item.Stamp)
	if found {
		return false
	}
	w.items = slices.Insert(w.items, at, item)
	w.bytes += item.Size
	w.trim(limit)
	return true
}

// Find returns the item with the stamp.
func (w *Window[T]) Find(s Stamp) (Item[T], bool) {
	at, found := w.search(s)
	if !found {
		return Item[T]{}, false
	}
	return w.items[at], true
}

// Items returns the content, oldest first. The caller must not change it.
func (w *Window[T]) Items() []Item[T] { return w.items }

// Cut reports whether something older was pushed out.
func (w *Window[T]) Cut() bool { return w.floor.Set }

func (w *Window[T]) search(s Stamp) (int, bool) {
	// New items nearly always belong at the end.
	if n := len(w.items); n > 0 && w.items[n-1].Stamp.Compare(s) < 0 {
		return n, false
	}
	return slices.BinarySearchFunc(w.items, s, func(i Item[T], s Stamp) int { return i.Stamp.Compare(s) })
}

func (w *Window[T]) trim(limit Limit) {
	drop := 0
	for drop < len(w.items) && over(limit, len(w.items)-drop, w.bytes) {
		w.bytes -= w.items[drop].Size
		w.floor.Put(w.items[drop].Stamp, struct{}{})
		drop++
	}
	clear(w.items[:drop]) // Let go of the values now; the array is left behind when it grows.
	w.items = w.items[drop:]
}

func over(limit Limit, items, bytes int) bool {
	return limit.Items >= 0 && items > limit.Items || limit.Bytes >= 0 && bytes > limit.Bytes
}
