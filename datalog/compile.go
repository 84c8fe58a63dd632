package datalog

import (
	"math"
	"slices"
)

// compiled is a rule ready to be joined: variables are slots and constants are term numbers.
type compiled struct {
	vars        []string // by slot
	body        []atom
	head        []operand
	target      *relation // of the head
	expressions []*Expr
	trusted     Origin
	origin      Origin // the block that the rule comes from
	fresh       bool   // the rule has not run yet, so it must see old facts too
	orders      [][]step
}

// atom is a predicate of the body.
type atom struct {
	rel   *relation
	terms []operand
}

// operand is a term number, or, if negative, the complement of a slot.
type operand int32

func (o operand) slot() (int, bool) { return int(^o), o < 0 }

// step matches one atom, given the bindings of the steps before it.
type step struct {
	atom  int
	mask  uint64 // columns whose value is known before the step, among the first 64
	known []bool // by column: the value is known, or was bound by an earlier column of this atom
}

// compile prepares the body of r. Only a rule that stays adds its relations and terms to the world.
func (w *World) compile(r *Rule, origin, trusted Origin, stays bool) (*compiled, error) {
	c := &compiled{trusted: trusted, origin: origin, expressions: r.Expressions, fresh: true}
	if err := w.budget.work(1 + len(r.Body)); err != nil {
		return nil, err
	}
	c.body = make([]atom, len(r.Body))
	for i := range r.Body {
		p := &r.Body[i]
		terms, err := w.operands(c, p.Terms, stays)
		if err != nil {
			return nil, err
		}
		rel := w.byName[signature{p.Name, len(terms)}]
		if rel == nil && stays {
			rel = w.relation(p.Name, len(terms))
		}
		if rel == nil {
			rel = &relation{name: p.Name, arity: len(terms)}
		}
		c.body[i] = atom{rel: rel, terms: terms}
	}
	c.orders = make([][]step, len(c.body))
	return c, nil
}

// nothing is an operand that equals the number of no term.
const nothing operand = math.MaxInt32

// operands returns terms as operands. A term that the world does not know is added to it or equals
// nothing.
func (w *World) operands(c *compiled, terms []Term, add bool) ([]operand, error) {
	out := make([]operand, len(terms))
	for i, t := range terms {
		if err := w.budget.work(1 + len(c.vars)>>3); err != nil {
			return nil, err
		}
		if t.kind == KindVariable {
			out[i] = ^operand(c.slot(t.str))
			continue
		}
		if !add {
			out[i] = nothing
			if id, ok := w.terms.ids[identity(t)]; ok {
				out[i] = operand(id)
			}
			continue
		}
		id, err := w.terms.intern(t, &w.budget)
		if err != nil {
			return nil, err
		}
		out[i] = operand(id)
	}
	return out, nil
}

// slot returns the slot of a variable, adding one if it is new.
func (c *compiled) slot(name string) int {
	if i := slices.Index(c.vars, name); i >= 0 {
		return i
	}
	c.vars = append(c.vars, name)
	return len(c.vars) - 1
}

// order returns the steps that match the body starting from one atom: after it, always the atom
// with the most known columns, the first of equals.
func (c *compiled) order(first int, b *budget) ([]step, error) {
	if len(c.body) == 0 {
		return nil, nil
	}
	if c.orders[first] != nil {
		return c.orders[first], nil
	}
	terms := 0
	for _, a := range c.body {
		terms += 1 + len(a.terms)
	}
	if err := b.work(len(c.body) * terms >> 2); err != nil {
		return nil, err
	}
	bound := make([]bool, len(c.vars))
	used := make([]bool, len(c.body))
	steps := make([]step, 0, len(c.body))
	for next := first; next >= 0; next = c.mostKnown(used, bound) {
		used[next] = true
		steps = append(steps, c.step(next, bound))
	}
	c.orders[first] = steps
	return steps, nil
}

func (c *compiled) mostKnown(used, bound []bool) int {
	best, most := -1, -1
	for i, a := range c.body {
		if used[i] {
			continue
		}
		n := 0
		for _, t := range a.terms {
			if s, variable := t.slot(); !variable || bound[s] {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
}

// step describes the match of one atom and marks the variables that it binds.
func (c *compiled) step(i int, bound []bool) step {
	terms := c.body[i].terms
	s := step{atom: i, known: make([]bool, len(terms))}
	for col, t := range terms {
		slot, variable := t.slot()
		if !variable || bound[slot] {
			s.known[col] = true
			if col < 64 {
				s.mask |= 1 << col
			}
		}
	}
	for col, t := range terms {
		if slot, variable := t.slot(); variable {
			s.known[col] = s.known[col] || bound[slot]
			bound[slot] = true
		}
	}
	return s
}
