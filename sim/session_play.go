package sim

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/consensus"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// haggle is the protocol of the sessions of two: offers until the buyer has enough of it. It links a bundle for each role, so its sessions have two
// fragments.
const haggle = `
module market exposing (Haggle)

protocol Haggle =
  roles Seller, Buyer
  rec More
    Seller { guard_capability : "chat:send", flow_cost : 1, link : "bundle=stall|exports=goods|imports=bids" } -> Buyer : Offer
    choice Buyer at
      | Higher =>
        Buyer { guard_capability : "chat:send", flow_cost : 1, link : "bundle=purse|exports=bids|imports=goods" } -> Seller : Higher
        continue More
      | Take =>
        Buyer { guard_capability : "chat:send", flow_cost : 1 } -> Seller : Take
        Seller { guard_capability : "chat:send", flow_cost : 1 } -> Buyer : Hand
      | Leave =>
        Buyer { guard_capability : "chat:send", flow_cost : 1 } -> Seller : Leave
`

// haggleLater is its later version. It has one more message at its end, so the two are no versions of each other for a seller or a buyer, and it
// links nothing, so its sessions are one fragment.
func haggleLater() string {
	alone := regexp.MustCompile(`, link : "[^"]*"`).ReplaceAllString(haggle, "")
	return alone + "        Seller { guard_capability : \"chat:send\", flow_cost : 1 } -> Buyer : Bye\n"
}

// fragmentOf is the fragment of a role in the version that links bundles.
func fragmentOf(role choreo.Role) string {
	if role == roleSeller {
		return "bundle:stall"
	}
	return "bundle:purse"
}

// round is the protocol of the sessions of several.
const round = `
module market exposing (Round)

protocol Round =
  roles Chair, Voter[N]
  Chair { guard_capability : "chat:send", flow_cost : 1 } -> Voter[*] : Ask
  Voter[*] { guard_capability : "chat:send", flow_cost : 1 } -> Chair : Say
  Chair { guard_capability : "chat:send", flow_cost : 1 } -> Voter[*] : Tell
`

const (
	haggleID    = "aura.market.haggle"
	roundID     = "aura.market.round"
	roleSeller  = choreo.Role("Seller")
	roleBuyer   = choreo.Role("Buyer")
	roleChair   = choreo.Role("Chair")
	familyVoter = choreo.Role("Voter")
)

// plays adds what an agent of a world needs to play the sessions of the people.
func (l *life) plays(o *agent.Options) {
	if l.world.options.Sessions == 0 {
		return
	}
	o.Sessions = l.register
	o.Takes = func(_ task.Context, _ session.Party, i *view.Invite) error {
		g := l.world.plays.of[i.Subject.Name()]
		if g == nil {
			l.world.violate(l.name, SessionsAgree, "an invite to a session that nobody began")
			return nil
		}
		if l.world.seeded(g.name, l.name).happens(unwilling) {
			return aura.Errorf("sim.plays", aura.Denied, "no")
		}
		g.takes[l.first()] = true
		return nil
	}
	o.Judges = func(_ task.Context, o *consensus.Operation) error {
		if l.world.seeded(aura.SessionID(o.Hash()), l.name).happens(unwilling) {
			return aura.Errorf("sim.plays", aura.Denied, "no")
		}
		return nil
	}
}

// register adds the protocols. Some devices know one version of the first alone.
func (l *life) register(r *session.Registry) error {
	texts := []string{haggle, haggleLater()}
	switch n := l.world.seeded(aura.SessionID{}, l.first().name).IntN(8); n {
	case 0, 1:
		texts = texts[n : n+1]
	}
	for _, text := range append(texts, round) {
		p, problems := choreo.Load("market.tell", text)
		if err := problems.Err("market.tell"); err != nil {
			return err
		}
		i, err := p.Instantiate(p.ProbeBinding())
		if err == nil {
			err = r.Add(i, choreo.Defaults{})
		}
		if err != nil {
			return err
		}
	}
	if len(texts) == 2 || texts[0] != haggle {
		l.later = r.Versions(haggleID)[len(texts)-1]
	}
	begins := func(tc task.Context, from session.Party, _ aura.ContextID, g *session.Greeting) (session.Opening, error) {
		return l.admit(g)
	}
	again := func(tc task.Context, from session.Party, context aura.ContextID, g *session.Greeting) (session.Opening, error) {
		return l.agent.Ceremonies().Continue(tc, from, context, g)
	}
	return errors.Join(
		r.Play(haggleID, roleSeller, l.program(func(tc task.Context, a *acting) error { return a.sell(tc) })),
		r.Play(haggleID, roleBuyer, l.program(func(tc task.Context, a *acting) error { return a.buy(tc) })),
		r.Answer(haggleID, roleSeller, begins), r.Answer(haggleID, roleBuyer, begins),
		r.Play(roundID, roleChair, l.program(func(tc task.Context, a *acting) error { return a.preside(tc) })), r.Play(roundID, familyVoter, l.program(func(tc task.Context, a *acting) error { return a.vote(tc) })),
		r.Answer(roundID, roleChair, again), r.Answer(roundID, familyVoter, again),
	)
}

