package datalog

// join enumerates the combinations of facts that match a rule's body.
type join struct {
	w     *World
	rule  *compiled
	steps []step
	// delta is the atom that is matched with new facts only; atoms before it are matched with old
	// facts only, atoms after it with both. Each combination with a new fact is so found once. Or
	// it is one of the constants below.
	delta int
	slots []uint32 // values of variables
	found func(*join, Origin) (stop bool, err error)
}

const (
	seenFacts  = -1 // match all atoms with the facts of this iteration and before
	everything = -2 // match all atoms with all facts
)

// match runs found for each combination until it says stop. The order is fixed by the order of
// facts.
func (w *World) match(c *compiled, delta int, found func(*join, Origin) (bool, error)) error {
	if err := w.budget.work(1 + len(c.vars)>>3); err != nil {
		return err
	}
	j := &join{w: w, rule: c, delta: delta, slots: make([]uint32, len(c.vars)), found: found}
	var err error
	if j.steps, err = c.order(max(delta, 0), &w.budget); err != nil {
		return err
	}
	_, err = j.from(0, 0)
	return err
}

// rows returns the range of rows that an atom is matched with.
func (j *join) rows(i int) (from, to int) {
	rel := j.rule.body[i].rel
	switch {
	case j.delta == everything:
		return 0, rel.len()
	case j.delta == seenFacts || i > j.delta:
		return 0, rel.current
	case i == j.delta:
		return rel.old, rel.current
	}
	return 0, rel.old
}

// from matches the steps from n on. origin is the union of the origins of the facts matched so far.
func (j *join) from(n int, origin Origin) (stop bool, err error) {
	if n == len(j.steps) {
		return j.found(j, origin)
	}
	s := &j.steps[n]
	from, to := j.rows(s.atom)
	a := &j.rule.body[s.atom]
	const worthIndexing = 16
	if s.mask == 0 || to-from < worthIndexing {
		for row := from; row < to && !stop && err == nil; row++ {
			stop, err = j.try(n, a, s, row, origin)
		}
		return stop, err
	}
	index, err := a.rel.indexed(s.mask, &j.w.budget)
	if err != nil {
		return true, err
	}
	for row := index.head(j.hash(a, s.mask)); row != noRow && int(row) >= from; row = index.next[row] {
		if int(row) >= to {
			continue
		}
		if stop, err = j.try(n, a, s, int(row), origin); stop || err != nil {
			return stop, err
		}
	}
	return false, nil
}

// hash is hashColumns of the row that is looked for.
func (j *join) hash(a *atom, mask uint64) (h uint64) {
	for i, t := range a.terms {
		if i < 64 && mask>>i&1 != 0 {
			h = mix(h, uint64(j.value(t)))
		}
	}
	return h
}

func (j *join) value(o operand) uint32 {
	if slot, variable := o.slot(); variable {
		return j.slots[slot]
	}
	return uint32(o)
}

// try matches one row with step n and goes on from there.
func (j *join) try(n int, a *atom, s *step, row int, origin Origin) (stop bool, err error) {
	if err := j.w.budget.work(1 + len(a.terms)>>3); err != nil {
		return true, err
	}
	from := a.rel.origins[row]
	if !from.Within(j.rule.trusted) {
		return false, nil
	}
	for col, v := range a.rel.row(row) {
		t := a.terms[col]
		if !s.known[col] {
			j.slots[^t] = v
		} else if j.value(t) != v {
			return false, nil
		}
	}
	return j.from(n+1, origin|from)
}

// passes evaluates the rule's expressions for the present combination, in order up to the first
// that is false.
func (j *join) passes() (bool, error) {
	if len(j.rule.expressions) == 0 {
		return true, nil
	}
	m := machine{w: j.w, vars: j.rule.vars, slots: j.slots}
	for _, e := range j.rule.expressions {
		t, err := m.eval(e)
		if err != nil {
			return false, err
		}
		if t.kind != KindBool {
			return false, typeError("a condition", t)
		}
		if t.num == 0 {
			return false, nil
		}
	}
	return true, nil
}
