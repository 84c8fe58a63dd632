package cli_test

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/session"
)

// TestAMoveNamesWhatIsWrong: a device is named by the beginning of its identifier, and must be one of the account.
func TestAMoveNamesWhatIsWrong(t *testing.T) {
	d := newDesk(t, "Ada")
	answers := map[string]any{
		session.QuestionList:  session.List{Sessions: []session.Session{{Name: aura.SessionID{1}, Protocol: "aura.shop.shop", Role: "Cust"}}},
		session.QuestionEnded: session.EndedList{},
		device.QuestionRoster: device.Roster{Devices: []device.Device{{Device: aura.DeviceID{1}}, {Device: aura.DeviceID{1, 0, 0, 1}}, {Device: aura.DeviceID{9}}}},
	}
	for _, c := range []struct {
		text string
		code int
		args []string
	}{
		{"--to is missing", 2, []string{"aeaa"}},
		{"session move needs a running agent: leave out --offline", 2, []string{"aeaa", "--to", "beaa", "--offline"}},
		{"no session begins with", 1, []string{"ffff", "--to", "beaa"}},
		{"no device of your account begins with \"zzzz\"", 1, []string{"aeaa", "--to", "zzzz"}},
		{"2 devices begin with", 1, []string{"aeaa", "--to", "dev_aeaa"}},
	} {
		out, errs, code := d.asked(answers, append([]string{"session", "move"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(errs, c.text) {
			t.Errorf("%v: code %d, %q, %q", c.args, code, out, errs)
		}
	}
}
