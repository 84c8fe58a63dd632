package fold

// Newest keeps the value of the fact with the greatest stamp. The zero value is empty.
type Newest[T any] struct {
	Stamp Stamp `cbor:"1,keyasint"`
	Value T     `cbor:"2,keyasint"`
	Set   bool  `cbor:"3,keyasint"`
}

// Put offers a value and reports whether it was taken.
func (n *Newest[T]) Put(s Stamp, v T) bool {
	if n.Set && s.Compare(n.Stamp) <= 0 {
		return false
	}
	*n = Newest[T]{Stamp: s, Value: v, Set: true}
	return true
}

// Earliest keeps the value of the fact with the smallest stamp. The zero value is empty.
type Earliest[T any] struct {
	Stamp Stamp `cbor:"1,keyasint"`
	Value T     `cbor:"2,keyasint"`
	Set   bool  `cbor:"3,keyasint"`
}

// Put offers a value and reports whether it was taken.
func (e *Earliest[T]) Put(s Stamp, v T) bool {
	if e.Set && s.Compare(e.Stamp) >= 0 {
		return false
	}
	*e = Earliest[T]{Stamp: s, Value: v, Set: true}
	return true
}
