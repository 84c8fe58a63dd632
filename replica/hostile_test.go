package replica_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// hostile is a peer that knows the protocols of Ada's, plays a session well, and does one thing that it may not.
type hostile struct {
	*payer
	world *auratest.World
	ada   *auratest.Person
	ben   *auratest.Person
	heard map[aura.SessionID][]string // by the programs of Ada's
	done  aura.SessionID              // a session that was played to its end
	bens  aura.SessionID              // a session of Ben's in another context, in which Ben has knocked
}

// message is one of Mallory's, changed and then paid for.
func (h *hostile) message(tc task.Context, name aura.SessionID, seq uint64, label string, change func(*wireMessage)) wireMessage {
	m := h.guest.message(name, seq, label, change)
	h.pay(tc, &m, func(r *effect.Receipt) { r.Cost = dear })
	return m
}

// dear is more than any message here costs.
const dear = 100

// play sends the messages of a session that are left, and takes Ada's.
func (h *hostile) play(tc task.Context, name aura.SessionID, from int) {
	h.world.Helper()
	asIs := func(*wireMessage) {}
	if from == 0 {
		h.send(tc, wireMessageNumber, h.message(tc, name, 0, "Knock", asIs))
		h.world.Until(tc, "the host heard the knock", time.Minute, func() bool { return len(h.heard[name]) == 1 })
	}
	h.frames(tc, wireMessageNumber, 5*time.Second) // Who
	h.send(tc, wireConfirmationNumber, wireConfirmation{Session: name, Next: 1})
	h.send(tc, wireMessageNumber, h.message(tc, name, 1, "Me", asIs))
	h.world.Until(tc, "the host has ended", time.Minute, func() bool { return h.end(tc, name) == view.EndCompleted })
	if want := []string{"Knock", "Me"}; !slices.Equal(h.heard[name], want) {
		h.world.Errorf("the host heard %q", h.heard[name])
	}
}

// end returns how a session ended at Ada, zero: it has not.
func (h *hostile) end(tc task.Context, name aura.SessionID) view.EndKind {
	all, err := h.ada.Agent.Sessions().Ended(tc)
	if err != nil {
		h.world.Fatalf("%v", err)
	}
	for i := range all {
		if all[i].Session.Name == name {
			return all[i].End.Kind
		}
	}
	return 0
}

// refusals returns the kinds of the errors for which frames of sessions were refused, since a number of events.
func (h *hostile) refusals(since int) (all []aura.Kind) {
	for _, e := range h.world.Events[since:] {
		if e.Family() == world.FamilyIngress && e.Message() != "accepted" && e.Service() == "session" {
			all = append(all, e.ErrorKind())
		}
	}
	return all
}