// admit decides about a peer that begins a session of two.
func (l *life) admit(g *session.Greeting) (session.Opening, error) {
	of := l.world.plays.of[g.Session]
	switch {
	case of == nil:
		l.world.violate(l.name, SessionsAgree, "a greeting for a session that nobody began")
		return session.Opening{}, aura.Errorf("sim.admit", aura.Denied, "no such session")
	case l.world.seeded(g.Session, l.name).happens(unwilling):
		return session.Opening{}, aura.Errorf("sim.admit", aura.Denied, "no")
	}
	return session.Opening{Persistent: of.persistent, Budget: l.world.budget(of)}, nil
}

// acting is a program that plays a role, with the world's notes of it.
type acting struct {
	*life
	port  *session.Port
	game  *played
	part  *part
	fixed *chance // of draws that come again after a restart
	said  map[choreo.Role]int
	heard map[choreo.Role]int
	steps int
	fails int // the step at which it fails, -1: none
	kept  *kept
}

// program returns a program that notes what it does.
func (l *life) program(play func(task.Context, *acting) error) session.Program {
	return func(tc task.Context, p *session.Port) error {
		o := p.Session()
		g := l.world.plays.of[o.Name]
		if g == nil || g.part(o.Role) == nil {
			l.world.violate(l.name, SessionsAgree, "a session that nobody began")
			return nil
		}
		a := &acting{
			life: l, port: p, game: g, part: g.part(o.Role), fixed: l.world.seeded(o.Name, string(o.Role)), fails: -1,
			said: map[choreo.Role]int{}, heard: map[choreo.Role]int{},
		}
		if err := a.begin(tc); err != nil {
			return err
		}
		defer func() {
			if a.part.acting[l.first()] == l {
				delete(a.part.acting, l.first())
			}
			if a.kept != nil {
				a.kept.over = true
			}
		}()
		if a.fixed.happens(0.06) {
			a.fails = a.fixed.IntN(4)
		}
		if a.fixed.happens(0.15) {
			done, err := p.Within(tc, a.fixed.between(5*time.Second, 3*time.Minute))
			if err != nil {
				return err
			}
			defer done()
		}
		return play(tc, a)
	}
}

// begin notes that the program begins, and checks that it may.
func (a *acting) begin(tc task.Context) error {
	w, p := a.world, a.part
	stated := p.takeOver(a.life, a.game.name)
	if o, err := a.agent.Sessions().Owner(tc, a.game.name); err == nil {
		p.reaches(a.life, o.Scope(), stated)
	}
	if p.began++; !a.game.persistent {
		clear(p.said)
		clear(p.heard)
	}
	for _, o := range a.game.parts {
		if a.game.convened != nil && o.of != a.game.parts[0].of && !a.game.takes[o.who] {
			w.violate(a.name, SessionsAgree, "session %s began, and %s has not agreed to take part", aura.Short(a.game.name), o.who.name)
		}
	}
	return nil
}

// step lets the program be slow, or fail.
func (a *acting) step(tc task.Context) error {
	n := a.steps
	a.steps++
	if n == a.fails {
		if a.fixed.happens(0.3) {
			panic("planted in a program")
		}
		return aura.Errorf("sim.step", one(a.fixed, []aura.Kind{aura.Denied, aura.Invalid}), "it has enough of it")
	}
	return nil
}

// dally waits before a message that was not sent before.
func (a *acting) dally(tc task.Context) error {
	if a.world.closing || !a.stage.happens(slowShare) {
		return nil
	}
	return tc.Sleep(a.stage.between(0, slowFor))
}

