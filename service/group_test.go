package service_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const blocked = "waiting: you blocked this contact"

// founds makes a group of its founder with contacts and returns its context.
func (p *person) founds(tc task.Context, name string, members ...*person) aura.ContextID {
	p.Helper()
	var refs []contact.Ref
	contacts := &p.look(tc).contacts
	for _, m := range members {
		c, ok := contacts.ByAuthority(m.self())
		if !ok {
			p.Fatalf("seed %d: %s does not know %s", p.seed, p.name, m.name)
		}
		refs = append(refs, c.Ref)
	}
	var created chat.Created
	p.must(tc, chat.IntentCreate, chat.CreateIntent{Name: name, Members: refs}, &created)
	return created.Context
}

// takesPart reports whether a person has a group.
func (p *person) takesPart(tc task.Context, group aura.ContextID) bool {
	p.Helper()
	s := p.look(tc)
	_, err := s.chats.Thread(s.setting(), group)
	return err == nil
}

// about names somebody to moderate: a contact, or a member of a group.
func (p *person) about(tc task.Context, other *person) moderation.ChangeIntent {
	p.Helper()
	s := p.look(tc)
	if c, ok := s.contacts.ByAuthority(other.self()); ok {
		return moderation.ChangeIntent{Contact: c.Ref}
	}
	for _, t := range s.chats.Threads(s.setting()) {
		for _, m := range t.Members {
			if m.Authority == other.self() {
				return moderation.ChangeIntent{Group: t.Context, Epoch: t.Epoch, Member: m.Authority}
			}
		}
	}
	p.Fatalf("seed %d: %s does not know %s", p.seed, p.name, other.name)
	return moderation.ChangeIntent{}
}

func (p *person) block(tc task.Context, other *person) {
	p.Helper()
	p.must(tc, moderation.IntentBlock, p.about(tc, other), nil)
}

func (p *person) unblock(tc task.Context, other *person) {
	p.Helper()
	p.must(tc, moderation.IntentUnblock, p.about(tc, other), nil)
}

// circle is Ada, who knows Ben and Cleo, who do not know each other, and a group of the three.
func (u *universe) circle(tc task.Context) (ada, ben, cleo *person, group aura.ContextID) {
	u.Helper()
	ada, ben, cleo = u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
	u.meet(tc, ada, ben)
	u.meet(tc, ada, cleo)
	group = ada.founds(tc, "friends", ben, cleo)
	u.until(tc, "all take part", time.Minute, func() bool { return ben.takesPart(tc, group) && cleo.takesPart(tc, group) })
	return ada, ben, cleo, group
}

func (u *universe) has(tc task.Context, group aura.ContextID, reader, author *person, want ...string) {
	u.Helper()
	if !u.until(tc, reader.name+" reads "+author.name, 3*time.Minute, func() bool {
		return len(reader.texts(tc, group, author)) >= len(want)
	}) {
		return
	}
	if diff := cmp.Diff(want, reader.texts(tc, group, author)); diff != "" {
		u.Errorf("seed %d: %s has of %s: %s", u.seed, reader.name, author.name, diff)
	}
}

func TestMembersWhoDoNotKnowEachOtherTalk(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, cleo, group := u.circle(tc)
		all := []*person{ada, ben, cleo}
		for _, author := range all {
			author.say(tc, group, "from "+author.name)
		}
		for _, reader := range all {
			for _, author := range all {
				u.has(tc, group, reader, author, "from "+author.name)
			}
		}
		for _, p := range all {
			u.until(tc, "delivery of "+p.name, time.Minute, func() bool { return p.states(tc, group)["delivered"] == 1 })
		}
		if ben.knows(tc, cleo) {
			t.Errorf("seed %d: a group made a contact", u.seed)
		}
		// Without the founder, and after restarts, the others go on.
		ada.stop(tc)
		ben.restart(tc)
		cleo.restart(tc)
		cleo.say(tc, group, "again")
		u.has(tc, group, ben, cleo, "from Cleo", "again")
	})
}

func TestAMemberWhoWasAwayJoinsLater(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, cleo := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
		u.meet(tc, ada, ben)
		u.meet(tc, ada, cleo)
		cleo.stop(tc)
		group := ada.founds(tc, "friends", ben, cleo)
		u.until(tc, "Ben takes part", time.Minute, func() bool { return ben.takesPart(tc, group) })
		ada.say(tc, group, "one")
		ben.say(tc, group, "two")
		ada.restart(tc)
		u.sleep(tc, time.Hour)
		cleo.start(tc)
		u.has(tc, group, cleo, ada, "one")
		u.has(tc, group, cleo, ben, "two")
		cleo.say(tc, group, "three")
		u.has(tc, group, ada, cleo, "three")
		u.has(tc, group, ben, cleo, "three")
	})
}

