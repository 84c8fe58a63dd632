package sim

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

const (
	// maxKept is how many ports of programs that have ended a device keeps.
	maxKept = 16
	// misuseWithin is how long a misuse may take. It does not wait for a session.
	misuseWithin = 30 * time.Second
)

// misuse does one of the things that a fault in a program or a peer does: each is refused and changes nothing. Its harm would show elsewhere: a
// second owner, a message that no program sent, a session that stands still for ever.
func (l *life) misuse(tc task.Context, c *chance) {
	tc, done := tc.WithBudget("misuse", misuseWithin)
	defer done()
	switch c.IntN(5) {
	case 0:
		l.presentPort(tc, c)
	case 1:
		l.presentForeign(tc, c)
	case 2:
		l.presentWider(tc, c)
	case 3:
		l.presentAstray(tc, c)
	default:
		l.presentForged(tc, c)
	}
}

// presentWider hands over more of a session than the own device has of it, or does not say how much that is.
func (l *life) presentWider(tc task.Context, c *chance) {
	p := l.playing(c, func(p *part) bool { return p.game.persistent })
	if p == nil {
		return
	}
	o, err := l.agent.Sessions().Owner(tc, p.game.name)
	if err != nil {
		return // it has ended, or stands still
	}
	both := own.Fragments(fragmentOf(roleSeller), fragmentOf(roleBuyer))
	wide := one(c, []session.Handover{{Scope: own.Whole(), Attenuate: true}, {Scope: both, Attenuate: true}, {Scope: both}, {}})
	if !o.Scope().IsWhole() {
		wide = one(c, []session.Handover{{Scope: own.Whole()}, {Scope: both, Attenuate: true}, {Scope: o.Scope(), Attenuate: true}})
	}
	wide.From, wide.To, wide.Sign = l.ring.Device(), aura.DeviceID{1}, l.ring.Sign
	_, err = session.NewReconfig(l.agent.Sessions()).Transfer(tc, o, wide)
	l.refuse(tc, &l.world.report.Sessions.Beyond, "a handover of "+wide.Scope.String()+" by an owner of "+o.Scope().String(), p.game.name, err)
}

// presentAstray gives the own agent a message of the other player for a fragment that is not played here: the boundary refuses it, and says so.
func (l *life) presentAstray(tc task.Context, c *chance) {
	p := l.playing(c, func(p *part) bool { // and the other part has never moved, so its device is known here
		other := p.game.otherThan(p)
		return len(other.acted) == 1 && other.acted[other.who] && len(other.asked) == 0
	})
	if p == nil {
		return
	}
	other := p.game.otherThan(p)
	number := uint16(roleNumber(other.role))
	b, err := fact.Marshal(map[uint16]any{1: number, 2: number, 4: []byte("for another fragment")}) // session.parcel of docs/formats.md
	if err != nil {
		l.world.violate(l.name, SessionsOwned, "%v", err)
		return
	}
	peer := session.ChannelOptions{Context: p.game.context, Peer: session.Party{Authority: other.who.self(), Device: other.who.ring.Device()}}
	m := effect.Message{Session: p.game.name, Edge: uint32(number)<<16 | uint32(number), Parcel: b}
	before := l.world.log.rejected
	_, err = l.agent.Sessions().Deliver(tc, &peer, &m)
	l.refuse(tc, &l.world.report.Sessions.Astray, "a message for a fragment of another player", p.game.name, err)
	if aura.KindOf(err) == aura.Denied && l.world.log.rejected == before {
		l.world.violate(l.name, SessionsOwned, "a message for a fragment of another player of session %s was refused without its event: %v", aura.Short(p.game.name), err)
	}
}

// playing draws a part of a session of two that the own device plays.
func (l *life) playing(c *chance, fits func(*part) bool) *part {
	var here []*part
	for _, g := range l.world.plays.order {
		for _, p := range g.parts {
			if g.protocol == haggleID && p.acting[l.first()] == l && fits(p) {
				here = append(here, p)
			}
		}
	}
	if len(here) == 0 {
		return nil
	}
	return one(c, here)
}

// refuse counts a capability that was refused, and reports one that was not. An error of another kind than those that name a refusal
// is judged as that of any action.
func (l *life) refuse(tc task.Context, count *int, what string, name aura.SessionID, err error) {
	switch {
	case tc.Err() != nil:
	case err == nil:
		l.world.violate(l.name, SessionsOwned, "%s acted on session %s", what, aura.Short(name))
	default:
		*count++
		l.judge(what, err)
	}
}

