package sim

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/domain/device"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/ceremony"
	"github.com/aura-runtime/aura/task"
)

const (
	// openEvery is the mean time between two sessions that a device begins.
	openEvery = 30 * time.Second
	// inMemory is the share of the sessions of two that end with an agent.
	inMemory = 0.3
	// leastBudget and mostBudget are what sessions of two may take when they do not take the default.
	leastBudget, mostBudget = 20 * time.Second, 5 * time.Minute
	// slowShare is the share of the messages before which a program waits, up to slowFor.
	slowShare, slowFor = 0.25, 25 * time.Second
	// unwilling is the share of the sessions and operations to which a device says no.
	unwilling = 0.08
)

// played is a session of the world, and what its participants did.
type played struct {
	name       aura.SessionID
	protocol   string
	context    aura.ContextID
	persistent bool
	convened   *played // the coordination by which it begins for all or for none; nil: it is a session of two, or a coordination
	parts      []*part
	takes      map[*person]bool // of a convened one: devices that said yes
	operation  *consensus.Operation
}

// part is a role of a session, and the device that plays it.
type part struct {
	game   *played
	role   choreo.Role
	of     *person // the owner of the device
	who    *person // the first home of the device; nil: none has begun, and any of the owner's may
	began  int
	waited bool                     // a device has an end of it that never played it: it was to have it from another one
	asked  map[*person]stated       // devices to which who was asked to give the part, since it has it, and how much of it
	narrow bool                     // a device has played it with its own fragment alone
	before map[choreo.Role]int      // what devices before who have said, by the one to whom
	acted  map[*person]bool         // devices whose programs ever played it
	acting map[*person]*life        // programs that run, by their devices
	said   map[choreo.Role][]string // that were durable, by the one to whom
	heard  map[choreo.Role][]string // by the one from whom
	end    *view.Ended
}

func (g *played) add(role choreo.Role, who *person, of *person) *part {
	p := &part{
		game: g, role: role, of: of, who: who, said: map[choreo.Role][]string{}, heard: map[choreo.Role][]string{},
		acted: map[*person]bool{}, acting: map[*person]*life{},
	}
	g.parts = append(g.parts, p)
	return p
}

func (g *played) part(role choreo.Role) *part {
	for _, p := range g.parts {
		if p.role == role {
			return p
		}
	}
	return nil
}

