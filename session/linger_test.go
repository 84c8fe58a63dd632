package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestASessionThatEndedHereIsNotBegunByAGreetingThatCrossedItsEnd: the peer had heard of the session and greets. The owner wants no
// more of it, or its program cannot play, though no message was ever sent. So the peer learns how it has ended; otherwise the two could begin
// and end it in turn for ever.
func TestASessionThatEndedHereIsNotBegunByAGreetingThatCrossedItsEnd(t *testing.T) {
	for want, program := range map[view.EndKind]session.Program{
		view.EndCancelled: func(tc task.Context, p *session.Port) error {
			_, _, err := p.Receive(tc, "Cust")
			return err
		},
		view.EndFailed:  func(task.Context, *session.Port) error { return aura.Errorf("test", aura.Invalid, "it cannot") },
		view.EndRefused: func(task.Context, *session.Port) error { return aura.Errorf("test", aura.Denied, "it may not") },
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", program)
			defer shop.Close(tc)
			o := shop.opening("Cust")
			if err := shop.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if err := shop.engine.End(tc, name); err != nil {
				t.Fatal(err)
			}
			greeting, err := fact.Marshal(session.Greeting{Session: name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Cust"})
			if err != nil {
				t.Fatal(err)
			}
			p := pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}
			talk := one2one(name)
			talk.Admit = func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
				return o, nil
			}
			if err := p.in.Send(tc, frame{session.FrameGreeting, greeting}); err != nil {
				t.Fatal(err)
			}
			if err := shop.engine.Speak(tc, talk, p); !errors.Is(err, aura.Stale) {
				t.Errorf("%s: the channel ended with %v", want, err)
			}
			var told session.Greeting
			if f, any := p.out.TryRecv(); !any || fact.Unmarshal(f.body, &told) != nil || told.Ended != want {
				t.Errorf("%s: the peer was told %+v", want, told)
			}
			if live, err := shop.engine.List(tc); err != nil || len(live) > 0 {
				t.Errorf("%s: live are %v, %v", want, live, err)
			}
			if err := shop.engine.Open(tc, o); err != nil { // the owner may begin it again
				t.Errorf("%s: the owner begins it again: %v", want, err)
			}
		})
	}
}

// TestALastMessageHoldsASessionUpNoLongerThanItsBudget: one of several has played its part, a participant is away for good, and the
// agent restarts each day before the wait for a confirmation is over.
func TestALastMessageHoldsASessionUpNoLongerThanItsBudget(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		program := func(tc task.Context, p *session.Port) error {
			return errors.Join(p.Send(tc, "B", "Call", nil), p.Send(tc, "C", "Call", nil))
		}
		cust := begin(t, tc, sim, disk, true, "Cust", program, triad(t, program))
		err := cust.engine.Open(tc, session.Opening{
			Name: name, Protocol: triadID, Role: "A", Context: chaintest.Pair, Persistent: true, Budget: 3 * 24 * time.Hour,
			Parties: []session.Party{{Role: "B", Authority: chaintest.Ben}, {Role: "C", Authority: chaintest.Cleo}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for day := range 4 {
			sleep(t, tc, 23*time.Hour)
			if live, err := cust.engine.List(tc); err != nil || len(live) != 1 && day < 3 {
				t.Fatalf("on day %d live are %v, %v", day, live, err)
			}
			disk = disk.Crash()
			cust.Close(tc)
			cust = begin(t, tc, sim, disk, false, "Cust", program, triad(t, program))
		}
		sleep(t, tc, 2*time.Minute)
		if all := cust.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndCompleted {
			t.Errorf("the ends are %+v", all)
		}
		cust.Close(tc)
	})
}

// TestAChannelToOneParticipantIsNoneToAnother: a message for one whose channel has ended has a link dialled, though a channel to another
// one speaks for the session.
func TestAChannelToOneParticipantIsNoneToAnother(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		said := task.NewLatch()
		program := func(tc task.Context, p *session.Port) error {
			if err := p.Send(tc, "B", "Call", nil); err != nil {
				return err
			}
			if err := said.Wait(tc); err != nil {
				return err
			}
			return p.Send(tc, "C", "Call", nil)
		}
		called := map[aura.AuthorityID]int{}
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", program, triad(t, program), func(o *session.Options) {
			o.Waiting = func(_ aura.ContextID, peer aura.AuthorityID) { called[peer]++ }
		})
		defer cust.Close(tc)
		talk := ben
		channel := pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}
		speaking := task.NewGroup(tc, "speaking")
		speaking.Go("speak", func(tc task.Context) error { return cust.engine.Speak(tc, talk, channel) })
		err := cust.engine.Open(tc, session.Opening{
			Name: name, Protocol: triadID, Role: "A", Context: chaintest.Pair, Persistent: true,
			Parties: []session.Party{{Role: "B", Authority: chaintest.Ben}, {Role: "C", Authority: chaintest.Cleo}},
		})
		if err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		clear(called)
		said.Open()
		sleep(t, tc, time.Second)
		if called[chaintest.Cleo] == 0 {
			t.Errorf("links to %v were called", called)
		}
		channel.Close(tc)
		_ = speaking.Close(tc, time.Second)
	})
}

