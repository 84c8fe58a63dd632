package cli_test

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/session"
)

// TestAMoveNamesWhatIsWrong: a device is named by its name or the beginning of its identifier, a session by that alone, of at least four characters.
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
		{"more than one device of your account begins with", 1, []string{"aeaa", "--to", "dev_aeaa"}},
		{"3 devices are called", 1, []string{"aeaa", "--to", "First device"}}, // of which no enrolment is known
		{`"bea" names no device of your account: write at least 4 characters`, 1, []string{"aeaa", "--to", "bea"}},
		{`"aea" names no session: write at least 4 characters`, 1, []string{"aea", "--to", "beaa"}},
		{`"sess_" names no session`, 1, []string{"sess_", "--to", "beaa"}},
		{`"" names no session`, 1, []string{"", "--to", "beaa"}},
		{`begins with "` + strings.Repeat("x", 64) + `": aura session list`, 1, []string{strings.Repeat("x", 100_000), "--to", "beaa"}},
	} {
		out, errs, code := d.asked(answers, append([]string{"session", "move"}, c.args...)...)
		if code != c.code || out != "" || !strings.Contains(errs, c.text) {
			t.Errorf("%v: code %d, %q, %q", c.args, code, out, errs)
		}
	}
}