// seeded draws the same for one session, role and purpose, also after a restart: what a program does again must be the same.
func (w *simulation) seeded(name aura.SessionID, what string) *chance {
	return &chance{rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d %x %s", w.options.Seed, name[:], what))))}
}

// convene lets a device begin sessions until the world closes.
func (l *life) convene(tc task.Context) error {
	for l.first().opened < l.world.options.Sessions {
		if err := tc.Sleep(l.stage.pause(openEvery)); err != nil {
			return err
		}
		if l.world.closing || l.first().spurned {
			break
		}
		l.first().opened++
		switch n := l.stage.IntN(100); {
		case n < 60:
			l.openPair(tc)
		case n < 75:
			l.openRound(tc)
		case n < 90:
			l.agreeOn(tc)
		default:
			l.changeVersion(tc)
		}
	}
	return nil
}

// judge checks the error of an action on a session: the device's disk or budget may be in the way, and people may have gone.
func (l *life) judge(what string, err error) {
	if broken, panicked := errors.AsType[*task.PanicError](err); panicked && planted(broken) {
		return
	}
	switch aura.KindOf(err) {
	case 0, aura.Denied, aura.Conflict, aura.NotFound, aura.Stale, aura.Cancelled, aura.Exhausted, aura.Invalid, aura.Timeout:
	case aura.Unavailable:
		if !l.excused() && l == l.person.life {
			l.world.violate(l.name, SessionsEnd, "%s: %v", what, err)
		}
	default:
		l.world.violate(l.name, SessionsEnd, "%s: %v", what, err)
	}
}

// partner returns a context and a device with which the device may speak there, and the context's members.
func (l *life) partner() (context aura.ContextID, other *person, ok bool) {
	if siblings := l.siblings(); l.stage.happens(0.4) {
		// Only the device that enrolled another one is sure to find it.
		if siblings = slices.DeleteFunc(siblings, func(d *person) bool { return d == l.first() || d != l.owner() && l.first() != l.owner() }); len(siblings) > 0 {
			return device.OwnContext(l.self()), one(l.stage, siblings), true
		}
	}
	var all []chat.Thread
	for _, t := range l.threads() {
		if !t.Left && present(t, l.self()) {
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return context, nil, false
	}
	t := one(l.stage, all)
	others := l.members(t)
	if len(others) == 0 {
		return context, nil, false
	}
	return t.Context, one(l.stage, others), true
}

// members returns a device of each other member of a conversation.
func (l *life) members(t chat.Thread) (all []*person) {
	for _, m := range t.Members {
		if q := l.world.byAuthority(m.Authority); q != nil && !m.Left && m.Authority != l.self() {
			if up := q.siblings(); len(up) > 0 {
				q = one(l.stage, up)
			}
			all = append(all, q)
		}
	}
	return all
}

// openPair begins a session of two.
func (l *life) openPair(tc task.Context) {
	context, other, ok := l.partner()
	if !ok {
		return
	}
	roles := [2]choreo.Role{roleSeller, roleBuyer}
	if l.stage.happens(0.5) {
		roles[0], roles[1] = roles[1], roles[0]
	}
	g := &played{protocol: haggleID, context: context, persistent: !l.stage.happens(inMemory)}
	l.draw(g.name[:])
	o := session.Opening{Name: g.name, Protocol: haggleID, Role: roles[0], Context: context, Persistent: g.persistent, Budget: l.world.budget(g)}
	party := session.Party{Role: roles[1], Authority: other.self(), Device: other.ring.Device()}
	g.add(roles[0], l.first(), l.owner())
	if l.world.options.Devices == 1 && l.stage.happens(0.3) {
		party.Device = aura.DeviceID{} // whichever greets first; of several each would begin, and all but the first be refused
		g.add(roles[1], nil, other.owner())
	} else {
		g.add(roles[1], other.first(), other.owner())
	}
	o.Parties = []session.Party{party}
	l.world.plays.add(g)
	err := l.agent.Sessions().Open(tc, o)
	if l.judge("a session of two begins", err); err != nil {
		return
	}
	l.world.report.Sessions.Opened++
	l.meddle(tc, g, o)
}

// budget returns how long a session of two may take: half of those with a recording have the default.
func (w *simulation) budget(g *played) aura.Duration {
	c := w.seeded(g.name, "budget")
	if g.persistent && c.happens(0.5) {
		return 0
	}
	return c.between(leastBudget, mostBudget)
}

// draw fills bytes by chance.
func (l *life) draw(b []byte) {
	for i := range b {
		b[i] = byte(l.stage.Uint32())
	}
}

// meddle opens a session a second time, cancels it, or hands it over and takes it back.
func (l *life) meddle(tc task.Context, g *played, o session.Opening) {
	e := l.agent.Sessions()
	if l.stage.happens(0.3) { // the same name again
		if again := e.Open(tc, o); again == nil && g.part(o.Role).said[o.Parties[0].Role] != nil {
			l.world.violate(l.name, SessionsEnd, "session %s was begun a second time", aura.Short(g.name))
		} else {
			l.judge("a session begins again", again)
		}
	}
	switch n := l.stage.IntN(10); {
	case n < 2:
		_ = tc.Sleep(l.stage.between(0, 20*time.Second))
		err := e.End(tc, g.name)
		if _, asked := g.part(o.Role).asked[l.first()]; !asked || aura.KindOf(err) != aura.Unavailable { // else it may be on its way back to this device
			l.judge("a session is cancelled", err)
		}
	case n < 5:
		_ = tc.Sleep(l.stage.between(0, 10*time.Second))
		l.standStill(tc, g)
	}
}

// standStill begins a handover and takes it back. The handle is spent by it.
func (l *life) standStill(tc task.Context, g *played) {
	spent, err := l.agent.Sessions().Owner(tc, g.name)
	if err != nil {
		return
	}
	moves := session.NewReconfig(l.agent.Sessions())
	away := session.Handover{From: l.ring.Device(), To: aura.DeviceID{1}, Scope: spent.Scope(), Sign: l.ring.Sign}
	t, err := moves.Transfer(tc, spent, away)
	if l.judge("a handover begins", err); err != nil {
		return
	}
	_ = tc.Sleep(l.stage.between(0, 10*time.Second))
	_, err = t.Rollback(tc, nil)
	if l.judge("a handover is taken back", err); err != nil {
		return
	}
	if _, err := moves.Transfer(tc, spent, away); err == nil {
		l.world.violate(l.name, SessionsOwned, "a handle of session %s acted after a handover", aura.Short(g.name))
	}
}

// club returns a group and a device of each of its other members, at least least of them.
func (l *life) club(least int) (context aura.ContextID, others []*person, ok bool) {
	var all []chat.Thread
	for _, t := range l.threads() {
		if t.Group && !t.Left {
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return context, nil, false
	}
	t := one(l.stage, all)
	others = l.members(t)
	slices.SortFunc(others, func(x, y *person) int { return x.number - y.number })
	return t.Context, others, len(others) >= least
}

func (p *person) plays(role choreo.Role) view.Part {
	return view.Part{Role: string(role), Authority: p.self(), Device: p.ring.Device()}
}

// openRound begins a session of several.
func (l *life) openRound(tc task.Context) {
	context, others, ok := l.club(1)
	if !ok {
		return
	}
	i := view.Invite{Protocol: roundID, Context: context, Sizes: []view.Size{{Parameter: "N", Members: uint16(len(others))}}}
	l.draw(i.Subject.State[:])
	l.draw(i.Subject.Nonce[:])
	i.Parts = []view.Part{l.first().plays(roleChair)}
	for k, q := range others {
		i.Parts = append(i.Parts, q.plays(choreo.Member(string(familyVoter), k)))
	}
	l.world.noteConvened(l.person, i.Subject.Name(), roundID, context, i.Parts)
	_, err := l.agent.Ceremonies().Convene(tc, i, nil)
	l.world.began(l, "a session of several begins", err)
}

// agreeOn asks the members of a group to sign an operation. Some ask for two over one state.
func (l *life) agreeOn(tc task.Context) {
	context, others, ok := l.club(2)
	if !ok {
		return
	}
	all := append(others[:len(others):len(others)], l.first())
	slices.SortFunc(all, func(x, y *person) int { return x.number - y.number })
	witnesses := all[len(all)-2:]
	if slices.Contains(witnesses, l.first()) {
		return // a coordinator is no witness
	}
	o := &consensus.Operation{Threshold: 2, Kind: "sim.change"}
	o.State[0] = byte(l.stage.IntN(3)) // others ask for something else over the same state
	copy(o.State[1:], context[:8])
	l.draw(o.Nonce[:])
	o.Payload = fmt.Appendf(nil, "%s %d", l.name, l.first().opened)
	for _, q := range witnesses {
		o.Witnesses = append(o.Witnesses, consensus.Witness{Authority: q.self(), Device: q.ring.Device(), Key: q.ring.Certificate().Signing})
	}
	slices.SortFunc(o.Witnesses, func(x, y consensus.Witness) int { return slices.Compare(x.Device[:], y.Device[:]) })
	parts := []view.Part{l.first().plays("Coordinator")}
	for k, q := range o.Witnesses {
		parts = append(parts, view.Part{Role: string(choreo.Member("Witness", k)), Authority: q.Authority, Device: q.Device})
	}
	s := view.Subject{State: o.Prestate(), Operation: o.Hash(), Nonce: o.Nonce}
	l.world.noteConvened(l.person, s.Name(), ceremony.Consensus, context, parts).operation = o
	_, _, err := l.agent.Ceremonies().Agree(tc, context, o)
	l.world.began(l, "an agreement begins", err)
}

// changeVersion asks the members of a group to change to the other version of a protocol, whichever that is here.
func (l *life) changeVersion(tc task.Context) {
	context, others, ok := l.club(1)
	if !ok {
		return
	}
	v, err := l.agent.Sessions().Versions(tc, haggleID)
	if err != nil || len(v.Known) < 2 {
		return
	}
	r := upgrade.Request{Protocol: haggleID, From: v.Active, To: v.Known[0]}
	if r.To == r.From {
		r.To = v.Known[1]
	}
	var devices []view.Part
	for _, q := range others {
		devices = append(devices, q.plays(""))
	}
	made, _, err := l.agent.Ceremonies().Upgrade(tc, context, r, devices)
	if err == nil {
		parts := []view.Part{l.first().plays("Coordinator")}
		for k, d := range devices {
			d.Role = string(choreo.Member("Device", k))
			parts = append(parts, d)
		}
		l.world.noteConvened(l.person, made, ceremony.Upgrade, context, parts)
	}
	l.world.began(l, "a change begins", err)
}

// noteConvened notes a session of several, and its coordination.
func (w *simulation) noteConvened(by *person, name aura.SessionID, protocol string, context aura.ContextID, parts []view.Part) *played {
	c := &played{name: view.CoordinationOf(name, by.self()), protocol: ceremony.Coordination, context: context, persistent: true}
	g := &played{name: name, protocol: protocol, context: context, persistent: true, convened: c, takes: map[*person]bool{}}
	for _, p := range parts {
		d := w.byDevice(p.Device)
		g.add(choreo.Role(p.Role), d, d.owner())
		role := choreo.Role("Coordinator")
		if d != by.first() {
			role = choreo.Member("Participant", len(c.parts)-1) // the coordinator is the first
		}
		c.add(role, d, d.owner())
	}
	w.plays.add(g)
	w.plays.add(c)
	return g
}

// began counts a session of several, unless it could not begin.
func (w *simulation) began(l *life, what string, err error) {
	if l.judge(what, err); err == nil {
		w.report.Sessions.Opened++
	}
}
