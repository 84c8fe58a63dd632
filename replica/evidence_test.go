package replica_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// says makes a fact a message.
func says(text string) func(*fact.Record) {
	return func(r *fact.Record) { r.Fact.Payload = payload(chat.Text{Text: text, At: 1}) }
}

// branches returns what a person's agent says of the copies of a home; zero: nothing.
func branches(p, of *auratest.Person) (b status.Branches) {
	for _, b := range p.Agent.Status().Branches {
		if b.Authority == of.Self() {
			return b
		}
	}
	return b
}

// forked is what an agent says of a device in one conversation, of which it has both branches.
func forked(p *auratest.Person) status.Branches {
	return status.Branches{Authority: p.Self(), Device: p.Ring.Device(), Open: 1, Most: 2}
}

// shown is what an agent says of a device that a member showed to have forked.
func shown(p *auratest.Person) status.Branches {
	return status.Branches{Authority: p.Self(), Device: p.Ring.Device(), Shown: 1}
}

// learned counts the forks that agents learned of.
func learned(w *auratest.World) (n int) {
	for _, e := range w.Events {
		if e.Family() == world.FamilyIngress && e.Message() == "accepted" && e.Service() == "sync" {
			n++
		}
	}
	return n
}

// TestAMemberWhoSaysDifferentThingsIsKnown: Mallory tells Ben one thing and Cleo another, at the same place of her stream.
// As soon as Ben has both, Cleo and Dora know: each from Ben, once, whatever restarts. Ben pays for it.
func TestAMemberWhoSaysDifferentThingsIsKnown(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		bens, noteBen := kept()
		cleos, noteCleo := kept()
		mallory, ben := w.Person(tc, "Mallory"), w.Person(tc, "Ben", noteBen)
		cleo, dora := w.Person(tc, "Cleo", noteCleo), w.Person(tc, "Dora")
		members := []*auratest.Person{ben, cleo, dora}
		for _, p := range members {
			w.Meet(tc, mallory, p)
		}
		group := founds(tc, mallory, "friends", members...)
		mallory.Say(tc, group, "one")
		for _, p := range members {
			w.Until(tc, p.Name+" takes part", time.Minute, func() bool { return takesPart(tc, p, group) })
			scene.Has(tc, w, group, p, mallory, "one")
		}
		for _, p := range members { // so that all three are connected
			p.Say(tc, group, "from "+p.Name)
		}
		for _, p := range members {
			for _, author := range members {
				scene.Has(tc, w, group, p, author, "from "+author.Name)
			}
		}
		w.Sleep(tc, time.Minute)
		toBen, toCleo := intrusion(mallory, ben, group), intrusion(mallory, cleo, group)
		mallory.Stop(tc)
		tell := func(m *intruder, text string, nonce aura.Nonce) {
			w.Helper()
			m.dial(tc)
			m.hello(tc)
			m.deliver(tc, says(text), func(r *effect.Receipt) { r.Nonce = nonce })
			w.Until(tc, "they have "+text, time.Minute, func() bool {
				for _, heard := range m.victim.Heard(tc, group, mallory) {
					if heard == text {
						return true
					}
				}
				return false
			})
			m.hangUp(tc)
		}
		tell(toBen, "I like Ben", aura.Nonce{1})
		tell(toCleo, "I like Cleo", aura.Nonce{2})
		w.Sleep(tc, 5*time.Minute)
		for _, p := range members {
			if got := branches(p, mallory); got != (status.Branches{}) {
				w.Errorf("%s says %+v before anybody has both", p.Name, got)
			}
		}
		w.Cut(ben, dora)
		before := learned(w)
		tell(toBen, "I like Cleo", aura.Nonce{3})
		w.Until(tc, "Cleo knows", time.Minute, func() bool { return branches(cleo, mallory) == shown(mallory) })
		if diff := cmp.Diff(forked(mallory), branches(ben, mallory)); diff != "" {
			w.Errorf("Ben (-want +got):\n%s", diff)
		}
		w.Sleep(tc, time.Minute)
		answer := cleos.spent[delivery.CapEvidence]
		w.Sleep(tc, 5*time.Minute)
		if got := branches(dora, mallory); got != (status.Branches{}) || answer == 0 || cleos.spent[delivery.CapEvidence] != answer {
			w.Errorf("Cleo passed it on: Dora says %+v, %d units", got, cleos.spent[delivery.CapEvidence])
		}
		w.Heal(ben, dora)
		w.Until(tc, "Dora knows", 5*time.Minute, func() bool { return branches(dora, mallory) == shown(mallory) })
		if got := learned(w) - before; got != 3 {
			w.Errorf("%d agents learned of the fork, 3 are there", got)
		}
		w.Sleep(tc, time.Minute)
		paid := bens.spent[delivery.CapEvidence]
		if paid == 0 {
			w.Errorf("Ben paid nothing")
		}
		for _, p := range members {
			scene.Restart(tc, p)
		}
		ben.Say(tc, group, "and on")
		for _, p := range []*auratest.Person{cleo, dora} {
			scene.Has(tc, w, group, p, ben, "from Ben", "and on")
			if diff := cmp.Diff(shown(mallory), branches(p, mallory)); diff != "" {
				w.Errorf("%s after a restart (-want +got):\n%s", p.Name, diff)
			}
		}
		w.Sleep(tc, 5*time.Minute)
		if got := bens.spent[delivery.CapEvidence]; got != paid || learned(w)-before != 3 {
			w.Errorf("%d units before the restart, %d after, %d learned of it", paid, got, learned(w)-before)
		}
	})
}

