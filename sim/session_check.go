package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/device"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/session/ceremony"
	"github.com/aura-runtime/aura/task"
)

const (
	// restWithin is how long the sessions of a healed world may take to end: the longest pause between two attempts of a
	// ceremony, several times over.
	restWithin = 40 * time.Minute
	// defaultBudget is how long a session with a recording may take when its opening does not say.
	defaultBudget = 30 * 24 * time.Hour
	// expiredBy is when every session has ended of which a participant is away.
	expiredBy = defaultBudget + 24*time.Hour
	// lastWithin is how long a session may wait for its last confirmation then.
	lastWithin = 3 * time.Minute
	// maxAlive bounds the sessions that live at a device beside its own: 64 that each peer began.
	maxAlive = 64
	// maxEnds is how many ends an agent keeps.
	maxEnds = 2000
)

// lookAtSessions notes the ends of an agent's sessions, and checks that it keeps no more live sessions and ends than their bounds.
func (p *person) lookAtSessions(tc task.Context) {
	l := p.life
	if l == nil || p.world.options.Sessions == 0 {
		return
	}
	tc, done := tc.WithBudget("sessions of "+p.name, lookAgain)
	defer done()
	live, err := l.agent.Sessions().List(tc)
	if err != nil {
		return
	}
	ended, err := l.agent.Sessions().Ended(tc)
	if err != nil {
		return
	}
	if most := maxAlive*len(p.world.devices()) + 2*p.opened + p.world.report.Sessions.Moves; len(live) > most || len(ended) > maxEnds {
		p.world.violate(p.name, SessionsBounded, "%d sessions live and %d ends are kept, the most are %d and %d", len(live), len(ended), most, maxEnds)
	}
	for i := range ended {
		p.noteEnd(&ended[i])
	}
}

// noteEnd notes how a session ended at a device: once.
func (p *person) noteEnd(e *view.Ended) {
	g := p.world.plays.of[e.Session.Name]
	if g == nil {
		return // an invitation
	}
	of := g.part(choreo.Role(e.Session.Role))
	elsewhere := of != nil && of.who != nil && of.who != p.first()
	switch {
	case elsewhere && (e.End.Kind == view.EndExpired || e.End.Kind == view.EndCancelled) && of.of == p.owner() && p.world.options.Devices > 1:
		of.waited = true // an import, which waited for its commit: also on a device that had played before
	case of == nil || elsewhere && !of.acted[p.first()]:
		if e.Session.Sent+e.Session.Received > 0 {
			p.world.violate(p.name, SessionsOwned, "session %s ended as %s, which %s does not play", aura.Short(g.name), e.Session.Role, p.name)
		}
	case e.Session.Sent+e.Session.Received == 0 && of.end != nil:
		// Nothing was said, so it may have begun again.
	case of.end == nil || of.end.Session.Sent+of.end.Session.Received == 0 || !e.Session.Persistent:
		of.end = e
	case of.end.End != e.End:
		p.world.violate(p.name, SessionsEnd, "session %s of %s had ended as %q at %d and now as %q at %d",
			aura.Short(g.name), g.protocol, of.end.End, of.end.End.At, e.End, e.End.At)
	}
}

// rest waits until all sessions have ended whose participants can speak with each other.
func (w *simulation) rest(tc task.Context) {
	if w.options.Sessions == 0 {
		return
	}
	lives := "the list"
	for end := tc.Elapsed() + w.patience(restWithin); tc.Elapsed() < end && !w.broken(); {
		if lives = w.lives(tc, false); lives == "" {
			break
		}
		if tc.Sleep(lookAgain) != nil {
			return
		}
		w.look(tc)
	}
	if lives != "" && !w.broken() {
		w.violate("", SessionsEnd, "after %v still lives %s", w.patience(restWithin), lives)
	}
	// A session that its coordination begins at the moment in which that expires has its own budget from then on.
	lives = w.lives(tc, true)
	for range 2 {
		if lives == "" || w.broken() {
			break
		}
		w.wake(tc, expiredBy)
		for end := tc.Elapsed() + lastWithin; lives != "" && tc.Elapsed() < end; lives = w.lives(tc, true) {
			_ = tc.Sleep(lookAgain)
		}
	}
	if lives != "" && !w.broken() {
		w.violate("", SessionsEnd, "after %v still lives %s", 2*expiredBy, lives)
	}
	w.look(tc)
	if !w.broken() {
		w.compare(tc)
	}
	w.announce(tc)
}

