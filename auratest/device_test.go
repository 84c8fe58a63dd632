package auratest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// household is Ada's phone and laptop, and Ben.
type household struct {
	*auratest.World
	tc                 task.Context
	phone, laptop, ben *auratest.Person
	talk               aura.ContextID
}

// live runs a test in calm worlds in which Ada enrols a laptop. Ben said "before" when she had her phone alone.
func live(t *testing.T, seeds uint64, test func(h *household)) {
	t.Helper()
	auratest.Run(t, auratest.Options{Seeds: seeds}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}
		h.talk = w.Meet(tc, h.phone, h.ben)
		h.ben.Say(tc, h.talk, "before")
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		h.hears(h.laptop, h.ben, "before")
		test(h)
	})
}

// hears waits until one device has exactly these texts of a person, in any order.
func (h *household) hears(by, from *auratest.Person, want ...string) {
	h.Helper()
	slices.Sort(want)
	var got []string
	if !h.Until(h.tc, by.Name+" hears "+from.Name, time.Minute, func() bool {
		got = by.Heard(h.tc, h.talk, from)
		slices.Sort(got)
		return slices.Equal(got, want)
	}) {
		h.Errorf("%s heard %q, want %q", by.Name, got, want)
	}
}

// message returns a text as its author's device shows it.
func (h *household) message(by *auratest.Person, text string) chat.Message {
	h.Helper()
	v := by.Look(h.tc)
	all, _ := v.Chats.Messages(v.Setting, h.talk, 0)
	i := slices.IndexFunc(all, func(m chat.Message) bool { return m.Text == text })
	if i < 0 {
		h.Fatalf("%s has no text %q", by.Name, text)
	}
	return all[i]
}

// delivered waits until a device shows an own text as delivered.
func (h *household) delivered(by *auratest.Person, text string) {
	h.Helper()
	h.Until(h.tc, text+" is delivered", time.Minute, func() bool { return h.message(by, text).State >= delivery.ProgressDelivered })
}

// dismiss removes the laptop and waits until Ben knows it.
func (h *household) dismiss() {
	h.Helper()
	h.phone.Dismiss(h.tc, h.laptop)
	h.Until(h.tc, "Ben knows of the removal", time.Minute, func() bool { return len(h.listed(h.ben)) == 1 })
}

// listed returns Ada's devices as an agent has them.
func (h *household) listed(by *auratest.Person) []device.Device {
	h.Helper()
	return h.roster(by).Devices
}

// roster returns what Ada's entries say as an agent has them.
func (h *household) roster(by *auratest.Person) device.Roster {
	h.Helper()
	payload, err := fact.Marshal(device.Whose{Authority: h.phone.Self()})
	if err != nil {
		h.Fatalf("%v", err)
	}
	answer, err := by.Bridge().Ask(h.tc, fact.Question{Kind: device.QuestionRoster, Payload: payload})
	if err != nil {
		h.Fatalf("%v", err)
	}
	var says device.Roster
	if err := fact.Unmarshal(answer.Payload, &says); err != nil {
		h.Fatalf("%v", err)
	}
	return says
}

// TestTwoDevicesOfOnePersonTalk: every text of a contact reaches both devices, and the texts of both reach the contact
// once, also after restarts.
func TestTwoDevicesOfOnePersonTalk(t *testing.T) {
	live(t, 5, func(h *household) {
		h.ben.Say(h.tc, h.talk, "to both")
		h.phone.Say(h.tc, h.talk, "from the phone")
		h.laptop.Say(h.tc, h.talk, "from the laptop")
		h.hears(h.phone, h.ben, "before", "to both")
		h.hears(h.laptop, h.ben, "before", "to both")
		h.hears(h.ben, h.phone, "from the phone", "from the laptop")
		h.delivered(h.phone, "from the phone")
		h.delivered(h.laptop, "from the laptop")
		for _, p := range []*auratest.Person{h.ben, h.laptop, h.phone} {
			p.Crash()
			p.Start(h.tc)
			h.ben.Say(h.tc, h.talk, "while "+p.Name+" was new")
			p.Say(h.tc, h.talk, p.Name+" is back")
		}
		all := []string{"before", "to both", "Ben is back", "while Ben was new", "while Ada's laptop was new", "while Ada's phone was new"}
		h.hears(h.phone, h.ben, all...)
		h.hears(h.laptop, h.ben, all...)
		h.hears(h.ben, h.phone, "from the phone", "from the laptop", "Ada's laptop is back", "Ada's phone is back")
	})
}

