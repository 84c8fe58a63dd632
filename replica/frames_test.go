package replica_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// knock is the protocol of these tests.
const knock = `
module knock exposing (Knock)

protocol Knock =
  roles Guest, Host
  Guest { guard_capability : "chat:send", flow_cost : 1 } -> Host : Knock
  Host { guard_capability : "chat:send", flow_cost : 1 } -> Guest : Who
  Guest { guard_capability : "chat:send", flow_cost : 1 } -> Host : Me
`

const knockID = "aura.knock.knock"

func knockInstance() *choreo.Instance {
	p, problems := choreo.Load("knock.tell", knock)
	if err := problems.Err("knock"); err != nil {
		panic(err)
	}
	i, err := p.Instantiate(nil)
	if err != nil {
		panic(err)
	}
	return i
}

// The frames of sessions, as a peer with other code would write them.
type (
	wireGreeting struct {
		Session  aura.SessionID `cbor:"1,keyasint,omitzero"`
		Protocol string         `cbor:"2,keyasint,omitempty"`
		Version  [32]byte       `cbor:"3,keyasint,omitzero"`
		Role     string         `cbor:"4,keyasint,omitempty"`
		Have     uint64         `cbor:"5,keyasint,omitempty"`
		To       string         `cbor:"8,keyasint,omitempty"`
		Moved    []view.Move    `cbor:"9,keyasint,omitempty"`
		Epoch    aura.Epoch     `cbor:"10,keyasint,omitempty"`
	}
	knockParcel struct {
		From    uint16 `cbor:"1,keyasint,omitempty"`
		To      uint16 `cbor:"2,keyasint,omitempty"`
		Label   uint32 `cbor:"3,keyasint,omitempty"`
		Payload []byte `cbor:"4,keyasint,omitempty"`
	}
	wireMessage struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Edge    uint32         `cbor:"2,keyasint,omitempty"`
		Seq     uint64         `cbor:"3,keyasint,omitempty"`
		Parcel  []byte         `cbor:"4,keyasint,omitempty"`
		Receipt []byte         `cbor:"5,keyasint,omitempty"`
	}
	wireConfirmation struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Next    uint64         `cbor:"2,keyasint,omitempty"`
		Again   bool           `cbor:"3,keyasint,omitempty"`
	}
	wireRefusal struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Reason  uint8          `cbor:"2,keyasint,omitempty"`
		Seq     uint64         `cbor:"3,keyasint,omitempty"`
	}
)

const (
	wireGreetingNumber     = 11
	wireMessageNumber      = 12
	wireConfirmationNumber = 13
	wireRefusalNumber      = 14
)

// hosts returns options of a person at whose door others may knock, and who notes whom it heard.
func hosts(heard map[aura.SessionID][]string) func(*session.Registry) error {
	return hostsFor(heard, 0)
}

// hostsFor is hosts with a budget for each session, zero: the default.
func hostsFor(heard map[aura.SessionID][]string, budget aura.Duration) func(*session.Registry) error {
	hear := func(tc task.Context, p *session.Port, from choreo.Role) error {
		label, _, err := p.Receive(tc, from)
		heard[p.Session().Name] = append(heard[p.Session().Name], label)
		return err
	}
	return func(r *session.Registry) error {
		return errors.Join(
			r.Add(knockInstance(), choreo.Defaults{}),
			r.Play(knockID, "Host", func(tc task.Context, p *session.Port) error {
				if err := hear(tc, p, "Guest"); err != nil {
					return err
				}
				return errors.Join(p.Send(tc, "Guest", "Who", nil), hear(tc, p, "Guest"))
			}),
			r.Play(knockID, "Guest", func(tc task.Context, p *session.Port) error {
				return errors.Join(p.Send(tc, "Host", "Knock", nil), hear(tc, p, "Host"), p.Send(tc, "Host", "Me", nil))
			}),
			r.Answer(knockID, "Host", func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
				return session.Opening{Persistent: true, Budget: budget}, nil
			}),
		)
	}
}

// guest is an intruder that knows the protocol.
type guest struct {
	*intruder
	image *machine.Image
}

