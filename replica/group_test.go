package replica_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const blocked = "waiting: you blocked this contact"

// founds makes a group of its founder with contacts and returns its context.
func founds(tc task.Context, p *auratest.Person, name string, members ...*auratest.Person) aura.ContextID {
	p.World.Helper()
	var refs []contact.Ref
	look := p.Look(tc)
	for _, m := range members {
		c, ok := look.Contacts.ByAuthority(m.Self())
		if !ok {
			p.World.Fatalf("%s does not know %s", p.Name, m.Name)
		}
		refs = append(refs, c.Ref)
	}
	var created chat.Created
	p.Do(tc, chat.IntentCreate, chat.CreateIntent{Name: name, Members: refs}, &created)
	return created.Context
}

// takesPart reports whether a person has a group.
func takesPart(tc task.Context, p *auratest.Person, group aura.ContextID) bool {
	p.World.Helper()
	s := p.Look(tc)
	_, err := s.Chats.Thread(s.Setting, group)
	return err == nil
}

// target names a person to moderate: a contact, or a member of a group.
func target(tc task.Context, p, other *auratest.Person) moderation.ChangeIntent {
	p.World.Helper()
	s := p.Look(tc)
	if c, ok := s.Contacts.ByAuthority(other.Self()); ok {
		return moderation.ChangeIntent{Contact: c.Ref}
	}
	for _, t := range s.Chats.Threads(s.Setting) {
		for _, m := range t.Members {
			if m.Authority == other.Self() {
				return moderation.ChangeIntent{Group: t.Context, Epoch: t.Epoch, Member: m.Authority}
			}
		}
	}
	p.World.Fatalf("%s does not know %s", p.Name, other.Name)
	return moderation.ChangeIntent{}
}

func block(tc task.Context, p, other *auratest.Person) {
	p.World.Helper()
	p.Do(tc, moderation.IntentBlock, target(tc, p, other), nil)
}

func unblock(tc task.Context, p, other *auratest.Person) {
	p.World.Helper()
	p.Do(tc, moderation.IntentUnblock, target(tc, p, other), nil)
}

// circle is Ada, set up so, who knows Ben and Cleo, who do not know each other, and a group of the three.
func circle(tc task.Context, w *auratest.World, setup ...func(*auratest.Person)) (ada, ben, cleo *auratest.Person, group aura.ContextID) {
	w.Helper()
	ada, ben, cleo = w.Person(tc, "Ada", setup...), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
	w.Meet(tc, ada, ben)
	w.Meet(tc, ada, cleo)
	group = founds(tc, ada, "friends", ben, cleo)
	w.Until(tc, "all take part", time.Minute, func() bool { return takesPart(tc, ben, group) && takesPart(tc, cleo, group) })
	return ada, ben, cleo, group
}

func TestMembersWhoDoNotKnowEachOtherTalk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		all := []*auratest.Person{ada, ben, cleo}
		for _, author := range all {
			author.Say(tc, group, "from "+author.Name)
		}
		for _, reader := range all {
			for _, author := range all {
				scene.Has(tc, w, group, reader, author, "from "+author.Name)
			}
		}
		for _, p := range all {
			w.Until(tc, "delivery of "+p.Name, time.Minute, func() bool { return scene.States(tc, p, group)["delivered"] == 1 })
		}
		if scene.Knows(tc, ben, cleo) {
			w.Errorf("a group made a contact")
		}
		// Without the founder, and after restarts, the others go on.
		ada.Stop(tc)
		scene.Restart(tc, ben)
		scene.Restart(tc, cleo)
		cleo.Say(tc, group, "again")
		scene.Has(tc, w, group, ben, cleo, "from Cleo", "again")
	})
}

func TestAMemberWhoWasAwayJoinsLater(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
		w.Meet(tc, ada, ben)
		w.Meet(tc, ada, cleo)
		cleo.Stop(tc)
		group := founds(tc, ada, "friends", ben, cleo)
		w.Until(tc, "Ben takes part", time.Minute, func() bool { return takesPart(tc, ben, group) })
		ada.Say(tc, group, "one")
		ben.Say(tc, group, "two")
		scene.Restart(tc, ada)
		w.Sleep(tc, time.Hour)
		cleo.Start(tc)
		scene.Has(tc, w, group, cleo, ada, "one")
		scene.Has(tc, w, group, cleo, ben, "two")
		cleo.Say(tc, group, "three")
		scene.Has(tc, w, group, ada, cleo, "three")
		scene.Has(tc, w, group, ben, cleo, "three")
	})
}