// presentHandle uses a handle once more that a move has spent.
func (l *life) presentHandle(tc task.Context, p *part, spent *session.Owner) {
	away := session.Handover{From: l.ring.Device(), To: aura.DeviceID{1}, Scope: spent.Scope(), Sign: l.ring.Sign}
	_, err := session.NewReconfig(l.agent.Sessions()).Transfer(tc, spent, away)
	l.refuse(tc, &l.world.report.Sessions.Stale, "a handle that a move has spent", p.game.name, err)
}

// presentPort sends by the port of a program that has ended: its session has moved, has ended, or is played by another program since.
func (l *life) presentPort(tc task.Context, c *chance) {
	ports := slices.DeleteFunc(slices.Clone(l.first().ports), func(k *kept) bool { return k.of != l || !k.over })
	if len(ports) == 0 {
		return
	}
	k := one(c, ports)
	label := "Offer"
	if k.part.role == roleBuyer {
		label = "Higher"
	}
	err := k.port.Send(tc, k.part.game.otherThan(k.part).role, label, []byte("by a port that is spent"))
	l.refuse(tc, &l.world.report.Sessions.Stale, "a port that is spent", k.part.game.name, err)
}

// keepPort notes the port of a program, for presentPort.
func (l *life) keepPort(p *part, port *session.Port) *kept {
	d, k := l.first(), &kept{of: l, part: p, port: port}
	if d.ports = append(d.ports, k); len(d.ports) > maxKept {
		d.ports = slices.Delete(d.ports, 0, 1)
	}
	return k
}

// presentForeign uses the handle of a session of another person's agent at the own one.
func (l *life) presentForeign(tc task.Context, c *chance) {
	w := l.world
	var all []*person
	for _, q := range w.devices() {
		if q.life != nil && q.owner() != l.owner() {
			all = append(all, q)
		}
	}
	if len(all) == 0 {
		return
	}
	q := one(c, all)
	live, err := q.life.agent.Sessions().List(tc)
	if err != nil || len(live) == 0 {
		return
	}
	name := one(c, live).Name
	o, err := q.life.agent.Sessions().Owner(tc, name)
	if err != nil {
		return
	}
	away := session.Handover{From: l.ring.Device(), To: aura.DeviceID{1}, Scope: own.Whole(), Sign: l.ring.Sign}
	_, err = session.NewReconfig(l.agent.Sessions()).Transfer(tc, o, away)
	l.refuse(tc, &w.report.Sessions.Forged, "the handle of another owner", name, err)
}

// presentForged gives the own agent a message for one of its sessions as if it came from a sender that does not play the other role: another
// person, or a device that gave the role away, once the other one has said something: from then on this agent knows.
func (l *life) presentForged(tc task.Context, c *chance) {
	w := l.world
	p := l.playing(c, func(p *part) bool { return p.game.otherThan(p).who != nil })
	if p == nil {
		return
	}
	other := p.game.otherThan(p)
	knows := len(p.heard[other.role]) > other.before[p.role]
	var liars []*person
	for _, q := range w.devices() {
		if q.owner() != other.of || knows && other.acted[q] && other.who != q && !other.mayCome(q) {
			liars = append(liars, q)
		}
	}
	if len(liars) == 0 {
		return
	}
	liar := one(c, liars)
	from, to := uint16(roleNumber(other.role)), uint16(roleNumber(p.role))
	b, err := fact.Marshal(map[uint16]any{1: from, 2: to, 4: []byte("by somebody else")}) // session.parcel of docs/formats.md
	if err != nil {
		w.violate(l.name, SessionsOwned, "%v", err)
		return
	}
	peer := session.ChannelOptions{Context: p.game.context, Peer: session.Party{Authority: liar.self(), Device: liar.ring.Device()}}
	m := effect.Message{Session: p.game.name, Edge: uint32(from)<<16 | uint32(to), Seq: uint64(len(p.heard[other.role])), Parcel: b}
	_, err = l.agent.Sessions().Deliver(tc, &peer, &m)
	l.refuse(tc, &w.report.Sessions.Forged, "a message of somebody who does not play the role", p.game.name, err)
}

// mayCome reports whether a device was asked to take the part, and so may play it at any time.
func (p *part) mayCome(d *person) bool {
	_, asked := p.asked[d]
	return asked
}

// roleNumber is the number of a role of haggle.
func roleNumber(role choreo.Role) int {
	return slices.Index([]choreo.Role{roleBuyer, roleSeller}, role)
}
