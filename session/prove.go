package session

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
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

// commutes reports whether each role may change its player: with the role under another name, the projections of the protocol
// are the projections with the name changed in them.
func commutes(p *Protocol) bool {
	const fresh = choreo.Role("Successor")
	roles := p.image.Roles()
	if slices.Contains(roles, fresh) {
		return false
	}
	for _, moved := range roles {
		changed := rename{from: moved, to: fresh}
		global := changed.global(p.instance.Global)
		for _, role := range roles {
			before, err := choreo.Project(p.instance.Global, role)
			if err != nil {
				return false
			}
			after, err := choreo.Project(global, changed.role(role))
			if err != nil || !choreo.EqualLocal(after, changed.local(before)) {
				return false
			}
		}
	}
	return true
}

// rename gives a role another name in types. Parts that a type shares stay shared.
type rename struct {
	from, to choreo.Role
	globals  map[choreo.Global]choreo.Global
	locals   map[choreo.Local]choreo.Local
}

func (r *rename) role(role choreo.Role) choreo.Role {
	if role == r.from {
		return r.to
	}
	return role
}

func (r *rename) global(g choreo.Global) choreo.Global {
	if known, done := r.globals[g]; done {
		return known
	}
	renamed := g
	switch g := g.(type) {
	case *choreo.GlobalRec:
		renamed = &choreo.GlobalRec{Var: g.Var, Body: r.global(g.Body)}
	case *choreo.GlobalComm:
		c := &choreo.GlobalComm{From: r.role(g.From), To: r.role(g.To)}
		for _, b := range g.Branches {
			c.Branches = append(c.Branches, choreo.GlobalBranch{Label: b.Label, Site: b.Site, Next: r.global(b.Next)})
		}
		renamed = c
	}
	if r.globals == nil {
		r.globals = map[choreo.Global]choreo.Global{}
	}
	r.globals[g] = renamed
	return renamed
}

func (r *rename) branches(all []choreo.LocalBranch) (renamed []choreo.LocalBranch) {
	for _, b := range all {
		renamed = append(renamed, choreo.LocalBranch{Label: b.Label, Site: b.Site, Next: r.local(b.Next)})
	}
	return renamed
}

func (r *rename) local(l choreo.Local) choreo.Local {
	if known, done := r.locals[l]; done {
		return known
	}
	renamed := l
	switch l := l.(type) {
	case *choreo.LocalRec:
		renamed = &choreo.LocalRec{Var: l.Var, Body: r.local(l.Body)}
	case *choreo.LocalSend:
		renamed = &choreo.LocalSend{Partner: r.role(l.Partner), Branches: r.branches(l.Branches)}
	case *choreo.LocalRecv:
		renamed = &choreo.LocalRecv{Partner: r.role(l.Partner), Branches: r.branches(l.Branches)}
	}
	if r.locals == nil {
		r.locals = map[choreo.Local]choreo.Local{}
	}
	r.locals[l] = renamed
	return renamed
}

// deaf reports whether each role that is told a choice hears of its chooser alone: then no other participant can send what fits one
// side of a choice that it has guessed.
func deaf(p *Protocol) bool {
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
