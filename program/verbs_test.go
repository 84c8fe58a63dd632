package program

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
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
		"contacts remove", "demo", "device add", "device confirm", "device list", "device remove", "device show", "doctor",
		"group create", "group leave", "group list", "guard delegate", "guard explain", "guard revoke", "guard tokens", "init",
		"invite accept", "invite cancel", "invite create", "invite decline", "invite list", "invite wait",
		"mute", "name", "query", "read", "rename", "send", "session graph", "session list", "session move", "session replay", "session show", "session trace",
		"sim", "status",
		"token attenuate", "token authorize", "token inspect", "token key", "token mint", "token seal", "token verify",
		"unblock", "unmute", "up", "version", "watch",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verbs (-want +got):\n%s", diff)
	}
}

// TestVerbsInTheDocumentsExist tries no command: it asks whether there is such a verb, with such flags.
func TestVerbsInTheDocumentsExist(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/internals/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	root, tried := commands(&cli.Shell{}, Options{}), 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`(?:time )?aura ([^`]+)`").FindAllStringSubmatch(string(text), -1) {
			tried++
			if why := absent(root, strings.Fields(m[1])); why != "" {
				t.Errorf("%s: aura %s: %s", page, m[1], why)
			}
		}
	}
	if tried == 0 {
		t.Error("the documents name no command")
	}
	for line, want := range map[string]string{
		"send ben hi --wait delivered": "", "--demo contacts": "", "sent ben": "no verb sent", "group crate": "no verb crate",
		"read Ben --first 2": "no flag --first", "demo --agents=3": "",
	} {
		if got := absent(root, strings.Fields(line)); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// absent says which verb or flag of a command line does not exist; empty: none.
func absent(root *cobra.Command, words []string) string {
	verb := root
	for _, word := range words {
		if name, flag := strings.CutPrefix(word, "--"); flag {
			name, _, _ = strings.Cut(name, "=")
			if verb.Flags().Lookup(name) == nil && verb.InheritedFlags().Lookup(name) == nil && root.PersistentFlags().Lookup(name) == nil {
				return "no flag --" + name
			}
			continue
		}
		at := slices.IndexFunc(verb.Commands(), func(c *cobra.Command) bool { return c.Name() == word })
		switch {
		case at >= 0:
			verb = verb.Commands()[at]
		case verb.HasSubCommands() && verb.Args == nil || verb == root:
			return "no verb " + word
		}
	}
	return ""
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