// TestSecondDevicesFindEachOther: no fact says where the other devices of a contact are; those with whom they speak do. Both
// talk, also after each of them was away, and their addresses are not taken for those of the first ones.
func TestSecondDevicesFindEachOther(t *testing.T) {
	live(t, 3, func(h *household) {
		second := h.ben.Enrol(h.tc, "Ben's laptop")
		second.Say(h.tc, h.talk, "from Ben's laptop")
		h.hears(h.laptop, h.ben, "before", "from Ben's laptop")
		h.laptop.Say(h.tc, h.talk, "from Ada's laptop")
		h.hears(second, h.phone, "from Ada's laptop")
		second.Do(h.tc, contact.IntentName, contact.NameIntent{Name: "Benjamin"}, nil)
		h.Sleep(h.tc, time.Minute)
		for _, p := range []*auratest.Person{h.ben, second, h.phone, h.laptop} {
			p.Crash()
		}
		h.Sleep(h.tc, time.Minute)
		h.ben.Start(h.tc)
		h.phone.Start(h.tc)
		h.ben.Say(h.tc, h.talk, "again")
		h.hears(h.phone, h.ben, "before", "from Ben's laptop", "again")
		h.ben.Crash()
		h.phone.Crash()
		second.Start(h.tc)
		h.laptop.Start(h.tc)
		second.Say(h.tc, h.talk, "and again")
		h.hears(h.laptop, h.ben, "before", "from Ben's laptop", "and again")
	})
}

// TestOneDeviceIsEnough: a text is delivered when one device of the peer has it, and names the devices that do.
func TestOneDeviceIsEnough(t *testing.T) {
	live(t, 1, func(h *household) {
		h.Until(h.tc, "both have the first text", time.Minute, func() bool { return len(h.message(h.ben, "before").Devices) == 2 })
		h.phone.Crash()
		h.ben.Say(h.tc, h.talk, "to the laptop alone")
		h.delivered(h.ben, "to the laptop alone")
		if got := h.message(h.ben, "to the laptop alone").Devices; !slices.Equal(got, []aura.DeviceID{h.laptop.Ring.Device()}) {
			h.Errorf("the devices that have it are %v", got)
		}
		h.laptop.Crash()
		h.ben.Say(h.tc, h.talk, "to nobody")
		h.Sleep(h.tc, time.Minute)
		if got := h.message(h.ben, "to nobody"); got.State != delivery.ProgressWaiting || len(got.Devices) > 0 {
			h.Errorf("with both devices away a text is %s, at %v", got.State, got.Devices)
		}
		h.phone.Start(h.tc)
		h.hears(h.phone, h.ben, "before", "to the laptop alone", "to nobody")
		h.delivered(h.ben, "to nobody")
	})
}

// stubborn is the interpreter of a device that does not keep entries of its account, so it does not obey when it is shown that it is removed.
type stubborn struct{ interp.Interpreter }

// Execute implements [interp.Interpreter].
func (s stubborn) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	for i := range d.Commands {
		if e := d.Commands[i].Entry; e != nil && e.Kind == device.KindRoster && e.Namespace.Space == fact.SpaceAuthority {
			return effect.Result{}, aura.Errorf("auratest.stubborn", aura.Unavailable, "it does not obey")
		}
	}
	return s.Interpreter.Execute(tc, d)
}

// TestARemovedDeviceIsHeardNoMore: a contact takes nothing more of it and sends it nothing, whether it obeys or not, while its earlier texts stay.
func TestARemovedDeviceIsHeardNoMore(t *testing.T) {
	live(t, 5, func(h *household) {
		h.laptop.Say(h.tc, h.talk, "from the laptop")
		h.hears(h.ben, h.phone, "from the laptop")
		h.laptop.Stop(h.tc)
		h.laptop.Options.Wrap = func(i interp.Interpreter) interp.Interpreter { return stubborn{i} }
		h.laptop.Start(h.tc)
		h.laptop.Say(h.tc, h.talk, "once more")
		h.hears(h.ben, h.phone, "from the laptop", "once more")
		h.dismiss()
		h.laptop.Say(h.tc, h.talk, "after the removal")
		h.ben.Say(h.tc, h.talk, "to the phone alone")
		h.phone.Say(h.tc, h.talk, "still here")
		h.hears(h.phone, h.ben, "before", "to the phone alone")
		h.delivered(h.ben, "to the phone alone")
		h.Sleep(h.tc, 10*time.Minute)
		h.hears(h.ben, h.phone, "from the laptop", "once more", "still here")
		h.hears(h.laptop, h.ben, "before")
		h.ben.Crash()
		h.ben.Start(h.tc)
		h.Sleep(h.tc, 10*time.Minute)
		h.hears(h.ben, h.phone, "from the laptop", "once more", "still here")
		if got := h.message(h.laptop, "after the removal").State; got != delivery.ProgressWaiting && got != delivery.ProgressSending {
			h.Errorf("what the removed device says is %s", got)
		}
	})
}

