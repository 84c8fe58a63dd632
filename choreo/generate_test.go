package choreo_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura/choreo"
)

// generator draws global types. Types drawn by wellInformed tell every role of every choice, so all of
// them can be projected; others are well-formed and may not be projectable.
type generator struct {
	t        *rapid.T
	roles    []choreo.Role
	informed bool
	labels   int
}

func newGenerator(t *rapid.T, informed bool) *generator {
	n := rapid.IntRange(2, 4).Draw(t, "roles")
	g := &generator{t: t, informed: informed}
	for i := range n {
		g.roles = append(g.roles, choreo.Role(string(rune('A'+i))))
	}
	return g
}

func (g *generator) pair() (from, to choreo.Role) {
	i := rapid.IntRange(0, len(g.roles)-1).Draw(g.t, "from")
	j := rapid.IntRange(0, len(g.roles)-2).Draw(g.t, "to")
	if j >= i {
		j++
	}
	return g.roles[i], g.roles[j]
}

// label draws from few names, so that messages of different steps are often alike.
func (g *generator) label() choreo.Label {
	g.labels++
	return choreo.Label{Name: fmt.Sprintf("m%d", rapid.IntRange(0, 3).Draw(g.t, "label"))}
}

// global draws a type of at most the given depth. The loops in scope may be continued where guarded.
func (g *generator) global(depth int, scope []string, guarded bool) choreo.Global {
	if depth == 0 {
		return g.leaf(scope, guarded)
	}
	switch rapid.IntRange(0, 9).Draw(g.t, "kind") {
	case 0:
		return g.leaf(scope, guarded)
	case 1, 2:
		if g.informed && len(scope) > 0 {
			break // a role that leaves an inner loop would have to be told so by a message
		}
		name := fmt.Sprintf("x%d", len(scope))
		body := g.message(depth-1, append(scope[:len(scope):len(scope)], name))
		return &choreo.GlobalRec{Var: name, Body: body}
	}
	return g.message(depth-1, scope)
}

func (g *generator) leaf(scope []string, guarded bool) choreo.Global {
	if len(scope) == 0 || !guarded || rapid.Bool().Draw(g.t, "end") {
		return choreo.GlobalEnd{}
	}
	return choreo.GlobalVar{Var: rapid.SampledFrom(scope).Draw(g.t, "again")}
}

func (g *generator) message(depth int, scope []string) choreo.Global {
	from, to := g.pair()
	if rapid.IntRange(0, 2).Draw(g.t, "branches") > 0 {
		return &choreo.GlobalComm{From: from, To: to, Branches: []choreo.GlobalBranch{
			{Label: g.label(), Next: g.global(depth, scope, true)}}}
	}
	n := rapid.IntRange(2, 3).Draw(g.t, "alternatives")
	c := &choreo.GlobalComm{From: from, To: to}
	for i := range n {
		label := choreo.Label{Name: fmt.Sprintf("alt%d", i)}
		next := g.global(depth, scope, true)
		if g.informed {
			next = g.inform(from, to, label, next)
		}
		c.Branches = append(c.Branches, choreo.GlobalBranch{Label: label, Next: next})
	}
	return c
}

// inform sends a choice to the roles that do not see it.
func (g *generator) inform(from, to choreo.Role, label choreo.Label, next choreo.Global) choreo.Global {
	for i := len(g.roles) - 1; i >= 0; i-- {
		if r := g.roles[i]; r != from && r != to {
			next = &choreo.GlobalComm{From: from, To: r, Branches: []choreo.GlobalBranch{{Label: label, Next: next}}}
		}
	}
	return next
}

func wellInformed(t *rapid.T) choreo.Global {
	return newGenerator(t, true).global(rapid.IntRange(1, 6).Draw(t, "depth"), nil, false)
}

func wellFormed(t *rapid.T) choreo.Global {
	return newGenerator(t, false).global(rapid.IntRange(1, 6).Draw(t, "depth"), nil, false)
}

// illFormed breaks a well-formed type in one place.
func illFormed(t *rapid.T) choreo.Global {
	bad := rapid.SampledFrom([]choreo.Global{
		choreo.GlobalVar{Var: "nowhere"},
		nil,
		&choreo.GlobalComm{From: "A", To: "B"},
		&choreo.GlobalComm{From: "A", To: "A", Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: "m"}, Next: choreo.GlobalEnd{}}}},
		&choreo.GlobalComm{From: "", To: "A", Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: "m"}, Next: choreo.GlobalEnd{}}}},
		&choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{
			{Label: choreo.Label{Name: "m"}, Next: choreo.GlobalEnd{}}, {Label: choreo.Label{Name: "m"}, Next: choreo.GlobalEnd{}}}},
		&choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{{Next: choreo.GlobalEnd{}}}},
		&choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{
			{Label: choreo.Label{Name: "m", Sort: choreo.Sort{Kind: choreo.SortProd}}, Next: choreo.GlobalEnd{}}}},
		&choreo.GlobalRec{Var: "x", Body: choreo.GlobalVar{Var: "x"}},
		&choreo.GlobalRec{Var: "x", Body: &choreo.GlobalRec{Var: "y", Body: choreo.GlobalVar{Var: "x"}}},
	}).Draw(t, "flaw")
	return graft(t, wellFormed(t), bad)
}

// graft puts bad in the place of some part of g.
func graft(t *rapid.T, g, bad choreo.Global) choreo.Global {
	if rapid.IntRange(0, 2).Draw(t, "here") == 0 {
		return bad
	}
	switch g := g.(type) {
	case *choreo.GlobalComm:
		i := rapid.IntRange(0, len(g.Branches)-1).Draw(t, "branch")
		out := &choreo.GlobalComm{From: g.From, To: g.To, Branches: append([]choreo.GlobalBranch(nil), g.Branches...)}
		out.Branches[i].Next = graft(t, g.Branches[i].Next, bad)
		return out
	case *choreo.GlobalRec:
		return &choreo.GlobalRec{Var: g.Var, Body: graft(t, g.Body, bad)}
	}
	return bad
}
