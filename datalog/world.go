package datalog

import (
	"iter"
	"slices"
	"strings"
)

// Functions calls the functions that expressions name by "extern::". Implementations must be pure: the same
// arguments give the same answer. An unknown name should be answered by [ErrFunction].
type Functions interface {
	// Call returns the value of a function for one or two arguments. An error fails the evaluation.
	Call(name string, args ...Term) (Term, error)
}

// World holds facts and rules and derives all facts that follow from them. It serves one evaluation at a
// time. The zero World is not usable: see [NewWorld].
type World struct {
	budget    budget
	functions Functions
	terms     interner
	relations []*relation
	byName    map[signature]*relation
	rules     []*compiled
	regexps   map[string]pattern
	row       []uint32 // scratch
	failed    error    // of Run: what follows is not known, so no question has an answer
}

// signature tells relations apart.
type signature struct {
	name  string
	arity int
}

// Fact is a fact with the origin that it was stated in or derived from.
type Fact struct {
	Predicate
	Origin Origin
}

// NewWorld returns an empty world. Functions may be nil: then there are none.
func NewWorld(limits Limits, functions Functions) *World {
	limits = limits.orDefault()
	w := &World{
		functions: functions, budget: budget{limits: limits, facts: limits.Facts, bytes: limits.Bytes},
		terms:  interner{ids: map[scalar]uint32{}},
		byName: map[signature]*relation{},
	}
	w.budget.refill()
	return w
}

// Interrupt has fn asked every few thousand steps from now on. Its first error ends the evaluation, as a limit
// does, and is returned as it is.
func (w *World) Interrupt(fn func() error) { w.budget.interrupt = fn }

// Refill starts the counts of iterations, of steps and of bytes made along the way anew, so that a
// world can be asked many times. The memory that it keeps stays counted.
func (w *World) Refill() { w.budget.refill() }

// Spent returns how many steps were taken since the world was made or refilled.
func (w *World) Spent() int { return w.budget.limits.Steps - w.budget.steps }

// Rounds returns how many iterations were made since the world was made or refilled.
func (w *World) Rounds() int { return w.budget.limits.Iterations - w.budget.iterations }

// relation returns the relation of a name and an arity, making it if it is new.
func (w *World) relation(name string, arity int) *relation {
	key := signature{name, arity}
	r := w.byName[key]
	if r == nil {
		r = &relation{name: name, arity: arity}
		w.byName[key] = r
		w.relations = append(w.relations, r)
	}
	return r
}

// AddFact states a fact. One that is there already, with the same origin, changes nothing. It
// returns [aura.Invalid] for a fact with a variable.
func (w *World) AddFact(origin Origin, f Predicate) error {
	w.row = w.row[:0]
	for _, t := range f.Terms {
		if err := storable("datalog.AddFact", t); err != nil {
			return err
		}
		id, err := w.terms.intern(t, &w.budget)
		if err != nil {
			return err
		}
		w.row = append(w.row, id)
	}
	_, err := w.relation(f.Name, len(f.Terms)).insert(w.row, origin, &w.budget)
	return err
}

// AddRule adds a rule of a block. It sees facts whose origin is within trusted, and a derived fact
// has the origin of the block and of all facts used. It returns the error of [Rule.Validate].
func (w *World) AddRule(origin, trusted Origin, r *Rule) error {
	if err := r.Validate(); err != nil {
		return err
	}
	c, err := w.compile(r, origin, trusted, true)
	if err != nil {
		return err
	}
	if c.head, err = w.operands(c, r.Head.Terms, true); err != nil {
		return err
	}
	c.target = w.relation(r.Head.Name, len(r.Head.Terms))
	w.rules = append(w.rules, c)
	return nil
}

// Run applies the rules until nothing new follows. It may be called again after more was added.
// After an error the world is of no further use: it holds only a part of the derived facts, and all its
// methods that answer return the error again.
func (w *World) Run() error {
	if w.failed == nil {
		w.failed = w.run()
	}
	return w.failed
}

