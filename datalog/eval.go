package datalog

import (
	"fmt"
	"slices"
)

// machine evaluates expressions for one combination of facts. It relies on what Rule.Validate has
// checked: the shape of trees, bound variables, no shadowing.
type machine struct {
	w      *World
	vars   []string // of the rule, by slot
	slots  []uint32
	locals []local // parameters of the closures being evaluated, innermost last
}

type local struct {
	name  string
	value Term
}

func typeError(what string, operands ...Term) error {
	kinds := make([]Kind, len(operands))
	for i, t := range operands {
		kinds[i] = t.kind
	}
	return invalid("datalog.Expr", fmt.Errorf("%w: %s of %v", ErrType, what, kinds))
}

// eval returns the value of an expression that is no closure.
func (m *machine) eval(e *Expr) (Term, error) {
	if e.Op == OpValue {
		return m.value(e.Term)
	}
	if err := m.w.budget.work(1); err != nil {
		return Term{}, err
	}
	switch e.Op {
	case OpLazyAnd, OpLazyOr:
		return m.lazy(e)
	case OpTryOr:
		return m.tryOr(e)
	}
	left, err := m.eval(e.Left)
	if err != nil {
		return Term{}, err
	}
	switch {
	case e.Op.Unary():
		return m.unary(e, left)
	case e.Op == OpAll || e.Op == OpAny:
		return m.quantify(e, left)
	}
	right, err := m.eval(e.Right)
	if err != nil {
		return Term{}, err
	}
	return m.binary(e, left, right)
}

// value returns a term, or the value of a variable. Variables are found by name: rules have few.
func (m *machine) value(t Term) (Term, error) {
	if t.kind != KindVariable {
		return t, nil
	}
	if err := m.w.budget.work((len(m.locals) + len(m.vars)) >> 3); err != nil {
		return Term{}, err
	}
	for _, l := range slices.Backward(m.locals) {
		if l.name == t.str {
			return l.value, nil
		}
	}
	for slot, name := range m.vars {
		if name == t.str {
			return m.w.terms.terms[m.slots[slot]], nil
		}
	}
	return Term{}, invalid("datalog.Expr", fmt.Errorf("%w: $%s", ErrUnbound, t.str))
}

// lazy evaluates the right operand only if the left one does not decide.
func (m *machine) lazy(e *Expr) (Term, error) {
	left, err := m.eval(e.Left)
	if err != nil {
		return Term{}, err
	}
	if left.kind != KindBool {
		return Term{}, typeError(operators[e.Op], left)
	}
	if left.Bool() == (e.Op == OpLazyOr) {
		return left, nil
	}
	right, err := m.eval(e.Right.Left)
	if err == nil && right.kind != KindBool {
		err = typeError(operators[e.Op], left, right)
	}
	return right, err
}

// tryOr gives the right operand in place of an error of the left one. The right one is evaluated in
// any case and its errors count. A limit that is reached in the left operand is not caught.
func (m *machine) tryOr(e *Expr) (Term, error) {
	right, err := m.eval(e.Right)
	if err != nil {
		return Term{}, err
	}
	locals := len(m.locals)
	left, err := m.eval(e.Left.Left)
	if err == nil || m.w.budget.over {
		return left, err
	}
	m.locals = m.locals[:locals]
	return right, nil
}

// quantify evaluates all and any.
func (m *machine) quantify(e *Expr, over Term) (Term, error) {
	if over.kind != KindSet && over.kind != KindArray && over.kind != KindMap {
		return Term{}, typeError(methods[e.Op], over)
	}
	decides := e.Op == OpAny
	for i := range over.Len() {
		if err := m.w.budget.work(1); err != nil {
			return Term{}, err
		}
		m.locals = append(m.locals, local{e.Right.Params[0], over.each(i)})
		t, err := m.eval(e.Right.Left)
		if err != nil {
			return Term{}, err
		}
		m.locals = m.locals[:len(m.locals)-1]
		if t.kind != KindBool {
			return Term{}, typeError(methods[e.Op], over, t)
		}
		if t.Bool() == decides {
			return t, nil
		}
	}
	return NewBool(!decides), nil
}

// each returns element i of a collection; of a map, the array of a key and its value.
func (t Term) each(i int) Term {
	if t.kind == KindMap {
		return Term{kind: KindArray, list: t.list[2*i : 2*i+2]}
	}
	return t.list[i]
}

// call asks a foreign function.
func (m *machine) call(name string, args ...Term) (Term, error) {
	const op = "datalog.Call"
	if m.w.functions == nil {
		return Term{}, invalid(op, fmt.Errorf("%w: %s", ErrFunction, name))
	}
	t, err := m.w.functions.Call(name, args...)
	if err != nil {
		return Term{}, invalid(op, fmt.Errorf("%s: %w", name, err))
	}
	if err := storable(op, t); err != nil {
		return Term{}, err
	}
	return t, m.w.budget.pass(t.size())
}

func (m *machine) unary(e *Expr, t Term) (Term, error) {
	switch e.Op {
	case OpParens:
		return t, nil
	case OpTypeOf:
		return NewString(t.kind.String()), nil
	case OpCall1:
		return m.call(e.Function, t)
	case OpNegate:
		if t.kind == KindBool {
			return NewBool(!t.Bool()), nil
		}
		return Term{}, typeError("!", t)
	}
	switch t.kind {
	case KindString, KindBytes:
		return NewInteger(int64(len(t.str))), nil
	case KindSet, KindArray, KindMap:
		return NewInteger(int64(t.Len())), nil
	}
	return Term{}, typeError(methods[e.Op], t)
}
