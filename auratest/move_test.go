package auratest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/reconfig"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// dialogue is a session in which two people take turns, until the first one says so.
const dialogue = `
module dialogue exposing (Dialogue)

protocol Dialogue =
  roles Host, Guest
  rec Turn
    choice Host at
      | Ask =>
        Host { guard_capability : "chat:send", flow_cost : 1 } -> Guest : Ask
        Guest { guard_capability : "chat:send", flow_cost : 1 } -> Host : Reply
        continue Turn
      | Done => Host { guard_capability : "chat:send", flow_cost : 1 } -> Guest : Done
`

// dialogueMore is the branch that the second version adds to the choice of the host.
const dialogueMore = `    choice Host at
      | Wait =>
        Host { guard_capability : "chat:send", flow_cost : 1 } -> Guest : Wait
        continue Turn
`

// dialogueWithMore is the second version.
func dialogueWithMore() string {
	return strings.Replace(dialogue, "    choice Host at\n", dialogueMore, 1)
}

const dialogueID = "aura.dialogue.dialogue"

// turns is how many rounds a dialogue has, and turn how long the host thinks before each.
const (
	turns = 12
	turn  = 5 * time.Second
)

// talker plays dialogues on one device.
type talker struct {
	name   string
	breaks bool                        // its programs panic
	began  int                         // programs
	heard  map[aura.SessionID][]string // since it was last begun or restored
	done   map[aura.SessionID]bool
	ended  map[aura.SessionID]error    // of programs that failed
	ran    map[aura.SessionID][32]byte // the version
}

func (x *talker) plays(r *session.Registry) error {
	x.heard, x.done = map[aura.SessionID][]string{}, map[aura.SessionID]bool{}
	x.ended, x.ran = map[aura.SessionID]error{}, map[aura.SessionID][32]byte{}
	for _, text := range []string{dialogue, dialogueWithMore(), dialogueLinked()} {
		p, problems := choreo.Load("dialogue.tell", text)
		if err := problems.Err("dialogue"); err != nil {
			return err
		}
		i, err := p.Instantiate(nil)
		if err == nil {
			err = r.Add(i, choreo.Defaults{})
		}
		if err != nil {
			return err
		}
	}
	begins := func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
		return session.Opening{Persistent: true}, nil
	}
	return errors.Join(
		r.Play(dialogueID, "Host", x.program(x.host)), r.Play(dialogueID, "Guest", x.program(x.guest)), r.Answer(dialogueID, "Guest", begins),
		r.Play(linkedID, "Host", x.program(x.host)), r.Play(linkedID, "Guest", x.program(x.guest)), r.Answer(linkedID, "Guest", begins))
}

func (x *talker) program(play session.Program) session.Program {
	return func(tc task.Context, p *session.Port) error {
		name := p.Session().Name
		x.began++
		x.heard[name], x.ran[name] = nil, p.Session().Version
		if x.breaks {
			panic("planted in the program")
		}
		err := play(tc, p)
		if err == nil {
			x.done[name] = true
		} else if tc.Err() == nil {
			x.ended[name] = err
		}
		return err
	}
}

func (x *talker) host(tc task.Context, p *session.Port) error {
	for i := range turns {
		if _, again := p.Sent(); !again {
			if err := tc.Sleep(turn); err != nil {
				return err
			}
		}
		if err := p.Send(tc, "Guest", "Ask", []byte(fmt.Sprint("ask ", i))); err != nil {
			return err
		}
		_, b, err := p.Receive(tc, "Guest")
		if err != nil {
			return err
		}
		x.heard[p.Session().Name] = append(x.heard[p.Session().Name], string(b))
	}
	return p.Send(tc, "Guest", "Done", nil)
}

func (x *talker) guest(tc task.Context, p *session.Port) error {
	for {
		label, b, err := p.Receive(tc, "Host")
		if err != nil || label != "Ask" {
			return err
		}
		x.heard[p.Session().Name] = append(x.heard[p.Session().Name], string(b))
		if err := p.Send(tc, "Host", "Reply", append([]byte("re: "), b...)); err != nil {
			return err
		}
	}
}

// movers is Ada with a laptop and a server, and Ben, who all talk.
type movers struct {
	*auratest.World
	tc                  task.Context
	laptop, server, ben *auratest.Person
	context             aura.ContextID
	atLaptop, atServer  *talker
	atBen               *talker
	deaths              map[string]*death // by the name of the person
	narrows             string            // the bundle to which the session narrows at the server; empty: it moves intact
}