// TestADeviceLearnsThatItRunsTwice: two copies of Ada's home run. One reaches Ben alone, the other Cleo alone, so neither knows
// of the other one's text until Ben, who hears both, shows it to Cleo, and Cleo to Ada.
func TestADeviceLearnsThatItRunsTwice(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		ada.Say(tc, group, "one")
		for _, p := range []*auratest.Person{ben, cleo} {
			scene.Has(tc, w, group, p, ada, "one")
		}
		ben.Say(tc, group, "hello Cleo")
		scene.Has(tc, w, group, cleo, ben, "hello Cleo")
		w.Sleep(tc, time.Minute)
		ada.Stop(tc)
		early := ada.Copy(tc, "Ada's copy")
		late := ada.Copy(tc, "Ada's other copy")
		for _, p := range []*auratest.Person{ada, early, late} {
			w.Cut(p, cleo)
		}
		ada.Start(tc)
		ada.Say(tc, group, "from the original")
		scene.Has(tc, w, group, ben, ada, "one", "from the original")
		ada.Stop(tc)

		w.Cut(early, ben)
		w.Heal(early, cleo)
		early.Start(tc)
		early.Say(tc, group, "from the copy")
		scene.Has(tc, w, group, cleo, ada, "one", "from the copy")
		early.Stop(tc)

		// A text of a third home, which knows of none of the others, forks the stream for Ben.
		late.Start(tc)
		w.Cut(ben, cleo)
		late.Say(tc, group, "from the other copy")
		w.Until(tc, "Ben has two branches", time.Minute, func() bool { return branches(ben, ada).Open+branches(ben, ada).Joined > 0 })
		late.Stop(tc)
		if got := branches(cleo, ada); got != (status.Branches{}) {
			w.Errorf("Cleo, who has one branch, says %+v", got)
		}
		w.Heal(ben, cleo)
		w.Until(tc, "Cleo knows", 5*time.Minute, func() bool { return branches(cleo, ada) == shown(ada) })
		w.Cut(early, ben)
		early.Start(tc)
		early.Say(tc, group, "again")
		w.Until(tc, "the copy knows", 5*time.Minute, func() bool { return branches(early, ada) == shown(ada) })
		told := early.Agent.Status()
		if got := told.Copies(tc.Now().At, func(aura.AuthorityID) string { return "" }); len(got) != 1 || !got[0].Problem || got[0].Fix == "" {
			w.Errorf("the copy says %+v", got)
		}
		w.Heal(early, ben)
		w.Until(tc, "the copy has all", 5*time.Minute, func() bool { return len(early.Heard(tc, group, ada)) == 5 })
		w.Until(tc, "Cleo has all", 5*time.Minute, func() bool { return len(cleo.Heard(tc, group, ada)) == 5 })
		if got := branches(cleo, ada); got.Shown != 0 || got.Open+got.Joined != 1 {
			w.Errorf("Cleo, who has all branches, says %+v", got)
		}
	})
}
