package session_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// parcel is what docs/formats.md says of session.parcel.
type parcel struct {
	From    uint16 `cbor:"1,keyasint,omitempty"`
	To      uint16 `cbor:"2,keyasint,omitempty"`
	Label   uint32 `cbor:"3,keyasint,omitempty"`
	Payload []byte `cbor:"4,keyasint,omitempty"`
}

// fromStore is a message of the store, role 1, to the customer, role 0.
func fromStore(t testing.TB, seq uint64, p parcel) *effect.Message {
	t.Helper()
	b, err := fact.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return &effect.Message{Session: name, Edge: 1 << 16, Seq: seq, Parcel: b}
}

// TestAStrangeMessageLeavesTheSessionAsItWas: each refusal has its kind and its event, writes nothing, and the session goes on.
func TestAStrangeMessageLeavesTheSessionAsItWas(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
		defer cust.Close(tc)
		o := cust.opening("Store")
		o.Parties[0].Device = ben.Peer.Device
		if err := cust.engine.Open(tc, o); err != nil {
			t.Fatal(err)
		}
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		price, closed := parcel{From: 1, Label: label(t, "Price"), Payload: []byte("3")}, parcel{From: 1, Label: label(t, "Closed")}
		before := chaintest.Dump(t, cust.Store)
		talk := ben
		refused := func(what string, from aura.AuthorityID, m *effect.Message, want aura.Kind) {
			t.Helper()
			talk.Peer.Authority = from
			if _, err := cust.engine.Deliver(tc, &talk, m); aura.KindOf(err) != want {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		other := fromStore(t, 0, price)
		other.Session[0]++
		refused("another session", chaintest.Ben, other, aura.NotFound)
		refused("another peer", chaintest.Cleo, fromStore(t, 0, price), aura.Denied)
		refused("no peer", aura.AuthorityID{}, fromStore(t, 0, price), aura.Denied)
		talk.Peer.Device[0]++
		refused("another device of the peer", chaintest.Ben, fromStore(t, 0, price), aura.Denied)
		talk = ben
		talk.Context[0]++
		refused("in another context", chaintest.Ben, fromStore(t, 0, price), aura.Denied)
		talk = ben
		refused("before its turn", chaintest.Ben, fromStore(t, 1, price), aura.Conflict)
		refused("a label that is not next", chaintest.Ben, fromStore(t, 0, parcel{From: 1, Label: label(t, "Pay")}), aura.Invalid)
		refused("a label that is none", chaintest.Ben, fromStore(t, 0, parcel{From: 1, Label: 99}), aura.Invalid)
		refused("a payload that is too large", chaintest.Ben, fromStore(t, 0, parcel{From: 1, Label: price.Label, Payload: make([]byte, 64<<10)}), aura.Invalid)
		edge := fromStore(t, 0, price)
		edge.Edge = 2
		refused("another edge", chaintest.Ben, edge, aura.Corrupt)
		refused("to itself", chaintest.Ben, fromStore(t, 0, parcel{From: 1, To: 1, Label: price.Label}), aura.Corrupt)
		refused("bytes", chaintest.Ben, &effect.Message{Session: name, Edge: 1 << 16, Parcel: []byte{0xff}}, aura.Corrupt)
		if after := chaintest.Dump(t, cust.Store); len(after) != len(before) {
			t.Error("a refusal wrote something")
		}
		for range 3 { // a duplicate is confirmed again, and changes nothing
			if next, err := cust.engine.Deliver(tc, &ben, fromStore(t, 0, closed)); err != nil || next != 1 {
				t.Errorf("the right message: %d, %v", next, err)
			}
		}
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(heard, []string{"Closed "}) {
			t.Errorf("the customer heard %q", heard)
		}
		refused("after the end of its edge", chaintest.Ben, fromStore(t, 1, price), aura.Stale)
	})
}

// label returns the number of a message of the shop.
func label(t testing.TB, name string) uint32 {
	t.Helper()
	im := imageOf(t)
	for i := range uint32(99) {
		if im.Label(labelID(i)).Name == name {
			return i
		}
	}
	t.Fatalf("no message %s", name)
	return 0
}

// TestADenialIsAnAnswer: a step that the guard refuses has not happened, and the program chooses another one.
func TestADenialIsAnAnswer(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var answers []error
		var heard []string
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), journal.Faults{}), true, "Cust", customer(&heard))
		shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", func(tc task.Context, p *session.Port) error {
			if _, _, err := p.Receive(tc, "Cust"); err != nil {
				return err
			}
			p.With(func(task.Context) (guard.Request, error) {
				return guard.Request{}, aura.Errorf("test", aura.Denied, "the plan does not hold")
			})
			answers = append(answers, p.Send(tc, "Cust", "Price", []byte("1")))
			answers = append(answers, p.Send(tc, "Cust", "Ask", nil))
			answers = append(answers, p.Send(tc, "Cust", "Price", make([]byte, 1<<20)))
			return p.Send(tc, "Cust", "Closed", nil)
		})
		defer cust.Close(tc)
		defer shop.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		if err := meet(tc, cust, shop, time.Minute); err != nil {
			t.Error(err)
		}
		want := []error{aura.Denied, aura.Invalid, aura.Invalid}
		if !slices.EqualFunc(answers, want, errors.Is) || !slices.Equal(heard, []string{"Closed "}) {
			t.Errorf("answers %v, the customer heard %q", answers, heard)
		}
	})
}