// sizedImage compiles one of Aura's protocols with sizes for its families.
func sizedImage(t interface{ Fatalf(string, ...any) }, name string, sizes choreo.Binding) *machine.Image {
	for _, e := range protocols.All() {
		if e.Package != name {
			continue
		}
		i, err := e.Instantiate()
		if err == nil {
			i, err = i.Protocol.Instantiate(sizes)
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		im, err := machine.CompileInstance(i)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return im
	}
	t.Fatalf("no protocol %s", name)
	return nil
}

// TestAHostilePeerThatKnowsTheProtocols does one thing after the other that a peer may not. Each is refused with its event, and changes
// neither the session that it is aimed at, which is played to its end afterwards, nor any other; nothing of it stays.
func TestAHostilePeerThatKnowsTheProtocols(t *testing.T) {
	knocked := func(tc task.Context, h *hostile, name aura.SessionID, change func(*knockParcel)) wireMessage {
		return h.message(tc, name, 0, "Knock", func(m *wireMessage) {
			var p knockParcel
			if err := fact.Unmarshal(m.Parcel, &p); err != nil {
				t.Fatal(err)
			}
			change(&p)
			m.Edge = uint32(p.From)<<16 | uint32(p.To)
			var err error
			if m.Parcel, err = fact.Marshal(p); err != nil {
				t.Fatal(err)
			}
		})
	}
	same := func(*wireMessage) {}
	for _, row := range []struct {
		what string
		// does is done to a session for which both have greeted.
		does  func(tc task.Context, h *hostile, name aura.SessionID)
		kinds []aura.Kind // of the events
		told  []uint8     // refusals that the peer gets
		from  int         // the first message of the peer that is left
		ends  view.EndKind
	}{
		{what: "wrong label", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, h.message(tc, name, 0, "Me", same))
			h.send(tc, wireMessageNumber, knocked(tc, h, name, func(p *knockParcel) { p.Label = 77 }))
		}, kinds: []aura.Kind{aura.Invalid, aura.Invalid}},
		{what: "wrong order", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, h.message(tc, name, 1, "Knock", same))
		}, kinds: []aura.Kind{aura.Conflict}},
		{what: "wrong sender", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, h.message(tc, h.bens, 1, "Me", same))
		}, kinds: []aura.Kind{aura.Denied}},
		{what: "wrong role", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, knocked(tc, h, name, func(p *knockParcel) { p.From, p.To = p.To, p.From }))
			h.send(tc, wireGreetingNumber, h.greeting(name, func(g *wireGreeting) { g.Role, g.To = "Host", "Guest" }))
		}, kinds: []aura.Kind{aura.Denied, aura.Denied}, told: []uint8{3}},
		{what: "wrong session", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, h.message(tc, aura.SessionID{99}, 0, "Knock", same))
		}, kinds: []aura.Kind{aura.NotFound}, told: []uint8{5}},
		{what: "a duplicate", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			for range 3 {
				h.send(tc, wireMessageNumber, h.message(tc, name, 0, "Knock", same))
			}
		}, from: 1},
		{what: "a replay from an older session", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, h.message(tc, h.done, 1, "Me", same))
			h.send(tc, wireMessageNumber, h.message(tc, name, 1, "Me", same))
		}, kinds: []aura.Kind{aura.NotFound, aura.Conflict}, told: []uint8{5}},
		{what: "oversized", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, knocked(tc, h, name, func(p *knockParcel) { p.Payload = make([]byte, 64<<10) }))
		}, kinds: []aura.Kind{aura.Invalid}},
		{what: "more openings than there is room for", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			for i := range 150 { // more than the peer may have, and fewer than end the channel
				h.send(tc, wireGreetingNumber, h.greeting(aura.SessionID{50, byte(i)}, func(*wireGreeting) {}))
			}
			h.world.Sleep(tc, 5*time.Second)
			if live, err := h.ada.Agent.Sessions().List(tc); err != nil || len(live) > 64+1 { // Ben's is beside them
				h.world.Errorf("%d sessions live, %v", len(live), err)
			}
			for i := range 150 { // it wants no more of them
				h.send(tc, wireRefusalNumber, wireRefusal{Session: aura.SessionID{50, byte(i)}, Reason: 3})
			}
		}, kinds: slices.Repeat([]aura.Kind{aura.Exhausted}, 87), told: slices.Repeat([]uint8{4}, 87)},
		{what: "never answering", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.send(tc, wireMessageNumber, h.message(tc, name, 0, "Knock", same))
			h.world.Heal(h.ben, h.ada)
			h.world.Sleep(tc, hostBudget+time.Minute)
		}, ends: view.EndExpired},
		{what: "answering after the end", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			h.play(tc, name, 0)
			h.frames(tc, wireConfirmationNumber, 5*time.Second)
			h.send(tc, wireMessageNumber, h.message(tc, name, 2, "Me", same))
			h.send(tc, wireGreetingNumber, h.greeting(name, func(*wireGreeting) {}))
		}, kinds: []aura.Kind{aura.NotFound, aura.Stale}, told: []uint8{5}, ends: view.EndCompleted},
		{what: "foreign evidence", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			// Of a version that is another protocol's, which was admitted there by evidence of its own.
			h.send(tc, wireGreetingNumber, h.greeting(aura.SessionID{60}, func(g *wireGreeting) {
				g.Version = sizedImage(t, "consensus", choreo.Binding{"N": 2}).Digest()
			}))
		}, kinds: []aura.Kind{aura.Denied}},
		{what: "a forged capability", does: func(tc task.Context, h *hostile, name aura.SessionID) {
			// Capabilities never leave their engine. A peer has only its greeting: here for Ben's session, as Ben, and then
			// for the role that Ada plays in it.
			h.send(tc, wireGreetingNumber, h.greeting(h.bens, func(g *wireGreeting) { g.Have = 1 }))
			h.send(tc, wireGreetingNumber, h.greeting(h.bens, func(g *wireGreeting) { g.Role, g.To = "Host", "Guest" }))
			h.send(tc, wireConfirmationNumber, wireConfirmation{Session: h.bens, Next: 1})
		}, kinds: []aura.Kind{aura.Denied, aura.Denied}, told: []uint8{3, 3}},
		{what: "wrong epoch", does: wrongEpoch, kinds: slices.Repeat([]aura.Kind{aura.Denied}, 3+2*wrongEpochs)},
		{what: "wrong epoch of several", does: wrongEpochOfSeveral},
	} {
		t.Run(row.what, func(t *testing.T) {
			auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
				h, pair := newHostile(tc, w)
				name := aura.SessionID{40}
				h.send(tc, wireGreetingNumber, h.greeting(name, func(*wireGreeting) {}))
				h.frames(tc, wireGreetingNumber, 5*time.Second)
				before := len(w.Events)
				row.does(tc, h, name)
				if got := h.reasons(tc); !slices.Equal(got, row.told) {
					w.Errorf("the peer was told %v, want %v", got, row.told)
				}
				if got := h.refusals(before); !slices.Equal(got, row.kinds) {
					w.Errorf("events of the kinds %v, want %v", got, row.kinds)
				}
				if row.ends == 0 {
					h.play(tc, name, row.from)
				} else if got := h.end(tc, name); got != row.ends {
					w.Errorf("the session has ended as %s, want %s", got, row.ends)
				}
				w.Heal(h.ben, h.ada)
				w.Until(tc, "Ben's session ends", 3*time.Minute, func() bool { return h.end(tc, h.bens) == view.EndCompleted })
				next := aura.SessionID{2, 2}
				knockOn(tc, w, h.ben, h.ada, pair, next)
				w.Until(tc, "another session of Ben's ends", time.Minute, func() bool { return h.end(tc, next) == view.EndCompleted })
				h.hangUp(tc)
				for _, problem := range w.Lacking(h.ada, h.ben) {
					w.Errorf("%s", problem)
				}
				w.Until(tc, "nothing lives", 5*time.Minute, func() bool {
					live, err := h.ada.Agent.Sessions().List(tc)
					return err == nil && len(live) == 0
				})
				for _, l := range h.ada.Agent.Journal().Logs() {
					if l.Family() == "session" {
						w.Errorf("a recording is left: %q", l.Name)
					}
				}
			})
		})
	}
}

