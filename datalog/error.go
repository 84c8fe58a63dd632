package datalog

import (
	"errors"

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

	// ErrFacts: the world would hold more facts than its limit.
	ErrFacts = errors.New("too many facts")
	// ErrIterations: the rules did not come to rest within the limit.
	ErrIterations = errors.New("too many iterations")
	// ErrSteps: the work exceeded its limit.
	ErrSteps = errors.New("too many steps")
	// ErrBytes: the terms made would take more memory than the limit.
	ErrBytes = errors.New("too much memory")
)

// MaxDepth is how deeply collections, parentheses and operators may nest in a term or an
// expression.
const MaxDepth = 256

func invalid(op string, err error) error { return &aura.Error{Op: op, Kind: aura.Invalid, Err: err} }
func exhausted(op string, err error) error {
	return &aura.Error{Op: op, Kind: aura.Exhausted, Err: err}
}
