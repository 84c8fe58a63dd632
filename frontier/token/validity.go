package token

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// The facts by which a deciding agent states the time and the context.
const predicateTime, predicateContext = "time", "context"

// Validity is the interval of time around an evaluation in which its answer cannot change.
type Validity struct {
	// Known is false when a token uses the time in a way that gives no such interval: the answer holds for this
	// second alone and must not be cached.
	Known bool
	// The answer holds at From and up to, but not at, Until. The extremes mean without end.
	From, Until aura.Instant
}

const (
	earliest = aura.Instant(-1 << 63)
	latest   = aura.Instant(1<<63 - 1)
)

// Intersect returns the interval in which both answers hold.
func (h Validity) Intersect(o Validity) Validity {
	return Validity{Known: h.Known && o.Known, From: max(h.From, o.From), Until: min(h.Until, o.Until)}
}

// Covers reports whether the answer holds at an instant.
func (h Validity) Covers(at aura.Instant) bool { return h.Known && h.From <= at && at < h.Until }

// Always is the validity of an answer that does not depend on the time.
func Always() Validity { return Validity{Known: true, From: earliest, Until: latest} }

// turns returns the seconds at which an answer may change, ascending. False: they are not known, because a block uses
// the time otherwise than to compare it with fixed dates in a check.
func turns(blocks []*biscuit.Block) (at []uint64, known bool) {
	for _, b := range blocks {
		for i := range b.Program.Rules {
			if reads(&b.Program.Rules[i], predicateTime) {
				return nil, false
			}
		}
		for _, c := range b.Program.Checks {
			for i := range c.Queries {
				q, ok := queryTurns(&c.Queries[i])
				if !ok {
					return nil, false
				}
				at = append(at, q...)
			}
		}
	}
	slices.Sort(at)
	return slices.Compact(at), true
}

// bound reports whether anything in a token asks for the context.
func bound(blocks []*biscuit.Block) bool {
	of := func(r datalog.Rule) bool { return reads(&r, predicateContext) }
	return slices.ContainsFunc(blocks, func(b *biscuit.Block) bool {
		return slices.ContainsFunc(b.Program.Rules, of) || slices.ContainsFunc(b.Program.Checks, func(c datalog.Check) bool {
			return slices.ContainsFunc(c.Queries, of)
		})
	})
}

// reads reports whether a rule's body asks for a predicate.
func reads(r *datalog.Rule, name string) bool {
	return slices.ContainsFunc(r.Body, func(p datalog.Predicate) bool { return p.Name == name })
}

func queryTurns(q *datalog.Rule) (at []uint64, known bool) {
	if !reads(q, predicateTime) {
		return nil, true
	}
	for i := range q.Body {
		p := &q.Body[i]
		if p.Name != predicateTime {
			continue
		}
		if len(p.Terms) != 1 || p.Terms[0].Kind() != datalog.KindVariable || named(q, p.Terms[0].Text()) != 1 {
			return nil, false
		}
		for _, e := range q.Expressions {
			if at, known = compared(at, e, p.Terms[0].Text()); !known {
				return nil, false
			}
		}
	}
	return at, true
}

// named counts the places in a body that hold a variable.
func named(q *datalog.Rule, variable string) (n int) {
	for i := range q.Body {
		for _, t := range q.Body[i].Terms {
			if t.Kind() == datalog.KindVariable && t.Text() == variable {
				n++
			}
		}
	}
	return n
}

// compared collects the dates with which an expression compares a variable. False: the variable is used in
// another way too. The result of the whole expression changes only when one of its comparisons does.
func compared(at []uint64, e *datalog.Expr, variable string) ([]uint64, bool) {
	if e == nil {
		return at, true
	}
	if date, ok := comparison(e, variable); ok {
		// Second granularity: a comparison with d changes at d, or in the second after it.
		return append(at, date, date+1), true
	}
	if isVariable(e, variable) {
		return nil, false
	}
	at, known := compared(at, e.Left, variable)
	if !known {
		return nil, false
	}
	return compared(at, e.Right, variable)
}

// comparison returns the date with which an expression compares the variable; false: it is no such comparison.
func comparison(e *datalog.Expr, variable string) (date uint64, ok bool) {
	switch e.Op {
	case datalog.OpLess, datalog.OpLessOrEqual, datalog.OpGreater, datalog.OpGreaterOrEqual,
		datalog.OpStrictEqual, datalog.OpStrictNotEqual, datalog.OpEqual, datalog.OpNotEqual:
	default:
		return 0, false
	}
	x, y := e.Left, e.Right
	if isVariable(y, variable) {
		x, y = y, x
	}
	if !isVariable(x, variable) || y.Op != datalog.OpValue || y.Term.Kind() != datalog.KindDate {
		return 0, false
	}
	return y.Term.Date(), true
}

func isVariable(e *datalog.Expr, variable string) bool {
	return e.Op == datalog.OpValue && e.Term.Kind() == datalog.KindVariable && e.Term.Text() == variable
}

// around returns the interval between two turns that holds an instant.
func around(at []uint64, now aura.Instant) Validity {
	h := Always()
	for _, second := range at {
		if second > uint64(latest)/1e9 {
			break // beyond the calendar
		}
		turn := aura.Instant(second * 1e9)
		if turn > now {
			h.Until = turn
			break
		}
		h.From = turn
	}
	return h
}