// TestARemovedDeviceLocksItself: one that is connected is shown the entry. It writes nothing more and says why, also after a restart. Its
// messages stay.
func TestARemovedDeviceLocksItself(t *testing.T) {
	live(t, 5, func(h *household) {
		h.laptop.Say(h.tc, h.talk, "from the laptop")
		h.hears(h.ben, h.phone, "from the laptop")
		if h.laptop.Agent.Status().Removed {
			t.Error("a listed device says that it was removed")
		}
		h.dismiss()
		h.Until(h.tc, "the laptop knows", time.Minute, func() bool { return h.laptop.Agent.Status().Removed })
		for range 2 {
			err := h.laptop.Submit(h.tc, contact.IntentName, contact.NameIntent{Name: "Ada II"}, nil)
			if aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), status.Removed) {
				t.Errorf("a write on the removed device: %v", err)
			}
			h.hears(h.laptop, h.ben, "before")
			h.laptop.Crash()
			h.laptop.Start(h.tc)
		}
		if h.phone.Agent.Status().Removed || h.ben.Agent.Status().Removed {
			t.Error("another device says that it was removed")
		}
	})
}

// TestARemovalEndsAConversation: nothing of a device that speaks is taken behind the entry that removes it.
func TestARemovalEndsAConversation(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 10, Preempt: 200}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}
		h.talk = w.Meet(tc, h.phone, h.ben)
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		h.laptop.Say(tc, h.talk, "hello")
		h.hears(h.ben, h.phone, "hello")
		watch := &removal{by: h.phone.Ring.Device(), of: h.laptop.Ring.Device()}
		h.ben.Agent.Journal().Attach(watch)
		// Texts wait for the journal while the entry becomes durable.
		h.ben.Disk.SetFaults(journal.Faults{SyncDelay: 50 * time.Millisecond})
		speaking := task.NewGroup(tc, "speaking")
		for range 4 {
			speaking.Go("say", func(tc task.Context) error {
				for range 20 {
					h.laptop.Say(tc, h.talk, "and so on")
				}
				return nil
			})
		}
		h.phone.Dismiss(tc, h.laptop)
		if err := speaking.Wait(tc); err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, time.Minute)
		if !watch.known || watch.late > 0 {
			w.Errorf("the removal came: %t; behind it came %d facts of the device", watch.known, watch.late)
		}
	})
}

// removal counts the facts of a device that are committed behind the entry of another one that removes it. It implements
// [journal.Sink].
type removal struct {
	by, of aura.DeviceID
	known  bool
	late   int
}

// Committed implements [journal.Sink].
func (r *removal) Committed(records []fact.Record) {
	known := r.known
	for i := range records {
		switch f := &records[i].Fact; {
		case known && f.Device == r.of:
			r.late++
		case f.Device == r.by && f.Kind == device.KindRoster:
			r.known = true // a fact of the same batch was taken before
		}
	}
}

// TestANewDeviceBeginsWithVoidFactsToo: what a removed device wrote in the account's own namespace counts no more, and what it wrote
// behind that still counts, such as entries, follows it.
func TestANewDeviceBeginsWithVoidFactsToo(t *testing.T) {
	live(t, 1, func(h *household) {
		ns := fact.OwnNamespace(h.phone.Self())
		var wrote []fact.Record
		for _, p := range []struct {
			kind    string
			payload any
		}{
			{contact.KindRenamed, contact.Renamed{Context: h.talk, Name: "Benny"}},
			{contact.KindRenamed, contact.Renamed{Context: h.talk, Name: "Benno"}},
			{device.KindSeen, device.Seen{At: 1, Entries: []roster.Hash{{1}}}},
		} {
			payload, err := fact.Marshal(p.payload)
			if err != nil {
				h.Fatalf("%v", err)
			}
			f := fact.Fact{
				Namespace: ns, Kind: p.kind, Payload: payload, Author: h.phone.Self(), Device: h.laptop.Ring.Device(),
				Seq: uint64(len(wrote) + 1), Logical: aura.Logical(1000 + len(wrote)),
			}
			if len(wrote) > 0 {
				f.Prev = wrote[len(wrote)-1].Place().ID
			}
			r := fact.NewRecord(f)
			batch := fact.NewBatch([]aura.FactID{r.ID})
			r.Proof = batch.Proof(0, h.laptop.Ring.Sign(batch.SigningBytes()))
			wrote = append(wrote, r)
		}
		h.dismiss()
		says := h.phone.Roster(h.tc)
		bound, err := domain.Caller{Authority: h.phone.Self(), Device: h.phone.Ring.Device()}.Draft(device.KindClosed, roster.Closed{
			Device: h.laptop.Ring.Device(), Entry: says.Heads[0], Heads: []fact.Place{wrote[0].Place()},
		})
		if err != nil {
			h.Fatalf("%v", err)
		}
		if _, err := h.phone.Agent.Journal().Append(h.tc, &journal.Entry{Foreign: wrote, Drafts: []fact.Draft{bound}}); err != nil {
			h.Fatalf("%v", err)
		}
		void := func(by *auratest.Person) (of []bool) {
			all, err := by.Agent.Journal().ByAuthor(ns, h.laptop.Ring.Device(), 1, 10)
			if err != nil {
				h.Errorf("%s: %v", by.Name, err)
			}
			for i := range all {
				of = append(of, all[i].Void)
			}
			return of
		}
		want := []bool{false, true, false}
		h.Until(h.tc, "the facts are void", time.Minute, func() bool { return slices.Equal(void(h.phone), want) })
		tablet := h.phone.Enrol(h.tc, "Ada's tablet")
		h.Until(h.tc, "they are void on the tablet", time.Minute, func() bool { return slices.Equal(void(tablet), want) })
		if got := void(tablet); !slices.Equal(got, want) {
			h.Errorf("on the tablet the facts of the removed device are void: %v, want %v", got, want)
		}
		h.ben.Say(h.tc, h.talk, "to the tablet, too")
		h.Sleep(h.tc, time.Hour) // the removed device's share of the budget is free in the next epoch
		h.hears(tablet, h.ben, "before", "to the tablet, too")
	})
}