// TestACrashWhileAGroupIsFounded crashes the founder or a member at every commit from the founding on: in the end all
// take part, or, when the founding was not durable, none does.
func TestACrashWhileAGroupIsFounded(t *testing.T) {
	deaths := map[string]int{}
	for commit := 1; commit <= 3; commit++ {
		for _, who := range []string{"founder", "member"} {
			for _, after := range []bool{false, true} {
				auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
					ada, ben, cleo := w.Person(tc, "Ada"), w.Person(tc, "Ben"), w.Person(tc, "Cleo")
					w.Meet(tc, ada, ben)
					w.Meet(tc, ada, cleo)
					w.Sleep(tc, time.Minute)
					victim := map[string]*auratest.Person{"founder": ada, "member": ben}[who]
					left := -1
					died := scene.DiesAt(victim, &left, after)
					scene.Restart(tc, victim)
					w.Sleep(tc, 10*time.Second) // connected, and all that is left of before is done
					left = commit
					var refs []contact.Ref
					look := ada.Look(tc)
					for _, m := range []*auratest.Person{ben, cleo} {
						c, _ := look.Contacts.ByAuthority(m.Self())
						refs = append(refs, c.Ref)
					}
					var created chat.Created
					_ = ada.Submit(tc, chat.IntentCreate, chat.CreateIntent{Name: "friends", Members: refs}, &created)
					w.Sleep(tc, 20*time.Second)
					left = -1
					if *died {
						deaths[who]++
						victim.Options.Wrap = nil
						victim.Start(tc)
					}
					groups := ada.Look(tc).Chats.Groups()
					if len(groups) == 0 {
						if w.Sleep(tc, time.Minute); len(ben.Look(tc).Chats.Groups())+len(cleo.Look(tc).Chats.Groups()) > 0 {
							w.Errorf("others are in a group that was never founded")
						}
						return
					}
					for _, author := range []*auratest.Person{ada, ben, cleo} {
						w.Until(tc, author.Name+" takes part", 2*time.Minute, func() bool { return takesPart(tc, author, groups[0]) })
						author.Say(tc, groups[0], "from "+author.Name)
					}
					for _, author := range []*auratest.Person{ada, ben, cleo} {
						for _, reader := range []*auratest.Person{ada, ben, cleo} {
							scene.Has(tc, w, groups[0], reader, author, "from "+author.Name)
						}
					}
				})
				if t.Failed() {
					t.Fatalf("the %s crashed at commit %d, after it: %t", who, commit, after)
				}
			}
		}
	}
	if deaths["founder"] < 8 || deaths["member"] < 4 {
		t.Errorf("too few crashes: %v", deaths)
	}
}

// TestLeavingAGroup: the others learn of it, also those who are away, and nothing is exchanged afterwards.
func TestLeavingAGroup(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		ben.Say(tc, group, "goodbye")
		scene.Has(tc, w, group, cleo, ben, "goodbye")
		cleo.Stop(tc)
		ben.Do(tc, chat.IntentLeave, chat.LeaveIntent{Group: ben.Ref(tc, group)}, nil)
		ada.Say(tc, group, "too late") // it may still be on its way to Ben
		w.Sleep(tc, time.Minute)
		if err := ben.Submit(tc, chat.IntentSend, chat.SendIntent{To: ben.Ref(tc, group), Text: "one more"}, nil); aura.KindOf(err) != aura.Denied {
			w.Errorf("sending after leaving: %v", err)
		}
		scene.Restart(tc, ben)
		cleo.Start(tc)
		knows := func(p *auratest.Person) func() bool {
			return func() bool { return p.Look(tc).Chats.Gone(group, ben.Self()) }
		}
		w.Until(tc, "Ada learns that Ben left", time.Minute, knows(ada))
		w.Until(tc, "Cleo learns that Ben left", 3*time.Minute, knows(cleo))
		cleo.Say(tc, group, "without Ben")
		scene.Has(tc, w, group, ada, cleo, "without Ben")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, cleo, group)["delivered"] == 1 })
		if got := ben.Heard(tc, group, cleo); len(got) != 0 {
			w.Errorf("Ben left and got %q", got)
		}
		// No member tries to reach one who left, and one who left does not try for ever.
		w.Sleep(tc, 10*time.Minute)
		dials := count(w, "guard", "allow", 0)
		w.Sleep(tc, time.Hour)
		if more := count(w, "guard", "allow", 0) - dials; more > 0 {
			w.Errorf("%d decisions in a quiet hour", more)
		}
	})
}

// TestABlockedContactIsCutOff: its channel closes, it can open none, what waits for it says why, and all goes
// on where it was when the owner changes their mind.
func TestABlockedContactIsCutOff(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ada.Say(tc, context, "one")
		scene.Has(tc, w, context, ben, ada, "one")
		ben.Stop(tc)
		ada.Say(tc, context, "two")
		block(tc, ada, ben)
		ben.Start(tc)
		ben.Say(tc, context, "let me in")
		w.Sleep(tc, 10*time.Minute)
		s := ada.Look(tc)
		if peers := s.Connections.View(); len(peers) != 1 || peers[0].Link != status.LinkOffline || peers[0].Reason != "you blocked this contact" {
			w.Errorf("connection %+v", peers)
		}
		if diff := cmp.Diff(map[string]int{"delivered": 1, blocked: 1}, scene.States(tc, ada, context)); diff != "" {
			w.Errorf("states: %s", diff)
		}
		if held := ada.Agent.Journal().Count(contextOf(context), ben.Ring.Device()); held != 0 {
			w.Errorf("%d facts of a blocked contact were kept", held)
		}
		if diff := cmp.Diff(map[string]int{offline: 1}, scene.States(tc, ben, context)); diff != "" {
			w.Errorf("Ben was told: %s", diff)
		}
		scene.Restart(tc, ada)
		w.Sleep(tc, time.Minute)
		if diff := cmp.Diff(map[string]int{"delivered": 1, blocked: 1}, scene.States(tc, ada, context)); diff != "" {
			w.Errorf("states after a restart: %s", diff)
		}
		unblock(tc, ada, ben)
		scene.Has(tc, w, context, ben, ada, "one", "two")
		scene.Has(tc, w, context, ada, ben, "let me in")
	})
}

