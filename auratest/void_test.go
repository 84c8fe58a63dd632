package auratest_test

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// circle is a group of Ada, who has a phone and a laptop, with Ben and Cleo.
type circle struct {
	household
	cleo    *auratest.Person
	screen  *app.Model  // Ben's, open all the time
	guarded roster.Hash // the entry that names the recovery key
}

// guardians is the recovery key of Ada's account.
var guardians = ed25519.NewKeyFromSeed(append(make([]byte, 31), 9))

// together runs a test in a circle.
func together(t *testing.T, o auratest.Options, test func(c *circle)) {
	t.Helper()
	auratest.Run(t, o, func(tc task.Context, w *auratest.World) {
		c := &circle{household: household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}}
		c.cleo = w.Person(tc, "Cleo")
		w.Meet(tc, c.ben, c.phone)
		w.Meet(tc, c.ben, c.cleo)
		var members []contact.Ref
		for _, p := range []*auratest.Person{c.phone, c.cleo} {
			known, _ := c.ben.Look(tc).Contacts.ByAuthority(p.Self())
			members = append(members, known.Ref)
		}
		var created chat.Created
		c.ben.Do(tc, chat.IntentCreate, chat.CreateIntent{Name: "friends", Members: members}, &created)
		c.talk = created.Context
		w.Until(tc, "all take part", time.Minute, func() bool { return c.takesPart(c.phone) && c.takesPart(c.cleo) })
		c.laptop = c.phone.Enrol(tc, "Ada's laptop")
		w.Until(tc, "the laptop takes part", time.Minute, func() bool { return c.takesPart(c.laptop) })
		recovery := roster.Recovery{Key: [32]byte(guardians.Public().(ed25519.PublicKey)), Threshold: 2, Guardians: 3}
		entry, err := roster.SetRecovery(c.phone.Roster(tc), c.phone.Ring.Device(), recovery)
		if err != nil {
			w.Fatalf("%v", err)
		}
		c.phone.Adopt(tc, entry, c.phone.Root())
		c.guarded = c.phone.Roster(tc).Heads[0]
		model, err := c.ben.Core(tc).Model()
		if err != nil {
			w.Fatalf("%v", err)
		}
		c.screen = model
		screen := task.NewGroup(tc, "screen")
		if err := model.Start(tc); err != nil {
			w.Fatalf("%v", err)
		}
		screen.Go("model", model.Serve)
		test(c)
		screen.Cancel()
		_ = screen.Wait(tc)
	})
}

func (c *circle) takesPart(p *auratest.Person) bool {
	v := p.Look(c.tc)
	_, err := v.Chats.Thread(v.Setting, c.talk)
	return err == nil
}

// spoken lets the laptop say texts, which some homes hear, and returns its heads afterwards.
func (c *circle) spoken(heard []*auratest.Person, all []string, next ...string) []fact.Place {
	c.Helper()
	for _, text := range next {
		c.laptop.Say(c.tc, c.talk, text)
	}
	for _, p := range heard {
		c.hears(p, c.phone, append(slices.Clone(all), next...)...)
	}
	heads, err := c.laptop.Agent.Journal().Heads(fact.ContextNamespace(c.talk), c.laptop.Ring.Device())
	if err != nil {
		c.Fatalf("%v", err)
	}
	return heads
}

// parts waits until the phone has all that the laptop said, and lets the two reach each other no more: the bound of a removal is there.
func (c *circle) parts() {
	c.Helper()
	same(c.tc, c.World, c.phone, c.laptop, c.talk)
	c.Cut(c.phone, c.laptop)
}

// shows waits until everything that Ben can look at has exactly these texts of Ada: his open screen, a new start of his
// frontend, the history that it reads from the end, the overview, and the agent's own folds.
func (c *circle) shows(by *auratest.Person, want ...string) {
	c.Helper()
	c.hears(by, c.phone, want...)
	of := app.Ref{Ref: by.Ref(c.tc, c.talk)}
	core := by.Core(c.tc)
	for _, last := range []int{0, 3} {
		h, err := core.History(c.tc, of, last)
		if err != nil {
			c.Fatalf("%v", err)
		}
		if got := c.texts(h.Messages); !c.same(got, want, last) {
			c.Errorf("the history of %s has %q, want %q", by.Name, got, want)
		}
	}
	threads, err := core.Overview(c.tc)
	if err != nil {
		c.Fatalf("%v", err)
	}
	for _, t := range threads {
		if t.Ref.Context == c.talk && t.Last != nil && t.Last.Author == c.phone.Self() && !slices.Contains(want, t.Last.Text) {
			c.Errorf("the overview of %s shows %q", by.Name, t.Last.Text)
		}
	}
	if by != c.ben {
		return
	}
	signal, err := c.screen.Conversation(c.tc, of, 0)
	if err != nil {
		c.Fatalf("%v", err)
	}
	var got []string
	if !c.Until(c.tc, "the screen shows it", time.Minute, func() bool {
		snap, err := reactive.Value(c.screen.Hub().Frame(), signal)
		got = c.texts(snap.Value.Messages)
		return err == nil && c.same(got, want, 0)
	}) {
		c.Errorf("the screen shows %q, want %q", got, want)
	}
}