// TestTheMakerSaysUpToWhereARemovedDeviceCounts: a person says the bound where the phone, which lacks what the laptop said, says none by itself. It
// reaches the contact.
func TestTheMakerSaysUpToWhereARemovedDeviceCounts(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, ben: w.Person(tc, "Ben")}
		h.phone = w.Person(tc, "Ada's phone", func(p *auratest.Person) {
			p.Options.Wrap = func(i interp.Interpreter) interp.Interpreter { return quiet{i} }
		})
		h.talk = w.Meet(tc, h.phone, h.ben)
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		h.laptop.Say(h.tc, h.talk, "from the laptop")
		h.hears(h.ben, h.phone, "from the laptop")
		h.dismiss()
		heads, err := h.laptop.Agent.Journal().Heads(fact.ContextNamespace(h.talk), h.laptop.Ring.Device())
		if err != nil {
			h.Fatalf("%v", err)
		}
		says := h.phone.Roster(h.tc)
		h.phone.Do(h.tc, device.IntentClose, device.CloseIntent{
			To: h.phone.Ref(h.tc, h.talk), Closed: roster.Closed{Device: h.laptop.Ring.Device(), Entry: says.Heads[0], Heads: heads},
		}, nil)
		standing := func(at fact.Place) roster.Standing {
			v := h.ben.Look(h.tc)
			of := domain.Get[*device.State](v.States)
			with, _ := v.Contacts.Certificate(h.talk)
			below := func(aura.DeviceID, fact.Place, fact.Place) (bool, bool) { return true, true }
			return of.Bounds(h.talk, of.Chain(h.phone.Self(), with, h.tc.Now().At).State(h.tc.Now().At), below).Standing(h.laptop.Ring.Device(), at)
		}
		later := fact.Place{Seq: heads[0].Seq + 1, ID: [fact.ShortID]byte{1}}
		h.Until(h.tc, "Ben has the bound", time.Minute, func() bool { return standing(later) == roster.StandingVoid })
		if got := standing(heads[0]); got != roster.StandingCounts {
			h.Errorf("the last fact of the laptop %s", got)
		}
	})
}

// TestDevicesOfOnePersonMeet: they have a link in a context of their own, also when no contact is there.
func TestDevicesOfOnePersonMeet(t *testing.T) {
	live(t, 3, func(h *household) {
		h.ben.Stop(h.tc)
		h.phone.Stop(h.tc)
		h.laptop.Stop(h.tc)
		h.Sleep(h.tc, time.Minute)
		before := len(h.Events)
		h.phone.Start(h.tc)
		h.laptop.Start(h.tc)
		for _, name := range []string{h.phone.Name, h.laptop.Name} {
			h.Until(h.tc, name+" has a session", time.Minute, func() bool {
				return slices.ContainsFunc(h.Events[before:], func(e world.Event) bool {
					return e.Family() == world.FamilyConnection && e.Message() == "up" && strings.Contains(e.Owner(), name)
				})
			})
		}
		h.phone.Dismiss(h.tc, h.laptop)
		h.Sleep(h.tc, time.Minute)
		before = len(h.Events)
		h.Sleep(h.tc, 10*time.Minute)
		if slices.ContainsFunc(h.Events[before:], func(e world.Event) bool {
			return e.Family() == world.FamilyConnection && e.Message() == "up"
		}) {
			h.Errorf("the phone speaks with a device that it removed")
		}
	})
}

