package auratest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestACopyInTheMiddleOfAnInvitation: the home that accepts is copied between the first message of the exchange and the last.
// Original and copy become the same contact of the inviter, whichever comes first, and nothing that either says is lost.
func TestACopyInTheMiddleOfAnInvitation(t *testing.T) {
	for _, bound := range []bool{false, true} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("bound %t, late %t", bound, late), func(t *testing.T) {
				relate(t, func(tc task.Context, r *reunion) {
					ada, ben := r.w.Person(tc, "Ada"), r.w.Person(tc, "Ben")
					var code invite.CreateResult
					ada.Do(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
					r.w.Net.Set(transport.SimOptions{Latency: 500 * time.Millisecond})
					if !bound {
						ada.Stop(tc)
					}
					ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
					met := func(p, with *auratest.Person) bool {
						_, met := p.Look(tc).Contacts.ByAuthority(with.Self())
						return met
					}
					if bound {
						r.w.Until(tc, "Ada took the hello", 20*time.Second, func() bool { return met(ada, ben) })
					}
					if met(ben, ada) {
						r.w.Fatalf("Ben has the answer already")
					}
					twin := ben.Copy(tc, "Ben's copy")
					r.w.Net.Set(transport.SimOptions{})
					if !bound {
						ada.Start(tc)
					}
					if late {
						r.w.Until(tc, "Ben meets Ada", time.Minute, func() bool { return met(ben, ada) })
						r.w.Sleep(tc, time.Minute)
					}
					twin.Start(tc)
					for _, p := range []*auratest.Person{ben, twin} {
						r.w.Until(tc, p.Name+" meets Ada", 10*time.Minute, func() bool { return met(p, ada) })
					}
					r.talk = ada.Look(tc).Contacts.Contacts()[0].Context
					for _, p := range []*auratest.Person{ada, ben, twin} {
						if all := p.Look(tc).Contacts.Contacts(); len(all) != 1 || all[0].Context != r.talk {
							r.w.Fatalf("%s has %d contacts", p.Name, len(all))
						}
					}
					r.join(ada, ben, twin)
					r.say(ben, "from the original")
					r.say(twin, "from the copy")
					r.say(ada, "to both")
					r.agree("after the invitation")
					r.goOn()
				})
			})
		}
	}
}

// TestACopyOfAnInviterInTheMiddleOfAnInvitation: the home that invites is copied after it took the hello and before the accepter has
// the answer, and the original is gone. The copy has the recording of the session, so it gives the same answer.
func TestACopyOfAnInviterInTheMiddleOfAnInvitation(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		var code invite.CreateResult
		ada.Do(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
		w.Net.Set(transport.SimOptions{Latency: 500 * time.Millisecond})
		ben.Do(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		met := func(p, with *auratest.Person) bool {
			_, met := p.Look(tc).Contacts.ByAuthority(with.Self())
			return met
		}
		w.Until(tc, "Ada took the hello", 20*time.Second, func() bool { return met(ada, ben) })
		if met(ben, ada) {
			w.Fatalf("Ben has the answer already")
		}
		twin := ada.Copy(tc, "Ada's copy")
		ada.Stop(tc)
		w.Net.Set(transport.SimOptions{})
		twin.Start(tc)
		w.Until(tc, "Ben meets the copy", 10*time.Minute, func() bool { return met(ben, twin) })
		talk := twin.Look(tc).Contacts.Contacts()[0].Context
		for _, p := range []*auratest.Person{twin, ben} {
			if all := p.Look(tc).Contacts.Contacts(); len(all) != 1 || all[0].Context != talk {
				w.Fatalf("%s has %d contacts", p.Name, len(all))
			}
		}
		twin.Say(tc, talk, "from the copy")
		w.Until(tc, "Ben hears the copy", 10*time.Minute, func() bool { return len(ben.Heard(tc, talk, twin)) == 1 })
	})
}