// death is the commit at which a process ends.
type death struct {
	left  int  // commits from now on, this one included; zero: it does not end
	after bool // when the commit is durable and its caller does not know yet
}

// mortal is a disk whose process ends at a commit.
type mortal struct {
	journal.Store
	of *auratest.Person
	at *death
}

// Apply implements [journal.Store].
func (d mortal) Apply(tc task.Context, b *journal.Batch) error {
	if d.at.left == 0 {
		return d.Store.Apply(tc, b)
	}
	if d.at.left--; d.at.left > 0 {
		return d.Store.Apply(tc, b)
	}
	if d.at.after {
		if err := d.Store.Apply(tc, b); err != nil {
			return err
		}
	}
	d.of.Crash() // which does not return
	return nil
}

// dies has the processes of a person end as the test says.
func (m *movers) dies(p *auratest.Person) {
	at := &death{}
	m.deaths[p.Name] = at
	p.Hands = func(h agent.Hands) agent.Hands {
		h.Store = mortal{h.Store, p, at}
		return h
	}
}

func moving(t *testing.T, seeds uint64, test func(m *movers)) {
	t.Helper()
	auratest.Run(t, auratest.Options{Seeds: seeds}, func(tc task.Context, w *auratest.World) {
		m := &movers{World: w, tc: tc, atLaptop: &talker{name: "laptop"}, atServer: &talker{name: "server"}, atBen: &talker{name: "ben"}}
		m.deaths = map[string]*death{}
		m.laptop = w.Person(tc, "Ada's laptop", func(p *auratest.Person) { p.Options.Sessions = m.atLaptop.plays; m.dies(p) })
		m.ben = w.Person(tc, "Ben", func(p *auratest.Person) { p.Options.Sessions = m.atBen.plays; m.dies(p) })
		m.context = w.Meet(tc, m.laptop, m.ben)
		m.server = m.laptop.Enrol(tc, "Ada's server")
		m.server.Stop(tc)
		m.server.Options.Sessions = m.atServer.plays
		m.dies(m.server)
		m.server.Start(tc)
		test(m)
	})
}

// begin begins a dialogue between the laptop and Ben.
func (m *movers) begin(number byte, role choreo.Role) aura.SessionID {
	m.Helper()
	return m.beginOf(dialogueID, number, role)
}

func (m *movers) beginOf(protocol string, number byte, role choreo.Role) aura.SessionID {
	m.Helper()
	name, by, of, other := aura.SessionID{number, 9}, m.laptop, m.ben, choreo.Role("Guest")
	if role == "Guest" {
		by, of = m.ben, m.laptop
	}
	err := by.Agent.Sessions().Open(m.tc, session.Opening{
		Name: name, Protocol: protocol, Role: "Host", Context: m.context, Persistent: true,
		Parties: []session.Party{{Role: other, Authority: of.Self(), Device: of.Ring.Device()}},
	})
	if err != nil {
		m.Fatalf("%v", err)
	}
	return name
}

// moves is the intent of a person to give a session to a device.
func moves(tc task.Context, p *auratest.Person, name aura.SessionID, to aura.DeviceID) fact.Intent {
	return asIntent(tc, p, seen.MoveIntent{Session: name, To: to, Extent: seen.ExtentIntact})
}

// asIntent is a request to move as a frontend submits it.
func asIntent(tc task.Context, p *auratest.Person, m seen.MoveIntent) fact.Intent {
	payload, err := fact.Marshal(m)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	return fact.Intent{Kind: seen.IntentMove, Operation: aura.OperationID{m.Session[0], byte(tc.Elapsed() / time.Millisecond), 1}, Payload: payload}
}

// gives has a person give a session to a device.
func gives(tc task.Context, p *auratest.Person, name aura.SessionID, to aura.DeviceID) error {
	_, err := p.Agent.Submit(tc, moves(tc, p, name, to))
	return err
}

func (m *movers) move(name aura.SessionID, from, to *auratest.Person) {
	m.Helper()
	if err := gives(m.tc, from, name, to.Ring.Device()); err != nil {
		m.Errorf("from %s to %s: %v", from.Name, to.Name, err)
	}
}