// TestAContactKnowsAnAccountByAnyDevice: the laptop, which was enrolled, meets Cleo. She learns of all devices, none of
// which is contested, and has a link to each: also to one that the laptop enrols.
func TestAContactKnowsAnAccountByAnyDevice(t *testing.T) {
	live(t, 3, func(h *household) {
		cleo := h.Person(h.tc, "Cleo")
		h.talk = h.Meet(h.tc, h.laptop, cleo)
		h.laptop.Say(h.tc, h.talk, "from the laptop")
		cleo.Say(h.tc, h.talk, "to the laptop")
		h.hears(cleo, h.laptop, "from the laptop")
		h.hears(h.laptop, cleo, "to the laptop")
		h.knows(cleo, h.phone, h.laptop)
		tablet := h.laptop.Enrol(h.tc, "Ada's tablet")
		h.knows(cleo, h.phone, h.laptop, tablet)
		tablet.Say(h.tc, h.talk, "from the tablet")
		cleo.Say(h.tc, h.talk, "to both")
		h.hears(cleo, h.laptop, "from the laptop", "from the tablet")
		h.hears(tablet, cleo, "to the laptop", "to both")
		h.hears(h.laptop, cleo, "to the laptop", "to both")
		for _, p := range []*auratest.Person{cleo, h.laptop} {
			p.Crash()
			p.Start(h.tc)
		}
		h.laptop.Say(h.tc, h.talk, "after a restart")
		h.hears(cleo, h.laptop, "from the laptop", "from the tablet", "after a restart")
		h.Sleep(h.tc, time.Hour) // the laptop came in this budget epoch, and has no share in it once it frees that of another
		h.laptop.Dismiss(h.tc, tablet)
		h.knows(cleo, h.phone, h.laptop)
	})
}

// knows waits until a contact has exactly these devices of Ada, uncontested, and a link to each.
func (h *household) knows(by *auratest.Person, devices ...*auratest.Person) {
	h.Helper()
	var want, links []aura.DeviceID
	for _, d := range devices {
		want = append(want, d.Ring.Device())
	}
	slices.SortFunc(want, aura.DeviceID.Compare)
	var says device.Roster
	if !h.Until(h.tc, by.Name+" knows the devices", time.Minute, func() bool {
		says, links = h.roster(by), h.links(by)
		return !says.Contested && len(says.Waiting) == 0 && len(says.Devices) == len(want) && slices.Equal(links, want)
	}) {
		h.Errorf("%s has links to %d devices, wanted %d, by %+v", by.Name, len(links), len(want), says)
	}
}

// links returns the devices of Ada to which a home has a link, connected or not, ascending.
func (h *household) links(by *auratest.Person) (all []aura.DeviceID) {
	h.Helper()
	if err := by.Bridge().Watch(h.tc, fact.Selection{Observations: []string{status.Observed}}, func(up fact.Update) error {
		for _, o := range up.Observations {
			for _, d := range h.roster(by).Devices {
				if o.Key == status.ObservedKey(h.phone.Self(), d.Device) && len(o.Payload) > 0 {
					all = append(all, d.Device)
				}
			}
		}
		return nil
	}); err != nil {
		h.Fatalf("%v", err)
	}
	slices.SortFunc(all, aura.DeviceID.Compare)
	return slices.Compact(all)
}

// TestADeviceKeepsOffTheInvitationsOfAnother: the phone made an invitation and accepts one when it enrols a laptop, which
// reports nothing about them and ends neither when its time is over. Both go on at the phone.
func TestADeviceKeepsOffTheInvitationsOfAnother(t *testing.T) {
	live(t, 2, func(h *household) {
		cleo, dora := h.Person(h.tc, "Cleo"), h.Person(h.tc, "Dora")
		sent, short, received := h.invites(h.phone, time.Hour), h.invites(h.phone, 5*time.Minute), h.invites(dora, time.Hour)
		dora.Stop(h.tc)
		h.phone.Do(h.tc, invite.IntentAccept, invite.CodeIntent{Code: received.Code}, nil)
		before := len(h.Events)
		tablet := h.phone.Enrol(h.tc, "Ada's tablet")
		if in, _ := tablet.Look(h.tc).Invites.Invitation(sent.ID, h.tc.Now()); in.Phase != invite.PhaseOpen || in.Device != h.phone.Ring.Device() {
			h.Errorf("the tablet sees %+v", in)
		}
		h.Sleep(h.tc, 10*time.Minute)
		cleo.Do(h.tc, invite.IntentAccept, invite.CodeIntent{Code: sent.Code}, nil)
		dora.Start(h.tc)
		for _, p := range []*auratest.Person{cleo, dora} {
			h.Until(h.tc, "the phone meets "+p.Name, time.Hour, func() bool {
				_, met := h.phone.Look(h.tc).Contacts.ByAuthority(p.Self())
				return met
			})
		}
		expired := map[aura.FactID]bool{} // the two have the same facts
		for _, p := range []*auratest.Person{h.phone, tablet} {
			if _, err := p.Agent.Journal().Read(h.tc, fact.Selection{Kinds: []string{invite.Kinds}}, func(r fact.Record) error {
				var ended invite.Ended
				if r.Fact.Kind == invite.KindExpired && fact.Unmarshal(r.Fact.Payload, &ended) == nil && ended.ID == short.ID {
					expired[r.ID] = true
				}
				if r.Fact.Device == tablet.Ring.Device() {
					h.Errorf("the tablet writes %s", r.Fact.Kind)
				}
				return nil
			}); err != nil {
				h.Fatalf("%v", err)
			}
		}
		if len(expired) != 1 {
			h.Errorf("%d facts say that the short invitation ran out", len(expired))
		}
		for _, e := range h.Events[before:] {
			if e.Family() == world.FamilyHealth && strings.Contains(e.Owner(), tablet.Name) && strings.Contains(e.Owner(), "/invite") {
				h.Errorf("the tablet reports %v", e)
			}
		}
	})
}

