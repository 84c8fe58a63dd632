package replica_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// TestAContactIsCalledWhatItsOwnerSays: and nothing that services do on the way is trouble.
func TestAContactIsCalledWhatItsOwnerSays(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		w.Meet(tc, ada, ben)
		c, _ := scene.With(tc, ada, ben)
		ada.Do(tc, contact.IntentRename, contact.RenameIntent{Contact: c.Ref, Name: "Benjamin"}, nil)
		if c, _ = scene.With(tc, ada, ben); c.Name != "Benjamin" {
			t.Errorf("the contact is called %q", c.Name)
		}
		if err := ada.Submit(tc, contact.IntentRename, []string{"no such payload"}, nil); aura.KindOf(err) == 0 {
			t.Error("what is no wish for a name succeeds")
		}
		w.Sleep(tc, time.Hour)
		for _, e := range w.Events {
			if e.Family() == world.FamilyHealth {
				t.Errorf("in a quiet hour: %v", e)
			}
		}
	})
}

// TestAnInvitationOfAContactWhoMovedSince: Ben takes an earlier code of Ada's, whose addresses lead nowhere, and she is a contact of whom
// he knows where she is now.
func TestAnInvitationOfAContactWhoMovedSince(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		code := scene.Invites(tc, ada, 0)
		context := w.Meet(tc, ada, ben)
		ada.Move()
		ada.Say(tc, context, "I moved")
		scene.Has(tc, w, context, ben, ada, "I moved")
		ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		w.Until(tc, "the invitation ends at Ben", 5*time.Minute, func() bool {
			in, _ := ben.Look(tc).Invites.Invitation(code.ID, tc.Now())
			return in.Phase == invite.PhaseCompleted && in.Context == context
		})
	})
}

// TestBothMovedAndMeetByAnInvitation: no third person knows the two, and each looks for the other where it is not any
// more.
func TestBothMovedAndMeetByAnInvitation(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		before, _ := scene.With(tc, ada, ben)
		ada.Stop(tc)
		ben.Stop(tc)
		ada.Move()
		ben.Move()
		ada.Start(tc)
		ben.Start(tc)
		ben.Say(tc, context, "where are you?")
		w.Sleep(tc, 5*time.Hour)
		if got := ada.Heard(tc, context, ben); len(got) != 0 {
			w.Fatalf("%v arrived by itself", got)
		}
		code := scene.Invites(tc, ada, 0)
		var answer invite.CodeResult
		ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, &answer)
		if answer.Known != context {
			w.Errorf("the answer does not say that Ada is a contact")
		}
		began := tc.Elapsed()
		scene.Has(tc, w, context, ada, ben, "where are you?")
		if took := tc.Elapsed() - began; took > 20*time.Second {
			w.Errorf("it took %v", took)
		}
		for _, p := range []*auratest.Person{ada, ben} {
			w.Until(tc, "the invitation ends at "+p.Name, time.Minute, func() bool {
				s := p.Look(tc)
				in, _ := s.Invites.Invitation(code.ID, tc.Now())
				return in.Phase == invite.PhaseCompleted && in.Context == context
			})
		}
		after, _ := scene.With(tc, ada, ben)
		if after != before {
			w.Errorf("the contact was %+v and is %+v", before, after)
		}
		// Each finds the other again by itself.
		scene.Restart(tc, ada)
		scene.Restart(tc, ben)
		ada.Say(tc, context, "here")
		scene.Has(tc, w, context, ben, ada, "here")
	})
}

// TestWhatWaitedGoesAtOnceWhenBothMeetAgain: neither the pause of an absent device, which has grown, nor a dial that is
// still looking where the other was, holds it up.
func TestWhatWaitedGoesAtOnceWhenBothMeetAgain(t *testing.T) {
	for _, apart := range []aura.Duration{3 * time.Second, 11 * time.Second, 3 * time.Minute, 5 * time.Hour} {
		auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			context := w.Meet(tc, ada, ben)
			ada.Stop(tc)
			ben.Stop(tc)
			ada.Move()
			ben.Move()
			ada.Start(tc)
			ben.Start(tc)
			ada.Say(tc, context, "where are you?")
			ben.Say(tc, context, "and you?")
			w.Sleep(tc, apart)
			code := scene.Invites(tc, ada, 0)
			began := tc.Elapsed()
			ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
			for len(ada.Heard(tc, context, ben)) == 0 || len(ben.Heard(tc, context, ada)) == 0 {
				if tc.Elapsed()-began > time.Second {
					w.Errorf("apart for %v, and nothing came within a second", apart)
					return
				}
				w.Sleep(tc, 20*time.Millisecond)
			}
		})
	}
}

