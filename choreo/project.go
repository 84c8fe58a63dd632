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
// else must agree, and a branch in which the role is done does not merge with one in which it is not.
//
// It returns aura.Invalid with a [*Flaw] that names the choice which role cannot follow, or if g is not
// well-formed, and aura.Exhausted if merging takes more than a fixed number of steps.
func Project(g Global, role Role) (Local, error) {
	const op = "choreo.Project"
	if flaws := Flaws(g); len(flaws) > 0 {
		return nil, flaws[0].in(op)
	}
	local, flaw := newProjector(role).project(g)
	if flaw != nil {
		return nil, flaw.in(op)
	}
	return local, nil
}

// projector holds what one projection remembers: shared parts are projected once and stay shared.
type projector struct {
	role  Role
	done  map[Global]Local
	merge merger
}

func newProjector(role Role) *projector {
	return &projector{role: role, done: map[Global]Local{}}
}

func (p *projector) project(g Global) (Local, *Flaw) {
	switch g := g.(type) {
	case GlobalVar:
		return LocalVar(g), nil
	case *GlobalComm, *GlobalRec:
		if l, ok := p.done[g]; ok {
			return l, nil
		}
		l, flaw := p.part(g)
		if flaw == nil {
			p.done[g] = l
		}
		return l, flaw
	}
	return LocalEnd{}, nil
}

func (p *projector) part(g Global) (Local, *Flaw) {
	if rec, ok := g.(*GlobalRec); ok {
		return p.recursion(rec)
	}
	c := g.(*GlobalComm)
	branches := make([]LocalBranch, len(c.Branches))
	for i, b := range c.Branches {
		next, flaw := p.project(b.Next)
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
		if merged, flaw = p.merge.merge(merged, b.Next); flaw != nil {
			flaw.Role, flaw.At = p.role, c
			flaw.Detail = fmt.Sprintf("cannot follow the choice of %s between %s: %s", c.From, alternatives(c.Branches), flaw.Detail)
			return nil, flaw
		}
	}
	return merged, nil
}

// recursion keeps the binder if the role does something before it comes back to it. Otherwise the role
// is done: it would only go round without acting.
func (p *projector) recursion(rec *GlobalRec) (Local, *Flaw) {
	body, flaw := p.project(rec.Body)
	switch {
	case flaw != nil && p.absent(rec):
		// The inductive rule cannot merge "again" with "done", but a role that never acts need not.
		return LocalEnd{}, nil
	case flaw != nil:
		return nil, flaw
	case guarded(rec.Var, body):
		return &LocalRec{Var: rec.Var, Body: body}, nil
	}
	return LocalEnd{}, nil
}

// absent reports whether rec is closed and the role neither sends nor receives in it.
func (p *projector) absent(rec *GlobalRec) bool {
	return len(FreeVars(rec)) == 0 && !slices.Contains(RolesOf(rec), p.role)
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