// played checks that a dialogue has ended well between two talkers, with each message once and in order.
func (m *movers) played(name aura.SessionID, host, guest *talker) {
	m.Helper()
	m.Until(m.tc, "the dialogue ends", 10*time.Minute, func() bool { return host.done[name] && guest.done[name] })
	var asks, replies []string
	for i := range turns {
		asks, replies = append(asks, fmt.Sprint("ask ", i)), append(replies, fmt.Sprint("re: ask ", i))
	}
	if got := host.heard[name]; !slices.Equal(got, replies) {
		m.Errorf("the host at %s heard %q", host.name, got)
	}
	if got := guest.heard[name]; !slices.Equal(got, asks) {
		m.Errorf("the guest at %s heard %q", guest.name, got)
	}
}

// endedAtOne checks that one of Ada's devices played a session with Ben to its end, and reports whether it was the server.
func (m *movers) endedAtOne(name aura.SessionID) (moved bool) {
	m.Helper()
	host := m.atLaptop
	if moved = m.atServer.done[name]; moved {
		host = m.atServer
	}
	m.played(name, host, m.atBen)
	if m.atLaptop.done[name] && moved {
		m.Errorf("both devices played the session to its end")
	}
	return moved
}

// TestTheSecondOfTwoMovesIsToldOfTheFirst: it waited for its turn, and learns that the session was moved, as does one that comes later. A move to the
// device that has the session is a slip of a person, and no refused handover in the log.
func TestTheSecondOfTwoMovesIsToldOfTheFirst(t *testing.T) {
	moving(t, 2, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		refused := func() (n int) {
			for _, e := range m.Events {
				if e.Family() == world.FamilyDelegation && e.Message() == "reject" {
					n++
				}
			}
			return n
		}
		if err := gives(m.tc, m.laptop, name, m.laptop.Ring.Device()); !errors.Is(err, aura.Invalid) || refused() != 0 {
			m.Errorf("to the device that has it: %v, and the log says so %d times", err, refused())
		}
		server := aura.Short(m.server.Ring.Device())
		two := task.NewGroup(m.tc, "moves")
		failed := make([]error, 2)
		for i := range failed {
			two.Go("move", func(tc task.Context) error {
				if err := tc.Sleep(time.Duration(i) * 5 * time.Millisecond); err != nil {
					return err
				}
				failed[i] = gives(tc, m.laptop, name, m.server.Ring.Device())
				return nil
			})
		}
		if err := two.Wait(m.tc); err != nil {
			m.Fatalf("%v", err)
		}
		if failed[0] != nil || !errors.Is(failed[1], aura.Stale) || !strings.Contains(aura.Reason(failed[1]), "was moved already, to device "+server) {
			m.Errorf("two moves: %v", failed)
		}
		third := gives(m.tc, m.laptop, name, m.server.Ring.Device())
		if !errors.Is(third, aura.NotFound) || !strings.Contains(aura.Reason(third), "went from here to device "+server) {
			m.Errorf("a third one: %v", third)
		}
		m.played(name, m.atServer, m.atBen)
	})
}

// owns reports whether a session is owned on a device.
func (m *movers) owns(p *auratest.Person, name aura.SessionID) bool {
	_, err := p.Agent.Sessions().Owner(m.tc, name)
	return err == nil
}

// TestASessionMovesToAnotherDeviceWhileMessagesFlow: to the server and back, in either role, and the other side of the session notices nothing.
func TestASessionMovesToAnotherDeviceWhileMessagesFlow(t *testing.T) {
	moving(t, 4, func(m *movers) {
		role := []choreo.Role{"Host", "Guest"}[m.Seed%2]
		name := m.begin(1, role)
		m.Sleep(m.tc, 12*time.Second+time.Duration(m.Seed)*700*time.Millisecond)
		m.move(name, m.laptop, m.server)
		if m.owns(m.laptop, name) || !m.owns(m.server, name) {
			m.Errorf("after the move the laptop owns the session: %t, the server: %t", m.owns(m.laptop, name), m.owns(m.server, name))
		}
		m.Sleep(m.tc, 20*time.Second)
		heard := len(m.atServer.heard[name])
		if heard < 4 {
			m.Errorf("the server heard %d messages", heard)
		}
		m.move(name, m.server, m.laptop)
		if m.owns(m.server, name) || !m.owns(m.laptop, name) {
			m.Errorf("the session is not back")
		}
		host, guest := m.atLaptop, m.atBen
		if role == "Guest" {
			host, guest = guest, host
		}
		m.played(name, host, guest)
		nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
	})
}

