package auratest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// crowd is ten agents of nine people in a group: the first person has two devices.
type crowd struct {
	*auratest.World
	tc      task.Context
	wire    *wire
	secrets secrets
	people  []*auratest.Person
	talkers []*talker
	second  *auratest.Person // the other device of the first person
	away    *talker          // on it
	group   aura.ContextID
	direct  aura.ContextID // of the first two people
}

const crowdSize = 9

func newCrowd(tc task.Context, w *auratest.World) *crowd {
	c := &crowd{World: w, tc: tc, wire: &wire{world: w, rings: map[transport.PeerID]*keyring.Ring{}}, secrets: secrets{}}
	for i := range crowdSize {
		x := &talker{name: fmt.Sprint("agent ", i)}
		c.talkers = append(c.talkers, x)
		c.people = append(c.people, w.Person(tc, fmt.Sprint("Agent ", i), func(p *auratest.Person) {
			p.Options.Sessions = x.plays
			p.Options.Takes = func(task.Context, session.Party, *seen.Invite) error { return nil }
			p.Options.Judges = func(task.Context, *consensus.Operation) error { return nil }
			c.wire.watch(p)
		}))
	}
	first := c.people[0]
	var members []contact.Ref
	for _, p := range c.people[1:] {
		c.meet(first, p)
		known, _ := first.Look(tc).Contacts.ByAuthority(p.Self())
		members = append(members, known.Ref)
	}
	known, _ := first.Look(tc).Contacts.ByAuthority(c.people[1].Self())
	c.direct = known.Context
	var created chat.Created
	first.Do(tc, chat.IntentCreate, chat.CreateIntent{Name: "crowd", Members: members}, &created)
	c.group = created.Context
	for _, p := range c.people {
		w.Until(tc, p.Name+" takes part", 10*time.Minute, func() bool {
			v := p.Look(tc)
			_, err := v.Chats.Thread(v.Setting, c.group)
			return err == nil
		})
	}
	// A device that was enrolled earlier would not know the others.
	c.second, c.away = first.Sibling("Agent 9"), &talker{name: "agent 9"}
	c.second.Options.Sessions = c.away.plays
	c.wire.watch(c.second)
	var offer enrol.OfferResult
	first.Do(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
	if err := c.secrets.enrolment(offer.Code); err != nil {
		w.Fatalf("%v", err)
	}
	if err := first.Admit(tc, c.second, offer); err != nil {
		w.Fatalf("%v", err)
	}
	c.second.Start(tc)
	return c
}

// meet is [auratest.World.Meet], of which the code is kept.
func (c *crowd) meet(inviter, accepter *auratest.Person) {
	c.Helper()
	var code invite.CreateResult
	inviter.Do(c.tc, invite.IntentCreate, invite.CreateIntent{}, &code)
	if err := c.secrets.invitation(code.Code); err != nil {
		c.Fatalf("%v", err)
	}
	accepter.Do(c.tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
	c.Until(c.tc, inviter.Name+" and "+accepter.Name+" meet", time.Minute, func() bool {
		_, known := inviter.Look(c.tc).Contacts.ByAuthority(accepter.Self())
		_, back := accepter.Look(c.tc).Contacts.ByAuthority(inviter.Self())
		return known && back
	})
}

// talk begins a dialogue of one person with another one.
func (c *crowd) talk(name aura.SessionID, context aura.ContextID, host, guest int) aura.SessionID {
	c.Helper()
	other := c.people[guest]
	err := c.people[host].Agent.Sessions().Open(c.tc, session.Opening{
		Name: name, Protocol: dialogueID, Role: "Host", Context: context, Persistent: true,
		Parties: []session.Party{{Role: "Guest", Authority: other.Self(), Device: other.Ring.Device()}},
	})
	if err != nil {
		c.Fatalf("%v", err)
	}
	return name
}

// upgrade has all people but the second device begin their dialogues in the newer version.
func (c *crowd) upgrade() {
	c.Helper()
	v, err := c.people[0].Agent.Sessions().Versions(c.tc, dialogueID)
	if err != nil {
		c.Fatalf("%v", err)
	}
	var devices []seen.Part
	for _, p := range c.people[1:] {
		devices = append(devices, seen.Part{Authority: p.Self(), Device: p.Ring.Device()})
	}
	change := upgrade.Request{Protocol: dialogueID, From: v.Active, To: v.Known[1]}
	if _, _, err := c.people[0].Agent.Ceremonies().Upgrade(c.tc, c.group, change, devices); err != nil {
		c.Fatalf("%v", err)
	}
	for _, p := range c.people {
		c.Until(c.tc, p.Name+" has changed", 10*time.Minute, func() bool {
			now, err := p.Agent.Sessions().Versions(c.tc, dialogueID)
			return err == nil && now.Active == change.To
		})
	}
}

// all returns the homes of the ten agents.
func (c *crowd) all() []*auratest.Person { return append(slices.Clone(c.people), c.second) }

// TestEveryFrameOnTheWireIsAStepOfASession (sessions.md section 1): ten agents meet by invitations, one of them joins as a device of
// another's account, they write to each other, run sessions of two and of several, move one to another device and change a version. Every
// cell is recorded and opened again by the page of formats. Each message in them is a step of a session of its protocol that an engine had
// admitted, or one of the kinds that control sessions.
func TestEveryFrameOnTheWireIsAStepOfASession(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		c := newCrowd(tc, w)
		for i, p := range c.people {
			p.Say(tc, c.group, fmt.Sprint("text ", i))
		}
		c.people[0].Say(tc, c.direct, "a long text: "+strings.Repeat("words ", 2000))
		var old []aura.SessionID
		for host := 1; host < crowdSize; host++ {
			old = append(old, c.talk(aura.SessionID{1, byte(host)}, c.group, host, host%(crowdSize-1)+1))
		}
		moved := c.talk(aura.SessionID{2}, c.direct, 0, 1)
		o := operation("x", c.people[1:4]...)
		if _, _, err := c.people[0].Agent.Ceremonies().Agree(tc, c.group, o); err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, 12*time.Second)
		if err := gives(tc, c.people[0], moved, c.second.Ring.Device()); err != nil {
			w.Fatalf("%v", err)
		}
		c.upgrade()
		fresh := c.talk(aura.SessionID{3}, c.group, 4, 7)
		for _, name := range old {
			x, y := c.talkers[name[1]], c.talkers[int(name[1])%(crowdSize-1)+1]
			w.Until(tc, "the dialogues end", 10*time.Minute, func() bool { return x.done[name] && y.done[name] })
		}
		w.Until(tc, "the newer dialogue ends", 10*time.Minute, func() bool { return c.talkers[4].done[fresh] && c.talkers[7].done[fresh] })
		w.Until(tc, "the dialogue that moved ends", 10*time.Minute, func() bool { return c.away.done[moved] && c.talkers[1].done[moved] })
		w.Until(tc, "the witnesses agree", 10*time.Minute, func() bool {
			agreed, err := c.people[0].Agent.Ceremonies().Committed(o.Prestate())
			return err == nil && agreed != nil
		})
		nothingLeft(tc, w, c.all()...)
		for _, p := range c.all() {
			if err := c.secrets.learn(tc, p); err != nil {
				w.Fatalf("%s: %v", p.Name, err)
			}
		}
		keys, err := c.wire.keys()
		if err != nil {
			w.Fatalf("%v", err)
		}
		frames, err := c.wire.read(c.secrets, keys)
		if err != nil {
			w.Fatalf("%v", err)
		}
		x, err := newMonitor(tc, w.Events, map[string][]string{dialogueID: {dialogue, dialogueWithMore()}})
		if err != nil {
			w.Fatalf("%v", err)
		}
		for i := range frames {
			if err := x.judge(&frames[i]); err != nil {
				w.Errorf("frame %d of %d: %v", i, len(frames), err)
			}
		}
		for _, left := range x.end() {
			w.Errorf("%s", left)
		}
		for kind, least := range map[string]int{
			deliveryID + " Hello": 20, deliveryID + " Facts": 20, deliveryID + " Stored": 20, "greeting": 40, "confirmation": 20,
			"aura.invitation.exchange": 3 * (crowdSize - 1), dialogueID: 20 * (len(old) + 2), "aura.session.coordination": 20, "aura.consensus": 6,
			"aura.upgrade.runtime": 2 * (crowdSize - 1), "aura.session.delegation": 4,
			"aura.invitation.device_enrolment": 8, "aura.invitation.device_enrolment Completed": 1,
		} {
			if got := x.counts(kind); got < least {
				w.Errorf("%d frames of %s, at least %d were expected: %v", got, kind, least, x.seen)
			}
		}
		x.compare(w, c.all())
	})
}
