package choreo

import (
	"fmt"
	"slices"
	"strings"
)

// Project returns the part of role in g. A role that does not occur in g gets LocalEnd.
//
// A role that takes no part in a choice must be able to go on without knowing its outcome: its parts in
// the branches are merged. Two receives from one partner merge to the union of their labels; everything
// else must agree, and a branch in which the role is done does not merge with one in which it is not. A
// branch that goes back to a recursion in which the role has not acted yet merges with anything: another
// round of the others is nothing to it.
//
// It returns aura.Invalid with a [*Flaw] that names the choice which role cannot follow, or if g is not
// well-formed, and aura.Exhausted if merging takes more than a fixed number of steps.
func Project(g Global, role Role) (Local, error) {
	const op = "choreo.Project"
	if flaws := Flaws(g); len(flaws) > 0 {
		return nil, flaws[0].in(op)
	}
	local, flaw := newProjector(role).project(g, nil)
	if flaw != nil {
		return nil, flaw.in(op)
	}
	return local, nil
}

// projector is the memory of one projection: shared parts are projected once and stay shared.
type projector struct {
	role  Role
	done  map[situated]Local
	free  map[Global]varSet
	vars  localVars
	merge merger
}

// situated is a part and the recursions that are open there: those begun since the role acted last.
type situated struct {
	part Global
	open string
}

func newProjector(role Role) *projector {
	return &projector{role: role, done: map[situated]Local{}, free: map[Global]varSet{}, vars: newLocalVars()}
}

// project returns the role's part in g. The open recursions are listed outermost first.
func (p *projector) project(g Global, open []string) (l Local, flaw *Flaw) {
	key := situated{g, strings.Join(open, " ")}
	switch t := g.(type) {
	case GlobalVar:
		return LocalVar(t), nil
	case *GlobalComm, *GlobalRec:
		if l, ok := p.done[key]; ok {
			return l, nil
		}
		if c, ok := t.(*GlobalComm); ok {
			l, flaw = p.message(c, open)
		} else {
			l, flaw = p.recursion(t.(*GlobalRec), open)
		}
		if flaw == nil {
			p.done[key] = l
		}
		return l, flaw
	}
	return LocalEnd{}, nil
}

func (p *projector) message(c *GlobalComm, open []string) (Local, *Flaw) {
	if p.role == c.From || p.role == c.To {
		open = nil
	}
	branches := make([]LocalBranch, len(c.Branches))
	for i, b := range c.Branches {
		next, flaw := p.project(b.Next, open)
		if flaw != nil {
			return nil, flaw
		}
		branches[i] = LocalBranch{Label: b.Label, Site: b.Site, Next: next}
	}
	switch p.role {
	case c.From:
		return &LocalSend{Partner: c.To, Branches: branches}, nil
	case c.To:
		return &LocalRecv{Partner: c.From, Branches: branches}, nil
	}
	merged := branches[0].Next
	for _, b := range branches[1:] {
		var flaw *Flaw
		if merged, flaw = p.unaware(merged, b.Next, open); flaw != nil {
			flaw.Role, flaw.At = p.role, c
			flaw.Detail = fmt.Sprintf("cannot follow the choice of %s between %s: %s", c.From, alternatives(c.Branches), flaw.Detail)
			return nil, flaw
		}
	}
	return merged, nil
}

// unaware merges the parts in two branches that the role cannot tell apart. An open recursion x is a part
// X with X = X ⊓ other, which other solves; of two open ones the outer is the same situation.
func (p *projector) unaware(a, b Local, open []string) (Local, *Flaw) {
	i, j := openIndex(a, open), openIndex(b, open)
	switch {
	case i < 0 && j < 0:
		return p.merge.merge(a, b)
	case i < 0 || j >= 0 && i < j:
		return a, nil
	}
	return b, nil
}

// openIndex returns the place of l among the open recursions, -1 if it goes back to none.
func openIndex(l Local, open []string) int {
	v, ok := l.(LocalVar)
	if !ok {
		return -1
	}
	return slices.Index(open, v.Var)
}

// recursion keeps the binder if the role does something before it comes back to it. Otherwise the role
// is done: it would only go round without acting.
func (p *projector) recursion(rec *GlobalRec, open []string) (Local, *Flaw) {
	inner := slices.DeleteFunc(slices.Clone(open), func(v string) bool { return v == rec.Var })
	body, flaw := p.project(rec.Body, append(inner, rec.Var))
	switch {
	case flaw != nil && p.absent(rec):
		return LocalEnd{}, nil // a role that never acts need not follow anything
	case flaw != nil:
		return nil, flaw
	case !guarded(rec.Var, body), body == LocalEnd{}:
		return LocalEnd{}, nil
	case freeVars(rec.Body, p.free).has(rec.Var) && !p.vars.of(body).has(rec.Var):
		return body, nil // the others may go round, the role leaves at once
	}
	return &LocalRec{Var: rec.Var, Body: body}, nil
}

// absent reports whether rec is closed and the role neither sends nor receives in it.
func (p *projector) absent(rec *GlobalRec) bool {
	return len(freeVars(rec, p.free)) == 0 && !slices.Contains(RolesOf(rec), p.role)
}

// guarded reports whether l acts, or goes elsewhere, before it comes back to the variable v.
func guarded(v string, l Local) bool {
	switch l := l.(type) {
	case LocalVar:
		return l.Var != v
	case *LocalRec:
		return l.Var == v || guarded(v, l.Body)
	}
	return true
}

func alternatives(branches []GlobalBranch) string {
	names := make([]string, 0, 4)
	for i, b := range branches {
		if i == 3 && len(branches) > 4 {
			names = append(names, fmt.Sprintf("%d more", len(branches)-i))
			break
		}
		names = append(names, b.Label.Name)
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