// owners returns how many of Ada's devices act on a session: at most one ever does. The server reaches no more than the request states.
func (m *movers) owners(name aura.SessionID) (n int) {
	for _, p := range []*auratest.Person{m.laptop, m.server} {
		if p.Agent != nil && m.owns(p, name) {
			n++
		}
	}
	if n > 1 {
		m.Errorf("two devices own session %s", aura.Short(name))
	}
	if m.narrows != "" && m.server.Agent != nil && m.owns(m.server, name) {
		if s := m.scope(m.server, name); !s.Equal(own.Fragments(m.narrows)) {
			m.Errorf("the server reaches %s", s)
		}
	}
	return n
}

// TestACrashDuringAMoveLeavesOneOwner: one of the three crashes at any moment of a move, whose commits take time. At no time two devices own the
// session, one does in the end, and it is played once.
func TestACrashDuringAMoveLeavesOneOwner(t *testing.T) {
	moved, stayed := 0, 0
	moving(t, 36, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		m.Net.Set(transport.SimOptions{Latency: time.Millisecond})
		for _, p := range []*auratest.Person{m.laptop, m.server, m.ben} {
			p.Disk.SetFaults(journal.Faults{SyncDelay: time.Millisecond})
		}
		from, intent := m.laptop.Agent, moves(m.tc, m.laptop, name, m.server.Ring.Device())
		moving := task.NewGroup(m.tc, "moves")
		moving.Go("move", func(tc task.Context) error {
			_, _ = from.Submit(tc, intent) // the crash may come first
			return nil
		})
		victim := []*auratest.Person{m.laptop, m.server, m.ben}[m.Seed%3]
		m.Sleep(m.tc, time.Duration(m.Seed/3)*1500*time.Microsecond)
		victim.Crash()
		for range 30 + 180*(m.Seed%2) { // as long as a session stands still, or longer
			m.Sleep(m.tc, time.Second)
			m.owners(name)
		}
		victim.Start(m.tc)
		for range 200 {
			m.Sleep(m.tc, time.Second)
			m.owners(name)
		}
		_ = moving.Close(m.tc, time.Minute)
		if m.endedAtOne(name) {
			moved++
		} else {
			stayed++
		}
		m.Until(m.tc, "no session lives", 10*time.Minute, func() bool { return m.owners(name) == 0 })
	})
	if moved == 0 || stayed == 0 {
		t.Errorf("%d sessions moved and %d stayed: the crashes are not in the moves", moved, stayed)
	}
}

// TestAMoveWhileThePeerIsAway: Ben is cut off while the session moves. Whichever of the two devices he meets first, he goes on with the
// one that has it.
func TestAMoveWhileThePeerIsAway(t *testing.T) {
	moving(t, 4, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		m.Cut(m.laptop, m.ben)
		m.Cut(m.server, m.ben)
		m.move(name, m.laptop, m.server)
		m.Sleep(m.tc, time.Minute)
		if m.Seed%2 == 0 {
			m.server.Crash()
			m.server.Start(m.tc)
			m.laptop.Crash()
			m.laptop.Start(m.tc)
		}
		if m.Seed > 2 {
			m.Heal(m.laptop, m.ben) // the one that has it no more, and says where it is
			m.Sleep(m.tc, time.Minute)
			m.Heal(m.server, m.ben)
		} else {
			m.Heal(m.server, m.ben)
		}
		m.played(name, m.atServer, m.atBen)
		m.Heal(m.laptop, m.ben)
		nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
	})
}

// TestADeviceThatIsAwayKeepsNothingUp: the session goes on where it was.
func TestADeviceThatIsAwayKeepsNothingUp(t *testing.T) {
	moving(t, 2, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		m.Cut(m.laptop, m.server)
		err := gives(m.tc, m.laptop, name, m.server.Ring.Device())
		if !errors.Is(err, aura.Timeout) || !m.owns(m.laptop, name) {
			m.Errorf("to a device that is away: %v", err)
		}
		m.Heal(m.laptop, m.server)
		m.played(name, m.atLaptop, m.atBen)
		nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
	})
}

// quiet tells the other devices of the account nothing.
type quiet struct{ interp.Interpreter }

func (q quiet) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	if strings.HasPrefix(d.Request.Capability, "sync:") {
		return effect.Result{}, aura.Errorf("auratest.quiet", aura.Unavailable, "no word about facts leaves")
	}
	return q.Interpreter.Execute(tc, d)
}

