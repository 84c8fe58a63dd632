package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/aura-runtime/aura"
)

// PanicError is the cause of a task's failure when it panicked. Find it with [errors.As].
type PanicError struct {
	// Value is what the task panicked with.
	Value any
	// Stack is the task's stack at the panic, as text.
	Stack []byte
}

// Error returns "panic: " and the value; the stack is left to the reader of the field.
func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Unwrap returns the value if it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// isCancellation reports whether err says "stopped", in our words or in the standard library's.
func isCancellation(err error) bool {
	var p *PanicError
	if errors.As(err, &p) {
		return false
	}
	return errors.Is(err, aura.Cancelled) || errors.Is(err, context.Canceled)
}
