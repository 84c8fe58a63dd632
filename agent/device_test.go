package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// TestADeviceDoesWhatItWasEquippedFor: the authority's first token is revoked, so that this device lives on
// the one that was made for it, and not on the one for another device.
func TestADeviceDoesWhatItWasEquippedFor(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		device := ada.Ring.Device()
		until := tc.Now().At.Add(time.Hour)
		for _, in := range []capability.EquipIntent{
			{Device: device, Names: []string{contact.CapName}, Until: until},
			{Device: aura.DeviceID{7}, Names: []string{contact.CapName, delivery.CapRecord}},
		} {
			ada.Do(tc, capability.IntentEquip, in, nil)
		}
		for _, in := range []capability.EquipIntent{{Names: []string{contact.CapName}}, {Device: device}, {Device: device, Names: []string{"all"}}} {
			if err := ada.Submit(tc, capability.IntentEquip, in, nil); !errors.Is(err, aura.Invalid) {
				t.Errorf("%v: %v", in, err)
			}
		}
		u, err := biscuit.Decode(first(t, tc, ada))
		if err != nil {
			t.Fatal(err)
		}
		ada.Do(tc, capability.IntentRevoke, capability.Revoked{Blocks: u.RevocationIDs()}, nil)
		name := contact.NameIntent{Name: "Ada of this device"}
		if err := ada.Submit(tc, contact.IntentName, name, nil); err != nil {
			t.Errorf("a capability that the device was founded with: %v", err)
		}
		reason := func(name string) guard.Reason {
			_, _, err := ada.Agent.Chain().Decide(tc, &guard.Request{Capability: name, Authority: ada.Self()})
			var denial *guard.Denial
			errors.As(err, &denial)
			if denial == nil {
				return 0
			}
			return denial.Reason
		}
		if got := reason(delivery.CapRecord); got != guard.ReasonNotGranted {
			t.Errorf("what another device was equipped for: %v", got)
		}
		if err := tc.Sleep(time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := reason(contact.CapName); got == 0 {
			t.Error("the token ended, and the device goes on")
		}
		ada.Stop(tc)
	})
}

// TestQuestionsAreAnswered asks a running agent about its facts and its guard.
func TestQuestionsAreAnswered(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		ask := func(kind string, question, result any) error {
			body, err := fact.Marshal(question)
			if err != nil {
				return err
			}
			a, err := ada.Agent.Ask(tc, fact.Question{Kind: kind, Payload: body})
			if err != nil {
				return err
			}
			return fact.Unmarshal(a.Payload, result)
		}
		before := ada.Agent.Journal().Charge(context, ben.Self())
		var e capability.Explanation
		if err := ask(capability.QuestionExplain, capability.Explain{Capability: chat.CapSend, Context: context}, &e); err != nil {
			t.Fatal(err)
		}
		if !e.Allowed || len(e.Tokens) != 1 || len(e.Budgets) != 1 || e.Budgets[0].Peer != ben.Self() || len(e.Leaks) != fact.Observers-1 {
			t.Errorf("%+v", e)
		}
		if diff := cmp.Diff(before, ada.Agent.Journal().Charge(context, ben.Self())); diff != "" {
			t.Errorf("an explanation was charged: %s", diff)
		}
		for in, want := range map[capability.Explain]aura.Kind{
			{Capability: "chat:everything", Context: context}:         aura.NotFound,
			{Capability: chat.CapSend, Context: aura.ContextID{1, 2}}: aura.NotFound,
		} {
			if err := ask(capability.QuestionExplain, in, &e); !errors.Is(err, want) {
				t.Errorf("%+v: %v", in, err)
			}
		}
		if _, err := ada.Agent.Ask(tc, fact.Question{Kind: capability.QuestionExplain, Payload: []byte{1}}); !errors.Is(err, aura.Invalid) {
			t.Errorf("a question that is none: %v", err)
		}
		for _, p := range []*auratest.Person{ada, ben} {
			p.Stop(tc)
		}
	})
}