// wake stops all agents, and starts them again after a while.
func (w *simulation) wake(tc task.Context, after aura.Duration) {
	for _, p := range w.homes() {
		p.stop(tc)
	}
	_ = tc.Sleep(after)
	for _, p := range w.homes() {
		p.revive(tc)
	}
}

// lives names a session that lives at a device though it should have ended: of those whose participants can speak with each other, or of
// all. A deadline by a clock that was wrong may be in any year.
func (w *simulation) lives(tc task.Context, all bool) string {
	for _, p := range w.homes() {
		if p.life == nil || all && p.misled {
			continue
		}
		live, err := p.life.agent.Sessions().List(tc)
		if err != nil {
			return fmt.Sprintf("%s: %v", p.name, err)
		}
		for i := range live {
			s := &live[i]
			g := w.plays.of[s.Name]
			if g == nil || !all && !w.whole(g) {
				continue
			}
			var with []string
			for _, q := range g.parts {
				with = append(with, q.device().name)
			}
			return fmt.Sprintf("%s of %s at %s, %s: %s, sent %d, received %d, of %s", aura.Short(s.Name), s.Protocol, p.name, s.Role, s.Waits(),
				s.Sent, s.Received, strings.Join(with, ", "))
		}
	}
	return ""
}

// whole reports whether all participants of a session can speak with each other.
func (w *simulation) whole(g *played) bool {
	for i, p := range g.parts {
		for _, q := range g.parts[:i] {
			if !w.meets(g, p, q) || !w.meets(g, q, p) {
				return false
			}
		}
	}
	return true
}

// meets reports whether what one participant says reaches another one.
func (w *simulation) meets(g *played, p, q *part) bool {
	from, to := p.device(), q.device()
	if p.wandered() || q.wandered() || from.spurned || to.spurned || from.retired || to.retired {
		return false
	}
	if g.context == device.OwnContext(from.self()) {
		return from.owner() == to.owner() && !from.contested()
	}
	return slices.Contains(w.audience(g.context, from, func(*person) bool { return false }), to) && from.checker.takesIn(g.context) && to.checker.takesIn(g.context)
}

// device returns the device that plays, or may play, the part.
func (p *part) device() *person {
	if p.who == nil {
		return p.of
	}
	return p.who
}

// compare checks what the participants of each session said, heard, and agreed on.
func (w *simulation) compare(tc task.Context) {
	for _, g := range w.plays.order {
		if g.persistent {
			g.compareWords(w)
		}
		if g.convened != nil {
			g.compareBeginnings(w)
		}
		for _, p := range g.parts {
			switch {
			case p.end != nil:
				w.report.Sessions.count(p.end.End.Kind)
			case g.persistent && len(p.said)+len(p.heard) > 0 && !p.waited && w.whole(g):
				w.violate(p.device().name, SessionsOwned, "session %s of %s has no end: no device has %s", aura.Short(g.name), g.protocol, p.role)
			}
		}
	}
	w.compareCommits()
	w.compareVersions(tc)
	for _, p := range w.homes() {
		for _, l := range p.last.Logs() {
			name, _ := strings.CutPrefix(l.Name, "session/")
			if g := w.plays.of[named(name)]; g != nil && p.life != nil && (!p.misled || w.whole(g)) {
				p.world.violate(p.name, SessionsEnd, "the recording of session %s of %s is left", aura.Short(g.name), g.protocol)
			}
		}
	}
}

// named returns the session that the last part of a name of a log stands for.
func named(part string) (name aura.SessionID) {
	copy(name[:], part)
	return name
}

