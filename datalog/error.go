package datalog

import (
	"errors"
	"strconv"

	"github.com/aura-runtime/aura"
)

// The named outcomes of an evaluation. The evaluator wraps each in an [aura.Error]: of kind
// [aura.Exhausted] for a limit, [aura.Invalid] for the rest.
var (
	// ErrOverflow: integer arithmetic left the 64 bits.
	ErrOverflow = errors.New("integer overflow")
	// ErrDivideByZero: an integer was divided by zero.
	ErrDivideByZero = errors.New("division by zero")
	// ErrType: an operation does not apply to the terms that it was given, or an expression did not
	// give a boolean.
	ErrType = errors.New("operation does not apply to these types")
	// ErrShadowed: a closure names its parameter like a variable that is already in scope.
	ErrShadowed = errors.New("closure parameter shadows a variable")
	// ErrUnbound: a variable of a head or an expression occurs in no predicate of the body.
	ErrUnbound = errors.New("variable is not bound by the body")
	// ErrRegexp: a regular expression does not parse.
	ErrRegexp = errors.New("invalid regular expression")
	// ErrFunction: a foreign function is not known.
	ErrFunction = errors.New("unknown foreign function")
	// ErrDepth: terms or expressions nest deeper than [MaxDepth].
	ErrDepth = errors.New("nested too deeply")

	// ErrFacts: the world would hold more facts than its limit, given, derived or asked for.
	ErrFacts = errors.New("facts")
	// ErrIterations: the rules did not come to rest within the limit.
	ErrIterations = errors.New("iterations")
	// ErrSteps: the work exceeded its limit.
	ErrSteps = errors.New("steps")
	// ErrBytes: the terms made would take more memory than the limit.
	ErrBytes = errors.New("bytes")
)

// LimitError is the cause of every error that says that a limit was reached.
type LimitError struct {
	Of   error // [ErrFacts], [ErrIterations], [ErrSteps] or [ErrBytes]
	Most int   // the limit
}

// Error names the limit: "more than 1,000 facts".
func (e *LimitError) Error() string { return "more than " + Grouped(e.Most) + " " + e.Of.Error() }

// Unwrap returns Of.
func (e *LimitError) Unwrap() error { return e.Of }

// Grouped returns a number for a person: "1,000,000".
func Grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// MaxDepth is how deeply collections, parentheses and operators may nest in a term or an
// expression.
const MaxDepth = 256

func invalid(op aura.Op, err error) error { return &aura.Error{Op: op, Kind: aura.Invalid, Err: err} }
