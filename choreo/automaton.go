package choreo

import (
	"fmt"
	"strconv"
	"strings"
)

// automaton is a local type as a table of states: recursion is an edge back.
type automaton struct {
	states []state
	start  int
}

type stateKind uint8

const (
	stateEnd stateKind = iota
	stateSend
	stateRecv
)

type state struct {
	kind    stateKind
	partner Role
	edges   []edge
}

type edge struct {
	label Label
	next  int
}

// find returns the edge with the same message as label, nil if there is none.
func (s *state) find(label Label) *edge {
	for i := range s.edges {
		if s.edges[i].label.equal(label) {
			return &s.edges[i]
		}
	}
	return nil
}

func (s *state) String() string {
	names := make([]string, len(s.edges))
	for i, e := range s.edges {
		names[i] = e.label.String()
	}
	list := strings.Join(names, " or ")
	switch s.kind {
	case stateSend:
		return fmt.Sprintf("sends %s to %s", list, s.partner)
	case stateRecv:
		return fmt.Sprintf("receives %s from %s", list, s.partner)
	}
	return "is done"
}

// newAutomaton refuses what is not well-formed, for the reasons of [Flaws].
func newAutomaton(l Local) (*automaton, *Flaw) {
	b := &automatonBuilder{vars: newLocalVars(), env: map[string]int{}, done: map[stateKey]int{}}
	start, flaw := b.visit(l)
	if flaw != nil {
		return nil, flaw
	}
	return &automaton{states: b.states, start: start}, nil
}

type automatonBuilder struct {
	states []state
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

func (b *automatonBuilder) key(l Local) stateKey {
	k := stateKey{part: l}
	for _, v := range b.vars.of(l) {
		k.env += strconv.Itoa(b.env[v]) + " "
	}
	return k
}

func (b *automatonBuilder) visit(l Local) (int, *Flaw) {
	var binders []string
	for rec, ok := l.(*LocalRec); ok; rec, ok = l.(*LocalRec) {
		binders = append(binders, rec.Var)
		l = rec.Body
	}
	switch t := l.(type) {
	case LocalVar:
		for _, v := range binders {
			if v == t.Var {
				return 0, &Flaw{Code: UnguardedRecursion, Detail: "recursion " + v + " comes back to itself without a message"}
			}
		}
		id, ok := b.env[t.Var]
		if !ok {
			return 0, &Flaw{Code: UnboundVariable, Detail: "variable " + t.Var + " has no enclosing recursion"}
		}
		return id, nil
	case LocalEnd:
		return b.add(stateKey{part: l}, state{}), nil
	case *LocalSend:
		return b.comm(l, stateSend, binders)
	case *LocalRecv:
		return b.comm(l, stateRecv, binders)
	}
	return 0, &Flaw{Code: IncompletePart, Detail: "a part of the type is missing"}
}

func (b *automatonBuilder) add(key stateKey, s state) int {
	if id, ok := b.done[key]; ok {
		return id
	}
	id := len(b.states)
	b.states = append(b.states, s)
	b.done[key] = id
	return id
}

func (b *automatonBuilder) comm(l Local, kind stateKind, binders []string) (int, *Flaw) {
	if len(binders) == 0 {
		if id, ok := b.done[b.key(l)]; ok {
			return id, nil
		}
	}
	partner, branches := branchesOf(l)
	switch {
	case len(branches) == 0:
		return 0, &Flaw{Code: EmptyBranches, Detail: "a choice offers nothing"}
	case len(branches) > maxBranches:
		return 0, &Flaw{Code: TooLarge, Detail: fmt.Sprintf("a choice has more than %d branches", maxBranches)}
	}
	id := len(b.states)
	b.states = append(b.states, state{kind: kind, partner: partner})
	if len(binders) == 0 {
		b.done[b.key(l)] = id
	}
	outer := make(map[string]int, len(binders))
	for _, v := range binders {
		if _, seen := outer[v]; seen {
			continue
		}
		outer[v] = -1
		if old, ok := b.env[v]; ok {
			outer[v] = old
		}
	}
	for _, v := range binders {
		b.env[v] = id
	}
	edges := make([]edge, len(branches))
	for i, br := range branches {
		next, flaw := b.visit(br.Next)
		if flaw != nil {
			return 0, flaw
		}
		if !br.Label.Sort.complete() {
			return 0, &Flaw{Code: IncompletePart, Detail: "the payload of " + br.Label.Name + " is half a pair"}
		}
		edges[i] = edge{br.Label, next}
		for _, e := range edges[:i] {
			if e.label.Name == br.Label.Name {
				return 0, &Flaw{Code: DuplicateLabel, Detail: "a choice has two branches " + br.Label.Name}
			}
		}
	}
	for v, old := range outer {
		if old < 0 {
			delete(b.env, v)
		} else {
			b.env[v] = old
		}
	}
	b.states[id].edges = edges
	return id, nil
}

// sendsTo reports whether a send to role can be reached from a state.
func (a *automaton) sendsTo(from int, role Role) bool {
	seen := make([]bool, len(a.states))
	stack := []int{from}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		s := &a.states[i]
		if s.kind == stateSend && s.partner == role {
			return true
		}
		for _, e := range s.edges {
			stack = append(stack, e.next)
		}
	}
	return false
}
