package task

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// PanicError is the cause of a task's failure when it panicked. Find it with [errors.As].
type PanicError struct {
	// Value is the argument of the task's panic.
	Value any
	// Stack is the task's stack at the panic, as text.
	Stack []byte
}

// Error returns "panic: " and the value; the stack is left to the reader of the field.
func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Origin returns the function and the line that panicked, without arguments, which could be secrets; empty if
// the stack does not tell.
func (p *PanicError) Origin() string {
	lines := strings.Split(string(p.Stack), "\n")
	// A stack is pairs of lines, function and place. Those of the runtime follow its call of panic.
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "panic(") })
	for at += 2; at > 1 && at+1 < len(lines); at += 2 {
		if name := lines[at]; !strings.HasPrefix(name, "runtime.") {
			place, _, _ := strings.Cut(path.Base(strings.TrimSpace(lines[at+1])), " ")
			if args := strings.LastIndexByte(name, '('); args > 0 {
				name = name[:args]
			}
			return path.Base(name) + " (" + place + ")"
		}
	}
	return ""
}

// Unwrap returns the value if it is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Contain calls fn and returns the argument of its panic, or nil. It is for pure code that must not end its
// caller, such as the fold of a fact that a peer wrote; everything else lets its task fail. A crash of a
// simulation and a failing test pass through. The stack is that of the panic.
func Contain(fn func()) (caught error) {
	defer func() {
		if value := recover(); value != nil {
			caught = broken(value)
		}
	}()
	fn()
	return nil
}

// broken is the failure of a task, or of contained code, that panicked with value. It must run while the
// stack of the panic is there: in a deferred function.
func broken(value any) error {
	return &aura.Error{Op: "task.Run", Kind: aura.Internal, Err: &PanicError{Value: value, Stack: debug.Stack()}}
}

// isPanic reports whether a failure began as a panic.
func isPanic(err error) bool {
	var p *PanicError
	return errors.As(err, &p)
}

// isCancellation reports whether err says "stopped", in our words or in the standard library's.
func isCancellation(err error) bool {
	if isPanic(err) {
		return false
	}
	return errors.Is(err, aura.Cancelled) || errors.Is(err, context.Canceled)
}