// texts returns what Ada said.
func (c *circle) texts(all []chat.Message) (texts []string) {
	for i := range all {
		if all[i].Author == c.phone.Self() {
			texts = append(texts, all[i].Text)
		}
	}
	return texts
}

// same compares texts in any order, or as a part of them.
func (c *circle) same(got, want []string, last int) bool {
	got, want = slices.Clone(got), slices.Clone(want)
	if last > 0 {
		return !slices.ContainsFunc(got, func(t string) bool { return !slices.Contains(want, t) }) && len(got) == min(last, len(want))
	}
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

// recover lets the guardians overrule the removal of the laptop.
func (c *circle) recover() {
	c.Helper()
	before, err := c.phone.Chain(c.tc).At(c.guarded) // the entry before the removal
	if err != nil {
		c.Fatalf("%v", err)
	}
	entry, err := roster.Recover(before, c.laptop.Ring.Listed(), before.Root)
	if err != nil {
		c.Fatalf("%v", err)
	}
	entry.Devices, entry.Removed = before.Devices, nil // the phone stays, so that it can announce the entry
	c.phone.Adopt(c.tc, entry, func(b []byte) [64]byte { return [64]byte(ed25519.Sign(guardians, b)) })
}

// TestFactsBeyondABoundVanish: a member who took texts of a removed device beyond its bound shows them no more, on an open
// screen and at a new start alike, and one who lacks them never shows them. When the guardians overrule the removal they
// count again.
func TestFactsBeyondABoundVanish(t *testing.T) {
	together(t, auratest.Options{Seeds: 3}, func(c *circle) {
		both := []*auratest.Person{c.ben, c.cleo}
		c.spoken(both, nil, "one", "two")
		c.parts()
		c.cleo.Crash()
		c.spoken([]*auratest.Person{c.ben}, []string{"one", "two"}, "three", "four")
		c.shows(c.ben, "one", "two", "three", "four")
		c.laptop.Crash()
		c.phone.Dismiss(c.tc, c.laptop)
		c.Until(c.tc, "Ben knows of the removal", time.Minute, func() bool { return len(c.listed(c.ben)) == 1 })
		c.shows(c.ben, "one", "two")
		c.cleo.Start(c.tc)
		c.Until(c.tc, "Cleo knows of the removal", time.Hour, func() bool { return len(c.listed(c.cleo)) == 1 })
		c.laptop.Start(c.tc)
		c.phone.Say(c.tc, c.talk, "still here")
		c.shows(c.ben, "one", "two", "still here")
		c.shows(c.cleo, "one", "two", "still here")
		c.ben.Crash()
		c.ben.Start(c.tc)
		c.Sleep(c.tc, 10*time.Minute)
		c.shows(c.ben, "one", "two", "still here")
		c.shows(c.cleo, "one", "two", "still here")
		c.recover()
		c.shows(c.ben, "one", "two", "still here") // the recovery key is pending for 14 days
		c.laptop.Stop(c.tc)
		for _, p := range []*auratest.Person{c.phone, c.ben, c.cleo} {
			p.Ahead = 15 * 24 * time.Hour
			c.Sim.SetClock(p.Group, p.Ahead)
		}
		c.Sleep(c.tc, 10*time.Minute)
		c.shows(c.ben, "one", "two", "three", "four", "still here")
		c.laptop.Ahead = 15 * 24 * time.Hour
		c.laptop.Start(c.tc)
		c.shows(c.ben, "one", "two", "three", "four", "still here")
		c.shows(c.cleo, "one", "two", "three", "four", "still here")
	})
}

// TestEventsTellOfMessagesThatCountAgain: a program that follows all events of an account learns of each message that counts again,
// once, and of no other.
func TestEventsTellOfMessagesThatCountAgain(t *testing.T) {
	together(t, auratest.Options{Seeds: 3}, func(c *circle) {
		c.cleo.Stop(c.tc)
		var told []string
		following := task.NewGroup(c.tc, "events")
		following.Go("follow", func(tc task.Context) error {
			return c.ben.Core(tc).Events(tc, func(e app.Event) error {
				if e.Kind == app.EventMessage {
					told = append(told, e.Message.Text)
				}
				return nil
			})
		})
		tells := func(want ...string) {
			c.Helper()
			c.Until(c.tc, fmt.Sprint("events of ", want), time.Minute, func() bool { return len(told) >= len(want) })
			if !slices.Equal(told, want) {
				c.Errorf("events of %q, want %q", told, want)
			}
			told = nil
		}
		c.Sleep(c.tc, time.Second)
		both := []*auratest.Person{c.ben}
		c.spoken(both, nil, "one", "two")
		c.parts()
		c.spoken(both, []string{"one", "two"}, "three", "four")
		tells("one", "two", "three", "four")
		c.laptop.Crash()
		c.phone.Dismiss(c.tc, c.laptop)
		c.Until(c.tc, "Ben knows of the removal", time.Minute, func() bool { return len(c.listed(c.ben)) == 1 })
		c.hears(c.ben, c.phone, "one", "two")
		c.phone.Say(c.tc, c.talk, "still here")
		c.hears(c.ben, c.phone, "one", "two", "still here")
		tells("still here")
		c.recover()
		for _, p := range []*auratest.Person{c.phone, c.ben} {
			p.Ahead = 15 * 24 * time.Hour
			c.Sim.SetClock(p.Group, p.Ahead)
		}
		c.Sleep(c.tc, 10*time.Minute)
		c.hears(c.ben, c.phone, "one", "two", "three", "four", "still here")
		c.phone.Say(c.tc, c.talk, "and on")
		tells("three", "four", "and on")
		following.Cancel()
		_ = following.Wait(c.tc)
	})
}

// TestABoundOnABranch: a bound names a fact of one branch of a laptop that was copied, so what follows it and what the other
// copy said is void, whatever their numbers. A copy of the phone's home says a bound on the other branch: both count together.
func TestABoundOnABranch(t *testing.T) {
	together(t, auratest.Options{Seeds: 2}, func(c *circle) {
		both := []*auratest.Person{c.ben, c.cleo}
		c.spoken(both, nil, "one")
		same(c.tc, c.World, c.phone, c.laptop, c.talk)
		c.laptop.Stop(c.tc)
		c.phone.Stop(c.tc)
		clone, again := c.laptop.Copy(c.tc, "the copy"), c.phone.Copy(c.tc, "the phone's copy")
		c.Cut(c.phone, clone)
		c.laptop.Start(c.tc)
		c.phone.Start(c.tc)
		c.spoken(both, []string{"one"}, "two", "three")
		c.parts()
		c.spoken(both, []string{"one", "two", "three"}, "four")
		c.laptop.Crash()
		for _, p := range both {
			p.Crash()
		}
		clone.Start(c.tc)
		clone.Say(c.tc, c.talk, "II")
		c.phone.Stop(c.tc)
		again.Start(c.tc)
		c.keeps(again, clone, clone)
		again.Stop(c.tc)
		c.phone.Start(c.tc)
		for _, p := range both {
			p.Start(c.tc)
			c.hears(p, c.phone, "one", "two", "three", "four", "II")
		}
		clone.Crash()
		c.phone.Dismiss(c.tc, c.laptop)
		entry := c.phone.Roster(c.tc).Heads[0]
		for _, p := range both {
			c.shows(p, "one", "two", "three")
		}
		c.phone.Stop(c.tc)
		for _, p := range both {
			p.Crash()
		}
		again.Start(c.tc) // it does not know what the phone said
		again.Dismiss(c.tc, c.laptop)
		if same := again.Roster(c.tc).Heads[0]; same != entry {
			c.Fatalf("the two homes made two entries")
		}
		for _, p := range both {
			p.Start(c.tc)
			c.shows(p, "one", "two", "three", "II")
		}
	})
}

// TestAHomeThatCrashesAtABound: whenever Ben's home crashes around the arrival of a bound, in the end it shows what counts.
func TestAHomeThatCrashesAtABound(t *testing.T) {
	together(t, auratest.Options{Seeds: 10, Preempt: 100}, func(c *circle) {
		c.spoken([]*auratest.Person{c.ben}, nil, "one")
		c.parts()
		c.spoken([]*auratest.Person{c.ben}, []string{"one"}, "two", "three")
		c.phone.Dismiss(c.tc, c.laptop)
		c.Sleep(c.tc, time.Duration(c.Seed*c.Seed)*4*time.Millisecond)
		c.ben.Crash()
		c.ben.Start(c.tc)
		c.shows(c.ben, "one")
		c.ben.Crash()
		c.ben.Start(c.tc)
		c.shows(c.ben, "one")
	})
}
