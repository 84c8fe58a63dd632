package program

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/ui/cli"
)

// walk calls fn with every verb that does something.
func walk(c *cobra.Command, fn func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		walk(sub, fn)
		// One that only groups others takes no arguments of its own.
		if !sub.HasSubCommands() || sub.Args != nil {
			fn(sub)
		}
	}
}

func TestVerbsArePublic(t *testing.T) {
	var got []string
	walk(commands(&cli.Shell{}, Options{}), func(c *cobra.Command) { got = append(got, strings.TrimPrefix(c.CommandPath(), "aura ")) })
	want := []string{
		"block", "chats", "choreo check", "choreo compat", "choreo explore", "choreo fmt", "choreo gen", "choreo graph",
		"choreo manifest", "choreo project", "choreo replay", "choreo run", "contacts", "contacts address",
		"contacts remove", "demo", "doctor",
		"group create", "group leave", "group list", "guard delegate", "guard explain", "guard revoke", "guard tokens", "init",
		"invite accept", "invite cancel", "invite create", "invite decline", "invite list", "invite wait",
		"mute", "name", "query", "read", "rename", "send", "sim", "status",
		"token attenuate", "token authorize", "token inspect", "token key", "token mint", "token seal", "token verify",
		"unblock", "unmute", "up", "version", "watch",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
}

func TestEveryVerbExplainsItself(t *testing.T) {
	var paths [][]string
	walk(commands(&cli.Shell{}, Options{}), func(c *cobra.Command) { paths = append(paths, strings.Fields(c.CommandPath())[1:]) })
	for _, path := range paths {
		var out, errs bytes.Buffer
		if code := run(Options{}, append(path, "--help"), strings.NewReader(""), &out, &errs); code != 0 || errs.Len() > 0 {
			t.Errorf("%v --help: exit code %d, %s", path, code, &errs)
		}
		example := "Examples:\n  aura " + strings.Join(path, " ")
		for _, want := range []string{example, "--json", "--home"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v --help does not show %q:\n%s", path, want, &out)
			}
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if len([]rune(line)) > 130 {
				t.Errorf("%v --help has a line of %d characters", path, len([]rune(line)))
			}
		}
	}
}
