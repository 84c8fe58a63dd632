package service_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// TestAContactIsCalledWhatItsOwnerSays: and nothing that services do on the way is trouble.
func TestAContactIsCalledWhatItsOwnerSays(t *testing.T) {
	inWorlds(t, 1, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		u.meet(tc, ada, ben)
		c, _ := ada.with(tc, ben)
		ada.must(tc, contact.IntentRename, contact.RenameIntent{Contact: c.Ref, Name: "Benjamin"}, nil)
		if c, _ = ada.with(tc, ben); c.Name != "Benjamin" {
			t.Errorf("the contact is called %q", c.Name)
		}
		if err := ada.submit(tc, contact.IntentRename, []string{"no such payload"}, nil); aura.KindOf(err) == 0 {
			t.Error("what is no wish for a name succeeds")
		}
		u.sleep(tc, time.Hour)
		for _, e := range u.events.seen {
			if e.Family() == world.FamilyHealth {
				t.Errorf("in a quiet hour: %v", e)
			}
		}
	})
}

// with returns the contact that another person is.
func (p *person) with(tc task.Context, other *person) (contact.Contact, bool) {
	p.Helper()
	return p.look(tc).contacts.ByAuthority(other.self())
}

// TestBothMovedAndMeetByAnInvitation: nobody else knows the two, and each looks for the other where it is not
// any more.
func TestBothMovedAndMeetByAnInvitation(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		before, _ := ada.with(tc, ben)
		ada.stop(tc)
		ben.stop(tc)
		ada.move()
		ben.move()
		ada.start(tc)
		ben.start(tc)
		ben.say(tc, context, "where are you?")
		u.sleep(tc, 5*time.Hour)
		if got := ada.texts(tc, context, ben); len(got) != 0 {
			t.Fatalf("seed %d: %v arrived by itself", u.seed, got)
		}
		code := ada.invites(tc, 0)
		var answer invite.CodeResult
		ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, &answer)
		if answer.Known != context {
			t.Errorf("seed %d: the answer does not say that Ada is a contact", u.seed)
		}
		began := tc.Elapsed()
		u.has(tc, context, ada, ben, "where are you?")
		if took := tc.Elapsed() - began; took > 20*time.Second {
			t.Errorf("seed %d: it took %v", u.seed, took)
		}
		for _, p := range []*person{ada, ben} {
			u.until(tc, "the invitation ends at "+p.name, time.Minute, func() bool {
				s := p.look(tc)
				in, _ := s.invites.Invitation(code.ID, tc.Now())
				return in.Phase == invite.PhaseCompleted && in.Context == context
			})
		}
		after, _ := ada.with(tc, ben)
		if after != before {
			t.Errorf("seed %d: the contact was %+v and is %+v", u.seed, before, after)
		}
		// Each finds the other again by itself.
		ada.restart(tc)
		ben.restart(tc)
		ada.say(tc, context, "here")
		u.has(tc, context, ben, ada, "here")
	})
}

// TestWhatWaitedGoesAtOnceWhenBothMeetAgain: neither the pause of an absent device, which has grown, nor a dial that is
// still looking where the other was, holds it up.
func TestWhatWaitedGoesAtOnceWhenBothMeetAgain(t *testing.T) {
	for _, apart := range []aura.Duration{3 * time.Second, 11 * time.Second, 3 * time.Minute, 5 * time.Hour} {
		inWorlds(t, 3, func(tc task.Context, u *universe) {
			ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
			context := u.meet(tc, ada, ben)
			ada.stop(tc)
			ben.stop(tc)
			ada.move()
			ben.move()
			ada.start(tc)
			ben.start(tc)
			ada.say(tc, context, "where are you?")
			ben.say(tc, context, "and you?")
			u.sleep(tc, apart)
			code := ada.invites(tc, 0)
			began := tc.Elapsed()
			ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			for len(ada.texts(tc, context, ben)) == 0 || len(ben.texts(tc, context, ada)) == 0 {
				if tc.Elapsed()-began > time.Second {
					t.Errorf("seed %d: apart for %v, and nothing came within a second", u.seed, apart)
					return
				}
				u.sleep(tc, 20*time.Millisecond)
			}
		})
	}
}