// TestInvitationsOfARemovedDeviceRunOut: a device that stays says so, for those that had a secret at the removed one.
func TestInvitationsOfARemovedDeviceRunOut(t *testing.T) {
	live(t, 1, func(h *household) {
		dora := h.Person(h.tc, "Dora")
		sent, received := h.invites(h.phone, time.Hour), h.invites(dora, time.Hour)
		dora.Stop(h.tc)
		h.phone.Do(h.tc, invite.IntentAccept, invite.CodeIntent{Code: received.Code}, nil)
		tablet := h.phone.Enrol(h.tc, "Ada's tablet")
		tablet.Dismiss(h.tc, h.phone)
		for _, id := range []invite.ID{sent.ID, received.ID} {
			h.Until(h.tc, "an invitation runs out", 5*time.Minute, func() bool {
				in, _ := tablet.Look(h.tc).Invites.Invitation(id, h.tc.Now())
				return in.Phase == invite.PhaseExpired
			})
		}
	})
}

// invites makes an invitation.
func (h *household) invites(by *auratest.Person, life aura.Duration) (code invite.CreateResult) {
	h.Helper()
	by.Do(h.tc, invite.IntentCreate, invite.CreateIntent{Life: life}, &code)
	return code
}

// TestAGroupHearsBothDevices: a member of a group who is no contact learns of the devices, too, and each of them of the
// group.
func TestAGroupHearsBothDevices(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}
		cleo := w.Person(tc, "Cleo")
		w.Meet(tc, h.ben, h.phone)
		w.Meet(tc, h.ben, cleo)
		var members []contact.Ref
		for _, p := range []*auratest.Person{h.phone, cleo} {
			c, _ := h.ben.Look(tc).Contacts.ByAuthority(p.Self())
			members = append(members, c.Ref)
		}
		var created chat.Created
		h.ben.Do(tc, chat.IntentCreate, chat.CreateIntent{Name: "friends", Members: members}, &created)
		h.talk = created.Context
		w.Until(tc, "all take part", time.Minute, func() bool {
			return !slices.ContainsFunc([]*auratest.Person{h.phone, cleo}, func(p *auratest.Person) bool {
				v := p.Look(tc)
				_, err := v.Chats.Thread(v.Setting, h.talk)
				return err != nil
			})
		})
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		cleo.Say(tc, h.talk, "to all")
		h.hears(h.phone, cleo, "to all")
		h.hears(h.laptop, cleo, "to all")
		h.laptop.Say(tc, h.talk, "from the laptop")
		h.hears(cleo, h.phone, "from the laptop")
		h.hears(h.ben, h.phone, "from the laptop")
		same(tc, w, h.phone, h.laptop, h.talk) // or the removal would take the text back
		h.laptop.Crash()                       // else it learns of it
		h.phone.Dismiss(tc, h.laptop)
		w.Until(tc, "Cleo knows of the removal", time.Minute, func() bool { return len(h.listed(cleo)) == 1 })
		h.laptop.Start(tc)
		h.laptop.Say(tc, h.talk, "after the removal")
		h.phone.Say(tc, h.talk, "still here")
		w.Sleep(tc, 10*time.Minute)
		h.hears(cleo, h.phone, "from the laptop", "still here")
	})
}

// TestDevicesInTroubleAgree: whatever the network loses and whichever homes crash, in the end every text of Ben is at both
// devices and every text of both at Ben, once. All the while no home shows a text as delivered that no device of the
// peer has, nor names a device that does not have it.
func TestDevicesInTroubleAgree(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 12, Preempt: 50}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}
		h.talk = w.Meet(tc, h.phone, h.ben)
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		h.Until(tc, "Ben knows both", time.Minute, func() bool { return len(h.listed(h.ben)) == 2 })
		w.Net.Set(transport.SimOptions{Latency: 30 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.05, Duplicate: 0.05})
		homes := []*auratest.Person{h.phone, h.laptop, h.ben}
		chance := rand.New(rand.NewPCG(w.Seed, 1))
		said := map[*auratest.Person][]string{}
		for n := range 40 {
			p := homes[chance.IntN(len(homes))]
			switch {
			case chance.IntN(5) > 0:
				if p.Agent == nil {
					p.Start(tc)
				}
				text := fmt.Sprintf("text %d of %s", n, p.Name)
				p.Say(tc, h.talk, text)
				said[p] = append(said[p], text)
			case p.Agent != nil:
				p.Crash()
			}
			w.Sleep(tc, aura.Duration(chance.IntN(2000))*time.Millisecond)
			h.honest(homes)
		}
		for _, p := range homes {
			if p.Agent == nil {
				p.Start(tc)
			}
		}
		w.Net.Set(transport.SimOptions{})
		w.Until(tc, "all texts are there", 2*time.Hour, func() bool {
			h.honest(homes)
			return h.has(h.phone, h.ben, said[h.ben]) && h.has(h.laptop, h.ben, said[h.ben]) &&
				h.has(h.ben, h.phone, slices.Concat(said[h.phone], said[h.laptop]))
		})
	})
}