// TestASessionStaysWhenTheOtherDeviceDoesNotKnowItsPeople: the laptop met Cleo and has not told the server yet, so no channel of the server's would
// come up for the session. It refuses with the reason, which both devices show, and the session goes on where it is.
func TestASessionStaysWhenTheOtherDeviceDoesNotKnowItsPeople(t *testing.T) {
	moving(t, 2, func(m *movers) {
		for _, p := range []*auratest.Person{m.laptop, m.server} {
			p.Stop(m.tc)
			p.Options.Wrap = func(i interp.Interpreter) interp.Interpreter { return quiet{i} }
			p.Start(m.tc)
		}
		atCleo := &talker{name: "cleo"}
		cleo := m.Person(m.tc, "Cleo", func(p *auratest.Person) { p.Options.Sessions = atCleo.plays })
		m.context, m.ben = m.Meet(m.tc, m.laptop, cleo), cleo
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		before := len(m.Events)
		const why = "does not know the people of the session"
		if err := gives(m.tc, m.laptop, name, m.server.Ring.Device()); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), why) {
			m.Errorf("the laptop is told: %v", err)
		}
		if !m.owns(m.laptop, name) || m.owns(m.server, name) {
			m.Errorf("the session is not on the laptop")
		}
		m.Sleep(m.tc, time.Minute)
		told := slices.ContainsFunc(m.Events[before:], func(e world.Event) bool {
			return e.Family() == world.FamilyDelegation && e.Message() == "reject" && e.ErrorKind() == aura.Denied && e.Field("session_id") == name.String()
		})
		for _, p := range []*auratest.Person{m.laptop, m.server} {
			all, err := p.Agent.Sessions().Ended(m.tc)
			if err != nil || !slices.ContainsFunc(all, func(e seen.Ended) bool {
				return e.Session.Protocol == reconfig.Delegation && e.End.Kind == seen.EndRefused && strings.Contains(e.End.Reason, why)
			}) {
				m.Errorf("%s shows the end of the delegation as %+v, %v", p.Name, all, err)
			}
		}
		if !told {
			m.Errorf("the server has no event of it")
		}
		m.played(name, m.atLaptop, atCleo)
		nothingLeft(m.tc, m.World, m.laptop, m.server, cleo)
	})
}

// fragile is an interpreter that panics once at the decision with a fact of a kind, before or behind its commit.
type fragile struct {
	interp.Interpreter
	kind   *string // empty: not any more
	behind bool
}

// Execute implements [interp.Interpreter].
func (f fragile) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	breaks := *f.kind != "" && slices.ContainsFunc(d.Request.Entries, func(e fact.Draft) bool { return e.Kind == *f.kind })
	if breaks {
		*f.kind = ""
	}
	if breaks && !f.behind {
		panic("planted before the commit")
	}
	result, err := f.Interpreter.Execute(tc, d)
	if breaks {
		panic("planted behind the commit")
	}
	return result, err
}

// TestAPanicAroundTheCommitOfAMoveLeavesOneOwner: the program of the source, or that of the target, panics before its commit or behind it. Before
// the commit of the source the delegation fails, with its event, and the session stays. Behind it nothing ends the delegation, since the session
// would have no owner: it goes on, with an event.
func TestAPanicAroundTheCommitOfAMoveLeavesOneOwner(t *testing.T) {
	for _, kind := range []string{seen.KindDelegated, seen.KindTaken} {
		for _, behind := range []bool{false, true} {
			moving(t, 1, func(m *movers) {
				breaks, stays := "", kind == seen.KindDelegated && !behind
				for _, p := range []*auratest.Person{m.laptop, m.server} {
					p.Stop(m.tc)
					p.Options.Wrap = func(i interp.Interpreter) interp.Interpreter { return fragile{i, &breaks, behind} }
					p.Start(m.tc)
				}
				name := m.begin(1, "Host")
				m.Sleep(m.tc, 11*time.Second)
				breaks = kind
				before := len(m.Events)
				if err := gives(m.tc, m.laptop, name, m.server.Ring.Device()); (err != nil) != stays {
					m.Errorf("%s, behind it %t: the person is told %v", kind, behind, err)
				}
				if breaks != "" || m.owners(name) != 1 || m.owns(m.laptop, name) != stays {
					m.Errorf("%s, behind it %t: the laptop owns the session: %t, the server: %t", kind, behind, m.owns(m.laptop, name), m.owns(m.server, name))
				}
				said := func(f world.Family) bool {
					return slices.ContainsFunc(m.Events[before:], func(e world.Event) bool { return e.Family() == f && e.ErrorKind() == aura.Internal })
				}
				if !said(world.FamilyHealth) || said(world.FamilySession) != stays {
					m.Errorf("%s, behind it %t: an event of the panic: %t, of a session that failed: %t", kind, behind, said(world.FamilyHealth), said(world.FamilySession))
				}
				m.Until(m.tc, "the dialogue ends", 10*time.Minute, func() bool { return m.atLaptop.done[name] || m.atServer.done[name] })
				if moved := m.endedAtOne(name); moved == stays {
					m.Errorf("%s, behind it %t: the session moved: %t", kind, behind, moved)
				}
				nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
			})
		}
	}
}

