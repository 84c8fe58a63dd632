package compose

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// Runtime holds the admitted bundles, their participants, and which sessions each authority
// has. The zero value is empty and ready. It belongs to one task.
type Runtime struct {
	bundles    map[string]*Bundle
	members    map[string]*Membership
	footprints map[aura.AuthorityID]Footprint
}

// Admit takes a bundle in. It returns aura.Denied with the first thing that is missing, aura.Exhausted for
// one that is too large, and aura.Conflict for a name that is taken.
func (r *Runtime) Admit(b Bundle, n Needs) error {
	const op = "compose.Admit"
	if err := b.admissible(op, n); err != nil {
		return err
	}
	if _, taken := r.bundles[b.ID]; taken {
		return aura.Errorf(op, aura.Conflict, "bundle %s is there already", b.ID)
	}
	if other := r.overlap(b.Sessions, ""); other != "" {
		return aura.Errorf(op, aura.Conflict, "bundle %s has a session of bundle %s", b.ID, other)
	}
	if r.bundles == nil {
		r.bundles, r.members = map[string]*Bundle{}, map[string]*Membership{}
	}
	r.bundles[b.ID] = b.clone()
	r.members[b.ID] = newMembership(b.Members, b.Policy)
	return nil
}

// overlap names a bundle other than except that has one of the sessions, "" if none has.
func (r *Runtime) overlap(sessions []aura.SessionID, except string) string {
	for _, id := range r.Bundles() {
		if id != except && slices.ContainsFunc(sessions, func(s aura.SessionID) bool { return slices.Contains(r.bundles[id].Sessions, s) }) {
			return id
		}
	}
	return ""
}

// Bundles returns the names of all bundles, sorted.
func (r *Runtime) Bundles() []string { return slices.Sorted(maps.Keys(r.bundles)) }

// Bundle returns a copy of a bundle.
func (r *Runtime) Bundle(id string) (Bundle, error) {
	b, ok := r.bundles[id]
	if !ok {
		return Bundle{}, aura.Errorf("compose.Bundle", aura.NotFound, "bundle %s is not here", id)
	}
	return *b.clone(), nil
}

// Link joins two bundles to a new one, which takes their place. Their sessions must be disjoint, everything
// that one imports the other must export, and both must have been shown to link. It returns the boundary of
// the new bundle.
func (r *Runtime) Link(a, b, linked string) (Boundary, error) {
	const op = "compose.Link"
	x, y := r.bundles[a], r.bundles[b]
	switch {
	case x == nil || y == nil || a == b:
		return Boundary{}, aura.Errorf(op, aura.NotFound, "bundles %s and %s are not two bundles that are here", a, b)
	case linked == "" || (r.bundles[linked] != nil && linked != a && linked != b):
		return Boundary{}, aura.Errorf(op, aura.Conflict, "bundle %q is there already", linked)
	case slices.ContainsFunc(x.Sessions, func(s aura.SessionID) bool { return slices.Contains(y.Sessions, s) }):
		return Boundary{}, aura.Errorf(op, aura.Conflict, "bundles %s and %s have overlapping sessions", a, b)
	case !x.Certificate.LinkOK || !y.Certificate.LinkOK:
		return Boundary{}, aura.Errorf(op, aura.Denied, "bundles %s and %s were not shown to link", a, b)
	case !fits(x, y) || !fits(y, x):
		return Boundary{}, aura.Errorf(op, aura.Denied, "bundles %s and %s have incompatible interfaces", a, b)
	case x.Policy != nil || y.Policy != nil:
		return Boundary{}, aura.Errorf(op, aura.Denied, "bundles %s and %s: the members of one may change on their own", a, b)
	}
	j := &Bundle{
		ID: linked, Images: slices.Concat(x.Images, y.Images), Sessions: slices.Concat(x.Sessions, y.Sessions),
		Exports: union(x.Exports, y.Exports), Members: union(x.Members, y.Members),
		Certificate: x.Certificate.meet(y.Certificate),
	}
	if err := j.sized(op); err != nil {
		return Boundary{}, err
	}
	delete(r.bundles, a)
	delete(r.bundles, b)
	delete(r.members, a)
	delete(r.members, b)
	r.bundles[linked], r.members[linked] = j, newMembership(j.Members, nil)
	return Boundary{Bundle: linked, Scope: own.Fragments("bundle:" + linked)}, nil
}

// fits reports whether b exports the imports of a.
func fits(a, b *Bundle) bool {
	return !slices.ContainsFunc(a.Imports, func(name string) bool { return !slices.Contains(b.Exports, name) })
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// meet is the evidence that holds for both.
func (c Certificate) meet(d Certificate) Certificate {
	out := Certificate{
		Artifact: c.Artifact + "+" + d.Artifact, Images: slices.Concat(c.Images, d.Images), LinkOK: c.LinkOK && d.LinkOK,
		OutputGating: c.OutputGating || d.OutputGating,
	}
	for _, m := range c.Modes {
		if slices.Contains(d.Modes, m) {
			out.Modes = append(out.Modes, m)
		}
	}
	for _, s := range c.Schedulers {
		if slices.Contains(d.Schedulers, s) {
			out.Schedulers = append(out.Schedulers, s)
		}
	}
	return out
}

// Boundary is where a bundle ends: which bundle an effect belongs to, and which capability is valid there.
type Boundary struct {
	Bundle string
	Scope  own.Scope
}

// BoundaryOf returns the boundary that a session belongs to. It returns aura.NotFound for a session of no
// bundle.
func (r *Runtime) BoundaryOf(session aura.SessionID) (Boundary, error) {
	for _, id := range r.Bundles() {
		if slices.Contains(r.bundles[id].Sessions, session) {
			return Boundary{Bundle: id, Scope: own.Fragments("bundle:" + id)}, nil
		}
	}
	return Boundary{}, aura.Errorf("compose.BoundaryOf", aura.NotFound, "the session belongs to no bundle")
}

// Route decides whether an effect of one session may act on another with a capability: inside one bundle,
// under a capability that is valid there. It returns aura.Denied where the route crosses a boundary.
func (r *Runtime) Route(from, to aura.SessionID, c own.Capability) error {
	const op = "compose.Route"
	a, err := r.BoundaryOf(from)
	if err != nil {
		return err
	}
	b, err := r.BoundaryOf(to)
	switch {
	case err != nil:
		return err
	case a.Bundle != b.Bundle:
		return aura.Errorf(op, aura.Denied, "a route from bundle %s to bundle %s crosses their boundary", a.Bundle, b.Bundle)
	case !a.Scope.Within(c.Scope):
		return aura.Errorf(op, aura.Denied, "the capability is not valid in bundle %s", a.Bundle)
	}
	return nil
}