func (g *guest) greeting(name aura.SessionID, change func(*wireGreeting)) wireGreeting {
	w := wireGreeting{Session: name, Protocol: knockID, Version: g.image.Digest(), Role: "Guest", To: "Host"}
	change(&w)
	return w
}

func (g *guest) message(name aura.SessionID, seq uint64, label string, change func(*wireMessage)) wireMessage {
	host, _ := g.image.Role("Host")
	from, _ := g.image.Role("Guest")
	id, _ := g.image.FindLabel(from, host, label)
	parcel, err := fact.Marshal(knockParcel{From: uint16(from), To: uint16(host), Label: uint32(id)})
	if err != nil {
		panic(err)
	}
	w := wireMessage{Session: name, Edge: uint32(from)<<16 | uint32(host), Seq: seq, Parcel: parcel}
	change(&w)
	return w
}

// frames returns the bodies of the frames of a number that come within some time.
func (g *guest) frames(tc task.Context, number byte, within aura.Duration) (all [][]byte) {
	wait, done := tc.WithBudget("frames", within)
	defer done()
	for {
		b, err := g.channel.Recv(wait)
		if err != nil {
			return all
		}
		if b[0] == number {
			all = append(all, b[1:])
		}
	}
}

// reasons returns the refusals that come within some time.
func (g *guest) reasons(tc task.Context) (all []uint8) {
	for _, b := range g.frames(tc, wireRefusalNumber, 5*time.Second) {
		var r wireRefusal
		if err := fact.Unmarshal(b, &r); err != nil {
			g.World.Errorf("a refusal: %v", err)
		}
		all = append(all, r.Reason)
	}
	return all
}

// ingress counts refused frames of sessions.
func ingress(w *auratest.World) (n int) {
	for _, e := range w.Events {
		if e.Family() == world.FamilyIngress && e.Message() != "accepted" && e.Service() == "session" {
			n++
		}
	}
	return n
}

