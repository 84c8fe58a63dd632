package reactive

import (
	"math"
	"slices"

	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
)

// demand is a rule's condition on one fact: the predicates of its body that share an identifier. A fact that
// meets no demand of a query cannot take part in its answer, so it is neither read, where the journal can tell,
// nor kept.
type demand struct {
	atoms    []*datalog.Predicate
	kind     string // the only kind that meets it; empty: any
	never    bool   // no fact meets it
	from, to int64  // the positions that meet it
}

// demands returns the conditions of a rule on each fact.
func (l *Logic) demands(r *datalog.Rule) []demand {
	var all []demand
	var ids []datalog.Term
	for i := range r.Body {
		p := &r.Body[i]
		if _, of := l.kinds[p.Name]; !of && !l.aspects[p.Name] {
			continue
		}
		at := slices.IndexFunc(ids, p.Terms[0].Equal)
		if at < 0 {
			at = len(ids)
			ids = append(ids, p.Terms[0])
			all = append(all, demand{from: math.MinInt64, to: math.MaxInt64})
		}
		all[at].add(l, p)
	}
	for i := range all {
		all[i].narrow(r.Expressions)
	}
	return all
}

// add notes one predicate.
func (d *demand) add(l *Logic, p *datalog.Predicate) {
	d.atoms = append(d.atoms, p)
	kind := ""
	if k, of := l.kinds[p.Name]; of {
		kind = k.Name
	} else if p.Name == aspectKind && p.Terms[1].Kind() != datalog.KindVariable {
		kind = p.Terms[1].Text()
		d.never = d.never || p.Terms[1].Kind() != datalog.KindString
	} else if p.Name == aspectPosition && p.Terms[1].Kind() == datalog.KindInteger {
		d.from, d.to = max(d.from, p.Terms[1].Integer()), min(d.to, p.Terms[1].Integer())
	}
	if kind == "" {
		return
	}
	d.never = d.never || d.kind != "" && d.kind != kind
	d.kind = kind
}

// narrow takes the bounds on the fact's position from the conditions of the rule: $n > 100.
func (d *demand) narrow(conditions []*datalog.Expr) {
	for _, p := range d.atoms {
		if p.Name != aspectPosition || p.Terms[1].Kind() != datalog.KindVariable {
			continue
		}
		for _, e := range conditions {
			d.condition(e, p.Terms[1])
		}
	}
}

func (d *demand) condition(e *datalog.Expr, position datalog.Term) {
	for e.Op == datalog.OpParens {
		e = e.Left
	}
	if !e.Op.Binary() || e.Left.Op != datalog.OpValue || e.Right.Op != datalog.OpValue {
		return
	}
	op, left, right := e.Op, e.Left.Term, e.Right.Term
	if right.Equal(position) {
		left, right, op = right, left, mirrored(op)
	}
	if !left.Equal(position) || right.Kind() != datalog.KindInteger {
		return
	}
	n := right.Integer()
	switch op {
	case datalog.OpGreater:
		d.never = d.never || n == math.MaxInt64
		d.from = max(d.from, n+1)
	case datalog.OpGreaterOrEqual:
		d.from = max(d.from, n)
	case datalog.OpLess:
		d.never = d.never || n == math.MinInt64
		d.to = min(d.to, n-1)
	case datalog.OpLessOrEqual:
		d.to = min(d.to, n)
	case datalog.OpEqual, datalog.OpStrictEqual:
		d.from, d.to = max(d.from, n), min(d.to, n)
	}
}

// mirrored returns the operation that says the same with its sides exchanged; zero for one without.
func mirrored(op datalog.Op) datalog.Op {
	switch op {
	case datalog.OpGreater:
		return datalog.OpLess
	case datalog.OpGreaterOrEqual:
		return datalog.OpLessOrEqual
	case datalog.OpLess:
		return datalog.OpGreater
	case datalog.OpLessOrEqual:
		return datalog.OpGreaterOrEqual
	case datalog.OpEqual, datalog.OpStrictEqual:
		return op
	}
	return 0
}

// met reports whether a fact, given by its statement, meets the demand.
func (d *demand) met(s *statement) bool {
	p := int64(s.record.Position)
	if d.never || d.kind != "" && d.kind != s.record.Fact.Kind || p < d.from || p > d.to {
		return false
	}
	for _, a := range d.atoms {
		if !s.fits(a) {
			return false
		}
	}
	return true
}

// readRange is the part of the journal that a query reads.
type readRange struct {
	kinds         []string // ascending; empty: all
	after, beyond fact.Position
	nothing       bool
}

// readRangeOf returns the facts that meet any of the demands.
func readRangeOf(demands []demand) readRange {
	r := readRange{after: math.MaxUint64, nothing: true}
	all := false
	for i := range demands {
		d := &demands[i]
		if d.never || d.from > d.to || d.to < 1 {
			continue
		}
		r.nothing = false
		r.after = min(r.after, fact.Position(max(d.from, 1)-1))
		r.beyond = max(r.beyond, fact.Position(d.to))
		all = all || d.kind == ""
		r.kinds = append(r.kinds, d.kind)
	}
	if all || r.nothing {
		r.kinds = nil
	}
	slices.Sort(r.kinds)
	r.kinds = slices.Compact(r.kinds)
	return r
}
