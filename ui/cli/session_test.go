package cli_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/session"
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
	one.Persistent, one.State = false, session.StateProgram
	answers[session.QuestionShow] = session.Shown{Session: one}
	want = "session    " + name + `
protocol   aura.shop.shop
role       Cust
with       Store (Ben), Bank (not known yet)
state      waits for its program
since      an earlier start
steps      are not recorded: it ends with its agent
`
	out, errs, code = d.asked(answers, "session", "show", name)
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("code %d, %s (-want +got):\n%s", code, errs, diff)
	}
}