// has reports whether a home heard exactly these texts of a person, in any order.
func (h *household) has(by, from *auratest.Person, want []string) bool {
	got, want := by.Heard(h.tc, h.talk, from), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

// honest fails the test when a running home shows an own text as delivered which no device of the peer has, or names a
// device that does not have it.
func (h *household) honest(homes []*auratest.Person) {
	h.Helper()
	shown, heard := map[*auratest.Person][]chat.Message{}, map[*auratest.Person][]string{}
	for _, p := range homes {
		if p.Agent != nil {
			v := p.Look(h.tc)
			shown[p], _ = v.Chats.Messages(v.Setting, h.talk, 0)
		}
	}
	for _, p := range homes { // after the texts were shown, so that those were there before
		if p.Agent != nil {
			from := h.ben
			if p == h.ben {
				from = h.phone
			}
			heard[p] = p.Heard(h.tc, h.talk, from)
		}
	}
	heldBy := func(p *auratest.Person, m *chat.Message) bool {
		return p.Agent == nil || slices.Contains(heard[p], m.Text) // one that is away is asked when it runs again
	}
	for _, p := range homes {
		peers := []*auratest.Person{h.ben}
		if p == h.ben {
			peers = []*auratest.Person{h.phone, h.laptop}
		}
		for i := range shown[p] {
			m := &shown[p][i]
			if m.Author != p.Self() || m.State < delivery.ProgressDelivered {
				continue
			}
			if !slices.ContainsFunc(peers, func(o *auratest.Person) bool { return heldBy(o, m) }) {
				h.Errorf("%s shows %q as %s, and no device of the peer has it", p.Name, m.Text, m.State)
			}
			for _, o := range peers {
				if slices.Contains(m.Devices, o.Ring.Device()) && !heldBy(o, m) {
					h.Errorf("%s says that %s has %q", p.Name, o.Name, m.Text)
				}
			}
		}
	}
}

// TestUnblockingKeepsWhatEveryDeviceHadSaid: Ben drops what Ada wrote while he blocked her. All that her devices had said
// before stays, that of her second one and that of one which was removed since.
func TestUnblockingKeepsWhatEveryDeviceHadSaid(t *testing.T) {
	for _, removed := range []bool{false, true} {
		live(t, 2, func(h *household) {
			h.phone.Say(h.tc, h.talk, "by phone")
			h.laptop.Say(h.tc, h.talk, "by laptop")
			h.hears(h.ben, h.phone, "by phone", "by laptop")
			if removed {
				h.dismiss()
			}
			c, _ := h.ben.Look(h.tc).Contacts.ByAuthority(h.phone.Self())
			ref := moderation.ChangeIntent{Contact: c.Ref}
			h.ben.Do(h.tc, moderation.IntentBlock, ref, nil)
			h.phone.Say(h.tc, h.talk, "dropped by phone")
			if !removed {
				h.laptop.Say(h.tc, h.talk, "dropped by laptop")
			}
			h.Sleep(h.tc, time.Minute)
			ref.Drop = true
			h.ben.Do(h.tc, moderation.IntentUnblock, ref, nil)
			h.phone.Say(h.tc, h.talk, "again")
			h.hears(h.ben, h.phone, "by phone", "by laptop", "again")
		})
	}
}

// TestALongUsedAccountEnrols: an account has more facts of its own than one entry of a journal takes.
func TestALongUsedAccountEnrols(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
		h := &household{World: w, tc: tc, phone: w.Person(tc, "Ada's phone"), ben: w.Person(tc, "Ben")}
		h.talk = w.Meet(tc, h.phone, h.ben)
		payload, err := fact.Marshal(delivery.Acked{Context: h.talk, Peer: h.ben.Self(), Device: h.ben.Ring.Device(), Through: 1})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			var e journal.Entry
			for range 2000 {
				e.Drafts = append(e.Drafts, fact.Draft{
					Kind: delivery.KindAcked, Namespace: fact.OwnNamespace(h.phone.Self()), Payload: payload,
				})
			}
			if _, err := h.phone.Agent.Journal().Append(tc, &e); err != nil {
				t.Fatal(err)
			}
		}
		h.laptop = h.phone.Enrol(tc, "Ada's laptop")
		h.ben.Say(tc, h.talk, "to both")
		h.hears(h.laptop, h.ben, "to both")
	})
}