// say sends one of some messages: after a restart the one that was sent.
func (a *acting) say(tc task.Context, to choreo.Role, labels ...string) (string, error) {
	if err := a.step(tc); err != nil {
		return "", err
	}
	n := a.said[to]
	label, again := a.port.Sent()
	if again {
		was, _ := a.port.Said()
		a.note("said", a.part.said, to, n, string(was))
		if err := a.port.Send(tc, to, label, nil); err != nil {
			return "", err
		}
		a.said[to]++
		return label, nil
	}
	if err := a.dally(tc); err != nil {
		return "", err
	}
	label = one(a.stage, labels)
	words := fmt.Sprintf("%s to %s: %s %d, %d", a.part.role, to, label, n, a.stage.Uint32())
	for tries := 1 + a.stage.IntN(40); ; tries-- {
		if a.stage.happens(0.05) { // what it would commit with the message is denied
			a.port.With(func(task.Context) (guard.Request, error) {
				return guard.Request{}, aura.Errorf("sim.say", aura.Denied, "not now")
			})
		}
		err := a.port.Send(tc, to, label, []byte(words))
		if err == nil {
			break
		}
		switch aura.KindOf(err) {
		case aura.Denied, aura.Unavailable, aura.Exhausted, aura.Timeout:
		default:
			return "", err
		}
		if tries == 0 {
			return "", err
		}
		if err := tc.Sleep(a.stage.between(0, 10*time.Second)); err != nil {
			return "", err
		}
	}
	a.note("said", a.part.said, to, n, words)
	if a.said[to]++; a.kept == nil && a.game.protocol == haggleID {
		a.kept = a.keepPort(a.part, a.port)
	}
	return label, nil
}

// note adds a message to those of before, among which it may be.
func (a *acting) note(what string, all map[choreo.Role][]string, other choreo.Role, n int, words string) {
	switch before := all[other]; {
	case n < len(before) && before[n] != words:
		a.world.violate(a.name, SessionsReplay, "session %s: message %d was %s as %q and is %q after a restart", aura.Short(a.game.name), n, what, before[n], words)
	case n == len(before):
		all[other] = append(before, words)
	}
}

// hear receives a message.
func (a *acting) hear(tc task.Context, from choreo.Role) (string, error) {
	if err := a.step(tc); err != nil {
		return "", err
	}
	label, words, err := a.port.Receive(tc, from)
	if err != nil {
		return "", err
	}
	n := a.heard[from]
	if want := fmt.Sprintf("%s to %s: %s %d, ", from, a.part.role, label, n); !strings.HasPrefix(string(words), want) {
		a.world.violate(a.name, SessionsAgree, "session %s: message %d is %s %q, want %q", aura.Short(a.game.name), n, label, words, want)
	}
	a.note("heard", a.part.heard, from, n, string(words))
	a.heard[from]++
	return label, nil
}

func (a *acting) sell(tc task.Context) error {
	for {
		if _, err := a.say(tc, roleBuyer, "Offer"); err != nil {
			return err
		}
		switch label, err := a.hear(tc, roleBuyer); {
		case err != nil:
			return err
		case label == "Take":
			_, err := a.say(tc, roleBuyer, "Hand")
			return err
		case label == "Leave":
			if a.port.Session().Version == a.later {
				_, err = a.say(tc, roleBuyer, "Bye")
			}
			return err
		}
	}
}

func (a *acting) buy(tc task.Context) error {
	for {
		if _, err := a.hear(tc, roleSeller); err != nil {
			return err
		}
		switch label, err := a.say(tc, roleSeller, "Higher", "Higher", "Take", "Leave"); {
		case err != nil:
			return err
		case label == "Take" || label == "Leave" && a.port.Session().Version == a.later:
			_, err := a.hear(tc, roleSeller)
			return err
		case label == "Leave":
			return nil
		}
	}
}

// voters returns the other roles of a round's chair.
func (a *acting) voters() (all []choreo.Role) {
	for k := range a.port.Session().Sizes[0].Members {
		all = append(all, choreo.Member(string(familyVoter), int(k)))
	}
	return all
}

func (a *acting) preside(tc task.Context) error {
	for _, do := range []func(choreo.Role) error{
		func(v choreo.Role) error { _, err := a.say(tc, v, "Ask"); return err },
		func(v choreo.Role) error { _, err := a.hear(tc, v); return err },
		func(v choreo.Role) error { _, err := a.say(tc, v, "Tell"); return err },
	} {
		for _, v := range a.voters() {
			if err := do(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *acting) vote(tc task.Context) error {
	if _, err := a.hear(tc, roleChair); err != nil {
		return err
	}
	if _, err := a.say(tc, roleChair, "Say"); err != nil {
		return err
	}
	_, err := a.hear(tc, roleChair)
	return err
}

// plays are the sessions of a world.
type plays struct {
	of    map[aura.SessionID]*played
	order []*played // as they were begun
}

func (p *plays) add(g *played) {
	if p.of == nil {
		p.of = map[aura.SessionID]*played{}
	}
	p.of[g.name], p.order = g, append(p.order, g)
}
