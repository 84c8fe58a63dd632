package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// Options bound an exploration.
type Options struct {
	// States is the most states to visit; default 1,000,000.
	States int
	// Bytes is about the most memory that the visited states may take; default 512 MiB.
	Bytes int
	// Capacity of each edge in messages; default 4.
	Capacity int
	// Everything walks all interleavings, without the reduction.
	Everything bool
	// Paths is the most paths of choices on which canonical and wide execution are compared; default 64.
	Paths int
}

// Report is the result of an exploration.
type Report struct {
	// States and Steps were visited.
	States, Steps int
	// Ends is the number of states in which every role is done, and Endless whether there is none: a
	// protocol that goes round for ever.
	Ends    int
	Endless bool
	// Paths is the number of paths on which canonical and wide execution were compared.
	Paths int
	// Complete is whether everything was visited within the bounds.
	Complete bool
	// Counterexample is the shortest violation; nil if none was found.
	Counterexample *Counterexample

	paths []map[choreo.Role][]string // on which they were compared, see Measure
}

// Problem is the kind of a violation. Texts are stable.
type Problem string

// The problems.
const (
	ProblemDeadlock     Problem = "deadlock"
	ProblemUnexpected   Problem = "unexpected message"
	ProblemOrphan       Problem = "orphan message"
	ProblemNoEnd        Problem = "no end in reach"
	ProblemDisagreement Problem = "canonical and parallel disagree"
)

// Counterexample is a shortest run to something wrong.
type Counterexample struct {
	Problem Problem
	Detail  string
	Steps   []Step
}

func (c *Counterexample) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", c.Problem, c.Detail)
	for i, s := range c.Steps {
		fmt.Fprintf(&b, "\n%4d  %s", i+1, s)
	}
	return b.String()
}

// Image explores an image that has the parts of all its roles. It returns aura.Invalid for one that has not.
// That something is wrong with the protocol is no error: see [Report.Counterexample].
func Image(im *machine.Image, o Options) (Report, error) {
	if o.States <= 0 {
		o.States = 1_000_000
	}
	if o.Bytes <= 0 {
		o.Bytes = 512 << 20
	}
	if o.Capacity <= 0 {
		o.Capacity = 4
	}
	if o.Paths <= 0 {
		o.Paths = 64
	}
	m, err := newModel(im, o.Capacity)
	if err != nil {
		return Report{}, &aura.Error{Op: "explore.Image", Kind: aura.Invalid, Err: err}
	}
	x := &search{model: m, options: o, index: map[string]int32{}}
	x.report.Complete = true
	x.run()
	if x.report.Counterexample == nil && x.report.Complete {
		x.checkEnds()
	}
	if x.report.Counterexample == nil {
		x.agree()
	} else if !o.Everything {
		x.shorten()
	}
	return x.report, nil
}

// shorten looks for a shortest run to a problem: the reduction finds one where there is one, but may take a
// longer way.
func (x *search) shorten() {
	whole := &search{model: x.model, options: x.options, index: map[string]int32{}}
	whole.options.Everything = true
	whole.run()
	if c := whole.report.Counterexample; c != nil {
		x.report.Counterexample = c
	}
}

// search is a breadth-first walk, so that the first problem found has a shortest run.
type search struct {
	model   *model
	options Options
	nodes   []node
	index   map[string]int32
	bytes   int // about the memory of the nodes
	report  Report
}

// node is a visited state: the step that led to it first, and the states that follow it.
type node struct {
	state  state
	parent int32
	step   Step
	next   []int32
	end    bool
}

func (x *search) run() {
	x.visit(x.model.start(), -1, Step{})
	for at := int32(0); int(at) < len(x.nodes) && x.report.Counterexample == nil; at++ {
		if len(x.nodes) > x.options.States || x.bytes > x.options.Bytes {
			x.report.Complete = false
			break
		}
		x.expand(at)
	}
	x.report.States = len(x.nodes)
	x.report.Endless = x.report.Complete && x.report.Ends == 0
}

// visit enters a state unless it is known, and reports whether it is new.
func (x *search) visit(s state, parent int32, step Step) (id int32, fresh bool) {
	key := s.key()
	if id, ok := x.index[key]; ok {
		return id, false
	}
	id = int32(len(x.nodes))
	x.index[key] = id
	x.nodes = append(x.nodes, node{state: s, parent: parent, step: step})
	x.bytes += nodeBytes + 2*len(key) + 24*len(s.queues)
	return id, true
}

// nodeBytes is about the memory of a node beside the places and queues of its state: its share of the list and of the
// index.
const nodeBytes = 384

// expand walks the steps of one role if that is enough, else those of all roles.
func (x *search) expand(at int32) {
	s := x.nodes[at].state
	if x.model.over(s) {
		x.report.Ends++
		x.nodes[at].end = true
		if left := x.model.leftOver(s); left != "" {
			x.fail(at, ProblemOrphan, left)
		}
		return
	}
	any := false
	for role := range x.model.roles {
		moves, err := x.model.moves(s, role)
		if err != nil {
			x.fail(at, ProblemUnexpected, err.Error())
			return
		}
		if len(moves) == 0 {
			continue
		}
		any = true
		fresh := false
		for _, m := range moves {
			id, isNew := x.visit(m.to, at, m.step)
			x.nodes[at].next = append(x.nodes[at].next, id)
			x.report.Steps++
			fresh = fresh || isNew
		}
		// A role whose steps lead to new states stands for all of them: the others wait unchanged. If they
		// lead only to known states, the others might wait for ever, so they are walked too.
		if fresh && !x.options.Everything {
			return
		}
	}
	if !any {
		x.fail(at, ProblemDeadlock, x.model.waiting(s))
	}
}

func (x *search) fail(at int32, p Problem, detail string) {
	c := &Counterexample{Problem: p, Detail: detail}
	for n := at; n > 0; n = x.nodes[n].parent {
		c.Steps = append(c.Steps, x.nodes[n].step)
	}
	slices.Reverse(c.Steps)
	x.report.Counterexample = c
}

// checkEnds demands that an end can be reached from every state, if there is one at all.
func (x *search) checkEnds() {
	if x.report.Ends == 0 {
		return
	}
	before := make([][]int32, len(x.nodes))
	reaches := make([]bool, len(x.nodes))
	var stack []int32
	for i := range x.nodes {
		for _, n := range x.nodes[i].next {
			before[n] = append(before[n], int32(i))
		}
		if x.nodes[i].end {
			reaches[i] = true
			stack = append(stack, int32(i))
		}
	}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, b := range before[at] {
			if !reaches[b] {
				reaches[b] = true
				stack = append(stack, b)
			}
		}
	}
	for i, ok := range reaches {
		if !ok {
			x.fail(int32(i), ProblemNoEnd, "from here the protocol never ends, though it can end otherwise")
			return
		}
	}
}
