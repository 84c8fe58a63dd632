package biscuit

import (
	"fmt"

	"github.com/aura-runtime/aura/datalog"
)

// Expressions travel in postfix order. Unary and binary operations are numbered apart; datalog.Op
// keeps their numbers above these bases.
const (
	unaryBase  = uint64(datalog.OpNegate)
	binaryBase = uint64(datalog.OpLess)
)

func (d decoder) expression(s string) (*datalog.Expr, error) {
	var b builder
	err := fields(s, func(f field) error {
		if f.number != 1 {
			return f.unknown()
		}
		return b.op(f, d, 0)
	})
	if err != nil {
		return nil, err
	}
	return b.result()
}

// builder turns postfix order into a tree.
type builder struct{ stack []*datalog.Expr }

func (b *builder) push(e *datalog.Expr) error {
	b.stack = append(b.stack, e)
	return nil
}

func (b *builder) pop() (*datalog.Expr, error) {
	if len(b.stack) == 0 {
		return nil, fmt.Errorf("%w: operation without operand", ErrForm)
	}
	e := b.stack[len(b.stack)-1]
	b.stack = b.stack[:len(b.stack)-1]
	return e, nil
}

func (b *builder) result() (*datalog.Expr, error) {
	if len(b.stack) != 1 {
		return nil, fmt.Errorf("%w: expression leaves %d values", ErrForm, len(b.stack))
	}
	return b.stack[0], nil
}

// op reads one operation inside of depth closures.
func (b *builder) op(f field, d decoder, depth int) error {
	if err := f.is(counted); err != nil {
		return err
	}
	if depth > datalog.MaxDepth {
		return fmt.Errorf("%w: %w", ErrForm, datalog.ErrDepth)
	}
	n := 0
	err := fields(f.bytes, func(f field) error {
		n++
		if err := f.once(counted); err != nil {
			return err
		}
		switch f.number {
		case 1:
			t, err := d.term(f.bytes)
			if err != nil {
				return err
			}
			return b.push(&datalog.Expr{Op: datalog.OpValue, Term: t})
		case 2, 3:
			return b.apply(f, d)
		case 4:
			e, err := d.closure(f.bytes, depth)
			if err != nil {
				return err
			}
			return b.push(e)
		}
		return f.unknown()
	})
	if err == nil && n != 1 {
		err = missing("operation", "one content")
	}
	return err
}

// apply reads a unary or binary operation and takes its operands.
func (b *builder) apply(f field, d decoder) (err error) {
	base, last := unaryBase, uint64(datalog.OpCall1)
	if f.number == 3 {
		base, last = binaryBase, uint64(datalog.OpTryOr)
	}
	e := &datalog.Expr{}
	var hasKind, hasName bool
	err = fields(f.bytes, func(f field) error {
		switch f.number {
		case 1:
			hasKind = true
			if f.value > last-base {
				return fmt.Errorf("%w: operation %d", ErrForm, f.value)
			}
			e.Op = datalog.Op(base + f.value)
			return f.once(varint)
		case 2:
			hasName = true
			return d.symbol(f, &e.Function)
		}
		return f.unknown()
	})
	if err != nil {
		return err
	}
	if foreign := e.Op == datalog.OpCall1 || e.Op == datalog.OpCall2; !hasKind || foreign != hasName {
		return missing("operation", "kind or name")
	}
	if e.Op.Binary() {
		if e.Right, err = b.pop(); err != nil {
			return err
		}
	}
	if e.Left, err = b.pop(); err != nil {
		return err
	}
	return b.push(e)
}

func (d decoder) closure(s string, depth int) (*datalog.Expr, error) {
	e := &datalog.Expr{Op: datalog.OpClosure}
	var body builder
	err := fields(s, func(f field) error {
		switch f.number {
		case 1:
			return d.params(f, &e.Params)
		case 2:
			return body.op(f, d, depth+1)
		}
		return f.unknown()
	})
	if err != nil {
		return nil, err
	}
	e.Left, err = body.result()
	return e, err
}

// params reads parameters, one a field or packed together: writers of either kind exist.
func (d decoder) params(f field, into *[]string) error {
	numbers := []uint64{f.value}
	if f.wire == counted {
		numbers = numbers[:0]
		for rest := f.bytes; rest != ""; {
			n, after, err := readVarint(rest)
			if err != nil {
				return err
			}
			numbers, rest = append(numbers, n), after
		}
	}
	for _, n := range numbers {
		name, err := d.tables.symbol(n)
		if err != nil {
			return err
		}
		*into = append(*into, name)
	}
	return nil
}