// TestBlockingEndsALiveConversation blocks and unblocks in the middle of one.
func TestBlockingEndsALiveConversation(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		for i, text := range numbered(1, 12) {
			ben.Say(tc, context, text)
			switch i {
			case 3, 8:
				block(tc, ada, ben)
			case 5, 10:
				unblock(tc, ada, ben)
			}
			w.Sleep(tc, aura.Duration(w.Seed)*10*time.Millisecond)
		}
		scene.Has(tc, w, context, ada, ben, numbered(1, 12)...)
		w.Until(tc, "delivery", 3*time.Minute, func() bool { return scene.States(tc, ben, context)["delivered"] == 12 })
	})
}

// TestABlockedMember: the group goes on, and what one writes waits for the blocked one alone.
func TestABlockedMember(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		block(tc, cleo, ben) // who is no contact of hers
		w.Sleep(tc, time.Minute)
		cleo.Say(tc, group, "to all")
		ben.Say(tc, group, "to all, too")
		scene.Has(tc, w, group, ada, cleo, "to all")
		scene.Has(tc, w, group, ada, ben, "to all, too")
		w.Sleep(tc, 5*time.Minute)
		if got := len(ben.Heard(tc, group, cleo)) + len(cleo.Heard(tc, group, ben)); got != 0 {
			w.Errorf("%d messages passed a block", got)
		}
		if diff := cmp.Diff(map[string]int{blocked: 1}, scene.States(tc, cleo, group)); diff != "" {
			w.Errorf("states: %s", diff)
		}
		unblock(tc, cleo, ben)
		scene.Has(tc, w, group, ben, cleo, "to all")
		scene.Has(tc, w, group, cleo, ben, "to all, too")
	})
}

// TestATextToAGroupTakesFewCommits: one for the text, and one or two for what all members acknowledge.
func TestATextToAGroupTakesFewCommits(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		var members []*auratest.Person
		for i := range 9 {
			p := w.Person(tc, fmt.Sprint("Member ", i))
			w.Meet(tc, ada, p)
			members = append(members, p)
		}
		group := founds(tc, ada, "friends", members...)
		w.Until(tc, "all take part", 2*time.Minute, func() bool {
			return !slices.ContainsFunc(members, func(p *auratest.Person) bool { return !takesPart(tc, p, group) })
		})
		delivered := func(n int) func() bool {
			return func() bool { return scene.States(tc, ada, group)["delivered"] == n }
		}
		ada.Say(tc, group, "one")
		w.Until(tc, "the first text is delivered", 2*time.Minute, delivered(1))
		w.Sleep(tc, time.Minute)
		// The members are differently far away.
		w.Net.Set(transport.SimOptions{Jitter: 60 * time.Millisecond})
		before := ada.Disk.Syncs()
		ada.Say(tc, group, "two")
		w.Until(tc, "the second text is delivered", time.Minute, delivered(2))
		w.Sleep(tc, time.Second)
		if commits := ada.Disk.Syncs() - before; commits > 3 {
			w.Errorf("%d commits for one text", commits)
		}
	})
}

// TestFoundingAGroupDialsEachPairOnce: of two members one dials, and the other waits for it.
func TestFoundingAGroupDialsEachPairOnce(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		w.Net.Set(transport.SimOptions{Jitter: 60 * time.Millisecond})
		dials := 0
		ada := w.Person(tc, "Ada", dialling(&dials))
		everybody := []*auratest.Person{ada}
		for i := range 7 {
			p := w.Person(tc, fmt.Sprint("Member ", i), dialling(&dials))
			w.Meet(tc, ada, p)
			everybody = append(everybody, p)
		}
		w.Sleep(tc, time.Minute)
		dials = 0
		group := founds(tc, ada, "friends", everybody[1:]...)
		w.Sleep(tc, 5*time.Second)
		if pairs, n := 8*7/2, dials; n > pairs+pairs/4 {
			w.Errorf("%d dials for %d pairs", n, pairs)
		}
		for _, p := range everybody {
			p.Say(tc, group, "here")
		}
		w.Sleep(tc, time.Second)
		for _, reader := range everybody {
			for _, author := range everybody {
				if reader != author && len(reader.Heard(tc, group, author)) != 1 {
					w.Errorf("%s and %s are not connected", author.Name, reader.Name)
				}
			}
		}
	})
}
