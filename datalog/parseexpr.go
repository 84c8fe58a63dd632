package datalog

import "strings"

// level is one rank of binary operators, loosest first. Longer spellings stand before their
// prefixes.
type level struct {
	ops         []Op
	associative bool // comparisons are not: a < b < c is an error
}

var levels = []level{
	{[]Op{OpLazyOr}, true},
	{[]Op{OpLazyAnd}, true},
	{[]Op{
		OpStrictEqual, OpStrictNotEqual, OpEqual, OpNotEqual,
		OpLessOrEqual, OpGreaterOrEqual, OpLess, OpGreater,
	}, false},
	{[]Op{OpBitXor}, true},
	{[]Op{OpBitOr}, true},
	{[]Op{OpBitAnd}, true},
	{[]Op{OpAdd, OpSub}, true},
	{[]Op{OpMul, OpDiv}, true},
}

func (p *parser) expression() (*Expr, error) { return p.binary(0) }

// binary reads operands of the next tighter level joined by this level's operators.
func (p *parser) binary(at int) (*Expr, error) {
	if at == len(levels) {
		return p.unary()
	}
	left, err := p.binary(at + 1)
	for err == nil {
		op, ok := p.operator(levels[at])
		if !ok {
			break
		}
		var right *Expr
		if right, err = p.binary(at + 1); err != nil {
			break
		}
		left = operation(op, left, right)
		if !levels[at].associative {
			break
		}
	}
	return left, err
}

// operation builds the tree of an operation that was written without closures around its lazy
// operand.
func operation(op Op, left, right *Expr) *Expr {
	lazyLeft, lazyRight, params := op.lazyOn()
	if lazyLeft {
		left = &Expr{Op: OpClosure, Left: left}
	}
	if lazyRight && params == 0 {
		right = &Expr{Op: OpClosure, Left: right}
	}
	return &Expr{Op: op, Left: left, Right: right}
}

func (p *parser) operator(l level) (Op, bool) {
	p.space()
	rest := p.src[p.pos:]
	for _, op := range l.ops {
		word := operators[op]
		// "|" and "&" are also the starts of "||" and "&&", which bind less tightly.
		lazy := (op == OpBitOr || op == OpBitAnd) && strings.HasPrefix(rest, word+word)
		if lazy || !strings.HasPrefix(rest, word) {
			continue
		}
		p.pos += len(word)
		return op, true
	}
	return 0, false
}

func (p *parser) unary() (*Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if !p.accept("!") {
		return p.methods()
	}
	operand, err := p.unary()
	return &Expr{Op: OpNegate, Left: operand}, err
}

// methods reads an operand and the calls that follow it.
func (p *parser) methods() (*Expr, error) {
	e, err := p.operand()
	for err == nil && p.accept(".") {
		e, err = p.method(e)
	}
	return e, err
}

func (p *parser) operand() (*Expr, error) {
	if p.accept("(") {
		inner, err := p.expression()
		if err != nil {
			return nil, err
		}
		return &Expr{Op: OpParens, Left: inner}, p.expect(")")
	}
	t, err := p.term(true)
	return &Expr{Op: OpValue, Term: t}, err
}

// method reads the call of a method of receiver, after the point.
func (p *parser) method(receiver *Expr) (*Expr, error) {
	start := p.pos
	word := p.name()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if function, ok := strings.CutPrefix(word, externPrefix); ok && function != "" {
		if p.accept(")") {
			return &Expr{Op: OpCall1, Function: function, Left: receiver}, nil
		}
		arg, err := p.expression()
		if err != nil {
			return nil, err
		}
		return &Expr{Op: OpCall2, Function: function, Left: receiver, Right: arg}, p.expect(")")
	}
	for op, name := range methods {
		if name == "" || name != word {
			continue
		}
		op := Op(op)
		if op.Unary() {
			return &Expr{Op: op, Left: receiver}, p.expect(")")
		}
		arg, err := p.argument(op)
		if err != nil {
			return nil, err
		}
		return operation(op, receiver, arg), p.expect(")")
	}
	p.pos = start
	return nil, p.fail("the name of a method")
}

// argument reads the argument of a method: a closure where the method takes one with parameters.
func (p *parser) argument(op Op) (*Expr, error) {
	if _, _, params := op.lazyOn(); params == 0 {
		return p.expression()
	}
	if err := p.expect("$"); err != nil {
		return nil, err
	}
	name, err := p.variable()
	if err != nil {
		return nil, err
	}
	if err := p.expect("->"); err != nil {
		return nil, err
	}
	body, err := p.expression()
	return &Expr{Op: OpClosure, Params: []string{name}, Left: body}, err
}
