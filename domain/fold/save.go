package fold

// Save returns the register's content as a copy, and nil when it is empty: for a saved state.
func (n *Newest[T]) Save() *Newest[T] {
	if !n.Set {
		return nil
	}
	c := *n
	return &c
}

// Restore takes over saved content; nil is empty.
func (n *Newest[T]) Restore(saved *Newest[T]) {
	if saved != nil {
		*n = *saved
	}
}

// Save returns the register's content as a copy, and nil when it is empty: for a saved state.
func (e *Earliest[T]) Save() *Earliest[T] {
	if !e.Set {
		return nil
	}
	c := *e
	return &c
}

// SavedWindow is the content of a [Window] in a saved state.
type SavedWindow[T any] struct {
	Items []Item[T]         `cbor:"1,keyasint,omitempty"`
	Floor *Newest[struct{}] `cbor:"2,keyasint,omitempty"`
}

// Save returns the content. It shares the items with the window.
func (w *Window[T]) Save() SavedWindow[T] {
	return SavedWindow[T]{Items: w.items, Floor: w.floor.Save()}
}

// Restore takes over saved content.
func (w *Window[T]) Restore(saved SavedWindow[T]) {
	*w = Window[T]{items: saved.Items}
	w.floor.Restore(saved.Floor)
	for i := range saved.Items {
		w.bytes += saved.Items[i].Size
	}
}

// RestoreFirst returns a First with saved [First.Items].
func RestoreFirst[T any](items []Item[T]) *First[T] { return &First[T]{items: items} }
