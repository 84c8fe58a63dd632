package choreo

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Table is a local type as a table of states: recursion is an edge back, and parts that are used alike are
// one state. A machine runs it and subtyping compares it. The caller must not change it.
type Table struct {
	States []State
	// Start is the index of the first state.
	Start int
}

// StateKind is the kind of step that a role takes in a state. The numbers are append-only.
type StateKind uint8

// The kinds of state.
const (
	StateEnd  StateKind = 0
	StateSend StateKind = 1
	StateRecv StateKind = 2
)

// State is one situation of a role. Partner and Edges are empty in a StateEnd; Edges is never empty
// otherwise, and its labels have different names.
type State struct {
	Kind    StateKind
	Partner Role
	Edges   []Edge
}

// Edge is one message of a state, and the index of the state that follows it.
type Edge struct {
	Label Label
	Site  SiteID
	Next  int
}

// find returns the edge with the same message as label, nil if there is none.
func (s *State) find(label Label) *Edge {
	for i := range s.Edges {
		if s.Edges[i].Label.equal(label) {
			return &s.Edges[i]
		}
	}
	return nil
}

// String describes the role's step here, for messages.
func (s *State) String() string {
	names := make([]string, len(s.Edges))
	for i, e := range s.Edges {
		names[i] = e.Label.String()
	}
	list := strings.Join(names, " or ")
	switch s.Kind {
	case StateSend:
		return fmt.Sprintf("sends %s to %s", list, s.Partner)
	case StateRecv:
		return fmt.Sprintf("receives %s from %s", list, s.Partner)
	}
	return "is done"
}

// NewTable tabulates a local type. A variable goes back to its own binder at any depth. It returns
// aura.Invalid with a [*Flaw] for a type that is not well-formed, for the reasons of [Flaws], and
// aura.Exhausted for a choice of more than 1,024 branches.
func NewTable(l Local) (*Table, error) {
	t, flaw := tabulate(l)
	if flaw != nil {
		return nil, flaw.in("choreo.NewTable")
	}
	return t, nil
}

func tabulate(l Local) (*Table, *Flaw) {
	b := &tableBuilder{vars: newLocalVars(), env: map[string]int{}, done: map[stateKey]int{}}
	start, flaw := b.visit(l)
	if flaw != nil {
		return nil, flaw
	}
	return &Table{States: b.states, Start: start}, nil
}

type tableBuilder struct {
	states []State
	vars   localVars
	env    map[string]int // the state that each variable in scope means
	done   map[stateKey]int
}

// stateKey tells apart the uses of a shared part under binders that give its free variables different
// meanings.
type stateKey struct {
	part Local
	env  string
}

func (b *tableBuilder) key(l Local) stateKey {
	k := stateKey{part: l}
	for _, v := range b.vars.of(l) {
		k.env += strconv.Itoa(b.env[v]) + " "
	}
	return k
}

func (b *tableBuilder) visit(l Local) (int, *Flaw) {
	key := b.key(l)
	if id, ok := b.done[key]; ok {
		return id, nil
	}
	var binders []string
	for rec, ok := l.(*LocalRec); ok; rec, ok = l.(*LocalRec) {
		binders = append(binders, rec.Var)
		l = rec.Body
	}
	switch t := l.(type) {
	case LocalVar:
		for _, v := range binders {
			if v == t.Var {
				return 0, &Flaw{Code: CodeUnguardedRecursion, Detail: "recursion " + v + " comes back to itself without a message"}
			}
		}
		id, ok := b.env[t.Var]
		if !ok {
			return 0, &Flaw{Code: CodeUnboundVariable, Detail: "variable " + t.Var + " has no enclosing recursion"}
		}
		return id, nil
	case LocalEnd:
		return b.add(key, State{}), nil
	case *LocalSend:
		return b.comm(l, key, StateSend, binders)
	case *LocalRecv:
		return b.comm(l, key, StateRecv, binders)
	}
	return 0, &Flaw{Code: CodeIncompletePart, Detail: "a part of the type is missing"}
}

// add makes the state of a part, so that the part is found while its continuation is still being visited.
func (b *tableBuilder) add(key stateKey, s State) int {
	id := len(b.states)
	b.states = append(b.states, s)
	b.done[key] = id
	return id
}

func (b *tableBuilder) comm(l Local, key stateKey, kind StateKind, binders []string) (int, *Flaw) {
	partner, branches := branchesOf(l)
	switch {
	case len(branches) == 0:
		return 0, &Flaw{Code: CodeEmptyBranches, Detail: "a choice offers nothing"}
	case len(branches) > maxBranches:
		return 0, &Flaw{Code: CodeTooLarge, Detail: fmt.Sprintf("a choice has more than %d branches", maxBranches)}
	}
	id := b.add(key, State{Kind: kind, Partner: partner})
	leave := b.bind(binders, id)
	edges, flaw := b.edges(branches)
	if flaw != nil {
		return 0, flaw
	}
	leave()
	b.states[id].Edges = edges
	return id, nil
}

// bind makes the variables mean a state until leave is called.
func (b *tableBuilder) bind(binders []string, id int) (leave func()) {
	if len(binders) == 0 {
		return func() {}
	}
	outer := b.env
	b.env = maps.Clone(outer)
	for _, v := range binders {
		b.env[v] = id
	}
	return func() { b.env = outer }
}

func (b *tableBuilder) edges(branches []LocalBranch) ([]Edge, *Flaw) {
	edges := make([]Edge, len(branches))
	for i, br := range branches {
		next, flaw := b.visit(br.Next)
		if flaw != nil {
			return nil, flaw
		}
		if !br.Label.Sort.complete() {
			return nil, &Flaw{Code: CodeIncompletePart, Detail: "the payload of " + br.Label.Name + " is half a pair"}
		}
		if slices.ContainsFunc(edges[:i], func(e Edge) bool { return e.Label.Name == br.Label.Name }) {
			return nil, &Flaw{Code: CodeDuplicateLabel, Detail: "a choice has two branches " + br.Label.Name}
		}
		edges[i] = Edge{br.Label, br.Site, next}
	}
	return edges, nil
}

// sendsTo reports whether a send to role can be reached from a state.
func (t *Table) sendsTo(from int, role Role) bool {
	seen := make([]bool, len(t.States))
	stack := []int{from}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		s := &t.States[i]
		if s.Kind == StateSend && s.Partner == role {
			return true
		}
		for _, e := range s.Edges {
			stack = append(stack, e.Next)
		}
	}
	return false
}
