package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/device"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

const (
	// handleEvery is the mean time between two times at which a device moves a session, or misuses a capability.
	handleEvery = 3 * time.Second
	// moveShare is the share of the moves among them, where people have several devices.
	moveShare = 0.7
	// strangeShare is the share of the moves to any device that the account ever had.
	strangeShare = 0.1
	// carryShare is the share of the moves that carry a change of version.
	carryShare = 0.4
	// strikeShare is the share of the moves in which source, target or peer crashes, and strikeWithin when.
	strikeShare, strikeWithin = 0.4, 2 * time.Second
	// narrowShare is the share of the moves that state to attenuate, and wrongShare of those that state nothing, or what cannot be.
	narrowShare, wrongShare = 0.35, 0.1
)

// stated says how much of a part the requests state that ask one device to take it.
type stated struct{ intact, narrow bool }

// handle lets a device move its sessions to other devices of the account, and present capabilities that are no good, until the world closes.
func (l *life) handle(tc task.Context) error {
	c := l.first().hand
	for {
		if err := tc.Sleep(c.pause(handleEvery)); err != nil {
			return err
		}
		switch {
		case l.world.closing || l.first().spurned:
			return nil
		case l.world.options.Devices > 1 && c.happens(moveShare):
			l.moveOne(tc, c)
		default:
			l.misuse(tc, c)
		}
	}
}

// moveOne gives a session that is played here to another device of the account, which may be off, removed or not know the protocol's version.
func (l *life) moveOne(tc task.Context, c *chance) {
	w := l.world
	p := l.playing(c, func(p *part) bool { return p.game.persistent && len(p.said)+len(p.heard) > 0 })
	if p == nil {
		return
	}
	g, others := p.game, slices.DeleteFunc(l.owner().everywhere(), func(d *person) bool { return d == l.first() })
	if !c.happens(strangeShare) {
		others = l.near(tc, others, g.otherThan(p).device())
	}
	if len(others) == 0 {
		return
	}
	to := one(c, others)
	m := view.MoveIntent{Session: g.name, To: to.ring.Device()}
	m.Extent, m.Fragments = extent(c, p)
	if c.happens(carryShare) {
		m.Upgrade = l.otherVersion(tc)
	}
	payload, err := fact.Marshal(m)
	if err != nil {
		w.violate(l.name, SessionsOwned, "%v", err)
		return
	}
	spent, err := l.agent.Sessions().Owner(tc, g.name)
	if err != nil {
		return // it has ended, or stands still
	}
	allowed := l.mayState(&m, p, spent)
	if allowed {
		if p.asked == nil {
			p.asked = map[*person]stated{}
		}
		before := p.asked[to]
		p.asked[to] = stated{before.intact || m.Extent == view.ExtentIntact, before.narrow || m.Extent == view.ExtentAttenuated}
		w.report.Sessions.Moves++
	}
	w.note(tc, "move session", l.name)
	w.strike(c, l.first(), to, g.otherThan(p).device())
	in := fact.Intent{Kind: view.IntentMove, Payload: payload}
	for i := range in.Operation {
		in.Operation[i] = byte(c.Uint32())
	}
	_, err = l.agent.Submit(tc, in)
	if !allowed {
		l.refuse(tc, &w.report.Sessions.Forbidden, "a move that states "+m.Extent.String()+" "+strings.Join(m.Fragments, ", "), g.name, err)
		return
	}
	if err != nil {
		if aura.KindOf(err) != aura.Unavailable { // it was given away, and the other device has not said yet that it acts
			l.judge("a session moves", err)
		}
		return
	}
	if m.Upgrade != nil {
		w.report.Sessions.Carried++
	}
	l.presentHandle(tc, p, spent)
}

// extent draws what a request to move states: in some cases what no rule allows.
func extent(c *chance, p *part) (view.Extent, []string) {
	own, other := fragmentOf(p.role), fragmentOf(p.game.otherThan(p).role)
	switch {
	case c.happens(wrongShare):
		return one(c, []view.Extent{0, view.ExtentAttenuated, view.ExtentIntact}), one(c, [][]string{{own, other}, {other}})
	case c.happens(wrongShare):
		return 0, nil
	case c.happens(narrowShare):
		return view.ExtentAttenuated, []string{own}
	}
	return view.ExtentIntact, nil
}

