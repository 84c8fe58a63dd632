package datalog

import (
	"fmt"
	"slices"
)

// Validate reports the first reason why a rule cannot be evaluated, or nil: a variable of the head
// or of an expression that the body does not bind ([ErrUnbound]), a closure where none is allowed
// ([ErrType]) or whose parameter shadows another variable ([ErrShadowed]), or too much nesting
// ([ErrDepth]).
func (r *Rule) Validate() error {
	bound := r.variables()
	for _, t := range r.Head.Terms {
		if t.kind == KindVariable && !bound.has(t.str) {
			return invalid("datalog.Validate", fmt.Errorf("%w: $%s", ErrUnbound, t.str))
		}
	}
	return r.validExpressions(bound)
}

// validExpressions checks a query of a check: its head is not used.
func (r *Rule) validExpressions(bound names) error {
	for _, e := range r.Expressions {
		if err := bound.validate(e, nil, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// names are the variables that a body binds, sorted.
type names []string

func (r *Rule) variables() (n names) {
	for i := range r.Body {
		for j := range r.Body[i].Terms {
			if t := &r.Body[i].Terms[j]; t.kind == KindVariable {
				n = append(n, t.str)
			}
		}
	}
	slices.Sort(n)
	return n
}

func (n names) has(name string) bool {
	_, ok := slices.BinarySearch(n, name)
	return ok
}

// validate checks e, whose enclosing closures have bound locals. params says what e must be: a
// closure of params-1 parameters, or, for 0, no closure.
func (n names) validate(e *Expr, locals []string, params, depth int) error {
	const op = "datalog.Validate"
	switch {
	case depth > MaxDepth:
		return invalid(op, ErrDepth)
	case e == nil || (e.Op == OpClosure) != (params > 0):
		return invalid(op, fmt.Errorf("%w: misplaced closure", ErrType))
	case e.Op == OpValue:
		if name := e.Term.str; e.Term.kind == KindVariable && !slices.Contains(locals, name) && !n.has(name) {
			return invalid(op, fmt.Errorf("%w: $%s", ErrUnbound, name))
		}
		return nil
	case e.Op == OpClosure:
		if len(e.Params) != params-1 {
			return invalid(op, fmt.Errorf("%w: closure of %d parameters", ErrType, len(e.Params)))
		}
		for _, p := range e.Params {
			if slices.Contains(locals, p) || n.has(p) {
				return invalid(op, fmt.Errorf("%w: $%s", ErrShadowed, p))
			}
		}
		return n.validate(e.Left, append(slices.Clip(locals), e.Params...), 0, depth+1)
	case !e.Op.Unary() && !e.Op.Binary():
		return invalid(op, fmt.Errorf("%w: operation %#x", ErrType, uint8(e.Op)))
	}
	lazyLeft, lazyRight, arity := e.Op.lazyOn()
	want := func(lazy bool) int {
		if lazy {
			return arity + 1
		}
		return 0
	}
	if err := n.validate(e.Left, locals, want(lazyLeft), depth+1); err != nil || e.Op.Unary() {
		return err
	}
	return n.validate(e.Right, locals, want(lazyRight), depth+1)
}
