package compose

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Composition says which bundle each role of a protocol belongs to, and which bundles are joined. The zero value is that of a protocol without links.
type Composition struct {
	bundles []bundle // by name
}

// bundle is a unit of ownership of a linked protocol.
type bundle struct {
	id               string
	roles            []string // or the names of families, as the annotations have them
	exports, imports []string // each name once
}

// Link composes the bundles of a protocol. Links are those of its manifest, and global what it does.
//
// It returns aura.Conflict for a role of two bundles, and for a name that two bundles export: they would share what neither owns alone. It
// returns aura.Denied for an import that no other bundle exports, and for a message from one bundle to another when no name that
// one of them exports is imported by the other. Roles without a link are the surroundings of the bundles: these state nothing, so an
// import may be meant for them, and each route from and to them is open.
func Link(links []choreo.LinkSpec, global choreo.Global) (Composition, error) {
	const op = "compose.Link"
	var c Composition
	for _, l := range links {
		if b := c.of(choreo.Role(l.Role)); b != nil && b.id != l.BundleID {
			return Composition{}, aura.Errorf(op, aura.Conflict, "role %s is in the bundles %s and %s: it has one owner at a time", l.Role, b.id, l.BundleID)
		}
		b := c.add(l.BundleID)
		b.roles, b.exports, b.imports = union(b.roles, l.Role), union(b.exports, l.Exports...), union(b.imports, l.Imports...)
	}
	if err := c.fits(op, choreo.RolesOf(global)); err != nil {
		return Composition{}, err
	}
	return c, c.routes(op, global)
}

// add returns the bundle of a name, which may be a new one.
func (c *Composition) add(id string) *bundle {
	i, is := slices.BinarySearchFunc(c.bundles, id, func(b bundle, id string) int { return strings.Compare(b.id, id) })
	if !is {
		c.bundles = slices.Insert(c.bundles, i, bundle{id: id})
	}
	return &c.bundles[i]
}

// of returns the bundle of a role, nil for a role without a link.
func (c *Composition) of(role choreo.Role) *bundle {
	family, _ := role.Family()
	for i := range c.bundles {
		if b := &c.bundles[i]; slices.Contains(b.roles, string(role)) || slices.Contains(b.roles, family) {
			return b
		}
	}
	return nil
}

// fits checks the names of the bundles against each other.
func (c *Composition) fits(op aura.Op, roles []choreo.Role) error {
	open := slices.ContainsFunc(roles, func(r choreo.Role) bool { return c.of(r) == nil })
	for i := range c.bundles {
		b, given := &c.bundles[i], []string(nil)
		for k := range c.bundles {
			if k == i {
				continue
			}
			given = append(given, c.bundles[k].exports...)
		}
		for _, name := range b.exports {
			if slices.Contains(given, name) {
				return aura.Errorf(op, aura.Conflict, "bundle %s exports %s, and another one does too", b.id, name)
			}
		}
		for _, name := range b.imports {
			if !open && !slices.Contains(given, name) {
				return aura.Errorf(op, aura.Denied, "bundle %s imports %s, which no other bundle exports", b.id, name)
			}
		}
	}
	return nil
}

// routes checks that each message stays within its bundle, or goes where a name joins two.
func (c *Composition) routes(op aura.Op, global choreo.Global) error {
	if len(c.bundles) == 0 {
		return nil
	}
	seen := map[choreo.Global]bool{}
	var walk func(choreo.Global) error
	walk = func(g choreo.Global) error {
		if seen[g] {
			return nil
		}
		seen[g] = true
		switch g := g.(type) {
		case *choreo.GlobalRec:
			return walk(g.Body)
		case *choreo.GlobalComm:
			if !c.Joins(g.From, g.To) {
				return aura.Errorf(op, aura.Denied, "a message from %s to %s crosses from bundle %s to bundle %s, which no name joins", g.From, g.To, c.of(g.From).id, c.of(g.To).id)
			}
			for _, b := range g.Branches {
				if err := walk(b.Next); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return walk(global)
}

// Linked reports whether the protocol has bundles.
func (c *Composition) Linked() bool { return len(c.bundles) > 0 }

// Bundle returns the bundle that a role belongs to, "" for a role without a link.
func (c *Composition) Bundle(role choreo.Role) string {
	if b := c.of(role); b != nil {
		return b.id
	}
	return ""
}

// Joins reports whether an effect may go between two roles: inside one bundle, from or to a role without a link, or where a name that one of
// the bundles exports is imported by the other.
func (c *Composition) Joins(from, to choreo.Role) bool {
	a, b := c.of(from), c.of(to)
	return a == nil || b == nil || a == b || overlap(a.exports, b.imports) || overlap(b.exports, a.imports)
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(name string) bool { return slices.Contains(b, name) })
}

// union returns names with more of them, each once.
func union(names []string, more ...string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