// TestThousandsOfOpeningsFromOnePeer: Mallory opens session after session, over one channel after the other since each is ended for it. Sessions that
// only began, their programs and the ends that are kept have a bound at Ada's at all times, and Ben is served meanwhile.
func TestThousandsOfOpeningsFromOnePeer(t *testing.T) {
	const (
		openings = 5000
		atOnce   = 400 // more than a channel outlives
		sessions = 64  // that a peer may have begun
		ends     = 2000
	)
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		h, pair := newHostile(tc, w)
		w.Heal(h.ben, h.ada)
		w.Until(tc, "Ben's session ends", 3*time.Minute, func() bool { return h.end(tc, h.bens) == view.EndCompleted })
		w.Sleep(tc, time.Minute)
		before, tasks := len(w.Events), len(h.ada.Group.Live())
		came := func() (n int) { // openings that Ada took off a channel
			for _, e := range w.Events[before:] {
				switch {
				case e.Service() != "session":
				case e.Family() == world.FamilySession && e.Message() == "claim", e.Family() == world.FamilyIngress && e.ErrorKind() == aura.Exhausted:
					n++
				}
			}
			return n
		}
		most, served, channels := 0, 0, 1
		for opened := 0; came() < openings; channels++ {
			for range atOnce {
				opened++
				h.send(tc, wireGreetingNumber, h.greeting(aura.SessionID{50, byte(opened), byte(opened >> 8)}, func(*wireGreeting) {}))
				if opened%50 != 0 {
					continue
				}
				w.Sleep(tc, 100*time.Millisecond) // they come
				live, err := h.ada.Agent.Sessions().List(tc)
				all, failed := h.ada.Agent.Sessions().Ended(tc)
				most = max(most, len(live))
				if len(live) > sessions+1 || len(all) > ends || err != nil || failed != nil { // one of Ben's is beside them
					w.Errorf("after %d openings %d sessions live, and %d ends are kept: %v, %v", opened, len(live), len(all), err, failed)
				}
				if n := len(h.ada.Group.Live()); n > tasks+2*sessions {
					w.Errorf("after %d openings %d tasks run, before them %d", opened, n, tasks)
				}
			}
			next := aura.SessionID{2, byte(channels)}
			knockOn(tc, w, h.ben, h.ada, pair, next)
			if w.Until(tc, "a session of Ben's ends", time.Minute, func() bool { return h.end(tc, next) == view.EndCompleted }) {
				served++
			}
			h.hangUp(tc)
			if t.Failed() {
				return
			}
			w.Sleep(tc, time.Hour) // Ada's answers used her budget for Mallory up, so she says hello to her in the next epoch
			h.dial(tc)
			h.hello(tc)
		}
		t.Logf("%d openings came over %d channels, %d sessions lived at most, Ben was served %d times", came(), channels, most, served)
		if most < sessions || served != channels-1 {
			w.Errorf("%d sessions lived at once, and Ben was served %d times of %d", most, served, channels-1)
		}
		h.hangUp(tc)
		w.Until(tc, "nothing lives", 5*time.Minute, func() bool {
			live, err := h.ada.Agent.Sessions().List(tc)
			return err == nil && len(live) == 0 && len(h.ada.Group.Live()) <= tasks
		})
	})
}

