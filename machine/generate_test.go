package machine_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// generator draws well-formed global types in which every role is told of every choice, so that all of
// them can be projected.
type generator struct {
	t     *rapid.T
	roles []choreo.Role
}

func drawGlobal(t *rapid.T) choreo.Global {
	g := generator{t: t}
	for i := range rapid.IntRange(2, 4).Draw(t, "roles") {
		g.roles = append(g.roles, choreo.Role(string(rune('A'+i))))
	}
	return g.message(rapid.IntRange(1, 6).Draw(t, "depth"), "")
}

// drawImage draws a protocol and compiles it for all roles.
func drawImage(t *rapid.T) (*machine.Image, choreo.Global) {
	g := drawGlobal(t)
	im, err := machine.CompileGlobal("drawn", g)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	return im, g
}

// drawFragments draws a protocol whose roles are spread over up to three fragments.
func drawFragments(t *rapid.T) *machine.Image {
	g := drawGlobal(t)
	var parts []machine.Part
	var links []choreo.LinkSpec
	for _, role := range choreo.RolesOf(g) {
		local, err := choreo.Project(g, role)
		if err != nil {
			t.Fatalf("%s: %v", g, err)
		}
		parts = append(parts, machine.Part{Role: role, Local: local})
		if i := rapid.IntRange(0, 2).Draw(t, "bundle"); i > 0 {
			links = append(links, choreo.LinkSpec{Role: string(role), BundleID: fmt.Sprintf("b%d", i)})
		}
	}
	im, err := machine.Compile("drawn", parts, machine.CompileOptions{Links: links})
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	return im
}

func (g *generator) pair() (from, to choreo.Role) {
	i := rapid.IntRange(0, len(g.roles)-1).Draw(g.t, "from")
	j := rapid.IntRange(0, len(g.roles)-2).Draw(g.t, "to")
	if j >= i {
		j++
	}
	return g.roles[i], g.roles[j]
}

// label draws from few names and a few sorts; a name has always the same sort.
func (g *generator) label() choreo.Label {
	i := rapid.IntRange(0, 4).Draw(g.t, "label")
	nat := choreo.Sort{Kind: choreo.SortNat}
	sorts := []choreo.Sort{{}, nat, {Kind: choreo.SortString}, {Kind: choreo.SortVector, Len: 2},
		{Kind: choreo.SortProd, Left: &nat, Right: &choreo.Sort{Kind: choreo.SortBool}}}
	return choreo.Label{Name: fmt.Sprintf("m%d", i), Sort: sorts[i]}
}

func (g *generator) global(depth int, loop string) choreo.Global {
	if depth == 0 {
		if loop != "" && rapid.Bool().Draw(g.t, "again") {
			return choreo.GlobalVar{Var: loop}
		}
		return choreo.GlobalEnd{}
	}
	if loop == "" && rapid.IntRange(0, 4).Draw(g.t, "loop") == 0 {
		return &choreo.GlobalRec{Var: "x", Body: g.message(depth, "x")}
	}
	return g.message(depth, loop)
}

func (g *generator) message(depth int, loop string) choreo.Global {
	from, to := g.pair()
	c := &choreo.GlobalComm{From: from, To: to}
	if rapid.IntRange(0, 2).Draw(g.t, "branches") > 0 {
		c.Branches = []choreo.GlobalBranch{{Label: g.label(), Next: g.global(depth-1, loop)}}
		return c
	}
	for i := range rapid.IntRange(2, 3).Draw(g.t, "alternatives") {
		label := choreo.Label{Name: fmt.Sprintf("alt%d", i)}
		next := g.global(depth-1, loop)
		for j := len(g.roles) - 1; j >= 0; j-- {
			if r := g.roles[j]; r != from && r != to {
				next = &choreo.GlobalComm{From: from, To: r, Branches: []choreo.GlobalBranch{{Label: label, Next: next}}}
			}
		}
		c.Branches = append(c.Branches, choreo.GlobalBranch{Label: label, Next: next})
	}
	return c
}

// conforms reports whether the messages could come from the global type, those of different senders in any
// order: each step takes the first message of the sender whose turn it is.
func conforms(g choreo.Global, sent []machine.Sent) error {
	for len(sent) > 0 {
		for rec, ok := g.(*choreo.GlobalRec); ok; rec, ok = g.(*choreo.GlobalRec) {
			g = choreo.Unfold(rec)
		}
		c, ok := g.(*choreo.GlobalComm)
		if !ok {
			return fmt.Errorf("%v after the end", sent[0])
		}
		i := 0
		for i < len(sent) && sent[i].From != c.From {
			i++
		}
		if i == len(sent) {
			return nil // the run was cut off before this message; what others did since is not judged
		}
		var next choreo.Global
		for _, b := range c.Branches {
			if b.Label.Name == sent[i].Label.Name && sent[i].To == c.To {
				next = b.Next
			}
		}
		if next == nil {
			return fmt.Errorf("%v where the type has %s", sent[i], c)
		}
		g = next
		sent = append(append([]machine.Sent(nil), sent[:i]...), sent[i+1:]...)
	}
	return nil
}
