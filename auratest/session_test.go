package auratest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// riddle is the protocol of these tests: two questions with their answers, and a last word.
const riddle = `
module riddle exposing (Riddle)

protocol Riddle =
  roles Asker, Knower
  Asker { guard_capability : "chat:send", flow_cost : 1 } -> Knower : First
  Knower { guard_capability : "chat:send", flow_cost : 1 } -> Asker : Answer
  Asker { guard_capability : "chat:send", flow_cost : 1 } -> Knower : Second
  Knower { guard_capability : "chat:send", flow_cost : 1 } -> Asker : Solution
  Asker { guard_capability : "chat:send", flow_cost : 1 } -> Knower : Thanks
`

const riddleID = "aura.riddle.riddle"

// player is what the programs of one person did.
type player struct {
	heard    map[aura.SessionID][]string // by session, since it was last begun or restored
	ended    map[aura.SessionID]error    // programs that returned
	from     []session.Party             // of admissions
	memory   bool                        // sessions end with the agent
	unwanted bool                        // greetings are refused
	slow     aura.Duration               // before the solution
}

// plays returns the options that let a person play riddles.
func (x *player) plays(version string) func(*session.Registry) error {
	x.heard, x.ended = map[aura.SessionID][]string{}, map[aura.SessionID]error{}
	return func(r *session.Registry) error {
		p, problems := choreo.Load("riddle.tell", riddle+version)
		if err := problems.Err("riddle"); err != nil {
			return err
		}
		i, err := p.Instantiate(nil)
		if err != nil {
			return err
		}
		return errors.Join(
			r.Add(i, choreo.Defaults{}),
			r.Play(riddleID, "Asker", x.program(func(tc task.Context, p *session.Port) error {
				return errors.Join(x.say(tc, p, "Knower", "First"), x.hear(tc, p, "Knower"),
					x.say(tc, p, "Knower", "Second"), x.hear(tc, p, "Knower"), x.say(tc, p, "Knower", "Thanks"))
			})),
			r.Play(riddleID, "Knower", x.program(func(tc task.Context, p *session.Port) error {
				return errors.Join(x.hear(tc, p, "Asker"), x.say(tc, p, "Asker", "Answer"),
					x.hear(tc, p, "Asker"), tc.Sleep(x.slow), x.say(tc, p, "Asker", "Solution"), x.hear(tc, p, "Asker"))
			})),
			r.Answer(riddleID, "Knower", func(_ task.Context, from session.Party, _ aura.ContextID, g *session.Greeting) (session.Opening, error) {
				if x.unwanted {
					return session.Opening{}, aura.Errorf("test", aura.Denied, "no riddles")
				}
				if x.solved(g.Session) {
					return session.Opening{}, aura.Errorf("test", aura.Stale, "it is solved")
				}
				x.from = append(x.from, from)
				return session.Opening{Persistent: !x.memory}, nil
			}),
		)
	}
}

func (x *player) program(play session.Program) session.Program {
	return func(tc task.Context, p *session.Port) error {
		name := p.Session().Name
		x.heard[name] = nil
		err := play(tc, p)
		if tc.Err() == nil {
			x.ended[name] = err
		}
		return err
	}
}

func (x *player) say(tc task.Context, p *session.Port, to choreo.Role, label string) error {
	return p.Send(tc, to, label, []byte(label))
}

func (x *player) hear(tc task.Context, p *session.Port, from choreo.Role) error {
	label, payload, err := p.Receive(tc, from)
	if err == nil {
		name := p.Session().Name
		x.heard[name] = append(x.heard[name], label+" "+string(payload))
	}
	return err
}

// solved reports whether the program of a session has ended well.
func (x *player) solved(name aura.SessionID) bool {
	err, over := x.ended[name]
	return over && err == nil
}

// riddlers makes two people contacts who play riddles.
func riddlers(tc task.Context, w *auratest.World) (ada, ben *auratest.Person, context aura.ContextID, asks, knows *player) {
	asks, knows = new(player), new(player)
	ada = w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Sessions = asks.plays("") })
	ben = w.Person(tc, "Ben", func(p *auratest.Person) { p.Options.Sessions = knows.plays("") })
	return ada, ben, w.Meet(tc, ada, ben), asks, knows
}

// ask begins a session with a device.
func ask(tc task.Context, w *auratest.World, by, of *auratest.Person, context aura.ContextID, number byte, persistent bool) aura.SessionID {
	name := aura.SessionID{number, 7}
	err := by.Agent.Sessions().Open(tc, session.Opening{
		Name: name, Protocol: riddleID, Role: "Asker", Context: context, Persistent: persistent,
		Parties: []session.Party{{Role: "Knower", Authority: of.Self(), Device: of.Ring.Device()}},
	})
	if err != nil {
		w.Fatalf("%v", err)
	}
	return name
}

// bothSolved waits until both sides of a session have played it to the end, and checks what they heard.
func bothSolved(tc task.Context, w *auratest.World, asks, knows *player, name aura.SessionID, within aura.Duration) {
	w.Helper()
	w.Until(tc, "the riddle is solved", within, func() bool { return asks.solved(name) && knows.solved(name) })
	if got := asks.heard[name]; !slices.Equal(got, []string{"Answer Answer", "Solution Solution"}) {
		w.Errorf("the asker heard %q, %v", got, asks.ended)
	}
	if got := knows.heard[name]; !slices.Equal(got, []string{"First First", "Second Second", "Thanks Thanks"}) {
		w.Errorf("the knower heard %q, %v", got, knows.ended)
	}
}

