package auratest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestTwoDevicesOfOnePersonTalk: every text of a contact reaches both, the texts of both reach the contact once, and a
// removed device is heard no more, while its earlier texts stay.
func TestTwoDevicesOfOnePersonTalk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		phone, ben := w.Person(tc, "Ada's phone"), w.Person(tc, "Ben")
		context := w.Meet(tc, phone, ben)
		ben.Say(tc, context, "before")
		laptop := phone.Enrol(tc, "Ada's laptop")
		heard := func(by, from *auratest.Person, want ...string) {
			t.Helper()
			slices.Sort(want)
			w.Until(tc, by.Name+" hears "+from.Name, time.Minute, func() bool {
				got := by.Heard(tc, context, from)
				slices.Sort(got)
				return slices.Equal(got, want)
			})
		}
		heard(laptop, ben, "before")
		ben.Say(tc, context, "to both")
		phone.Say(tc, context, "from the phone")
		laptop.Say(tc, context, "from the laptop")
		heard(phone, ben, "before", "to both")
		heard(laptop, ben, "before", "to both")
		heard(ben, phone, "from the phone", "from the laptop")
		for _, p := range []*auratest.Person{phone, laptop, ben} {
			delivered(w, tc, p, context)
		}

		phone.Dismiss(tc, laptop)
		w.Until(tc, "Ben knows of the removal", time.Minute, func() bool { return len(devicesOf(tc, ben, phone)) == 1 })
		laptop.Say(tc, context, "after the removal")
		phone.Say(tc, context, "still here")
		ben.Say(tc, context, "to one")
		heard(phone, ben, "before", "to both", "to one")
		w.Sleep(tc, 10*time.Minute)
		heard(ben, phone, "from the phone", "from the laptop", "still here")
		heard(laptop, ben, "before", "to both")
		for _, p := range []*auratest.Person{phone, ben} {
			delivered(w, tc, p, context)
		}
	})
}

// devicesOf returns the devices of one person as another has them.
func devicesOf(tc task.Context, by, of *auratest.Person) []device.Device {
	payload, err := fact.Marshal(device.Whose{Authority: of.Self()})
	if err != nil {
		by.World.Fatalf("%v", err)
	}
	answer, err := by.Bridge().Ask(tc, fact.Question{Kind: device.QuestionRoster, Payload: payload})
	if err != nil {
		by.World.Fatalf("%v", err)
	}
	var says device.Roster
	if err := fact.Unmarshal(answer.Payload, &says); err != nil {
		by.World.Fatalf("%v", err)
	}
	return says.Devices
}

// delivered waits until a device shows all its own texts as delivered.
func delivered(w *auratest.World, tc task.Context, p *auratest.Person, context aura.ContextID) {
	w.Until(tc, "the texts of "+p.Name+" are delivered", time.Minute, func() bool {
		v := p.Look(tc)
		all, _ := v.Chats.Messages(v.Setting, context, 0)
		for i := range all {
			if all[i].Author == p.Self() && all[i].State < delivery.ProgressDelivered {
				return false
			}
		}
		return true
	})
}

var _ = roster.Whole
var _ = transport.SimOptions{}