// TestACrashWhileAGroupIsFounded crashes the founder or a member at every commit from the founding on: in the
// end all take part, or, when the founding was not durable, nobody does.
func TestACrashWhileAGroupIsFounded(t *testing.T) {
	deaths := map[string]int{}
	for commit := 1; commit <= 3; commit++ {
		for _, who := range []string{"founder", "member"} {
			for _, after := range []bool{false, true} {
				inWorlds(t, 2, func(tc task.Context, u *universe) {
					ada, ben, cleo := u.person(tc, "Ada"), u.person(tc, "Ben"), u.person(tc, "Cleo")
					u.meet(tc, ada, ben)
					u.meet(tc, ada, cleo)
					u.sleep(tc, time.Minute)
					victim := map[string]*person{"founder": ada, "member": ben}[who]
					left := -1
					died, spare := victim.diesAt(tc, &left, after)
					victim.restart(tc)
					u.sleep(tc, 10*time.Second) // connected, and all that is left of before is done
					left = commit
					var refs []contact.Ref
					contacts := &ada.look(tc).contacts
					for _, m := range []*person{ben, cleo} {
						c, _ := contacts.ByAuthority(m.self())
						refs = append(refs, c.Ref)
					}
					var created chat.Created
					_ = ada.submit(tc, chat.IntentCreate, chat.CreateIntent{Name: "friends", Members: refs}, &created)
					u.sleep(tc, 20*time.Second)
					left = -1
					if *died {
						deaths[who]++
						victim.wrap = nil
						victim.start(tc)
					}
					groups := ada.look(tc).chats.Groups()
					if len(groups) == 0 {
						if u.sleep(tc, time.Minute); len(ben.look(tc).chats.Groups())+len(cleo.look(tc).chats.Groups()) > 0 {
							t.Errorf("seed %d: others are in a group that was never founded", u.seed)
						}
						return
					}
					for _, author := range []*person{ada, ben, cleo} {
						u.until(tc, author.name+" takes part", 2*time.Minute, func() bool { return author.takesPart(tc, groups[0]) })
						author.say(tc, groups[0], "from "+author.name)
					}
					for _, author := range []*person{ada, ben, cleo} {
						for _, reader := range []*person{ada, ben, cleo} {
							u.has(tc, groups[0], reader, author, "from "+author.name)
						}
					}
					spare()
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
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, cleo, group := u.circle(tc)
		ben.say(tc, group, "goodbye")
		u.has(tc, group, cleo, ben, "goodbye")
		cleo.stop(tc)
		ben.must(tc, chat.IntentLeave, chat.LeaveIntent{Group: ben.ref(tc, group)}, nil)
		ada.say(tc, group, "too late") // it may still be on its way to Ben
		u.sleep(tc, time.Minute)
		if err := ben.submit(tc, chat.IntentSend, chat.SendIntent{To: ben.ref(tc, group), Text: "one more"}, nil); aura.KindOf(err) != aura.Denied {
			t.Errorf("seed %d: sending after leaving: %v", u.seed, err)
		}
		ben.restart(tc)
		cleo.start(tc)
		knows := func(p *person) func() bool {
			return func() bool { return p.look(tc).chats.Gone(group, ben.self()) }
		}
		u.until(tc, "Ada learns that Ben left", time.Minute, knows(ada))
		u.until(tc, "Cleo learns that Ben left", 3*time.Minute, knows(cleo))
		cleo.say(tc, group, "without Ben")
		u.has(tc, group, ada, cleo, "without Ben")
		u.until(tc, "delivery", time.Minute, func() bool { return cleo.states(tc, group)["delivered"] == 1 })
		if got := ben.texts(tc, group, cleo); len(got) != 0 {
			t.Errorf("seed %d: Ben left and got %q", u.seed, got)
		}
		// Nobody tries to reach somebody who left, nor does who left try for ever.
		u.sleep(tc, 10*time.Minute)
		dials := u.events.count("guard", "allow", 0)
		u.sleep(tc, time.Hour)
		if more := u.events.count("guard", "allow", 0) - dials; more > 0 {
			t.Errorf("seed %d: %d decisions in a quiet hour", u.seed, more)
		}
	})
}

// TestABlockedContactIsCutOff: its channel closes, it can open none, what waits for it says why, and all goes
// on where it was when the owner changes their mind.
func TestABlockedContactIsCutOff(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ada.say(tc, context, "one")
		u.has(tc, context, ben, ada, "one")
		ben.stop(tc)
		ada.say(tc, context, "two")
		ada.block(tc, ben)
		ben.start(tc)
		ben.say(tc, context, "let me in")
		u.sleep(tc, 10*time.Minute)
		s := ada.look(tc)
		if peers := s.reach.View(); len(peers) != 1 || peers[0].Reach != status.Offline || peers[0].Reason != "you blocked this contact" {
			t.Errorf("seed %d: connection %+v", u.seed, peers)
		}
		if diff := cmp.Diff(map[string]int{"delivered": 1, blocked: 1}, ada.states(tc, context)); diff != "" {
			t.Errorf("seed %d: states: %s", u.seed, diff)
		}
		if held := ada.agent.Journal().Count(contextOf(context), ben.ring.Device()); held != 0 {
			t.Errorf("seed %d: %d facts of a blocked contact were kept", u.seed, held)
		}
		if diff := cmp.Diff(map[string]int{offline: 1}, ben.states(tc, context)); diff != "" {
			t.Errorf("seed %d: Ben was told: %s", u.seed, diff)
		}
		ada.restart(tc)
		u.sleep(tc, time.Minute)
		if diff := cmp.Diff(map[string]int{"delivered": 1, blocked: 1}, ada.states(tc, context)); diff != "" {
			t.Errorf("seed %d: states after a restart: %s", u.seed, diff)
		}
		ada.unblock(tc, ben)
		u.has(tc, context, ben, ada, "one", "two")
		u.has(tc, context, ada, ben, "let me in")
	})
}

// TestBlockingEndsALiveConversation blocks and unblocks in the middle of one.
func TestBlockingEndsALiveConversation(t *testing.T) {
	inWorlds(t, 10, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		for i, text := range numbered(1, 12) {
			ben.say(tc, context, text)
			switch i {
			case 3, 8:
				ada.block(tc, ben)
			case 5, 10:
				ada.unblock(tc, ben)
			}
			u.sleep(tc, aura.Duration(u.seed)*10*time.Millisecond)
		}
		u.has(tc, context, ada, ben, numbered(1, 12)...)
		u.until(tc, "delivery", 3*time.Minute, func() bool { return ben.states(tc, context)["delivered"] == 12 })
	})
}

