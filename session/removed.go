package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/task"
)

// Removals has the engine look which devices that play in its sessions were removed by their authorities since. It does not wait.
func (e *Engine) Removals() { e.removals.Notify() }

// endRemoved ends the sessions of devices that are removed, as their removal becomes known. Nothing more can come from such a device, and it
// cannot give the session to another one.
func (e *Engine) endRemoved(tc task.Context) error {
	for {
		found, err := ask(tc, e, func(task.Context) (all []abandoned, err error) {
			for _, name := range e.names() {
				if a, is := e.live[name].abandoned(); is {
					all = append(all, a)
				}
			}
			return all, nil
		})
		if err != nil {
			return nil
		}
		for _, a := range found {
			// A disk that is in the way may recover; the others are looked at with the next removal.
			e.group.Go("session.removed", func(tc task.Context) error {
				_ = task.Retry(tc, endPause(), e.options.Entropy, func(error) bool { return true }, func(tc task.Context) error { return e.abandon(tc, a.session) })
				return nil
			})
		}
		if err := e.removals.Wait(tc); err != nil {
			return nil
		}
	}
}

// abandoned is a session in which a device played that its authority has removed.
type abandoned struct {
	session *live
	role    choreo.Role
	by      aura.AuthorityID
	device  aura.DeviceID
}

// abandoned returns the first role whose device was removed, and false when there is none.
func (l *live) abandoned() (abandoned, bool) {
	removed := l.engine.options.Removed
	if removed == nil || l.gone {
		return abandoned{}, false
	}
	for i := range l.opening.Parties {
		p := &l.opening.Parties[i]
		if d := l.device(p); d != (aura.DeviceID{}) && removed(p.Authority, d) {
			return abandoned{l, p.Role, p.Authority, d}, true
		}
	}
	return abandoned{}, false
}

// abandon ends a session if a device that plays in it was removed. The import of a delegation ends before the delegation: the commit may have
// come to be, and would not come any more.
func (e *Engine) abandon(tc task.Context, l *live) error {
	type brought struct {
		of  abandoned
		all []*live
	}
	b, err := ask(tc, e, func(task.Context) (b brought, err error) {
		a, is := l.abandoned()
		if !is {
			return b, nil
		}
		b.of = a
		for _, name := range e.names() {
			if i := e.live[name]; i.custody == CustodyHeld && i.broughtBy == l.opening.Name {
				b.all = append(b.all, i)
			}
		}
		return b, nil
	})
	if err != nil || b.of.session == nil {
		return err
	}
	for _, i := range append(b.all, l) {
		why := "device " + aura.Short(b.of.device) + ", which played " + string(b.of.role) + ", was removed from its account"
		if i != l {
			why = "device " + aura.Short(b.of.device) + ", from which it was to come, was removed from its account"
		}
		if err := e.finish(tc, i, nil, func() (bool, error) { return true, i.cancel(b.of.by, why) }); err != nil {
			return err
		}
	}
	return nil
}

// End ends an import whose commit can be none that counts, though the session may have been given away.
func (i *Import) End(tc task.Context, why error) error {
	l := i.session
	return l.engine.finish(tc, l, nil, func() (bool, error) {
		if l.custody != CustodyHeld {
			return false, nil
		}
		return true, l.cancel(l.engine.options.Own, aura.Reason(why))
	})
}