// mayState reports whether the rule of a session's protocol allows what a request states: a part of the version that links bundles may narrow to its
// own one, once.
func (l *life) mayState(m *view.MoveIntent, p *part, o *session.Owner) bool {
	switch m.Extent {
	case view.ExtentIntact:
		return len(m.Fragments) == 0
	case view.ExtentAttenuated:
		return slices.Equal(m.Fragments, []string{fragmentOf(p.role)}) && o.Scope().IsWhole() && o.Opening().Version != l.later
	}
	return false
}

// near returns the devices of some to which a channel is up, without the one that plays the other role.
func (l *life) near(tc task.Context, some []*person, other *person) (all []*person) {
	for _, d := range some {
		up, err := l.agent.Sessions().Meets(tc, device.OwnContext(l.self()), session.Party{Authority: l.self(), Device: d.ring.Device()})
		if d != other && err == nil && up {
			all = append(all, d)
		}
	}
	return all
}

// otherVersion returns a change to the version in which no sessions begin here, nil when the device knows one alone.
func (l *life) otherVersion(tc task.Context) *upgrade.Request {
	v, err := l.agent.Sessions().Versions(tc, haggleID)
	if err != nil || len(v.Known) < 2 {
		return nil
	}
	r := &upgrade.Request{Protocol: haggleID, From: v.Active, To: v.Known[0]}
	if r.To == r.From {
		r.To = v.Known[1]
	}
	return r
}

// otherThan returns the other part of a session of two.
func (g *played) otherThan(p *part) *part {
	if g.parts[0] == p {
		return g.parts[1]
	}
	return g.parts[0]
}

// strike has one of some devices crash within seconds, in some cases.
func (w *simulation) strike(c *chance, who ...*person) {
	if !w.options.Faults || w.closing || !c.happens(strikeShare) {
		return
	}
	d, after := one(c, who), c.between(0, strikeWithin)
	w.report.Sessions.Struck++
	w.trouble.Go("strike", func(tc task.Context) error {
		if err := tc.Sleep(after); err != nil || d.retired {
			return err
		}
		return w.restart(tc, d, true)
	})
}

// takeOver notes that a device plays a part from now on, and checks that no other one may. It returns what the moves to it stated, if one brought it.
func (p *part) takeOver(l *life, name aura.SessionID) (brought stated) {
	w, d := l.world, l.first()
	switch {
	case p.who == nil && p.of == l.owner():
	case p.who != d && p.mayCome(d):
		brought = p.asked[d]
		w.report.Sessions.Moved++
		if p.acted[d] {
			w.report.Sessions.Back++
		}
		p.asked, p.before = nil, map[choreo.Role]int{}
		for to, said := range p.said {
			p.before[to] = len(said)
		}
	case p.who != d:
		w.violate(l.name, SessionsOwned, "%s plays a role of session %s that is another device's", l.name, aura.Short(name))
	}
	for other, at := range p.acting {
		if other != d && other.life == at {
			w.violate(l.name, SessionsOwned, "%s and another device act on session %s", l.name, aura.Short(name))
		}
	}
	p.who, p.acted[d], p.acting[d] = d, true, l
	return brought
}

// reaches checks that the owner of a part has what the move stated that brought it, and never more than one before it.
func (p *part) reaches(l *life, scope own.Scope, brought stated) {
	w, name := l.world, aura.Short(p.game.name)
	whole := scope.IsWhole()
	switch {
	case whole && p.narrow:
		w.violate(l.name, SessionsOwned, "%s reaches the whole of session %s, of which an owner before had a part", l.name, name)
	case whole && brought.narrow && !brought.intact:
		w.violate(l.name, SessionsOwned, "%s reaches the whole of session %s, which moved attenuated", l.name, name)
	case !whole && !scope.Equal(own.Fragments(fragmentOf(p.role))):
		w.violate(l.name, SessionsOwned, "%s reaches %s of session %s, which is no fragment of its own", l.name, scope, name)
	case !whole && !p.narrow && !brought.narrow:
		w.violate(l.name, SessionsOwned, "%s reaches %s of session %s, which moved intact", l.name, scope, name)
	case !whole && !p.narrow:
		p.narrow = true
		w.report.Sessions.Attenuated++
	}
}

// wandered reports whether a device that played the part, or was to, is one of the account no more. The other participants take no word of it
// then, so those who had not heard of a move do not learn of it.
func (p *part) wandered() bool {
	for d := range p.acted {
		if d.spurned || d.retired {
			return true
		}
	}
	for d := range p.asked {
		if d.spurned || d.retired {
			return true
		}
	}
	return false
}

// kept is a port or a handle of a session that a program, or a person's hand, did not let go.
type kept struct {
	of   *life
	part *part
	port *session.Port
	over bool // the program to which it was given has ended
}