// TestABlockedMember: the group goes on, and what one writes waits for the blocked one alone.
func TestABlockedMember(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben, cleo, group := u.circle(tc)
		cleo.block(tc, ben) // who is no contact of hers
		u.sleep(tc, time.Minute)
		cleo.say(tc, group, "to all")
		ben.say(tc, group, "to all, too")
		u.has(tc, group, ada, cleo, "to all")
		u.has(tc, group, ada, ben, "to all, too")
		u.sleep(tc, 5*time.Minute)
		if got := len(ben.texts(tc, group, cleo)) + len(cleo.texts(tc, group, ben)); got != 0 {
			t.Errorf("seed %d: %d messages passed a block", u.seed, got)
		}
		if diff := cmp.Diff(map[string]int{blocked: 1}, cleo.states(tc, group)); diff != "" {
			t.Errorf("seed %d: states: %s", u.seed, diff)
		}
		cleo.unblock(tc, ben)
		u.has(tc, group, ben, cleo, "to all")
		u.has(tc, group, cleo, ben, "to all, too")
	})
}

// TestATextToAGroupTakesFewCommits: one for the text, and one or two for what all members acknowledge.
func TestATextToAGroupTakesFewCommits(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada")
		var members []*person
		for i := range 9 {
			p := u.person(tc, fmt.Sprint("Member ", i))
			u.meet(tc, ada, p)
			members = append(members, p)
		}
		group := ada.founds(tc, "friends", members...)
		u.until(tc, "all take part", 2*time.Minute, func() bool {
			return !slices.ContainsFunc(members, func(p *person) bool { return !p.takesPart(tc, group) })
		})
		delivered := func(n int) func() bool {
			return func() bool { return ada.states(tc, group)["delivered"] == n }
		}
		ada.say(tc, group, "one")
		u.until(tc, "the first text is delivered", 2*time.Minute, delivered(1))
		u.sleep(tc, time.Minute)
		// The members are differently far away.
		u.net.Set(transport.SimOptions{Jitter: 60 * time.Millisecond})
		before := ada.disk.Syncs()
		ada.say(tc, group, "two")
		u.until(tc, "the second text is delivered", time.Minute, delivered(2))
		u.sleep(tc, time.Second)
		if commits := ada.disk.Syncs() - before; commits > 3 {
			t.Errorf("seed %d: %d commits for one text", u.seed, commits)
		}
	})
}

// TestFoundingAGroupDialsEachPairOnce: of two members one dials, and the other waits for it.
func TestFoundingAGroupDialsEachPairOnce(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		u.net.Set(transport.SimOptions{Jitter: 60 * time.Millisecond})
		ada := u.person(tc, "Ada")
		everybody := []*person{ada}
		for i := range 7 {
			p := u.person(tc, fmt.Sprint("Member ", i))
			u.meet(tc, ada, p)
			everybody = append(everybody, p)
		}
		u.sleep(tc, time.Minute)
		dials := func() (n int) {
			for _, p := range everybody {
				n += p.dials
			}
			return n
		}
		before := dials()
		group := ada.founds(tc, "friends", everybody[1:]...)
		u.sleep(tc, 5*time.Second)
		if pairs, n := 8*7/2, dials()-before; n > pairs+pairs/4 {
			t.Errorf("seed %d: %d dials for %d pairs", u.seed, n, pairs)
		}
		for _, p := range everybody {
			p.say(tc, group, "here")
		}
		u.sleep(tc, time.Second)
		for _, reader := range everybody {
			for _, author := range everybody {
				if reader != author && len(reader.texts(tc, group, author)) != 1 {
					t.Errorf("seed %d: %s and %s are not connected", u.seed, author.name, reader.name)
				}
			}
		}
	})
}
