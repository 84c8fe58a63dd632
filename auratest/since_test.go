package auratest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// keeps hands one home all facts of a device in the conversation that another one has, with their proofs.
func (h *household) keeps(by, from, of *auratest.Person) {
	h.Helper()
	ns := fact.ContextNamespace(h.talk)
	records, err := from.Agent.Journal().ByAuthor(ns, of.Ring.Device(), 1, 1000)
	if err == nil {
		_, err = by.Agent.Journal().Append(h.tc, &journal.Entry{Foreign: records})
	}
	if err != nil {
		h.Fatalf("%v", err)
	}
}

// closings returns how many bounds the phone has said in a namespace.
func (h *household) closings(ns fact.Namespace) (n int) {
	h.Helper()
	_, err := h.phone.Agent.Journal().Read(h.tc, fact.Selection{Namespaces: []fact.Namespace{ns}, Kinds: []string{device.KindClosed}}, func(fact.Record) error {
		n++
		return nil
	})
	if err != nil {
		h.Fatalf("%v", err)
	}
	return n
}

// says lets the laptop say texts, waits until Ben has them, and returns the messages.
func (h *household) says(texts ...string) (all []chat.Message) {
	h.Helper()
	for _, text := range texts {
		h.laptop.Say(h.tc, h.talk, text)
		h.Until(h.tc, "Ben hears "+text, time.Minute, func() bool { return slices.Contains(h.ben.Heard(h.tc, h.talk, h.phone), text) })
		all = append(all, h.message(h.ben, text))
		h.Sleep(h.tc, time.Second)
	}
	return all
}

// TestARemovalSaysItsBounds: the phone has what its laptop said before the two lost each other, and the contact more of it. After the removal both
// show what the phone had, without another word of a person, whenever the phone crashes on the way.
func TestARemovalSaysItsBounds(t *testing.T) {
	live(t, 10, func(h *household) {
		h.says("one", "two")
		same(h.tc, h.World, h.phone, h.laptop, h.talk)
		h.Cut(h.phone, h.laptop)
		h.says("three")
		h.phone.Dismiss(h.tc, h.laptop)
		h.Sleep(h.tc, time.Duration(h.Seed*h.Seed)*2*time.Millisecond)
		h.phone.Crash()
		h.phone.Start(h.tc)
		h.hears(h.ben, h.phone, "one", "two")
		h.hears(h.phone, h.phone, "one", "two")
		h.phone.Say(h.tc, h.talk, "still here")
		h.ben.Crash()
		h.ben.Start(h.tc)
		h.Sleep(h.tc, 10*time.Minute)
		h.hears(h.ben, h.phone, "one", "two", "still here")
		if shared, own := h.closings(fact.ContextNamespace(h.talk)), h.closings(fact.OwnNamespace(h.phone.Self())); shared != 1 || own != 1 {
			h.Errorf("the phone said %d bounds in the conversation and %d of its account, want 1 and 1", shared, own)
		}
	})
}

// TestARemovalSaysItsBoundAtHome: what the removed device said to the owner's other devices has a bound as well, said once.
func TestARemovalSaysItsBoundAtHome(t *testing.T) {
	live(t, 1, func(h *household) {
		ns := fact.OwnNamespace(h.phone.Self())
		same(h.tc, h.World, h.phone, h.laptop, h.talk)
		h.dismiss()
		h.Sleep(h.tc, 10*time.Minute)
		if own := h.closings(ns); own != 1 {
			h.Errorf("the phone said %d bounds of its account, want 1", own)
		}
	})
}

// TestAMemberGetsWhatIsWithinABound: Cleo lacks a fact of the removed laptop that counts. When she gets it from another one she shows it, and what
// lies beyond the bound she never shows.
func TestAMemberGetsWhatIsWithinABound(t *testing.T) {
	together(t, auratest.Options{Seeds: 3}, func(c *circle) {
		both := []*auratest.Person{c.ben, c.cleo}
		c.spoken(both, nil, "one")
		c.cleo.Crash()
		c.spoken([]*auratest.Person{c.ben}, []string{"one"}, "two")
		c.parts()
		c.spoken([]*auratest.Person{c.ben}, []string{"one", "two"}, "three")
		c.laptop.Crash()
		c.cleo.Start(c.tc)
		c.phone.Dismiss(c.tc, c.laptop)
		c.shows(c.ben, "one", "two")
		c.shows(c.cleo, "one")
		c.keeps(c.cleo, c.ben, c.laptop) // all that Ben has
		c.shows(c.cleo, "one", "two")
		c.Sleep(c.tc, 10*time.Minute)
		c.shows(c.cleo, "one", "two")
	})
}

