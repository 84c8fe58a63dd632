package datalog

import (
	"math"
	"math/bits"
	"strings"
)

// binary applies an operation to two values.
func (m *machine) binary(e *Expr, a, b Term) (Term, error) {
	// Every operation looks at each operand about once; those that look more often pay
	// for it.
	if err := m.w.budget.work(a.weight() + b.weight()); err != nil {
		return Term{}, err
	}
	switch e.Op {
	case OpEqual:
		return NewBool(a.Equal(b)), nil
	case OpNotEqual:
		return NewBool(!a.Equal(b)), nil
	case OpCall2:
		return m.call(e.Function, a, b)
	case OpStrictEqual, OpStrictNotEqual:
		if a.kind != b.kind {
			return Term{}, typeError(operators[e.Op], a, b)
		}
		return NewBool(a.Equal(b) == (e.Op == OpStrictEqual)), nil
	case OpLess, OpGreater, OpLessOrEqual, OpGreaterOrEqual:
		return order(e.Op, a, b)
	case OpAdd:
		if a.kind == KindString && b.kind == KindString {
			return NewString(a.str + b.str), m.w.budget.pass(len(a.str) + len(b.str))
		}
		return arithmetic(e.Op, a, b)
	case OpSub, OpMul, OpDiv, OpBitAnd, OpBitOr, OpBitXor:
		return arithmetic(e.Op, a, b)
	case OpAnd, OpOr:
		if a.kind != KindBool || b.kind != KindBool {
			return Term{}, typeError(operators[e.Op], a, b)
		}
		if e.Op == OpAnd {
			return NewBool(a.Bool() && b.Bool()), nil
		}
		return NewBool(a.Bool() || b.Bool()), nil
	case OpMatches:
		return m.matches(a, b)
	}
	return m.collection(e.Op, a, b)
}

func order(op Op, a, b Term) (Term, error) {
	if a.kind != b.kind || a.kind != KindInteger && a.kind != KindDate {
		return Term{}, typeError(operators[op], a, b)
	}
	c := Compare(a, b)
	switch op {
	case OpLess:
		return NewBool(c < 0), nil
	case OpGreater:
		return NewBool(c > 0), nil
	case OpLessOrEqual:
		return NewBool(c <= 0), nil
	}
	return NewBool(c >= 0), nil
}

func arithmetic(op Op, a, b Term) (Term, error) {
	if a.kind != KindInteger || b.kind != KindInteger {
		return Term{}, typeError(operators[op], a, b)
	}
	x, y := int64(a.num), int64(b.num)
	var z int64
	exact := true
	switch op {
	case OpAdd:
		z = x + y
		exact = (z > x) == (y > 0)
	case OpSub:
		z = x - y
		exact = (z < x) == (y > 0)
	case OpMul:
		z, exact = multiply(x, y)
	case OpDiv:
		if y == 0 {
			return Term{}, invalid("datalog.Expr", ErrDivideByZero)
		}
		z = x / y
		exact = x != math.MinInt64 || y != -1
	case OpBitAnd:
		z = x & y
	case OpBitOr:
		z = x | y
	case OpBitXor:
		z = x ^ y
	}
	if !exact {
		return Term{}, invalid("datalog.Expr", ErrOverflow)
	}
	return NewInteger(z), nil
}

// multiply returns x·y and whether it is exact.
func multiply(x, y int64) (int64, bool) {
	high, low := bits.Mul64(uint64(x), uint64(y))
	// The product of the unsigned readings exceeds the signed one by 2⁶⁴ times the other factor for
	// each negative one.
	if x < 0 {
		high -= uint64(y)
	}
	if y < 0 {
		high -= uint64(x)
	}
	return int64(low), int64(high) == int64(low)>>63
}

// collection applies the operations on strings and collections.
func (m *machine) collection(op Op, a, b Term) (Term, error) {
	switch op {
	case OpContains:
		return m.contains(a, b)
	case OpPrefix, OpSuffix:
		return affix(op, a, b)
	case OpGet:
		return get(a, b)
	}
	if a.kind != KindSet || b.kind != KindSet || len(a.list) > 0 && len(b.list) > 0 && a.list[0].kind != b.list[0].kind {
		return Term{}, typeError(methods[op], a, b)
	}
	t := merge(a.list, b.list, op == OpUnion)
	return t, m.w.budget.pass(t.size())
}

// merge returns the union or the intersection of two sorted lists.
func merge(a, b []Term, union bool) Term {
	var out []Term
	for len(a) > 0 && len(b) > 0 {
		switch c := Compare(a[0], b[0]); {
		case c == 0:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		case c < 0:
			if union {
				out = append(out, a[0])
			}
			a = a[1:]
		default:
			if union {
				out = append(out, b[0])
			}
			b = b[1:]
		}
	}
	if union {
		out = append(append(out, a...), b...)
	}
	return Term{kind: KindSet, list: out}
}

// contains: a substring, an element, a subset, or the key of a map.
func (m *machine) contains(a, b Term) (Term, error) {
	switch {
	case a.kind == KindString && b.kind == KindString:
		return NewBool(strings.Contains(a.str, b.str)), nil
	case a.kind == KindSet && b.kind == KindSet:
		return NewBool(len(merge(a.list, b.list, false).list) == len(b.list)), nil
	case a.kind == KindSet || a.kind == KindArray:
		return m.element(a.list, 1, b)
	case a.kind == KindMap && (b.kind == KindString || b.kind == KindInteger):
		return m.element(a.list, 2, b)
	}
	return Term{}, typeError(methods[OpContains], a, b)
}

// element looks for t among every stride-th element.
func (m *machine) element(list []Term, stride int, t Term) (Term, error) {
	for i := 0; i < len(list); i += stride {
		if err := m.w.budget.work(len(t.str) >> 6); err != nil {
			return Term{}, err
		}
		if list[i].Equal(t) {
			return NewBool(true), nil
		}
	}
	return NewBool(false), nil
}

func affix(op Op, a, b Term) (Term, error) {
	switch {
	case a.kind == KindString && b.kind == KindString:
		if op == OpPrefix {
			return NewBool(strings.HasPrefix(a.str, b.str)), nil
		}
		return NewBool(strings.HasSuffix(a.str, b.str)), nil
	case a.kind == KindArray && b.kind == KindArray:
		n := len(a.list) - len(b.list)
		if n < 0 {
			return NewBool(false), nil
		}
		part := a.list[n:]
		if op == OpPrefix {
			part = a.list[:len(b.list)]
		}
		return NewBool(b.Equal(Term{kind: KindArray, list: part})), nil
	}
	return Term{}, typeError(methods[op], a, b)
}

// get returns an element of an array or the value of a key, or null when there is none.
func get(a, b Term) (Term, error) {
	switch {
	case a.kind == KindArray && b.kind == KindInteger:
		if i := b.Integer(); i >= 0 && i < int64(len(a.list)) {
			return a.list[i], nil
		}
		return NewNull(), nil
	case a.kind == KindMap && (b.kind == KindString || b.kind == KindInteger):
		for i := 0; i < len(a.list); i += 2 {
			if a.list[i].Equal(b) {
				return a.list[i+1], nil
			}
		}
		return NewNull(), nil
	}
	return Term{}, typeError(methods[OpGet], a, b)
}