// TestARemovedContactReachesNobody: neither side reaches the other, both keep their conversation, and an invitation
// makes a new contact of them.
func TestARemovedContactReachesNobody(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ada.Say(tc, context, "one")
		scene.Has(tc, w, context, ben, ada, "one")
		w.Net.Detach(link(ben))
		ada.Say(tc, context, "two")
		ref, _ := scene.With(tc, ada, ben)
		ada.Do(tc, contact.IntentRemove, contact.RemoveIntent{Contact: ref.Ref}, nil)
		w.Net.Attach(link(ben))
		ben.Say(tc, context, "three")
		w.Sleep(tc, 10*time.Minute)
		scene.Restart(tc, ada)
		w.Sleep(tc, 10*time.Minute)

		if _, known := scene.With(tc, ada, ben); known {
			w.Errorf("the contact is still there")
		}
		if states := scene.States(tc, ada, context); states["failed: you removed the contact"] != 1 || states["delivered"] != 1 {
			w.Errorf("own messages are %v", states)
		}
		if got := ben.Heard(tc, context, ada); len(got) != 1 {
			w.Errorf("Ben has %v", got)
		}
		if got := ada.Heard(tc, context, ben); len(got) != 0 {
			w.Errorf("Ada has %v", got)
		}
		ended := chat.Ref{Context: context, Epoch: ref.Epoch}
		if err := ada.Submit(tc, chat.IntentSend, chat.SendIntent{To: ended, Text: "x"}, nil); aura.KindOf(err) != aura.Denied {
			w.Errorf("a message to a removed contact: %v", err)
		}
		former, ok := ada.Look(tc).Contacts.Former(context)
		if !ok || former.Name != "Ben (removed)" {
			w.Errorf("former contact %+v", former)
		}

		code := scene.Invites(tc, ada, 0)
		ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		w.Until(tc, "they meet again", time.Minute, func() bool {
			there, ok := scene.With(tc, ada, ben)
			back, known := scene.With(tc, ben, ada)
			return ok && known && there.Context == back.Context && there.Context != context && there.Verification == back.Verification
		})
		again, _ := scene.With(tc, ada, ben)
		ben.Say(tc, again.Context, "four")
		scene.Has(tc, w, again.Context, ada, ben, "four")
		for _, p := range []*auratest.Person{ada, ben} {
			if all := p.Look(tc).Contacts.Contacts(); len(all) != 1 {
				w.Errorf("%s has %d contacts", p.Name, len(all))
			}
		}
		if got := ben.Heard(tc, context, ada); len(got) != 1 {
			w.Errorf("what Ada had said is gone: %v", got)
		}
	})
}

// TestAddressesByHand: an owner says where a contact is.
func TestAddressesByHand(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ada.Move()
		ben.Move()
		scene.Restart(tc, ada)
		scene.Restart(tc, ben)
		w.Sleep(tc, 3*time.Hour)
		ref, _ := scene.With(tc, ada, ben)
		for _, bad := range []string{"", "ben.example", "/dns4/ben.example/tcp/4001", "/ip4/192.0.2.9"} {
			if err := ada.Submit(tc, contact.IntentAddress, contact.AddressIntent{Contact: ref.Ref, Addresses: []string{bad}}, nil); aura.KindOf(err) != aura.Invalid {
				w.Errorf("address %q: %v", bad, err)
			}
		}
		ada.Do(tc, contact.IntentAddress, contact.AddressIntent{Contact: ref.Ref, Addresses: []string{string(ben.Address)}}, nil)
		began := tc.Elapsed()
		ben.Say(tc, context, "found")
		scene.Has(tc, w, context, ada, ben, "found")
		if took := tc.Elapsed() - began; took > 10*time.Second {
			w.Errorf("it took %v", took)
		}
	})
}

// TestAMemberIsFoundWhereItSaidToBeInAnotherGroup: two who are no contacts share two groups. One comes back at another
// address and dials in one of them; what waits for it in the other one goes there, too, without help of a third.
func TestAMemberIsFoundWhereItSaidToBeInAnotherGroup(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, first := circle(tc, w)
		second := founds(tc, ada, "others", ben, cleo)
		w.Until(tc, "all take part", time.Minute, func() bool { return takesPart(tc, ben, second) && takesPart(tc, cleo, second) })
		w.Sleep(tc, time.Minute)
		cleo.Stop(tc)
		for _, group := range []aura.ContextID{first, second} {
			ben.Say(tc, group, "while you were away")
		}
		ada.Stop(tc)
		cleo.Move()
		w.Sleep(tc, time.Minute)
		cleo.Start(tc)
		for _, group := range []aura.ContextID{first, second} {
			scene.Has(tc, w, group, cleo, ben, "while you were away")
		}
	})
}