// TestFramesOfAStrangerToASessionAreRefused: each is an event and changes nothing, the link stays, and sessions with others go on.
func TestFramesOfAStrangerToASessionAreRefused(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		heard, atBen := map[aura.SessionID][]string{}, map[aura.SessionID][]string{}
		ada := w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Sessions = hosts(heard) })
		ben := w.Person(tc, "Ben", func(p *auratest.Person) { p.Options.Sessions = hosts(atBen) })
		mallory := w.Person(tc, "Mallory")
		pair, context := w.Meet(tc, ada, ben), w.Meet(tc, ada, mallory)
		bens := aura.SessionID{1}
		w.Net.Set(transport.SimOptions{Latency: 200 * time.Millisecond})
		err := ben.Agent.Sessions().Open(tc, session.Opening{
			Name: bens, Protocol: knockID, Role: "Guest", Context: pair, Persistent: true,
			Parties: []session.Party{{Role: "Host", Authority: ada.Self(), Device: ada.Ring.Device()}},
		})
		if err != nil {
			w.Fatalf("%v", err)
		}
		w.Until(tc, "Ben knocks", time.Minute, func() bool { return len(heard[bens]) == 1 })
		ben.Crash()
		im, err := machine.CompileInstance(knockInstance())
		if err != nil {
			w.Fatalf("%v", err)
		}
		m := &guest{corrupt(tc, mallory, ada, context), im}
		m.dial(tc)
		m.hello(tc)

		same := func(*wireGreeting) {}
		asIs := func(*wireMessage) {}
		own := aura.SessionID{2}
		refused := func(what string, number byte, frame any, want ...uint8) {
			w.Helper()
			before := ingress(w)
			m.send(tc, number, frame)
			got := m.reasons(tc)
			if !slices.Equal(got, want) {
				w.Errorf("%s: refused with %v, want %v", what, got, want)
			}
			if ingress(w) != before+1 {
				w.Errorf("%s: %d events", what, ingress(w)-before)
			}
		}
		refused("an unknown protocol", wireGreetingNumber, m.greeting(own, func(g *wireGreeting) { g.Protocol = "aura.bird.song" }), 1)
		refused("another version", wireGreetingNumber, m.greeting(own, func(g *wireGreeting) { g.Version[0]++ }))
		refused("a role that peers do not begin towards", wireGreetingNumber, m.greeting(own, func(g *wireGreeting) { g.Role, g.To = "Host", "Guest" }), 1)
		refused("a session of which it has messages", wireGreetingNumber, m.greeting(own, func(g *wireGreeting) { g.Have = 1 }), 5)
		refused("a session of Ben's", wireGreetingNumber, m.greeting(bens, same), 3)
		refused("a message of Ben's session", wireMessageNumber, m.message(bens, 1, "Me", asIs))
		refused("a message of no session", wireMessageNumber, m.message(own, 0, "Knock", asIs), 5)
		m.send(tc, wireConfirmationNumber, wireConfirmation{Session: bens, Next: 1})
		m.send(tc, wireRefusalNumber, wireRefusal{Session: bens, Reason: 5})

		m.send(tc, wireGreetingNumber, m.greeting(own, same))
		if got := len(m.frames(tc, wireGreetingNumber, 5*time.Second)); got != 1 {
			w.Errorf("%d greetings answer one", got)
		}
		for range 16 { // it may have stood still for a handover
			m.send(tc, wireGreetingNumber, m.greeting(own, same))
		}
		if got := len(m.frames(tc, wireGreetingNumber, 5*time.Second)); got == 0 || got > 16 {
			w.Errorf("%d greetings answer 16", got)
		}
		refused("a greeting again and again", wireGreetingNumber, m.greeting(own, same))
		refused("a label out of its turn", wireMessageNumber, m.message(own, 0, "Me", asIs))
		refused("a message before its turn", wireMessageNumber, m.message(own, 1, "Knock", asIs))
		refused("more confirmed than was sent", wireConfirmationNumber, wireConfirmation{Session: own, Next: 3})
		refused("again what was not sent", wireConfirmationNumber, wireConfirmation{Session: own, Again: true})
		if got := heard[own]; len(got) > 0 {
			w.Errorf("the host heard %q", got)
		}
		before := rejected(w)
		m.send(tc, wireMessageNumber, m.message(own, 0, "Knock", func(x *wireMessage) { x.Edge++ }))
		w.Until(tc, "bytes that are no message end the channel", time.Minute, func() bool { return rejected(w) > before })
		m.hangUp(tc)
		w.Net.Set(transport.SimOptions{})
		ben.Start(tc)
		w.Until(tc, "Ben is heard", time.Minute, func() bool { return len(heard[bens]) == 2 })
		mallory.Start(tc)
		mallory.Say(tc, context, "honest again")
		scene.Has(tc, w, context, ada, mallory, "honest again")
	})
}

// TestAFloodOfGreetingsEndsTheLink: a peer may have 64 sessions that it began, is told that there is no room for others, and loses the
// channel when it does not stop. Nothing of it stays.
func TestAFloodOfGreetingsEndsTheLink(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		heard := map[aura.SessionID][]string{}
		ada := w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Sessions = hosts(heard) })
		mallory := w.Person(tc, "Mallory")
		context := w.Meet(tc, ada, mallory)
		im, err := machine.CompileInstance(knockInstance())
		if err != nil {
			w.Fatalf("%v", err)
		}
		m := &guest{corrupt(tc, mallory, ada, context), im}
		m.dial(tc)
		m.hello(tc)
		live := func() int {
			all, err := ada.Agent.Sessions().List(tc)
			if err != nil {
				w.Fatalf("%v", err)
			}
			return len(all)
		}
		for i := range 100 {
			m.send(tc, wireGreetingNumber, m.greeting(aura.SessionID{3, byte(i)}, func(*wireGreeting) {}))
		}
		if got := m.reasons(tc); len(got) != 36 || got[0] != 4 || live() != 64 {
			w.Fatalf("refusals %v, %d live", got, live())
		}
		for i := range 400 {
			m.send(tc, wireGreetingNumber, m.greeting(aura.SessionID{4, byte(i >> 8), byte(i)}, func(*wireGreeting) {}))
		}
		w.Until(tc, "Ada ends the channel", time.Minute, func() bool { return rejected(w) > 0 })
		w.Until(tc, "the sessions have ended", time.Minute, func() bool { return live() == 0 })
		m.hangUp(tc)
		mallory.Start(tc)
		mallory.Say(tc, context, "honest again")
		scene.Has(tc, w, context, ada, mallory, "honest again")
	})
}