// TestAProgramThatPanicsBehindItsMoveFails: the session is the server's, and ends there as failed. The laptop does not take it up again, and the
// other side learns of the end.
func TestAProgramThatPanicsBehindItsMoveFails(t *testing.T) {
	moving(t, 1, func(m *movers) {
		m.atServer.breaks = true
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		before := len(m.Events)
		m.move(name, m.laptop, m.server)
		m.Sleep(m.tc, time.Minute)
		failed := func(e world.Event) bool {
			return e.Family() == world.FamilySession && e.Message() == "fail" && e.Field("session_id") == name.String() && e.ErrorKind() == aura.Internal
		}
		if !slices.ContainsFunc(m.Events[before:], failed) || m.owners(name) != 0 || m.atLaptop.done[name] || m.atBen.done[name] {
			m.Errorf("the server does not say that the session has failed, or another device plays it")
		}
		for p, want := range map[*auratest.Person]seen.EndKind{m.server: seen.EndFailed, m.ben: seen.EndCancelled} {
			all, err := p.Agent.Sessions().Ended(m.tc)
			if err != nil || !slices.ContainsFunc(all, func(e seen.Ended) bool { return e.Session.Name == name && e.End.Kind == want }) {
				m.Errorf("the ends at %s are %+v, %v", p.Name, all, err)
			}
		}
		nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
	})
}

// TestAnEarlierDeviceIsHeardNoMore: a backup of the laptop from before the move is restored. Its session is refused, with an event that says
// that it is stale, and the session goes on where it is.
func TestAnEarlierDeviceIsHeardNoMore(t *testing.T) {
	moving(t, 2, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		backup := m.laptop.Copy(m.tc, "backup")
		m.move(name, m.laptop, m.server)
		m.Sleep(m.tc, time.Minute/2)
		m.laptop.Crash()
		m.laptop.Restore(m.tc, backup)
		before := len(m.Events)
		m.laptop.Start(m.tc)
		if !m.owns(m.laptop, name) {
			m.Errorf("the backup does not own the session: the test shows nothing")
		}
		m.played(name, m.atServer, m.atBen)
		stale := func(e world.Event) bool {
			return e.Family() == world.FamilyIngress && e.Field("error_kind") == "stale" && e.Message() == "rejected"
		}
		if !slices.ContainsFunc(m.Events[before:], stale) {
			m.Errorf("no greeting of the earlier device was refused as stale")
		}
		if m.atLaptop.done[name] {
			m.Errorf("the earlier device played the session, too")
		}
	})
}

// TestAPersonIsToldThatTheOtherDeviceIsAway: the server stops before it has said that it acts. The person is told so after a while
// and does not wait for ever, and the session goes on there when the server is back.
func TestAPersonIsToldThatTheOtherDeviceIsAway(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		*m.deaths[m.server.Name] = death{left: 6}
		asked := m.tc.Elapsed()
		if err := gives(m.tc, m.laptop, name, m.server.Ring.Device()); !errors.Is(err, aura.Unavailable) {
			m.Errorf("a move whose end the other device has not said: %v", err)
		}
		if took := m.tc.Elapsed() - asked; took > 5*time.Minute || m.owns(m.laptop, name) || m.server.Agent != nil {
			m.Errorf("the person waited %v, the laptop owns the session: %t", took, m.owns(m.laptop, name))
		}
		m.deaths[m.server.Name].left = 0
		m.server.Start(m.tc)
		m.played(name, m.atServer, m.atBen)
	})
}

