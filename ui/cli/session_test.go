package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
)

// TestASessionIsShownWithItsSteps: with the name of a contact, and the newest steps under their numbers.
func TestASessionIsShownWithItsSteps(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	ben := certificate(2)
	one := session.Session{
		Name: aura.SessionID{1}, Protocol: "aura.shop.shop", Role: "Cust", State: session.StateLast, Sent: 1500, Received: 2, Persistent: true,
		Others: []session.Participant{{Role: "Store", Authority: ben.Authority()}, {Role: "Bank"}},
	}
	steps := []session.Step{{Sent: true, Other: "Store", Label: "Ask", Size: 1}, {Other: "Bank", Label: "Paid", Size: 200}, {}}
	answers := map[string]any{
		session.QuestionList: session.List{Sessions: []session.Session{one}},
		session.QuestionShow: session.Shown{Session: one, Earlier: 499, Steps: steps},
	}
	const name = "sess_aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	want := "session    " + name + `
protocol   aura.shop.shop
role       Cust
with       Store (Ben), Bank (not known yet)
state      its last messages are on their way
since      an earlier start
500        sent     Ask to Store, 1 byte
501        received Paid from Bank, 200 bytes
502        received a message of another version of the protocol from another role, 0 bytes
`
	out, errs, code := d.asked(answers, "session", "show", "aeaa")
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("code %d, %s (-want +got):\n%s", code, errs, diff)
	}
	linked := one
	linked.Epoch = 472220
	linked.Fragments, linked.Scope = []string{"bundle:till", "bundle:shelf", "protocol:shop.Shop"}, []string{"bundle:till"}
	answers[session.QuestionShow] = session.Shown{Session: linked}
	out, _, _ = d.asked(answers, "session", "show", "aeaa")
	for _, line := range []string{
		"epoch      472220\n", "fragments  Cust in bundle:till, Store in bundle:shelf, Bank in protocol:shop.Shop\n", "scope      bundle:till alone: it came here attenuated\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no line %q:\n%s", line, out)
		}
	}
	one.Persistent, one.State = false, session.StateProgram
	answers[session.QuestionShow] = session.Shown{Session: one}
	want = "session    " + name + `
protocol   aura.shop.shop
role       Cust
with       Store (Ben), Bank (not known yet)
state      waits for this side
since      an earlier start
steps      are not recorded: it ends with its agent
`
	out, errs, code = d.asked(answers, "session", "show", name)
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("code %d, %s (-want +got):\n%s", code, errs, diff)
	}
}

// TestADeviceOfTheAccountIsShownByItsName: as device list does, and as the account where no device is known. An end is said by its own word.
func TestADeviceOfTheAccountIsShownByItsName(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	ben, own := certificate(2), d.self.Authority()
	line := enrol.ID{4}
	d.record(d.self, fact.OwnNamespace(own), enrol.KindOffered, enrol.Offered{ID: line, Expires: 1})
	d.record(d.self, fact.OwnNamespace(own), enrol.KindClaimed, enrol.Claimed{ID: line, Device: aura.DeviceID{7}, Name: "tablet"})
	others := func(name byte, p session.Participant) session.Session {
		return session.Session{Name: aura.SessionID{name}, Protocol: "p", Role: "Source", State: session.StateProgram, Others: []session.Participant{p}}
	}
	list := []session.Session{
		others(1, session.Participant{Role: "Target", Authority: own, Device: aura.DeviceID{7}}), others(2, session.Participant{Role: "Target", Authority: own}),
		others(3, session.Participant{Role: "Target", Authority: own, Device: d.self.Device()}),
		others(4, session.Participant{Role: "Target", Authority: ben.Authority(), Device: aura.DeviceID{9}}),
	}
	out, errs, _ := d.asked(map[string]any{session.QuestionList: session.List{Sessions: list}}, "session", "list")
	for _, want := range []string{"Target (tablet)", "Target (this account)", "Target (first device)", "Target (Ben)"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s: %s%s", want, out, errs)
		}
	}
	refused := others(5, session.Participant{Role: "Device"})
	refused.Context, refused.State, refused.Sent, refused.Received = aura.ContextID(line), session.StateEnded, 3, 1
	other := refused
	other.Name, other.Sent = aura.SessionID{6}, 2
	end := session.End{Kind: session.EndCompleted}
	ended := session.EndedList{Sessions: []session.Ended{{Session: refused, End: end}, {Session: other, End: end}, {Session: list[1], End: end}}}
	out, errs, _ = d.asked(map[string]any{session.QuestionEnded: ended}, "session", "list", "--ended")
	for _, want := range []string{
		`Device \(tablet\) +completed: no device has joined: the digits were not confirmed in time +3`, `Device \(not known\) +completed: no device has joined +2`, `Target \(this account\) +completed +0`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s:\n%s%s", want, out, errs)
		}
	}
}

// TestATraceShowsDecisionsAndEvents: below the message that they belong to.
func TestATraceShowsDecisionsAndEvents(t *testing.T) {
	d := newDesk(t, "Ada")
	one := session.Session{Name: aura.SessionID{1}, Protocol: "aura.shop.shop", Role: "Cust", State: session.StateProgram, Persistent: true}
	answers := map[string]any{
		session.QuestionList: session.List{Sessions: []session.Session{one}},
		session.QuestionTrace: session.Shown{Session: one, Steps: []session.Step{
			{
				Sent: true, Other: "Store", Label: "Ask", Size: 1, Events: []string{"sent Cust → Store Ask"},
				Guard: &session.Guarded{Capability: "chat:send", Units: 2, Epoch: 7, Facts: []string{"chat.message"}, Leak: []session.Leaked{{Observer: "neighbour", Bits: 1}}},
			},
			{Other: "Store", Label: "Price", Size: 2, Events: []string{"received Cust ← Store Price"}},
		}},
	}
	want := `1          sent     Ask to Store, 1 byte
  guard    allowed by chat:send for 2 units, with chat.message
  receipt  2 units in epoch 7
  leaks    1 bit to observers of class neighbour
  machine  sent Cust → Store Ask
2          received Price from Store, 2 bytes
  machine  received Cust ← Store Price
`
	out, errs, code := d.asked(answers, "session", "trace", "aeaa")
	if _, steps, _ := strings.Cut(out, "since      an earlier start\n"); cmp.Diff(want, steps) != "" || code != 0 {
		t.Errorf("code %d, %s (-want +got):\n%s", code, errs, cmp.Diff(want, steps))
	}
}

// TestAReplayThatDepartsFails: the error names the message and the reason, also with --json, which prints the whole answer.
func TestAReplayThatDepartsFails(t *testing.T) {
	d := newDesk(t, "Ada")
	one := session.Session{Name: aura.SessionID{1}, Protocol: "aura.shop.shop", Role: "Cust", Persistent: true}
	again := session.Replayed{Session: one, Messages: 3, Checked: 1, State: [32]byte{0xab}}
	answers := map[string]any{session.QuestionList: session.List{Sessions: []session.Session{one}}, session.QuestionReplay: again}
	out, errs, code := d.asked(answers, "session", "replay", "aeaa")
	if want := "session aeaaaaaa: as recorded, 3 messages, 1 state to the byte; it stands at ab"; !strings.HasPrefix(out, want) || code != 0 {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
	again.Departs = &session.Departure{Message: 4, Reason: "the role cannot send Pay now"}
	answers[session.QuestionReplay] = again
	out, errs, code = d.asked(answers, "session", "replay", "aeaa")
	if !strings.Contains(errs, "departs from its recording at message 4: the role cannot send Pay now") || out != "" || code != 1 {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
	out, _, code = d.asked(answers, "session", "replay", "aeaa", "--json")
	if !strings.Contains(out, `"departs":{"message":4,"reason":"the role cannot send Pay now"}`) || !strings.Contains(out, `"messages":3,"checked":1,"root":"ab`) || code != 1 {
		t.Errorf("code %d, %s", code, out)
	}
}
