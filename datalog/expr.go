package datalog

// Op is the operation of an [Expr]. Unary operations are 0x10 plus, and binary operations 0x20 plus, their
// number in the Biscuit schema.
type Op uint8

// The operations.
const (
	// OpValue is a term.
	OpValue Op = 0x00
	// OpClosure is a function: its parameters, and its body in Left. It is only ever an operand: of
	// [OpAll] and [OpAny] on the right with one parameter, of [OpLazyAnd] and [OpLazyOr] on the
	// right and of [OpTryOr] on the left with none, where it marks an operand that is evaluated only when
	// needed.
	OpClosure Op = 0x01

	OpNegate Op = 0x10
	OpParens Op = 0x11
	OpLength Op = 0x12
	OpTypeOf Op = 0x13
	// OpCall1 calls a foreign function with one argument.
	OpCall1 Op = 0x14

	OpLess           Op = 0x20
	OpGreater        Op = 0x21
	OpLessOrEqual    Op = 0x22
	OpGreaterOrEqual Op = 0x23
	OpStrictEqual    Op = 0x24
	OpContains       Op = 0x25
	OpPrefix         Op = 0x26
	OpSuffix         Op = 0x27
	OpMatches        Op = 0x28
	OpAdd            Op = 0x29
	OpSub            Op = 0x2a
	OpMul            Op = 0x2b
	OpDiv            Op = 0x2c
	OpAnd            Op = 0x2d
	OpOr             Op = 0x2e
	OpIntersection   Op = 0x2f
	OpUnion          Op = 0x30
	OpBitAnd         Op = 0x31
	OpBitOr          Op = 0x32
	OpBitXor         Op = 0x33
	OpStrictNotEqual Op = 0x34
	OpEqual          Op = 0x35
	OpNotEqual       Op = 0x36
	OpLazyAnd        Op = 0x37
	OpLazyOr         Op = 0x38
	OpAll            Op = 0x39
	OpAny            Op = 0x3a
	OpGet            Op = 0x3b
	// OpCall2 calls a foreign function with two arguments.
	OpCall2 Op = 0x3c
	OpTryOr Op = 0x3d
)

// Unary reports whether the operation takes Left alone.
func (op Op) Unary() bool { return op >= OpNegate && op <= OpCall1 }

// Binary reports whether the operation takes Left and Right.
func (op Op) Binary() bool { return op >= OpLess && op <= OpTryOr }

// Expr is an expression: a tree of operations over terms. Trees are not changed once built.
type Expr struct {
	Op          Op
	Term        Term     // of OpValue
	Function    string   // of OpCall1 and OpCall2, without the "extern::"
	Params      []string // of OpClosure, without the dollar
	Left, Right *Expr
}

// lazyOn returns the operand of op that must be a closure and how many parameters it takes.
func (op Op) lazyOn() (left, right bool, params int) {
	switch op {
	case OpAll, OpAny:
		return false, true, 1
	case OpLazyAnd, OpLazyOr:
		return false, true, 0
	case OpTryOr:
		return true, false, 0
	}
	return false, false, 0
}

// deeper reports whether the tree has more than n levels.
func (e *Expr) deeper(n int) bool {
	return e != nil && (n == 0 || e.Left.deeper(n-1) || e.Right.deeper(n-1))
}

// Variables calls fn with the name of each variable that the tree uses, parameters of closures included.
func (e *Expr) Variables(fn func(name string)) {
	if e == nil {
		return
	}
	if e.Op == OpValue && e.Term.kind == KindVariable {
		fn(e.Term.str)
	}
	e.Left.Variables(fn)
	e.Right.Variables(fn)
}