func (w *World) run() error {
	for w.advance() {
		if err := w.budget.iterate(); err != nil {
			return err
		}
		for _, c := range w.rules {
			if err := w.apply(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// advance makes the rows that were added current and reports whether there is anything for the
// rules to do.
func (w *World) advance() bool {
	busy := slices.ContainsFunc(w.rules, func(c *compiled) bool { return c.fresh })
	for _, r := range w.relations {
		r.old, r.current = r.current, r.len()
		busy = busy || r.old < r.current
	}
	return busy && len(w.rules) > 0
}

// apply derives the facts that follow by one rule from the new ones, or from all if the rule is fresh.
func (w *World) apply(c *compiled) error {
	if c.fresh {
		c.fresh = false
		return w.match(c, seenFacts, (*join).derive)
	}
	for i, a := range c.body {
		if a.rel.old == a.rel.current {
			continue
		}
		if err := w.match(c, i, (*join).derive); err != nil {
			return err
		}
	}
	return nil
}

// derive adds the head of the present combination to the world.
func (j *join) derive(origin Origin) (stop bool, err error) {
	if ok, err := j.passes(); !ok || err != nil {
		return err != nil, err
	}
	row := j.head()
	_, err = j.rule.target.insert(row, origin|j.rule.origin, &j.w.budget)
	return err != nil, err
}

// head returns the terms of the head, valid until the next call.
func (j *join) head() []uint32 {
	row := j.w.row[:0]
	for _, t := range j.rule.head {
		row = append(row, j.value(t))
	}
	j.w.row = row
	return row
}

// Select finds the facts that a rule would derive from the present ones, without adding it: each fact once
// for each of its origins, in the order found. A fact is made when the iteration reaches it, from terms that
// it shares with the world: an answer of a million rows takes the memory of its numbers. Call [World.Run] first.
func (w *World) Select(origin, trusted Origin, r *Rule) (iter.Seq[Fact], error) {
	if w.failed != nil {
		return nil, w.failed
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	c, err := w.compile(r, origin, trusted, false)
	if err != nil {
		return nil, err
	}
	if c.head, err = w.operands(c, r.Head.Terms, true); err != nil {
		return nil, err
	}
	found := &relation{name: r.Head.Name, arity: len(r.Head.Terms)}
	c.target = found
	err = w.match(c, everything, (*join).derive)
	// The answer is bounded like facts, but the world does not keep it.
	w.budget.facts += found.len()
	w.budget.bytes += found.len() * rowBytes(found.arity)
	if err != nil {
		return nil, err
	}
	return w.facts(found), nil
}

// Check reports whether a check holds. trusted gives the origins that each of its queries trusts.
// Call [World.Run] first.
func (w *World) Check(c *Check, trusted func(query *Rule) Origin) (bool, error) {
	for i := range c.Queries {
		q := &c.Queries[i]
		var met bool
		var err error
		if c.Kind == CheckAll {
			met, err = w.matchesAll(q, trusted(q))
		} else {
			met, err = w.Matches(q, trusted(q))
		}
		if met || err != nil {
			return met && c.Kind != CheckRejectIf, err
		}
	}
	return c.Kind == CheckRejectIf, nil
}

// Matches reports whether some combination of facts within trusted matches a query and passes its
// expressions. Its head is not used. Call [World.Run] first.
func (w *World) Matches(query *Rule, trusted Origin) (matched bool, err error) {
	err = w.each(query, trusted, func(passes bool) (stop bool) {
		matched = passes
		return passes
	})
	return matched && err == nil, err
}

// matchesAll reports whether there is a combination that matches the query's body, and all of them
// pass.
func (w *World) matchesAll(query *Rule, trusted Origin) (matched bool, err error) {
	err = w.each(query, trusted, func(passes bool) (stop bool) {
		matched = passes
		return !passes
	})
	return matched && err == nil, err
}

// each tells found of every combination that matches the query's body whether it passes the
// expressions.
func (w *World) each(query *Rule, trusted Origin, found func(passes bool) (stop bool)) error {
	if w.failed != nil {
		return w.failed
	}
	if err := query.validExpressions(query.variables()); err != nil {
		return err
	}
	c, err := w.compile(query, 0, trusted, false)
	if err != nil {
		return err
	}
	return w.match(c, everything, func(j *join, _ Origin) (bool, error) {
		ok, err := j.passes()
		return err != nil || found(ok), err
	})
}

// Facts iterates over all facts, given and derived, ordered by name, arity and arrival.
func (w *World) Facts() iter.Seq[Fact] {
	relations := slices.SortedFunc(slices.Values(w.relations), func(a, b *relation) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return a.arity - b.arity
	})
	return func(yield func(Fact) bool) {
		for _, r := range relations {
			for f := range w.facts(r) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

func (w *World) facts(r *relation) iter.Seq[Fact] {
	return func(yield func(Fact) bool) {
		for i := range r.len() {
			terms := make([]Term, r.arity)
			for col, id := range r.row(i) {
				terms[col] = w.terms.terms[id]
			}
			if !yield(Fact{Predicate{r.name, terms}, r.origins[i]}) {
				return
			}
		}
	}
}
