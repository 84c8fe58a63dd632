package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Boundary says where an effect of a session belongs, before the machine sees the effect.
type Boundary struct {
	Bundle   string    // the linked bundle; empty: the protocol has no links, and is one fragment
	Fragment string    // the unit of ownership
	Scope    own.Scope // what a capability must reach here
	Other    string    // the fragment of the other end of the route
	// Joined says that the route stays within the bundle, or that the composition of the protocol joins the two.
	Joined bool
	// Reconfigures says that the fragment is being handed over: an effect has to wait for the end of that.
	Reconfigures bool
}

// Crosses reports whether the route leads from one fragment to another.
func (b *Boundary) Crosses() bool { return b.Other != b.Fragment }

// boundary returns that of a message between the role that is played here and another one.
func (l *live) boundary(other machine.RoleID) Boundary {
	im := l.protocol.image
	c, role := &l.protocol.composed, im.RoleName(l.role)
	b := Boundary{Bundle: c.Bundle(role), Fragment: im.Fragment(l.role), Other: im.Fragment(other), Joined: c.Joins(role, im.RoleName(other))}
	b.Reconfigures = l.custody == CustodyHeld || l.custody == CustodyStill
	b.Scope = own.Fragments(b.Fragment)
	return b
}

// route refuses an effect at the wrong boundary, with its event: aura.Denied for one of a role that is not played here, one between two bundles
// that nothing joins, and one that the owner's capability does not reach, and aura.Unavailable for one of a fragment that is being handed over.
func (l *live) route(tc task.Context, op aura.Op, played, other machine.RoleID) error {
	b, name := l.boundary(other), aura.Short(l.opening.Name)
	var err error
	switch {
	case played != l.role:
		err = aura.Errorf(op, aura.Denied, "an effect of session %s belongs to %s, which is not played here", name, l.protocol.image.Fragment(played))
	case !b.Joined:
		err = aura.Errorf(op, aura.Denied, "session %s has no route between the fragments %s and %s", name, b.Fragment, b.Other)
	case b.Reconfigures:
		err = aura.Errorf(op, aura.Unavailable, "the fragment %s of session %s is being handed over", b.Fragment, name)
	case !b.Scope.Within(l.cap.Scope):
		err = aura.Errorf(op, aura.Denied, "the owner of session %s does not reach the fragment %s", name, b.Fragment)
	}
	from, to := l.engine.holder(), l.holderOf(l.protocol.image.RoleName(other))
	switch {
	case err != nil:
		l.emit(tc, world.LinkRejected(l.opening.Name, b.Fragment, from, to, err))
	case b.Crosses():
		l.emit(tc, world.LinkRouted(l.opening.Name, b.Fragment, from, to))
	}
	return err
}

// unlinked reports that a session of a linked protocol does not begin here, or does not come here, because its bundles lack
// evidence or a capability. Nothing is owned then.
func (e *Engine) unlinked(tc task.Context, o *Opening, p *Protocol, err error) {
	if role, known := p.image.Role(o.Role); known && p.composed.Linked() && len(o.Parties) > 0 {
		fragment, other := p.image.Fragment(role), &o.Parties[0]
		event := world.LinkRejected(o.Name, fragment, e.holder(), callOf(other.Device, other.Authority), err)
		tc.Emit(event.Within(o.Name, fragment).Under(e.Name(), e.holder(), ""))
	}
}