// TestALostReadinessLeavesTheSessionWhereItIs: the target has taken the session in, and the source never hears of it. The import does not act,
// whatever comes later, and makes room for the next offer.
func TestALostReadinessLeavesTheSessionWhereItIs(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		m.Net.Set(transport.SimOptions{Latency: 40 * time.Millisecond})
		var failed error
		moving := task.NewGroup(m.tc, "moves")
		moving.Go("move", func(tc task.Context) error {
			failed = gives(tc, m.laptop, name, m.server.Ring.Device())
			return nil
		})
		holds := func() bool {
			all, err := m.server.Agent.Sessions().List(m.tc)
			return err == nil && slices.ContainsFunc(all, func(s seen.Session) bool { return s.Name == name })
		}
		for range 4000 {
			if holds() {
				break
			}
			m.Sleep(m.tc, time.Millisecond)
		}
		m.Cut(m.laptop, m.server)
		if err := moving.Wait(m.tc); err != nil || !errors.Is(failed, aura.Timeout) || !holds() || m.owners(name) != 1 || !m.owns(m.laptop, name) {
			m.Errorf("the move ends with %v, and the server has the session: %t", failed, holds())
		}
		m.Heal(m.laptop, m.server)
		for range 60 {
			m.Sleep(m.tc, time.Second/2)
			m.owners(name)
		}
		if !m.owns(m.laptop, name) || m.owns(m.server, name) {
			m.Errorf("the import acts")
		}
		m.move(name, m.laptop, m.server)
		m.played(name, m.atServer, m.atBen)
	})
}

// versions returns the versions of dialogues on a device.
func (m *movers) versions(p *auratest.Person) session.Versions {
	m.Helper()
	v, err := p.Agent.Sessions().Versions(m.tc, dialogueID)
	if err != nil {
		m.Fatalf("%v", err)
	}
	return v
}

// TestADelegationCarriesAChangeOfVersion (runtime document, "Telltale Integration"): request and execution are facts at both devices, and the session
// that moves keeps its version, which the other side has. A change that does not hold is refused, and nothing moves.
func TestADelegationCarriesAChangeOfVersion(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		v := m.versions(m.laptop)
		asks := func(change upgrade.Request) error {
			payload, err := fact.Marshal(seen.MoveIntent{Session: name, To: m.server.Ring.Device(), Extent: seen.ExtentIntact, Upgrade: &change})
			if err != nil {
				m.Fatalf("%v", err)
			}
			_, err = m.laptop.Agent.Submit(m.tc, fact.Intent{Kind: seen.IntentMove, Operation: aura.OperationID{1, byte(m.tc.Elapsed() / time.Second)}, Payload: payload})
			return err
		}
		for what, change := range map[string]upgrade.Request{
			"to a version that is not here": {Protocol: dialogueID, From: v.Active, To: [32]byte{1}},
			"from another version":          {Protocol: dialogueID, From: v.Known[1], To: v.Active},
			"of another protocol":           {Protocol: riddleID, From: v.Active, To: v.Known[1]},
		} {
			if err := asks(change); !errors.Is(err, aura.Denied) || !m.owns(m.laptop, name) {
				m.Errorf("a change %s: %v", what, err)
			}
		}
		if err := asks(upgrade.Request{Protocol: dialogueID, From: v.Active, To: v.Known[1]}); err != nil {
			m.Errorf("%v", err)
		}
		for _, p := range []*auratest.Person{m.laptop, m.server} {
			if now := m.versions(p); now.Active != v.Known[1] || !slices.Contains(now.Retired, v.Active) {
				m.Errorf("%s begins dialogues in %x", p.Name, now.Active[:4])
			}
			for kind, by := range map[string]*auratest.Person{
				upgrade.KindRequested: m.laptop, upgrade.KindExecuted: p, seen.KindDelegated: m.laptop, seen.KindTaken: m.server,
			} {
				if by != p {
					continue // own facts stay where they are made
				}
				m.Until(m.tc, p.Name+" has the fact "+kind, time.Minute, func() bool {
					n := 0
					_, err := p.Agent.Journal().Read(m.tc, fact.Selection{Kinds: []string{kind}}, func(r fact.Record) error {
						if r.Fact.Device == by.Ring.Device() {
							n++
						}
						return nil
					})
					return err == nil && n == 1
				})
			}
		}
		m.played(name, m.atServer, m.atBen)
	})
}

