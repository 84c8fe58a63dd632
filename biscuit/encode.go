package biscuit

import (
	"fmt"

	"github.com/aura-runtime/aura/datalog"
)

// encoder writes statements, numbering strings and keys in its tables. The first error stays in
// err, and the output is then invalid.
type encoder struct {
	tables *tables
	err    error
}

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf("%w: "+format, append([]any{ErrForm}, args...)...)
	}
}

// statements appends the facts, rules, checks and scopes of a program as four fields from number
// on.
func (e *encoder) statements(b []byte, p *datalog.Program, number int) []byte {
	for i := range p.Facts {
		b = appendBytes(b, number, e.fact(&p.Facts[i]))
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if err := r.Validate(); err != nil {
			e.fail("%w", err)
		}
		b = appendBytes(b, number+1, e.rule(r))
	}
	for i := range p.Checks {
		c := &p.Checks[i]
		if len(c.Queries) == 0 || c.Kind > datalog.CheckRejectIf {
			e.fail("check without queries or kind")
		}
		m := e.queries(c.Queries)
		if c.Kind != datalog.CheckIf {
			m = appendNumber(m, 2, uint64(c.Kind))
		}
		b = appendBytes(b, number+2, m)
	}
	for _, s := range p.Scopes {
		b = appendBytes(b, number+3, e.scope(s))
	}
	return b
}

func (e *encoder) fact(p *datalog.Predicate) []byte {
	for _, t := range p.Terms {
		if t.Kind() == datalog.KindVariable {
			e.fail("fact with a variable")
		}
	}
	return appendBytes(nil, 1, e.predicate(p))
}

func (e *encoder) predicate(p *datalog.Predicate) []byte {
	b := appendNumber(nil, 1, e.tables.number(p.Name))
	for _, t := range p.Terms {
		b = appendBytes(b, 2, e.term(t))
	}
	return b
}

func (e *encoder) rule(r *datalog.Rule) []byte {
	b := appendBytes(nil, 1, e.predicate(&r.Head))
	for i := range r.Body {
		b = appendBytes(b, 2, e.predicate(&r.Body[i]))
	}
	for _, x := range r.Expressions {
		b = appendBytes(b, 3, e.postfix(nil, 1, x))
	}
	for _, s := range r.Scopes {
		b = appendBytes(b, 4, e.scope(s))
	}
	return b
}

func (e *encoder) queries(queries []datalog.Rule) (b []byte) {
	for i := range queries {
		b = appendBytes(b, 1, e.rule(&queries[i]))
	}
	return b
}

func (e *encoder) scope(s datalog.Scope) []byte {
	if s.Kind != datalog.ScopeKey {
		return appendNumber(nil, 1, uint64(s.Kind))
	}
	if err := checkKey(s.Key); err != nil {
		e.fail("%w", err)
	}
	return appendNumber(nil, 2, e.tables.keyNumber(s.Key))
}

func (e *encoder) term(t datalog.Term) []byte {
	number := int(t.Kind())
	switch t.Kind() {
	case datalog.KindVariable, datalog.KindString:
		return appendNumber(nil, number, e.tables.number(t.Text()))
	case datalog.KindInteger:
		return appendNumber(nil, number, uint64(t.Integer()))
	case datalog.KindDate:
		return appendNumber(nil, number, t.Date())
	case datalog.KindBytes:
		return appendBytes(nil, number, t.Text())
	case datalog.KindBool:
		if t.Bool() {
			return appendNumber(nil, number, 1)
		}
		return appendNumber(nil, number, 0)
	case datalog.KindNull:
		return appendBytes(nil, number, "")
	case datalog.KindSet, datalog.KindArray:
		var elems []byte
		for i := range t.Len() {
			elems = appendBytes(elems, 1, e.term(t.At(i)))
		}
		return appendBytes(nil, number, elems)
	case datalog.KindMap:
		return appendBytes(nil, number, e.entries(t))
	}
	e.fail("term of no kind")
	return nil
}

func (e *encoder) entries(t datalog.Term) (b []byte) {
	for i := range t.Len() {
		entry := t.EntryAt(i)
		key := appendNumber(nil, 1, uint64(entry.Key.Integer()))
		if entry.Key.Kind() == datalog.KindString {
			key = appendNumber(nil, 2, e.tables.number(entry.Key.Text()))
		}
		b = appendBytes(b, 1, appendBytes(appendBytes(nil, 1, key), 2, e.term(entry.Value)))
	}
	return b
}

// postfix appends the operations of a tree, operands first, each as a field of the given number.
func (e *encoder) postfix(b []byte, number int, x *datalog.Expr) []byte {
	var op []byte
	switch {
	case x == nil:
		e.fail("expression without an operand")
		return nil
	case x.Op == datalog.OpValue:
		op = appendBytes(nil, 1, e.term(x.Term))
	case x.Op == datalog.OpClosure:
		var closure []byte
		for _, p := range x.Params {
			closure = appendNumber(closure, 1, e.tables.number(p))
		}
		op = appendBytes(nil, 4, e.postfix(closure, 2, x.Left))
	case x.Op.Unary():
		b = e.postfix(b, number, x.Left)
		op = appendBytes(nil, 2, e.function(x, unaryBase))
	case x.Op.Binary():
		b = e.postfix(e.postfix(b, number, x.Left), number, x.Right)
		op = appendBytes(nil, 3, e.function(x, binaryBase))
	default:
		e.fail("operation %#x", uint8(x.Op))
	}
	return appendBytes(b, number, op)
}

func (e *encoder) function(x *datalog.Expr, base uint64) []byte {
	b := appendNumber(nil, 1, uint64(x.Op)-base)
	if x.Op == datalog.OpCall1 || x.Op == datalog.OpCall2 {
		b = appendNumber(b, 2, e.tables.number(x.Function))
	}
	return b
}
