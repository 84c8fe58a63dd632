package datalog

import "github.com/aura-runtime/aura"

// Limits bounds one evaluation. A zero field takes its default. Reaching a limit is an error, never
// a partial answer.
type Limits struct {
	// Facts is the most facts that a world holds, given and derived. Default 1,000.
	Facts int
	// Iterations is the most rounds of rule application until nothing new is derived. Default 100.
	Iterations int
	// Steps is the most units of work: a fact tried against a predicate, an operation of an
	// expression, an element of a collection visited, or 64 bytes of text compared or searched.
	// Default 1,000,000, which is some tens of milliseconds.
	Steps int
	// Bytes is the most memory, in bytes, that a world takes for terms and facts, and the most that
	// its expressions make along the way. Default 4 MiB.
	Bytes int
}

func (l Limits) orDefault() Limits {
	fill := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	fill(&l.Facts, 1_000)
	fill(&l.Iterations, 100)
	fill(&l.Steps, 1_000_000)
	fill(&l.Bytes, 4<<20)
	return l
}

// checkEvery is how many steps are between two looks at [World.Interrupt]: some tens of microseconds.
const checkEvery = 4096

// budget is the rest of the limits.
type budget struct {
	limits                   Limits
	facts, iterations, steps int
	bytes                    int  // kept by the world
	scratch                  int  // bytes made along the way; as many as may be kept
	over                     bool // a limit was reached or the evaluation interrupted, which no expression may catch

	interrupt func() error // nil: none
	looked    int          // the remaining steps when interrupt was last called
}

func (b *budget) refill() {
	l := &b.limits
	b.iterations, b.steps, b.scratch, b.over, b.looked = l.Iterations, l.Steps, l.Bytes, false, l.Steps
}

// take spends n of one of the budget's counts, which began with most.
func (b *budget) take(count *int, n, most int, limit error) error {
	if *count -= n; *count < 0 {
		*count, b.over = 0, true
		return &aura.Error{Op: "datalog.Run", Kind: aura.Exhausted, Err: &LimitError{Of: limit, Most: most}}
	}
	return nil
}

// work spends n steps.
func (b *budget) work(n int) error {
	if err := b.take(&b.steps, n, b.limits.Steps, ErrSteps); err != nil {
		return err
	}
	if b.interrupt == nil || b.looked-b.steps < checkEvery {
		return nil
	}
	b.looked = b.steps
	err := b.interrupt()
	b.over = b.over || err != nil
	return err
}

// iterate spends one iteration.
func (b *budget) iterate() error {
	return b.take(&b.iterations, 1, b.limits.Iterations, ErrIterations)
}

// state spends one fact.
func (b *budget) state() error { return b.take(&b.facts, 1, b.limits.Facts, ErrFacts) }

// pass spends n bytes that are soon forgotten and the steps that it takes to write them.
func (b *budget) pass(n int) error {
	if err := b.take(&b.scratch, n, b.limits.Bytes, ErrBytes); err != nil {
		return err
	}
	return b.work(n >> 6)
}

// hold spends n bytes that the world keeps and the steps that it takes to write them.
func (b *budget) hold(n int) error {
	if err := b.take(&b.bytes, n, b.limits.Bytes, ErrBytes); err != nil {
		return err
	}
	return b.work(n >> 6)
}