// compareWords checks that each participant heard what the other said, in order, and nothing that is not durable there.
func (g *played) compareWords(w *simulation) {
	for _, p := range g.parts {
		for _, q := range g.parts {
			said, heard := p.said[q.role], q.heard[p.role]
			for i, words := range heard {
				switch {
				case i < len(said) && said[i] != words:
					w.violate(q.device().name, SessionsAgree, "session %s: message %d of %s was heard as %q and said as %q", aura.Short(g.name), i, p.role, words, said[i])
				case i >= len(said) && p.end != nil && p.end.Session.Sent <= uint64(i):
					w.violate(p.device().name, SessionsAgree, "session %s: %q was heard, and %s has said %d messages", aura.Short(g.name), words, p.role, p.end.Session.Sent)
				}
			}
			if p.ended(view.EndCompleted) && q.ended(view.EndCompleted) && len(heard) < len(said) {
				w.violate(q.device().name, SessionsAgree, "session %s is complete, and %s has heard %d of %d messages of %s", aura.Short(g.name), q.role, len(heard), len(said), p.role)
			}
		}
	}
}

func (p *part) ended(kind view.EndKind) bool { return p.end != nil && p.end.End.Kind == kind }

// outlasted reports whether the session, or its coordination, expired at a participant: its clock was wrong, or the default budget has passed. It had
// agreed to take part then, and does so no more, whatever the others were told meanwhile.
func (g *played) outlasted(w *simulation) bool {
	return slices.ContainsFunc(g.parts, func(p *part) bool {
		return p.ended(view.EndExpired) && (p.device().misled || p.end.End.At.Sub(w.start) >= defaultBudget)
	}) || g.convened != nil && g.convened.outlasted(w)
}

// compareBeginnings checks that a session of several began for all of its participants, or for none.
func (g *played) compareBeginnings(w *simulation) {
	has := func(p *part) bool { return p.began > 0 || p.end != nil }
	if !w.whole(g) || !slices.ContainsFunc(g.parts, has) {
		return
	}
	for _, p := range g.parts {
		if !has(p) && g.convened.outlasted(w) {
			w.report.Sessions.Outlasted++
			break
		} else if !has(p) {
			w.violate(p.who.name, SessionsAgree, "session %s of %s has begun, and not for %s", aura.Short(g.name), g.protocol, p.role)
		}
	}
}

// compareCommits checks that no two operations over one state are agreed on.
func (w *simulation) compareCommits() {
	agreed := map[[32]byte]aura.SessionID{}
	for _, g := range w.plays.order {
		if g.operation == nil {
			continue
		}
		state := g.operation.Prestate()
		for _, p := range g.parts {
			if p.who.life == nil {
				continue
			}
			c, err := p.who.life.agent.Ceremonies().Committed(state)
			if err != nil || c == nil {
				continue
			}
			before, known := agreed[state]
			switch {
			case !known:
				agreed[state] = c.Session
				w.report.Sessions.Agreed++
			case before != c.Session:
				w.violate(p.who.name, SessionsAgree, "two operations over one state have a commit")
			}
			if of := w.plays.of[c.Session]; of == nil || of.operation.Verify(c) != nil {
				w.violate(p.who.name, SessionsAgree, "a commit that holds for no operation")
			}
		}
	}
}

// compareVersions checks that a change of version was made by all or by none.
func (w *simulation) compareVersions(tc task.Context) {
	changed := map[aura.SessionID]map[*person]bool{}
	for _, p := range w.homes() {
		_, err := p.last.Read(tc, fact.Selection{Kinds: []string{upgrade.KindExecuted}}, func(r fact.Record) error {
			var e upgrade.Executed
			if fact.Unmarshal(r.Fact.Payload, &e) == nil && r.Fact.Device == p.ring.Device() {
				if changed[e.Session] == nil {
					changed[e.Session] = map[*person]bool{}
				}
				changed[e.Session][p] = true
			}
			return nil
		})
		if err != nil && p.life != nil {
			w.violate(p.name, FactKept, "%v", err)
		}
	}
	for _, g := range w.plays.order {
		who := changed[g.name]
		w.report.Sessions.Changed += len(who)
		if g.protocol != ceremony.Upgrade || len(who) == 0 || !w.whole(g) || g.outlasted(w) {
			continue
		}
		for _, p := range g.parts {
			if !who[p.who] {
				w.violate(p.who.name, SessionsAgree, "session %s: %d of %d devices have changed, and %s has not", aura.Short(g.name), len(who), len(g.parts), p.who.name)
			}
		}
	}
}