// nothingLeft waits until no session of a person lives.
func nothingLeft(tc task.Context, w *auratest.World, people ...*auratest.Person) {
	w.Helper()
	for _, p := range people {
		w.Until(tc, p.Name+" has no session", 2*time.Minute, func() bool {
			live, err := p.Agent.Sessions().List(tc)
			return err == nil && len(live) == 0
		})
	}
}

// TestContactsRunSessionsOverTheirLink: many at once, while texts go the same way, and the link stays up.
func TestContactsRunSessionsOverTheirLink(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		var names []aura.SessionID
		for i := range byte(20) {
			names = append(names, ask(tc, w, ada, ben, context, i, i%2 == 0))
			ada.Say(tc, context, fmt.Sprint("text ", i))
		}
		for _, name := range names {
			bothSolved(tc, w, asks, knows, name, time.Minute)
		}
		if len(knows.from) != len(names) || knows.from[0] != (session.Party{Role: "Asker", Authority: ada.Self(), Device: ada.Ring.Device()}) {
			w.Errorf("admitted were %+v", knows.from)
		}
		w.Until(tc, "the texts come", time.Minute, func() bool { return len(ben.Heard(tc, context, ada)) == 20 })
		nothingLeft(tc, w, ada, ben)
	})
}

// TestASessionOutlivesLinksAndAgents: links break and agents crash at any moment, and the session is played once.
func TestASessionOutlivesLinksAndAgents(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 12}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		w.Net.Set(transport.SimOptions{Latency: 40 * time.Millisecond})
		name := ask(tc, w, ada, ben, context, 1, true)
		for i := range w.Seed % 4 {
			w.Sleep(tc, time.Duration(20+37*w.Seed+90*i)*time.Millisecond)
			switch victim := []*auratest.Person{ada, ben}[(w.Seed+i)%2]; (w.Seed / 2) % 3 {
			case 0:
				ada.Move() // of two that move at once, neither would find the other
			case 1:
				if !recorded(ada) {
					continue // nothing is durable of it yet
				}
				victim.Crash()
				victim.Start(tc)
			default:
				w.Cut(ada, ben)
				w.Sleep(tc, 10*time.Second)
				w.Heal(ada, ben)
			}
		}
		bothSolved(tc, w, asks, knows, name, 5*time.Minute)
		nothingLeft(tc, w, ada, ben)
	})
}

// recorded reports whether a session of a person is durable, or has ended.
func recorded(p *auratest.Person) bool {
	for _, l := range p.Agent.Journal().Logs() {
		if l.Family() == "session" {
			return true
		}
	}
	return false
}

// TestASessionWaitsForAnAbsentPeer: the link dials for it when the peer comes back, and nothing else waits.
func TestASessionWaitsForAnAbsentPeer(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		ben.Stop(tc)
		w.Sleep(tc, time.Minute)
		name := ask(tc, w, ada, ben, context, 1, true)
		w.Sleep(tc, time.Minute)
		ada.Crash()
		ada.Start(tc)
		ben.Start(tc)
		bothSolved(tc, w, asks, knows, name, time.Minute)
		nothingLeft(tc, w, ada, ben)
	})
}

// TestTwoDevicesOfOnePersonRunASession: in the context of their own account.
func TestTwoDevicesOfOnePersonRunASession(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		asks, knows := new(player), new(player)
		phone := w.Person(tc, "Ada's phone", func(p *auratest.Person) { p.Options.Sessions = asks.plays("") })
		laptop := phone.Enrol(tc, "Ada's laptop")
		laptop.Stop(tc)
		laptop.Options.Sessions = knows.plays("")
		laptop.Start(tc)
		name := ask(tc, w, phone, laptop, device.OwnContext(phone.Self()), 1, true)
		w.Sleep(tc, time.Second)
		laptop.Crash()
		laptop.Start(tc)
		bothSolved(tc, w, asks, knows, name, time.Minute)
		nothingLeft(tc, w, phone, laptop)
	})
}

// TestARefusedSessionFailsWithAReason: the program of the side that began it learns why, and the link stays.
func TestARefusedSessionFailsWithAReason(t *testing.T) {
	for want, change := range map[session.Refusal]func(*auratest.Person, *player){
		session.RefusalProtocol: func(p *auratest.Person, _ *player) { p.Options.Sessions = nil },
		session.RefusalVersion: func(p *auratest.Person, x *player) {
			p.Options.Sessions = x.plays("  Knower { guard_capability : \"chat:send\", flow_cost : 1 } -> Asker : Bye\n")
		},
		session.RefusalPeer: func(_ *auratest.Person, x *player) { x.unwanted = true },
	} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, ben, context, asks, knows := riddlers(tc, w)
			ben.Stop(tc)
			change(ben, knows)
			ben.Start(tc)
			name := ask(tc, w, ada, ben, context, 1, true)
			w.Until(tc, "the session fails", time.Minute, func() bool { return asks.ended[name] != nil })
			refused, is := errors.AsType[*session.RefusalError](asks.ended[name])
			if !is || refused.Reason != want {
				w.Errorf("the asker's program got %v, want %v", asks.ended[name], want)
			}
			ada.Say(tc, context, "still there")
			w.Until(tc, "the text comes", time.Minute, func() bool { return len(ben.Heard(tc, context, ada)) == 1 })
			nothingLeft(tc, w, ada, ben)
		})
	}
}
