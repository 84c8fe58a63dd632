package choreo

import (
	"fmt"
	"slices"
)

// Local is one role's part of a protocol. It is one of [LocalEnd], [*LocalSend], [*LocalRecv],
// [*LocalRec] and [LocalVar]. Values are immutable once built and may share parts; == on two Locals asks
// whether they are the same value, and [EqualLocal] whether they have the same structure.
type Local interface {
	isLocal()
	String() string
}

type (
	// LocalEnd is a role that is done.
	LocalEnd struct{}

	// LocalSend sends one of its branches to Partner. With several branches the host chooses.
	LocalSend struct {
		Partner  Role
		Branches []LocalBranch
	}

	// LocalRecv waits for a message from Partner and continues with the branch that it names.
	LocalRecv struct {
		Partner  Role
		Branches []LocalBranch
	}

	// LocalBranch is one message of a LocalSend or LocalRecv and its continuation.
	LocalBranch struct {
		Label Label
		// Site names the demands on a send, and the hints that apply to a receive; 0 is
		// nothing. See [Instance.Site].
		Site SiteID
		Next Local
	}

	// LocalRec is Body, in which LocalVar{Var} means the whole LocalRec again.
	LocalRec struct {
		Var  string
		Body Local
	}

	// LocalVar goes back to the enclosing LocalRec that binds its name, the innermost if several do.
	LocalVar struct{ Var string }
)

func (LocalEnd) isLocal()   {}
func (*LocalSend) isLocal() {}
func (*LocalRecv) isLocal() {}
func (*LocalRec) isLocal()  {}
func (LocalVar) isLocal()   {}

func (LocalEnd) String() string     { return "end" }
func (l LocalVar) String() string   { return l.Var }
func (l *LocalSend) String() string { return printLocal(l) }
func (l *LocalRecv) String() string { return printLocal(l) }
func (l *LocalRec) String() string  { return printLocal(l) }

func printLocal(l Local) string {
	p := printer{left: maxPrinted}
	p.local(l)
	return p.String()
}

func (p *printer) local(l Local) {
	if !p.more() {
		return
	}
	comm := func(sign string, partner Role, branches []LocalBranch) {
		fmt.Fprintf(p, "%s%s", partner, sign)
		p.branches(len(branches), func(i int) {
			p.WriteString(branches[i].Label.String())
			p.WriteString(". ")
			p.local(branches[i].Next)
		})
	}
	switch l := l.(type) {
	case *LocalSend:
		comm("!", l.Partner, l.Branches)
	case *LocalRecv:
		comm("?", l.Partner, l.Branches)
	case *LocalRec:
		fmt.Fprintf(p, "μ%s. ", l.Var)
		p.local(l.Body)
	default:
		p.WriteString(l.String())
	}
}

// branchesOf returns the partner and branches of a send or receive, and nil for anything else.
func branchesOf(l Local) (Role, []LocalBranch) {
	switch l := l.(type) {
	case *LocalSend:
		return l.Partner, l.Branches
	case *LocalRecv:
		return l.Partner, l.Branches
	}
	return "", nil
}

// DepthOfLocal counts the messages and binders on the longest path of l that follows no variable.
func DepthOfLocal(l Local) int {
	memo := map[Local]int{}
	var depth func(Local) int
	depth = func(l Local) int {
		if d, ok := memo[l]; ok {
			return d
		}
		d := 0
		if rec, ok := l.(*LocalRec); ok {
			d = 1 + depth(rec.Body)
		} else if _, branches := branchesOf(l); branches != nil {
			for _, b := range branches {
				d = max(d, depth(b.Next))
			}
			d++
		}
		memo[l] = d
		return d
	}
	return depth(l)
}

// FreeLocalVars returns the variables of l that no binder in l binds, sorted.
func FreeLocalVars(l Local) []string { return newLocalVars().of(l) }

// localVars remembers the free variables of the parts of a local type.
type localVars struct{ memo map[Local]varSet }

func newLocalVars() localVars { return localVars{map[Local]varSet{}} }

func (v localVars) of(l Local) varSet {
	if f, ok := v.memo[l]; ok {
		return f
	}
	var f varSet
	switch t := l.(type) {
	case LocalVar:
		f = varSet{t.Var}
	case *LocalRec:
		f = v.of(t.Body).without(t.Var)
	default:
		_, branches := branchesOf(l)
		for _, b := range branches {
			f = f.union(v.of(b.Next))
		}
	}
	v.memo[l] = f
	return f
}

// EqualLocal reports whether a and b have the same structure, names of variables and order of branches
// included. Send sites are not compared.
func EqualLocal(a, b Local) bool {
	same := map[[2]Local]bool{}
	var equal func(a, b Local) bool
	branches := func(ap, bp Role, a, b []LocalBranch) bool {
		return ap == bp && slices.EqualFunc(a, b, func(x, y LocalBranch) bool {
			return x.Label.equal(y.Label) && equal(x.Next, y.Next)
		})
	}
	equal = func(a, b Local) bool {
		if a == b {
			return true
		}
		key := [2]Local{a, b}
		if same[key] {
			return true
		}
		same[key] = true // as in EqualGlobal
		switch a := a.(type) {
		case *LocalSend:
			b, ok := b.(*LocalSend)
			return ok && branches(a.Partner, b.Partner, a.Branches, b.Branches)
		case *LocalRecv:
			b, ok := b.(*LocalRecv)
			return ok && branches(a.Partner, b.Partner, a.Branches, b.Branches)
		case *LocalRec:
			b, ok := b.(*LocalRec)
			return ok && a.Var == b.Var && equal(a.Body, b.Body)
		}
		return false
	}
	return equal(a, b)
}

// Dual exchanges sending and receiving everywhere in l: the part of a single partner.
func Dual(l Local) Local {
	memo := map[Local]Local{}
	var dual func(Local) Local
	flip := func(branches []LocalBranch) []LocalBranch {
		out := make([]LocalBranch, len(branches))
		for i, b := range branches {
			out[i] = LocalBranch{Label: b.Label, Site: b.Site, Next: dual(b.Next)}
		}
		return out
	}
	dual = func(l Local) Local {
		if d, ok := memo[l]; ok {
			return d
		}
		d := l
		switch l := l.(type) {
		case *LocalSend:
			d = &LocalRecv{Partner: l.Partner, Branches: flip(l.Branches)}
		case *LocalRecv:
			d = &LocalSend{Partner: l.Partner, Branches: flip(l.Branches)}
		case *LocalRec:
			d = &LocalRec{Var: l.Var, Body: dual(l.Body)}
		}
		memo[l] = d
		return d
	}
	return dual(l)
}
