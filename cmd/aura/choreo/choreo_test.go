package choreo

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/ui/cli"
)

// typed runs a command line of the family and returns its exit code and output.
func typed(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	s := &cli.Shell{In: strings.NewReader(""), Out: &o, Err: &e}
	root := cli.New(s)
	root.AddCommand(Command(s))
	root.SetArgs(append([]string{"choreo"}, args...))
	code = cli.Report(s, cli.Execute(root))
	return code, o.String(), e.String()
}

func TestEveryProtocolOfAuraRunsAndReplays(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, p := range protocols.All() {
		if err := os.WriteFile(p.File(), []byte(p.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, seed := range []string{"1", "2", "3"} {
			if code, _, errs := typed("run", p.File(), "--seed", seed, "--trace", "trace"); code != 0 {
				t.Fatalf("%s, seed %s: %s", p.Package, seed, errs)
			}
			if code, _, errs := typed("replay", "trace"); code != 0 {
				t.Errorf("%s, seed %s: %s", p.Package, seed, errs)
			}
		}
	}
}

func TestAChangedByteOfARecordingIsFound(t *testing.T) {
	t.Chdir(t.TempDir())
	entry := protocols.All()[0]
	if err := os.WriteFile(entry.File(), []byte(entry.Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := typed("run", entry.File(), "--trace", "whole"); code != 0 {
		t.Fatal(errs)
	}
	whole, err := os.ReadFile("whole")
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1 << (i % 8)
		if err := os.WriteFile("changed", changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := typed("replay", "changed"); code != 1 || !strings.HasPrefix(errs, "aura: changed: ") {
			t.Errorf("byte %d: exit code %d, %s%s", i, code, out, errs)
		}
	}
}