// TestAPersonTakesBackWhatAThiefSaid: the phone has all that the laptop said to two people. The owner names a message or a time, and what came after
// it counts nowhere, in the other conversation by the times of the messages. So it is too when the phone crashes on the way.
func TestAPersonTakesBackWhatAThiefSaid(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 12}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}
		cleo, dan := w.Person(tc, "Cleo"), w.Person(tc, "Dan")
		with := map[*auratest.Person]aura.ContextID{}
		for _, p := range []*auratest.Person{h.ben, cleo, dan} {
			with[p] = w.Meet(tc, h.phone, p)
		}
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		say := func(to *auratest.Person, text string) chat.Message {
			own := household{World: w, tc: tc, phone: h.phone, laptop: h.laptop, ben: to, talk: with[to]}
			return own.says(text)[0]
		}
		say(h.ben, "mine")
		say(cleo, "mine, to Cleo")
		last := say(h.ben, "mine too")
		say(h.ben, "of the thief")
		say(cleo, "of the thief, to Cleo")
		say(dan, "of the thief, to Dan")
		same(tc, w, h.phone, h.laptop, with[h.ben], with[cleo], with[dan])
		in := device.RemoveIntent{Device: h.laptop.Ring.Device(), Last: last.ID}
		if w.Seed%2 == 0 {
			in.Last, in.Until = aura.FactID{}, aura.Instant(last.At.UnixNano())
		}
		var out device.RemoveResult
		h.phone.Do(tc, device.IntentRemove, in, &out)
		if out.Conversations != 3 || out.Trusted != 2 {
			w.Errorf("messages count in %d of %d conversations", out.Trusted, out.Conversations)
		}
		w.Sleep(tc, time.Duration(w.Seed*w.Seed)*2*time.Millisecond)
		h.phone.Crash()
		h.phone.Start(tc)
		for p, want := range map[*auratest.Person][]string{h.ben: {"mine", "mine too"}, cleo: {"mine, to Cleo"}, dan: nil} {
			h.talk = with[p]
			h.hears(p, h.phone, want...)
			h.hears(h.phone, h.phone, want...)
		}
	})
}

// TestNothingOfADeviceIsTrusted: the owner takes back all that the laptop ever said, of which the phone has nothing.
func TestNothingOfADeviceIsTrusted(t *testing.T) {
	live(t, 2, func(h *household) {
		h.Cut(h.phone, h.laptop)
		h.says("of the thief")
		h.phone.Do(h.tc, device.IntentRemove, device.RemoveIntent{Device: h.laptop.Ring.Device(), Nothing: true}, nil)
		h.phone.Say(h.tc, h.talk, "still here")
		h.hears(h.ben, h.phone, "still here")
	})
}

// TestALastMessageIsOfTheDevice: a message of another device, of a contact, or none is refused, and so is a time that has not come. The device stays.
func TestALastMessageIsOfTheDevice(t *testing.T) {
	live(t, 1, func(h *household) {
		h.phone.Say(h.tc, h.talk, "from the phone")
		id := h.laptop.Ring.Device()
		for text, in := range map[string]device.RemoveIntent{
			"is not of device":       {Device: id, Last: h.message(h.phone, "from the phone").ID},
			"no message":             {Device: id, Last: aura.FactID{1}},
			"not come yet":           {Device: id, Until: h.tc.Now().At.Add(time.Hour)},
			"is said twice":          {Device: id, Until: 1, Last: aura.FactID{1}},
			"would disappear":        {Device: id, Until: 1},
			"see aura read":          {Device: id, Last: h.message(h.phone, "before").ID},
			"this is the device its": {Device: h.phone.Ring.Device(), Until: 1},
		} {
			if err := h.phone.Submit(h.tc, device.IntentRemove, in, nil); err == nil || !strings.Contains(err.Error(), text) {
				h.Errorf("%+v: %v, want: %s", in, err, text)
			}
		}
		if n := len(h.listed(h.ben)); n != 2 {
			h.Errorf("%d devices are listed", n)
		}
	})
}
