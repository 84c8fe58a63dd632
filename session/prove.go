package session

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/compose"
	"github.com/aura-runtime/aura/machine/explore"
)

// search walks through everything that can happen in the image, within the bounds.
func (p *Protocol) search() *explore.Report {
	if p.walked == nil {
		r, err := explore.Image(p.image, explore.Options{States: searchStates, Bytes: searchBytes, Paths: searchPaths})
		if err != nil {
			r = explore.Report{}
		}
		p.walked = &r
	}
	return p.walked
}

// loops reports whether a protocol goes back to where it was, and so may go on for ever.
func loops(g choreo.Global) bool {
	seen := map[choreo.Global]bool{}
	var walk func(choreo.Global) bool
	walk = func(g choreo.Global) bool {
		c, is := g.(*choreo.GlobalComm)
		if !is {
			_, rec := g.(*choreo.GlobalRec)
			return rec
		}
		if seen[g] {
			return false
		}
		seen[g] = true
		return slices.ContainsFunc(c.Branches, func(b choreo.GlobalBranch) bool { return walk(b.Next) })
	}
	return walk(g)
}

// projected reports whether the image is the one that follows from the text, part by part.
func projected(p *Protocol) bool {
	var parts []machine.Part
	for _, role := range p.image.Roles() {
		local, err := choreo.Project(p.instance.Global, role)
		if err != nil {
			return false
		}
		parts = append(parts, machine.Part{Role: role, Local: local})
	}
	image, err := machine.Compile(p.instance.Protocol.QualifiedName(), parts, machine.CompileOptions{Links: p.text.manifest.LinkSpecs})
	return err == nil && image.Digest() == p.image.Digest()
}

// commutes reports whether roles may change their players: with roles under other names, the projections of the protocol are the
// projections with the names changed in them. It is tried for all roles at once, and for those alone that [unlike] returns: a check of each would
// take seconds for a family of 63.
func commutes(p *Protocol) bool {
	roles := p.image.Roles()
	all := compose.Renaming{}
	for _, role := range roles {
		all[role] = "Successor of " + role
	}
	if compose.Harmony(p.instance.Global, all) != nil {
		return false
	}
	return !slices.ContainsFunc(unlike(p.instance.Global, roles), func(moved choreo.Role) bool {
		return compose.Harmony(p.instance.Global, compose.Renaming{moved: "Successor"}) != nil
	})
}

// unlike returns roles without members of families that have two before them and one behind them, and the same part to play as the one before: a
// text may name a member alone, by its number. Roles are in order, so that members stand together.
func unlike(g choreo.Global, roles []choreo.Role) (all []choreo.Role) {
	var before choreo.Local
	for i, role := range roles {
		family, index := role.Family()
		beside := func(j int) bool {
			if index < 0 || j < 0 || j >= len(roles) {
				return false
			}
			other, at := roles[j].Family()
			return other == family && at >= 0
		}
		part, err := choreo.Project(g, role)
		if err != nil || !beside(i-1) || !beside(i-2) || !beside(i+1) || !choreo.EqualLocal(part, before) {
			all = append(all, role)
		}
		before = part
	}
	return all
}

// unmistaken reports whether each role that is told a choice hears of its chooser alone: then no other participant can send what fits one
// side of a choice that it has guessed.
func unmistaken(p *Protocol) bool {
	for _, role := range p.image.Roles() {
		local, err := choreo.Project(p.instance.Global, role)
		if err != nil {
			return false
		}
		table, err := choreo.NewTable(local)
		if err != nil {
			return false
		}
		heard, told := map[choreo.Role]bool{}, false
		for i := range table.States {
			if s := &table.States[i]; s.Kind == choreo.StateRecv {
				heard[s.Partner] = true
				told = told || len(s.Edges) > 1
			}
		}
		if told && len(slices.Collect(maps.Keys(heard))) > 1 {
			return false
		}
	}
	return true
}
