package aura

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what the caller of a failed call can do. Kinds are errors themselves, so
// errors.Is(err, aura.Stale) asks about the kind of a whole chain.
//
// The numbers cross the wire: the list is append-only.
type Kind uint8

// The kinds of errors.
const (
	// Denied: a guard or a check refused; asking again without new authority or budget is useless.
	Denied Kind = 1
	// Stale: the handle, version or epoch was replaced; fetch the current one.
	Stale Kind = 2
	// Timeout: the caller's budget ran out while waiting.
	Timeout Kind = 3
	// Cancelled: the owner of the work stopped it.
	Cancelled Kind = 4
	// NotFound: the named thing does not exist.
	NotFound Kind = 5
	// Invalid: the input is wrong; the message names the item and the fix.
	Invalid Kind = 6
	// Corrupt: stored or received bytes fail their check.
	Corrupt Kind = 7
	// Unavailable: something needed is not there now; trying later can help.
	Unavailable Kind = 8
	// Exhausted: a bound was reached (space, budget, queue).
	Exhausted Kind = 9
	// Conflict: another change came first, or the item exists already.
	Conflict Kind = 10
	// Internal: a bug in Aura.
	Internal Kind = 11
)

var kindNames = [...]string{
	Denied: "denied", Stale: "stale", Timeout: "timeout", Cancelled: "cancelled", NotFound: "not found",
	Invalid: "invalid", Corrupt: "corrupt", Unavailable: "unavailable", Exhausted: "exhausted",
	Conflict: "conflict", Internal: "internal",
}

// String returns the kind in plain words.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error makes a Kind usable as the target of [errors.Is].
func (k Kind) Error() string { return k.String() }

// Op names the operation that failed: "pkg.Name", where Name is a function, method or type of package pkg.
// A constant says it; a test in internal/arch looks it up in the tree.
type Op string

// Error is the one error type of Aura. Op names the operation, Kind what the caller can do, Err the
// cause (it may be nil). The text names the item and never holds a secret, a payload or a peer's address.
type Error struct {
	Op   Op
	Kind Kind
	Err  error
}

// Error returns "op: cause" or, without a cause, "op: kind".
func (e *Error) Error() string {
	msg := e.Kind.String()
	if e.Err != nil {
		msg = e.Err.Error()
	}
	if e.Op == "" {
		return msg
	}
	return string(e.Op) + ": " + msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is this error's kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// Errorf builds an [Error] whose cause is made by [fmt.Errorf], so %w works.
func Errorf(op Op, kind Kind, format string, args ...any) *Error {
	return &Error{Op: op, Kind: kind, Err: fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the outermost [Error] in err's chain, [Internal] for any other non-nil
// error, and 0 for nil.
func KindOf(err error) Kind {
	if err == nil {
		return 0
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	return Internal
}

// Clip returns the beginning of a text, at most most bytes of it, and always valid UTF-8: it is cut between two characters, and
// bytes that are none are left out. Facts and messages take no other text.
func Clip(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// Reason returns the innermost explanation of err, without the operations that wrap it: what a person
// reads after "aura: ".
func Reason(err error) string {
	for {
		var e *Error
		if !errors.As(err, &e) {
			return err.Error()
		}
		if e.Err == nil {
			return e.Kind.String()
		}
		err = e.Err
	}
}