// TestARemovedContactReachesNobody: neither side reaches the other, both keep what was said, and an invitation
// makes a new contact of them.
func TestARemovedContactReachesNobody(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ada.say(tc, context, "one")
		u.has(tc, context, ben, ada, "one")
		u.net.Detach(ben.link())
		ada.say(tc, context, "two")
		ref, _ := ada.with(tc, ben)
		ada.must(tc, contact.IntentRemove, contact.RemoveIntent{Contact: ref.Ref}, nil)
		u.net.Attach(ben.link())
		ben.say(tc, context, "three")
		u.sleep(tc, 10*time.Minute)
		ada.restart(tc)
		u.sleep(tc, 10*time.Minute)

		if _, known := ada.with(tc, ben); known {
			t.Errorf("seed %d: the contact is still there", u.seed)
		}
		if states := ada.states(tc, context); states["failed: you removed the contact"] != 1 || states["delivered"] != 1 {
			t.Errorf("seed %d: own messages are %v", u.seed, states)
		}
		if got := ben.texts(tc, context, ada); len(got) != 1 {
			t.Errorf("seed %d: Ben has %v", u.seed, got)
		}
		if got := ada.texts(tc, context, ben); len(got) != 0 {
			t.Errorf("seed %d: Ada has %v", u.seed, got)
		}
		ended := chat.Ref{Context: context, Epoch: ref.Epoch}
		if err := ada.submit(tc, chat.IntentSend, chat.SendIntent{To: ended, Text: "x"}, nil); aura.KindOf(err) != aura.Denied {
			t.Errorf("seed %d: a message to a removed contact: %v", u.seed, err)
		}
		former, ok := ada.look(tc).contacts.Former(context)
		if !ok || former.Name != "Ben (removed)" {
			t.Errorf("seed %d: former contact %+v", u.seed, former)
		}

		code := ada.invites(tc, 0)
		ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		u.until(tc, "they meet again", time.Minute, func() bool {
			there, ok := ada.with(tc, ben)
			back, known := ben.with(tc, ada)
			return ok && known && there.Context == back.Context && there.Context != context && there.Verification == back.Verification
		})
		again, _ := ada.with(tc, ben)
		ben.say(tc, again.Context, "four")
		u.has(tc, again.Context, ada, ben, "four")
		for _, p := range []*person{ada, ben} {
			if all := p.look(tc).contacts.Contacts(); len(all) != 1 {
				t.Errorf("seed %d: %s has %d contacts", u.seed, p.name, len(all))
			}
		}
		if got := ben.texts(tc, context, ada); len(got) != 1 {
			t.Errorf("seed %d: what Ada had said is gone: %v", u.seed, got)
		}
	})
}

// TestAddressesByHand: an owner says where a contact is.
func TestAddressesByHand(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		ada.move()
		ben.move()
		ada.restart(tc)
		ben.restart(tc)
		u.sleep(tc, 3*time.Hour)
		ref, _ := ada.with(tc, ben)
		for _, bad := range []string{"", "ben.example", "/dns4/ben.example/tcp/4001", "/ip4/192.0.2.9"} {
			if err := ada.submit(tc, contact.IntentAddress, contact.AddressIntent{Contact: ref.Ref, Addresses: []string{bad}}, nil); aura.KindOf(err) != aura.Invalid {
				t.Errorf("seed %d: address %q: %v", u.seed, bad, err)
			}
		}
		ada.must(tc, contact.IntentAddress, contact.AddressIntent{Contact: ref.Ref, Addresses: []string{string(ben.address)}}, nil)
		began := tc.Elapsed()
		ben.say(tc, context, "found")
		u.has(tc, context, ada, ben, "found")
		if took := tc.Elapsed() - began; took > 10*time.Second {
			t.Errorf("seed %d: it took %v", u.seed, took)
		}
	})
}

// TestAMemberIsFoundWhereItSaidToBeInAnotherGroup: two who are no contacts share two groups. One comes back at another
// address and dials in one of them; what waits for it in the other one goes there, too, without anybody else's help.
func TestAMemberIsFoundWhereItSaidToBeInAnotherGroup(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben, cleo, first := u.circle(tc)
		second := ada.founds(tc, "others", ben, cleo)
		u.until(tc, "all take part", time.Minute, func() bool { return ben.takesPart(tc, second) && cleo.takesPart(tc, second) })
		u.sleep(tc, time.Minute)
		cleo.stop(tc)
		for _, group := range []aura.ContextID{first, second} {
			ben.say(tc, group, "while you were away")
		}
		ada.stop(tc)
		cleo.move()
		u.sleep(tc, time.Minute)
		cleo.start(tc)
		for _, group := range []aura.ContextID{first, second} {
			u.has(tc, group, cleo, ben, "while you were away")
		}
	})
}