// TestAProgramThatFailsEndsItsSession: nothing is left of the session, and the engine and other sessions go on. A panic is a failure
// like others.
func TestAProgramThatFailsEndsItsSession(t *testing.T) {
	for what, fail := range map[string]func() error{
		"an error": func() error { return aura.Errorf("test", aura.Internal, "it cannot go on") },
		"a panic":  func() error { panic("the program has a fault") },
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", func(tc task.Context, p *session.Port) error {
				p.With(note("asked"))
				if err := p.Send(tc, "Store", "Ask", nil); err != nil {
					t.Error(err)
				}
				if p.Session().Name == name {
					return fail()
				}
				_, _, err := p.Receive(tc, "Store")
				return err
			})
			defer cust.Close(tc)
			second := cust.opening("Store")
			second.Name[0]++
			for _, o := range []session.Opening{cust.opening("Store"), second} {
				if err := cust.engine.Open(tc, o); err != nil {
					t.Fatal(err)
				}
			}
			sleep(t, tc, 2*time.Minute)
			live, err := cust.engine.List(tc)
			if err != nil || len(live) != 1 || live[0].Name != second.Name || len(cust.recordings()) != 1 {
				t.Errorf("%s: live are %v, %v, recorded %v", what, live, err, cust.recordings())
			}
			if err := cust.engine.Open(tc, second); !errors.Is(err, aura.Conflict) {
				t.Errorf("a session that lives is opened again: %v", err)
			}
			if err := cust.engine.End(tc, second.Name); err != nil {
				t.Error(err)
			}
			sleep(t, tc, time.Second)
			if left := cust.recordings(); len(left) > 0 {
				t.Errorf("left: %+v", left)
			}
		})
	}
}

// TestARegistryRefusesWhatNothingGuards: a message without a capability, with two, or with observers that no budget knows.
func TestARegistryRefusesWhatNothingGuards(t *testing.T) {
	for _, notes := range []string{`flow_cost : 1`, `guard_capability : "chat:send", guard_capability : "chat:read"`, `guard_capability : "chat:send", leak : "birds"`} {
		text := strings.Replace(shop, `guard_capability : "chat:send", flow_cost : 3`, notes, 1)
		if err := session.NewRegistry().Add(instance(t, text), choreo.Defaults{}); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", notes, err)
		}
	}
	r := session.NewRegistry()
	if err := errors.Join(r.Add(instance(t, shop), choreo.Defaults{}), r.Play(shopID, "Cust", nil)); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(instance(t, shop), choreo.Defaults{}); !errors.Is(err, aura.Conflict) {
		t.Errorf("twice: %v", err)
	}
	if err := r.Play(shopID, "Bird", nil); !errors.Is(err, aura.NotFound) {
		t.Errorf("a role that is none: %v", err)
	}
}

// lossy is a channel that loses a frame when it is closed before the other side has read it and hung up, as channels on a network do.
type lossy struct {
	pipe
	posted, read, lost *bool
}

// Post implements [session.Channel].
func (c lossy) Post(task.Context, session.Frame, [32]byte, []byte) error {
	*c.posted = true
	return nil
}

// Recv implements [session.Channel].
func (c lossy) Recv(tc task.Context) (session.Frame, []byte, error) {
	if *c.posted {
		if err := tc.Sleep(time.Second); err != nil {
			return 0, nil, err
		}
		*c.read = true
		return 0, nil, aura.Errorf("session.lossy", aura.Cancelled, "the other side hung up")
	}
	return c.pipe.Recv(tc)
}

// Close implements [session.Channel].
func (c lossy) Close(tc task.Context) {
	*c.lost = *c.lost || *c.posted && !*c.read
	c.pipe.Close(tc)
}

// TestARefusalArrives: a channel of one session whose first frame is refused, because the versions differ, stays open until the other side
// has read why.
func TestARefusalArrives(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", store(&heard, "Closed"))
		defer shop.Close(tc)
		o := shop.opening("Cust")
		greeting, err := fact.Marshal(session.Greeting{Session: o.Name, Protocol: shopID, Version: [32]byte{1}, Role: "Cust"})
		if err != nil {
			t.Fatal(err)
		}
		c := lossy{pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}, new(bool), new(bool), new(bool)}
		talk := one2one(o.Name)
		talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
			return o, nil
		}
		if err := c.in.Send(tc, frame{session.FrameGreeting, greeting}); err != nil {
			t.Fatal(err)
		}
		err = shop.engine.Speak(tc, talk, c)
		if !*c.posted || !*c.read || *c.lost || err == nil {
			t.Errorf("a refusal left: %t, was read: %t, was lost: %t; %v", *c.posted, *c.read, *c.lost, err)
		}
	})
}
