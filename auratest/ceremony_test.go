package auratest_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/domain/contact"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// witnesses makes three people a group who take part in each other's sessions and sign every operation.
func witnesses(tc task.Context, w *auratest.World) (all []*auratest.Person, context aura.ContextID) {
	w.Helper()
	willing := func(p *auratest.Person) {
		p.Options.Takes = func(task.Context, session.Party, *seen.Invite) error { return nil }
		p.Options.Judges = func(task.Context, *consensus.Operation) error { return nil }
	}
	ada, ben, cleo := w.Person(tc, "Ada", willing), w.Person(tc, "Ben", willing), w.Person(tc, "Cleo", willing)
	w.Meet(tc, ada, ben)
	w.Meet(tc, ada, cleo)
	var members []contact.Ref
	look := ada.Look(tc)
	for _, p := range []*auratest.Person{ben, cleo} {
		c, _ := look.Contacts.ByAuthority(p.Self())
		members = append(members, c.Ref)
	}
	var created chat.Created
	ada.Do(tc, chat.IntentCreate, chat.CreateIntent{Name: "witnesses", Members: members}, &created)
	w.Until(tc, "all take part", time.Minute, func() bool {
		return !slices.ContainsFunc([]*auratest.Person{ben, cleo}, func(p *auratest.Person) bool {
			v := p.Look(tc)
			_, err := v.Chats.Thread(v.Setting, created.Context)
			return err != nil
		})
	})
	return []*auratest.Person{ada, ben, cleo}, created.Context
}

// operation returns an operation over one state that both witnesses must sign.
func operation(payload string, by ...*auratest.Person) *consensus.Operation {
	o := &consensus.Operation{State: [32]byte{1}, Threshold: uint16(len(by)), Kind: "test.change", Payload: []byte(payload)}
	for _, p := range by {
		o.Witnesses = append(o.Witnesses, consensus.Witness{Authority: p.Self(), Device: p.Ring.Device(), Key: p.Ring.Certificate().Signing})
	}
	slices.SortFunc(o.Witnesses, func(x, y consensus.Witness) int { return bytes.Compare(x.Device[:], y.Device[:]) })
	return o
}

// TestAgentsAgreeOverTheirLinks: one of three agents is cut off or crashes while two operations over one state are asked for. One at
// most is agreed on, and no session stays.
func TestAgentsAgreeOverTheirLinks(t *testing.T) {
	agreed := 0
	auratest.Run(t, auratest.Options{Seeds: 4}, func(tc task.Context, w *auratest.World) {
		all, context := witnesses(tc, w)
		x, y := operation("x", all[1], all[2]), operation("y", all[1], all[2])
		for _, o := range []*consensus.Operation{x, y} {
			if _, _, err := all[0].Agent.Ceremonies().Agree(tc, context, o); err != nil {
				w.Fatalf("%v", err)
			}
		}
		w.Sleep(tc, aura.Duration(1+w.Seed%4)*300*time.Millisecond)
		who := all[w.Seed%3]
		who.Crash()
		w.Sleep(tc, time.Minute)
		who.Start(tc)
		w.Until(tc, "no session lives", time.Hour, func() bool {
			return !slices.ContainsFunc(all, func(p *auratest.Person) bool {
				live, err := p.Agent.Sessions().List(tc)
				return err != nil || len(live) > 0
			})
		})
		holds := map[string]bool{}
		for _, p := range all {
			c, err := p.Agent.Ceremonies().Committed(x.Prestate())
			if err != nil {
				w.Errorf("%v", err)
			}
			for _, o := range []*consensus.Operation{x, y} {
				if c != nil && o.Verify(c) == nil {
					holds[string(o.Payload)] = true
				}
			}
		}
		if len(holds) > 1 {
			w.Errorf("both operations over one state are agreed on")
		}
		agreed += len(holds)
		for _, p := range all {
			p.Stop(tc)
		}
	})
	if agreed == 0 {
		t.Error("nothing was ever agreed on")
	}
}

// TestWitnessesAgreeWhileDisksFail: a share of the reads and writes of all three fails for two minutes, which delays an agreement and does
// not end it.
func TestWitnessesAgreeWhileDisksFail(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 8}, func(tc task.Context, w *auratest.World) {
		all, context := witnesses(tc, w)
		o := operation("x", all[1], all[2])
		if _, _, err := all[0].Agent.Ceremonies().Agree(tc, context, o); err != nil {
			w.Fatalf("%v", err)
		}
		for _, p := range all {
			p.Disk.SetFaults(journal.Faults{FailApply: 0.3, FailRead: 0.1})
		}
		w.Sleep(tc, 2*time.Minute)
		for _, p := range all {
			p.Disk.SetFaults(journal.Faults{})
		}
		for _, p := range all {
			w.Until(tc, p.Name+" has the commit", 10*time.Minute, func() bool {
				c, err := p.Agent.Ceremonies().Committed(o.Prestate())
				return err == nil && c != nil && o.Verify(c) == nil
			})
		}
	})
}

// TestAMemberWhoseCoordinationHasEndedSaysSoToEach: each member of a group, and each of two contacts, tells the others that a session which was never
// made will not begin. Of a session that it does not know yet it has them ask again.
func TestAMemberWhoseCoordinationHasEndedSaysSoToEach(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
		all, group := witnesses(tc, w)
		ada, ben, cleo := all[0], all[1], all[2]
		cleo.Options.Takes = nil
		cleo.Crash()
		cleo.Start(tc)
		known, _ := ada.Look(tc).Contacts.ByAuthority(cleo.Self())
		for _, x := range []struct {
			context aura.ContextID
			members []*auratest.Person
		}{{group, all}, {known.Context, []*auratest.Person{ada, cleo}}} {
			made, coordination, err := ada.Agent.Ceremonies().Agree(tc, x.context, operation("x", x.members[1:]...))
			if err != nil {
				w.Fatalf("%v", err)
			}
			for i, p := range x.members {
				w.Until(tc, p.Name+" is out", time.Minute, func() bool {
					ends, err := p.Agent.Sessions().Ends(tc, coordination)
					return err == nil && len(ends) == 1
				})
				from := session.Party{Role: "Witness", Authority: x.members[(i+1)%len(x.members)].Self()}
				for name, want := range map[aura.SessionID]aura.Kind{made: aura.Stale, {9}: aura.Exhausted} {
					if _, err := p.Agent.Ceremonies().Continue(tc, from, x.context, &session.Greeting{Session: name}); aura.KindOf(err) != want {
						w.Errorf("%s, of session %s: %v, want %s", p.Name, aura.Short(name), err, want)
					}
				}
			}
		}
		for _, p := range []*auratest.Person{ada, ben, cleo} {
			p.Stop(tc)
		}
	})
}