// sourceCommits and maxCommits are the most commits that the source and the target make for a move: of them five and six are steps of the delegation
// and its end, one charges for a greeting to the other device, and one for that to Ben. earlyCommits are those before the end.
const (
	sourceCommits = 7
	maxCommits    = 8
	earlyCommits  = 6
)

// TestAMoveHasFewCommits: between two devices, while the session says nothing.
func TestAMoveHasFewCommits(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		before := []uint64{m.laptop.Disk.Syncs(), m.server.Disk.Syncs()}
		m.move(name, m.laptop, m.server)
		m.Sleep(m.tc, 800*time.Millisecond) // then the two devices compare what they have
		source, target := m.laptop.Disk.Syncs()-before[0], m.server.Disk.Syncs()-before[1]
		t.Logf("%d commits at the source, %d at the target", source, target)
		if source > sourceCommits || target > maxCommits {
			m.Errorf("%d commits at the source, %d at the target, the most are %d and %d", source, target, sourceCommits, maxCommits)
		}
		m.played(name, m.atServer, m.atBen)
	})
}

// crash plays a dialogue of which a move has a device end at a commit, or two, and stay away for some seconds. It reports whether the session moved.
func crash(t *testing.T, protocol string, intent seen.MoveIntent, what string, laptop, server, ben death, away int) (moved bool) {
	t.Helper()
	moving(t, 1, func(m *movers) {
		name := m.beginOf(protocol, 1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		*m.deaths[m.laptop.Name], *m.deaths[m.server.Name], *m.deaths[m.ben.Name] = laptop, server, ben
		intent.Session, intent.To = name, m.server.Ring.Device()
		if intent.Extent == seen.ExtentAttenuated {
			m.narrows = intent.Fragments[0]
		}
		from, intent := m.laptop.Agent, asIntent(m.tc, m.laptop, intent)
		moves := task.NewGroup(m.tc, "moves")
		moves.Go("move", func(tc task.Context) error {
			_, _ = from.Submit(tc, intent) // the crash may come first
			return nil
		})
		for second := range away + 60 {
			m.Sleep(m.tc, time.Second)
			m.owners(name)
			if second < away {
				continue
			}
			for _, p := range []*auratest.Person{m.laptop, m.server, m.ben} {
				if p.Agent == nil && p.Group == nil {
					m.deaths[p.Name].left = 0
					p.Start(m.tc)
				}
			}
		}
		for _, at := range m.deaths {
			at.left = 0
		}
		_ = moves.Close(m.tc, 3*time.Minute)
		m.Until(m.tc, "the dialogue ends", 10*time.Minute, func() bool {
			m.owners(name)
			return (m.atLaptop.done[name] || m.atServer.done[name]) && m.atBen.done[name]
		})
		moved = m.endedAtOne(name)
	})
	if t.Failed() {
		t.Fatalf("the crash was %s", what)
	}
	return moved
}

// TestACrashAtEveryCommitOfAMove: each of the three ends before or behind each of its commits of a move, and the two devices at every two of
// theirs. At no time two of them own the session, one does in the end, and it is played once.
func TestACrashAtEveryCommitOfAMove(t *testing.T) {
	moved, stayed := 0, 0
	run := func(what string, laptop, server, ben death, away int) {
		if crash(t, dialogueID, seen.MoveIntent{Extent: seen.ExtentIntact}, what, laptop, server, ben, away) {
			moved++
		} else {
			stayed++
		}
	}
	for commit := 1; commit <= maxCommits; commit++ {
		for _, after := range []bool{false, true} {
			at := death{commit, after}
			run(fmt.Sprintf("of the laptop at commit %d, behind it %t", commit, after), at, death{}, death{}, 0)
			run(fmt.Sprintf("of the server at commit %d, behind it %t", commit, after), death{}, at, death{}, 0)
			if commit <= 2 {
				run(fmt.Sprintf("of Ben at commit %d, behind it %t", commit, after), death{}, death{}, at, 0)
			}
		}
		const long = 120 // seconds: a session stands still no longer than a minute
		run(fmt.Sprintf("of the laptop at commit %d, for long", commit), death{commit, true}, death{}, death{}, long)
		for other := 1; other <= earlyCommits && commit <= earlyCommits; other++ {
			after := (commit+other)%2 == 0
			run(fmt.Sprintf("of the laptop at commit %d and the server at %d, behind it %t", commit, other, after), death{commit, after}, death{other, after}, death{}, 0)
		}
	}
	t.Logf("%d sessions moved, %d stayed", moved, stayed)
}
