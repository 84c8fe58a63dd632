package compose

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Renaming says which role takes the place of which, in a step that exchanges members.
type Renaming map[choreo.Role]choreo.Role

func (r Renaming) of(role choreo.Role) choreo.Role {
	if to, ok := r[role]; ok {
		return to
	}
	return role
}

// Harmony demands that a change of members and projection commute: for every role, projecting the changed
// protocol equals the role's part with the change made there. It returns aura.Denied if not, among others because
// two roles would become one.
func Harmony(g choreo.Global, r Renaming) error {
	const op = "compose.Harmony"
	taken := map[choreo.Role]choreo.Role{}
	for _, role := range choreo.RolesOf(g) {
		to := r.of(role)
		if other, ok := taken[to]; ok {
			return aura.Errorf(op, aura.Denied, "roles %s and %s would both become %s", other, role, to)
		}
		taken[to] = role
	}
	changed := renameGlobal(g, r, map[choreo.Global]choreo.Global{})
	for _, role := range choreo.RolesOf(g) {
		before, err := choreo.Project(g, role)
		if err != nil {
			return &aura.Error{Op: op, Kind: aura.Denied, Err: err}
		}
		after, err := choreo.Project(changed, r.of(role))
		if err != nil {
			return &aura.Error{Op: op, Kind: aura.Denied, Err: err}
		}
		if !choreo.EqualLocal(after, renameLocal(before, r, map[choreo.Local]choreo.Local{})) {
			return aura.Errorf(op, aura.Denied, "the part of role %s changes otherwise than the protocol", role)
		}
	}
	return nil
}

func renameGlobal(g choreo.Global, r Renaming, memo map[choreo.Global]choreo.Global) choreo.Global {
	if out, ok := memo[g]; ok {
		return out
	}
	out := g
	switch t := g.(type) {
	case *choreo.GlobalComm:
		c := &choreo.GlobalComm{From: r.of(t.From), To: r.of(t.To)}
		for _, b := range t.Branches {
			b.Next = renameGlobal(b.Next, r, memo)
			c.Branches = append(c.Branches, b)
		}
		out = c
	case *choreo.GlobalRec:
		out = &choreo.GlobalRec{Var: t.Var, Body: renameGlobal(t.Body, r, memo)}
	}
	memo[g] = out
	return out
}

func renameLocal(l choreo.Local, r Renaming, memo map[choreo.Local]choreo.Local) choreo.Local {
	if out, ok := memo[l]; ok {
		return out
	}
	branches := func(in []choreo.LocalBranch) (out []choreo.LocalBranch) {
		for _, b := range in {
			b.Next = renameLocal(b.Next, r, memo)
			out = append(out, b)
		}
		return out
	}
	out := l
	switch t := l.(type) {
	case *choreo.LocalSend:
		out = &choreo.LocalSend{Partner: r.of(t.Partner), Branches: branches(t.Branches)}
	case *choreo.LocalRecv:
		out = &choreo.LocalRecv{Partner: r.of(t.Partner), Branches: branches(t.Branches)}
	case *choreo.LocalRec:
		out = &choreo.LocalRec{Var: t.Var, Body: renameLocal(t.Body, r, memo)}
	}
	memo[l] = out
	return out
}
