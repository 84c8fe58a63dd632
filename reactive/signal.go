package reactive

import "github.com/aura-runtime/aura"

// Signal is the typed key of a published value. Two signals with one name are the same signal, so
// a package may declare its signals as variables and a reader may rebuild one from its name.
type Signal[T any] struct{ name string }

// NewSignal returns the key with this name: an owner, a colon and a noun ("app:contacts").
func NewSignal[T any](name string) Signal[T] { return Signal[T]{name: name} }

// Name returns the name.
func (s Signal[T]) Name() string { return s.name }

// Snapshot is a whole value of a signal, never a difference.
type Snapshot[T any] struct {
	// Revision is the frame in which the value was published. Values of several signals that
	// carry one revision were published together.
	Revision uint64
	// Missed counts the values that this subscriber lost by lagging just before this one.
	Missed uint64
	Value  T
}

func errUnregistered(op aura.Op, name string) error {
	return aura.Errorf(op, aura.NotFound, "signal %q is not registered", name)
}

func errType[T any](op aura.Op, name string) error {
	var want T
	return aura.Errorf(op, aura.Invalid, "signal %q does not carry a %T", name, want)
}