// hostBudget is how long a session may take at Ada's.
const hostBudget = 10 * time.Minute

func knockOn(tc task.Context, w *auratest.World, by, at *auratest.Person, pair aura.ContextID, name aura.SessionID) {
	w.Helper()
	if err := by.Agent.Sessions().Open(tc, session.Opening{
		Name: name, Protocol: knockID, Role: "Guest", Context: pair, Persistent: true,
		Parties: []session.Party{{Role: "Host", Authority: at.Self(), Device: at.Ring.Device()}},
	}); err != nil {
		w.Fatalf("%v", err)
	}
}

// newHostile returns Mallory on a channel to Ada, after a session that was played to its end; Ben has knocked at Ada's and was then cut off.
func newHostile(tc task.Context, w *auratest.World) (h *hostile, pair aura.ContextID) {
	w.Helper()
	h = &hostile{world: w, heard: map[aura.SessionID][]string{}, done: aura.SessionID{30}, bens: aura.SessionID{1}}
	h.ada = w.Person(tc, "Ada", func(p *auratest.Person) {
		p.Options.Sessions = hostsFor(h.heard, hostBudget)
		p.Options.Takes = func(task.Context, session.Party, *view.Invite) error { return nil }
	})
	h.ben = w.Person(tc, "Ben", func(p *auratest.Person) { p.Options.Sessions = hosts(map[aura.SessionID][]string{}) })
	mallory := w.Person(tc, "Mallory")
	pair, context := w.Meet(tc, h.ada, h.ben), w.Meet(tc, h.ada, mallory)
	ada := h.ada
	w.Net.Set(transport.SimOptions{Latency: 200 * time.Millisecond})
	knockOn(tc, w, h.ben, ada, pair, h.bens)
	w.Until(tc, "Ben knocks", time.Minute, func() bool { return len(h.heard[h.bens]) == 1 })
	w.Cut(h.ben, ada)
	w.Net.Set(transport.SimOptions{})
	im, err := machine.CompileInstance(knockInstance())
	if err != nil {
		w.Fatalf("%v", err)
	}
	h.payer = &payer{&guest{corrupt(tc, mallory, ada, context), im}}
	h.dial(tc)
	h.hello(tc)
	h.send(tc, wireGreetingNumber, h.greeting(h.done, func(*wireGreeting) {}))
	h.play(tc, h.done, 0)
	h.reasons(tc)
	return h, pair
}

// wrongEpochs is how many sessions Mallory begins in an epoch that is to come, and again in one that has long ended.
const wrongEpochs = 20

