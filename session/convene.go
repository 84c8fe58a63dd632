package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// Await waits until a session that lives here has ended, and returns how. It returns aura.NotFound for one that is not here and whose end
// is not kept.
func (e *Engine) Await(tc task.Context, name aura.SessionID) (view.End, error) {
	kept := func() *view.Ended {
		if end := e.kept.of[name]; end != nil {
			return end
		}
		return e.passed.of[name]
	}
	l, err := ask(tc, e, func(task.Context) (*live, error) {
		l, err := e.find("session.Await", name)
		if err != nil && kept() != nil {
			return nil, nil
		}
		return l, err
	})
	if err != nil {
		return view.End{}, err
	}
	look := func() (view.End, bool, error) {
		if l != nil && !l.gone {
			return view.End{}, false, nil
		}
		if end := kept(); end != nil {
			return end.End, true, nil
		}
		return view.End{}, false, aura.Errorf("session.Await", aura.NotFound, "session %s has ended, and how is not kept", aura.Short(name))
	}
	if l == nil {
		return ask(tc, e, func(task.Context) (view.End, error) {
			end, _, err := look()
			return end, err
		})
	}
	return until(tc, l, look)
}

// Lives returns whether a session lives here, and whether its end is kept.
func (e *Engine) Lives(tc task.Context, name aura.SessionID) (lives, ended bool, err error) {
	type state struct{ lives, ended bool }
	s, err := ask(tc, e, func(task.Context) (state, error) {
		return state{e.live[name] != nil || e.suspended[name] != nil, e.kept.of[name] != nil || e.passed.of[name] != nil}, nil
	})
	return s.lives, s.ended, err
}

// BegunBy returns how many sessions of a protocol live here in which an authority plays a role.
func (e *Engine) BegunBy(tc task.Context, protocol string, role choreo.Role, peer aura.AuthorityID) (int, error) {
	return ask(tc, e, func(task.Context) (n int, _ error) {
		for _, l := range e.live {
			if by, plays := l.peer(role); plays && by == peer && l.opening.Protocol == protocol {
				n++
			}
		}
		return n, nil
	})
}

// Consider decides whether a session could begin here as the opening says, without beginning it, and returns the opening with the
// version of the protocol in which it would. An empty role stands for an agent that does not take part. The errors are those of
// [Engine.Open], but that the session's name does not matter.
func (e *Engine) Consider(tc task.Context, o Opening) (Opening, *Protocol, error) {
	p, err := ask(tc, e, func(task.Context) (*Protocol, error) {
		p, err := e.version(&o)
		if err != nil {
			return nil, err
		}
		if o.Role == "" {
			return p, nil
		}
		return p, e.goesWith(p, o.Role)
	})
	if err != nil {
		return o, nil, err
	}
	o.Version = p.Version()
	if _, known := e.options.Registry.program(o.Protocol, o.Role); !known && o.Role != "" {
		return o, nil, aura.Errorf("session.Open", aura.NotFound, "no program plays %s of protocol %s", o.Role, o.Protocol)
	}
	_, err = p.admit(&e.options)
	return o, p, err
}

// Roles returns the roles of a protocol with these sizes, in the order of [choreo.Role.Compare]. The caller must not change it.
func (p *Protocol) Roles() []choreo.Role { return p.image.Roles() }

// Partners returns the roles that exchange messages with a role.
func (p *Protocol) Partners(role choreo.Role) (all []choreo.Role) {
	own, known := p.image.Role(role)
	if !known {
		return nil
	}
	for i, other := range p.image.Roles() {
		if id := machine.RoleID(i); p.image.Exchange(own, id) {
			all = append(all, other)
		}
	}
	return slices.Clip(all)
}

// Said returns the payload of the next message that the role sent before a restart and that the program has not passed over yet; false
// when there is none. See [Port.Sent].
func (p *Port) Said() (payload []byte, again bool) {
	r := p.session.sentNext()
	if r == nil {
		return nil, false
	}
	return r.Parcel.Payload, true
}
