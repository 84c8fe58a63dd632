package session

import (
	"strings"

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
	// Reconfigures says that the fragment is being handed over: an effect has to wait for the end of that.
	Reconfigures bool
}

// Crosses reports whether the route leads from one fragment to another.
func (b *Boundary) Crosses() bool { return b.Other != b.Fragment }

// boundary returns that of a message between the role that is played here and another one.
func (l *live) boundary(other machine.RoleID) Boundary {
	im := l.protocol.image
	b := Boundary{Fragment: im.Fragment(l.role), Other: im.Fragment(other), Reconfigures: l.authority != nil || l.still}
	b.Bundle, _ = strings.CutPrefix(b.Fragment, "bundle:")
	if b.Bundle == b.Fragment {
		b.Bundle = ""
	}
	b.Scope = own.Fragments(b.Fragment)
	return b
}

// route refuses an effect at the wrong boundary, with its event: one of a role that is not played here is aura.Denied, one that
// the owner's capability does not reach too, and one of a fragment that is being handed over aura.Unavailable.
func (l *live) route(tc task.Context, op aura.Op, played, other machine.RoleID) error {
	b, name := l.boundary(other), aura.Short(l.opening.Name)
	var err error
	switch {
	case played != l.role:
		err = aura.Errorf(op, aura.Denied, "an effect of session %s belongs to %s, which is not played here", name, l.protocol.image.Fragment(played))
	case b.Reconfigures:
		err = aura.Errorf(op, aura.Unavailable, "the fragment %s of session %s is being handed over", b.Fragment, name)
	case !b.Scope.Within(l.cap.Scope):
		err = aura.Errorf(op, aura.Denied, "the owner of session %s does not reach the fragment %s", name, b.Fragment)
	}
	switch {
	case err != nil:
		l.emit(tc, world.LinkRejected(l.opening.Name, b.Fragment, string(owner), string(owner), err))
	case b.Crosses():
		l.emit(tc, world.LinkRouted(l.opening.Name, b.Fragment, string(owner), string(owner)))
	}
	return err
}