// wrongEpoch greets for a session as if it had begun in another epoch, also with a good witness that its role went to another device, and
// begins others in epochs in which they cannot have begun. None of these begins, and the first one goes on.
func wrongEpoch(tc task.Context, h *hostile, _ aura.SessionID) {
	w := h.world
	w.Helper()
	p, name := guard.DefaultPolicy(), aura.SessionID{41}
	now := guard.EpochAt(p, tc.Now())
	live := func() (n int) {
		all, err := h.ada.Agent.Sessions().List(tc)
		if err != nil {
			w.Fatalf("%v", err)
		}
		return len(all)
	}
	in := func(name aura.SessionID, epoch aura.Epoch) {
		h.send(tc, wireGreetingNumber, h.greeting(name, func(g *wireGreeting) { g.Epoch = epoch }))
	}
	in(name, now)
	h.frames(tc, wireGreetingNumber, 5*time.Second)
	before := live()
	in(name, now-1)
	in(name, now+1)
	moved := view.Move{From: h.Ring.Device(), To: aura.DeviceID{77}, Generation: 1}
	moved.Signature = h.Ring.Sign(moved.SigningBytes(view.Played{Session: name, Authority: h.Self(), Role: "Guest"}))
	h.send(tc, wireGreetingNumber, h.greeting(name, func(g *wireGreeting) { g.Epoch, g.Moved = now+1, []view.Move{moved} }))
	for i := range byte(wrongEpochs) {
		in(aura.SessionID{42, i}, now+2+aura.Epoch(i)<<i)
		in(aura.SessionID{43, i}, 1+aura.Epoch(i))
	}
	if got, want := h.reasons(tc), slices.Repeat([]uint8{9}, 3+2*wrongEpochs); !slices.Equal(got, want) {
		w.Errorf("the peer was told %v, want %v", got, want)
	}
	if after := live(); after != before {
		w.Errorf("%d sessions live after the greetings, and %d before", after, before)
	}
	shown, err := h.ada.Agent.Sessions().Show(tc, name)
	if err != nil || shown.Session.Epoch != now {
		w.Errorf("the session has epoch %d, %v, want %d", shown.Session.Epoch, err, now)
	}
	in(name, now) // as before
	h.play(tc, name, 0)
}

// wrongEpochOfSeveral invites Ada to a session of several in an epoch that is not there, as one that coordinates it. She says so, and takes
// no part.
func wrongEpochOfSeveral(tc task.Context, h *hostile, _ aura.SessionID) {
	w := h.world
	w.Helper()
	im := sizedImage(w, "sessioncoordination", choreo.Binding{"N": 1})
	i := view.Invite{
		Subject: view.Subject{Nonce: [32]byte{1}}, Protocol: knockID, Version: h.image.Digest(), Context: h.context, Epoch: 1,
		Parts: []view.Part{
			{Role: "Guest", Authority: h.Self(), Device: h.Ring.Device()}, {Role: "Host", Authority: h.ada.Self(), Device: h.ada.Ring.Device()},
		},
	}
	name := view.CoordinationOf(i.Subject.Name(), h.Self())
	participant := choreo.Member("Participant", 0)
	g := struct {
		wireGreeting
		Sizes []view.Size `cbor:"7,keyasint,omitempty"`
	}{wireGreeting{
		Session: name, Protocol: "aura.session.coordination", Version: im.Digest(), Role: "Coordinator", To: string(participant),
	}, []view.Size{{Parameter: "N", Members: 1}}}
	h.send(tc, wireGreetingNumber, g)
	from, _ := im.Role("Coordinator")
	to, _ := im.Role(participant)
	label, _ := im.FindLabel(from, to, "Invite")
	payload, err := fact.Marshal(i)
	if err != nil {
		w.Fatalf("%v", err)
	}
	parcel, err := fact.Marshal(knockParcel{From: uint16(from), To: uint16(to), Label: uint32(label), Payload: payload})
	if err != nil {
		w.Fatalf("%v", err)
	}
	invite := wireMessage{Session: name, Edge: uint32(from)<<16 | uint32(to), Parcel: parcel}
	h.pay(tc, &invite, func(r *effect.Receipt) { r.Cost = dear })
	h.send(tc, wireMessageNumber, invite)
	for _, b := range h.frames(tc, wireMessageNumber, 5*time.Second) {
		var m wireMessage
		var p knockParcel
		var answer view.Answer
		if fact.Unmarshal(b, &m) != nil || m.Session != name || fact.Unmarshal(m.Parcel, &p) != nil || fact.Unmarshal(p.Payload, &answer) != nil {
			continue
		}
		if answer.Refusal == nil || answer.Refusal.Reason != view.ReasonEpoch {
			w.Errorf("Ada answers %+v", answer.Refusal)
		}
		h.send(tc, wireRefusalNumber, wireRefusal{Session: name, Reason: 5})
		w.Until(tc, "the coordination has ended", time.Minute, func() bool { return h.end(tc, name) != 0 })
		if made := i.Subject.Name(); h.end(tc, made) != 0 || bytes.Equal(made[:], name[:]) {
			w.Errorf("a session was begun")
		}
		return
	}
	w.Errorf("Ada did not answer")
}