// TestASessionGreetsAgainAfterItsChannel: a session that waits for a word of the peer has a link dialled when its channel has ended, and
// greets on the next one. Otherwise it would not learn that the peer's part has ended meanwhile, until it expires.
func TestASessionGreetsAgainAfterItsChannel(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		program := func(tc task.Context, p *session.Port) error {
			_, _, err := p.Receive(tc, "Cust")
			return err
		}
		shop := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", program)
		defer shop.Close(tc)
		if err := shop.engine.Open(tc, shop.opening("Cust")); err != nil {
			t.Fatal(err)
		}
		waits := func() bool {
			waits, err := shop.engine.Waits(tc, chaintest.Pair, ben.Peer)
			if err != nil {
				t.Fatal(err)
			}
			return waits
		}
		if !waits() {
			t.Error("a session that the peer does not know waits for no channel")
		}
		for _, last := range []view.EndKind{0, view.EndExpired} {
			p := pipe{task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)}
			speaking := task.NewGroup(tc, "speaking")
			speaking.Go("speak", func(tc task.Context) error { return shop.engine.Speak(tc, ben, p) })
			greeting := session.Greeting{Session: name, Protocol: shopID, Version: imageOf(t).Digest(), Role: "Cust", Ended: last}
			body, err := fact.Marshal(greeting)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.in.Send(tc, frame{session.FrameGreeting, body}); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if f, any := p.out.TryRecv(); !any || f.kind != session.FrameGreeting {
				t.Errorf("on a channel it said %+v", f)
			}
			if waits() {
				t.Error("it waits for a channel, and has one")
			}
			p.Close(tc)
			_ = speaking.Close(tc, time.Second)
			if over := last != 0; waits() == over {
				t.Errorf("its channel has ended, it is over: %t, and it waits: %t", over, waits())
			}
		}
		if all := shop.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndCancelled {
			t.Errorf("the ends are %+v", all)
		}
	})
}

const triadID = "aura.triad.triad"

// triad has an engine play A of a protocol of three.
func triad(t testing.TB, program session.Program) func(*session.Options) {
	return func(o *session.Options) {
		err := o.Registry.Add(instance(t, `
module triad exposing (Triad)

protocol Triad =
  roles A, B, C
  A { guard_capability : "chat:send", flow_cost : 1 } -> B : Call
  A { guard_capability : "chat:send", flow_cost : 1 } -> C : Call
  B { guard_capability : "chat:send", flow_cost : 1 } -> C : Call
`), choreo.Defaults{})
		if err = errors.Join(err, o.Registry.Play(triadID, "A", program)); err != nil {
			t.Fatal(err)
		}
	}
}