// TestADeviceWithoutAShareSaysSo: the phone removes the laptop and adds a tablet in the same epoch of the budget. The tablet
// cannot know whether the laptop has spent its share already, so it has none until the epoch turns. It says that, keeps what it is
// told to send, and sends it then.
func TestADeviceWithoutAShareSaysSo(t *testing.T) {
	live(t, 3, func(h *household) {
		h.dismiss()
		tablet := h.phone.Enrol(h.tc, "Ada's tablet")
		tablet.Say(h.tc, h.talk, "from the tablet")
		began := guard.EpochAt(guard.DefaultPolicy(), h.tc.Now())
		seen := map[string]bool{}
		h.Until(h.tc, "the tablet says why it waits", 10*time.Minute, func() bool {
			for _, c := range tablet.Look(h.tc).Connections.View() {
				seen[c.Reason] = true
			}
			return seen[status.ReasonUnshared]
		})
		h.Until(h.tc, "the text arrives", time.Hour, func() bool { return slices.Contains(h.ben.Heard(h.tc, h.talk, tablet), "from the tablet") })
		if now := guard.EpochAt(guard.DefaultPolicy(), h.tc.Now()); now != began+1 {
			h.Errorf("it arrives in epoch %d, and was written in %d", now, began)
		}
		for reason := range seen {
			if strings.Contains(reason, "not allowed") {
				h.Errorf("the tablet says %q", reason)
			}
		}
	})
}

// TestAFollowerIsToldThatAContestBegins: Ben follows his contacts. Two entries of Ada's account contradict each other, and nothing
// else changes: Ada is shown again, as contested.
func TestAFollowerIsToldThatAContestBegins(t *testing.T) {
	live(t, 3, func(h *household) {
		h.Sleep(h.tc, time.Minute)
		var shown []bool
		following := task.NewGroup(h.tc, "following")
		core := h.ben.Core(h.tc)
		following.Go("follow", func(tc task.Context) error {
			return core.FollowPeople(tc, func(people []app.Person) error {
				if now := people[0].Contested; len(shown) == 0 || shown[len(shown)-1] != now {
					shown = append(shown, now)
				}
				return nil
			})
		})
		h.Until(h.tc, "Ada is shown", time.Minute, func() bool { return slices.Equal(shown, []bool{false}) })
		says, sign := h.phone.Roster(h.tc), h.phone.Root()
		for _, rights := range []roster.Rights{roster.RightsSpeak, roster.RightsGovern} {
			e, err := roster.SetRights(says, h.phone.Ring.Device(), h.laptop.Ring.Device(), rights)
			if err != nil {
				h.Fatalf("%v", err)
			}
			h.phone.Adopt(h.tc, e, sign)
		}
		h.Until(h.tc, "Ada is shown as contested", time.Minute, func() bool { return slices.Equal(shown, []bool{false, true}) })
		people, err := core.People(h.tc)
		if err != nil || len(people) != 1 || !people[0].Contested {
			h.Errorf("asked for, they are %+v, %v", people, err)
		}
		_ = following.Close(h.tc, time.Second)
	})
}

// TestAContactJudgesRightByAPartOfTheRoster: a long roster comes in several facts. With any part of it the device that the
// contact met counts, and the account does not contradict itself.
func TestAContactJudgesRightByAPartOfTheRoster(t *testing.T) {
	live(t, 1, func(h *household) {
		chain, sign := h.phone.Chain(h.tc), h.phone.Root()
		for n := range roster.MaxAnnounced {
			e, err := roster.SetRights(chain.State(h.tc.Now().At), h.phone.Ring.Device(), h.laptop.Ring.Device(), roster.RightsSpeak|roster.Rights(n%2)*roster.RightsGovern)
			if err != nil {
				h.Fatalf("%v", err)
			}
			h.phone.Adopt(h.tc, e, sign)
			chain = h.phone.Chain(h.tc)
		}
		tablet := h.phone.Enrol(h.tc, "Ada's tablet")
		cleo := h.Person(h.tc, "Cleo")
		h.talk = h.Meet(h.tc, tablet, cleo)
		tablet.Say(h.tc, h.talk, "hi")
		h.hears(cleo, tablet, "hi")
		state, parts := device.NewState(cleo.Self()), 0
		sel := fact.Selection{Namespaces: []fact.Namespace{fact.ContextNamespace(h.talk)}, Kinds: []string{device.KindRoster}}
		if _, err := cleo.Agent.Journal().ReadStored(h.tc, sel, func(r fact.Record) error {
			state.Apply(&r)
			if r.Fact.Device == tablet.Ring.Device() { // the others, which learn of Cleo, announce it as well
				parts++
			}
			says := state.Chain(tablet.Self(), tablet.Ring.Certificate(), h.tc.Now().At).State(h.tc.Now().At)
			if _, err := says.Device(tablet.Ring.Device()); err != nil || says.Contested {
				h.Errorf("with %d parts: contested: %t, %v", parts, says.Contested, err)
			}
			return nil
		}); err != nil {
			h.Fatalf("%v", err)
		}
		says := state.Chain(tablet.Self(), tablet.Ring.Certificate(), h.tc.Now().At).State(h.tc.Now().At)
		if parts != 2 || len(says.Devices) != 3 {
			h.Errorf("%d parts say %d devices", parts, len(says.Devices))
		}
	})
}
