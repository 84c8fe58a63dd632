package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Emit reports an event about a session, as one of the calling task. While the session lives here, the line has the fields that each line about a
// session has. Otherwise it has no fragment, owner and profile here, and the line only says which session it is.
func (e *Engine) Emit(tc task.Context, name aura.SessionID, event world.Event) {
	_, err := settle(tc, e, func(task.Context) (struct{}, error) {
		tc.Emit(e.about(name, event))
		return struct{}{}, nil
	})
	if err != nil { // the engine has stopped, so nothing lives
		tc.Emit(event.Within(name, "").Under(e.Name(), "", ""))
	}
}

func (e *Engine) about(name aura.SessionID, event world.Event) world.Event {
	if l := e.live[name]; l != nil {
		return l.about(event)
	}
	return event.Within(name, "").Under(e.Name(), "", "")
}

// emit reports an event about the session, with the fields that each such line has.
func (l *live) emit(tc task.Context, event world.Event) { tc.Emit(l.about(event)) }

func (l *live) about(event world.Event) world.Event {
	event = event.Within(l.opening.Name, l.protocol.image.Fragment(l.role))
	return event.Under(l.engine.Name(), l.engine.holder(), l.admission.Profile().String())
}

// holder is how lines call the owner of the sessions here: by its device, since a session goes from device to device.
func (e *Engine) holder() string {
	if d := e.options.Device; d != (aura.DeviceID{}) {
		return OwnerOf(d)
	}
	return string(owner)
}

// OwnerOf returns how lines call a device that owns a session.
func OwnerOf(d aura.DeviceID) string { return string(ownerOf(d)) }

// holderOf is how lines call the owner of another role's fragment: by the device or, where that is not known, the person.
func (l *live) holderOf(role choreo.Role) string {
	for i := range l.opening.Parties {
		p := &l.opening.Parties[i]
		if p.Role == role {
			return callOf(l.device(p), p.Authority)
		}
	}
	return callOf(aura.DeviceID{}, aura.AuthorityID{})
}

func callOf(d aura.DeviceID, who aura.AuthorityID) string {
	switch {
	case d != (aura.DeviceID{}):
		return OwnerOf(d)
	case who != (aura.AuthorityID{}):
		return who.String()
	}
	return "a stranger"
}
