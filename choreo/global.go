package choreo

import (
	"fmt"
	"slices"
	"strings"
)

// Global is a protocol seen from above. It is one of [GlobalEnd], [*GlobalComm], [*GlobalRec] and
// [GlobalVar]. Values are immutable once built and may share parts; == on two Globals asks whether they
// are the same value, and [EqualGlobal] whether they have the same structure.
type Global interface {
	isGlobal()
	String() string
}

type (
	// GlobalEnd is the protocol that is over.
	GlobalEnd struct{}

	// GlobalComm is one message from From to To: From picks a branch, To learns which by its label.
	GlobalComm struct {
		From, To Role
		Branches []GlobalBranch
	}

	// GlobalBranch is one alternative of a GlobalComm and its continuation.
	GlobalBranch struct {
		Label Label
		// Site names the demands on the sender of this message; 0: none. See [Instance.Site].
		Site SiteID
		Next Global
	}

	// GlobalRec is Body, in which GlobalVar{Var} means the whole GlobalRec again.
	GlobalRec struct {
		Var  string
		Body Global
	}

	// GlobalVar goes back to the enclosing GlobalRec that binds its name, the innermost if several do.
	GlobalVar struct{ Var string }
)

func (GlobalEnd) isGlobal()   {}
func (*GlobalComm) isGlobal() {}
func (*GlobalRec) isGlobal()  {}
func (GlobalVar) isGlobal()   {}

func (GlobalEnd) String() string     { return "end" }
func (g GlobalVar) String() string   { return g.Var }
func (g *GlobalComm) String() string { return printGlobal(g) }
func (g *GlobalRec) String() string  { return printGlobal(g) }

func printGlobal(g Global) string {
	p := printer{left: maxPrinted}
	p.global(g)
	return p.String()
}

// maxPrinted bounds the text of a type in nodes: shared parts are written out each time they are used.
const maxPrinted = 4096

// printer writes types in the usual notation of session types, cut short with "…".
type printer struct {
	strings.Builder
	left int
}

func (p *printer) more() bool {
	p.left--
	if p.left < 0 {
		p.WriteString("…")
	}
	return p.left >= 0
}

func (p *printer) global(g Global) {
	if !p.more() {
		return
	}
	switch g := g.(type) {
	case *GlobalComm:
		fmt.Fprintf(p, "%s→%s", g.From, g.To)
		p.branches(len(g.Branches), func(i int) {
			p.WriteString(g.Branches[i].Label.String())
			p.WriteString(". ")
			p.global(g.Branches[i].Next)
		})
	case *GlobalRec:
		fmt.Fprintf(p, "μ%s. ", g.Var)
		p.global(g.Body)
	default:
		p.WriteString(g.String())
	}
}

func (p *printer) branches(n int, write func(int)) {
	if n == 1 {
		p.WriteString(":")
		write(0)
		return
	}
	p.WriteString("{")
	for i := range n {
		if p.left < 0 {
			break
		}
		if i > 0 {
			p.WriteString(" | ")
		}
		write(i)
	}
	p.WriteString("}")
}

// eachGlobal calls f once for every distinct part of g, a part before its own parts.
func eachGlobal(g Global, f func(Global)) {
	seen := map[Global]bool{}
	stack := []Global{g}
	for len(stack) > 0 {
		g := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[g] {
			continue
		}
		seen[g] = true
		f(g)
		switch g := g.(type) {
		case *GlobalComm:
			for i := len(g.Branches) - 1; i >= 0; i-- {
				stack = append(stack, g.Branches[i].Next)
			}
		case *GlobalRec:
			stack = append(stack, g.Body)
		}
	}
}

// RolesOf returns the roles that send or receive in g, each once, in the order of [Role.Compare].
func RolesOf(g Global) []Role {
	seen := map[Role]bool{}
	var roles []Role
	eachGlobal(g, func(g Global) {
		if c, ok := g.(*GlobalComm); ok {
			for _, r := range [...]Role{c.From, c.To} {
				if !seen[r] {
					seen[r] = true
					roles = append(roles, r)
				}
			}
		}
	})
	slices.SortFunc(roles, Role.Compare)
	return roles
}

// DepthOf counts the messages and binders on the longest path of g that follows no variable.
func DepthOf(g Global) int {
	memo := map[Global]int{}
	var depth func(Global) int
	depth = func(g Global) int {
		if d, ok := memo[g]; ok {
			return d
		}
		d := 0
		switch g := g.(type) {
		case *GlobalComm:
			for _, b := range g.Branches {
				d = max(d, depth(b.Next))
			}
			d++
		case *GlobalRec:
			d = 1 + depth(g.Body)
		}
		memo[g] = d
		return d
	}
	return depth(g)
}

// FreeVars returns the variables of g that no binder in g binds, sorted.
func FreeVars(g Global) []string { return freeVars(g, map[Global]varSet{}) }

// freeVars is FreeVars with a memory of the parts that were asked about before.
func freeVars(g Global, memo map[Global]varSet) varSet {
	if f, ok := memo[g]; ok {
		return f
	}
	var f varSet
	switch g := g.(type) {
	case GlobalVar:
		f = varSet{g.Var}
	case *GlobalComm:
		for _, b := range g.Branches {
			f = f.union(freeVars(b.Next, memo))
		}
	case *GlobalRec:
		f = freeVars(g.Body, memo).without(g.Var)
	}
	memo[g] = f
	return f
}

// EqualGlobal reports whether a and b have the same structure, names of variables and order of branches
// included. Send sites are not compared.
func EqualGlobal(a, b Global) bool {
	same := map[[2]Global]bool{}
	var equal func(a, b Global) bool
	equal = func(a, b Global) bool {
		if a == b {
			return true
		}
		key := [2]Global{a, b}
		if same[key] {
			return true
		}
		// A cycle is impossible, so it is safe to assume the pair equal while it is compared: one
		// difference anywhere ends the whole comparison.
		same[key] = true
		switch a := a.(type) {
		case *GlobalComm:
			b, ok := b.(*GlobalComm)
			if !ok || a.From != b.From || a.To != b.To || len(a.Branches) != len(b.Branches) {
				return false
			}
			for i := range a.Branches {
				if !a.Branches[i].Label.equal(b.Branches[i].Label) || !equal(a.Branches[i].Next, b.Branches[i].Next) {
					return false
				}
			}
			return true
		case *GlobalRec:
			b, ok := b.(*GlobalRec)
			return ok && a.Var == b.Var && equal(a.Body, b.Body)
		}
		return false
	}
	return equal(a, b)
}
