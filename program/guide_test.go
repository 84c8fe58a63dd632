package program

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// block is a fenced block of a page: "```LANGUAGE NAME".
type block struct{ language, name, text string }

func blocks(page string) []block {
	var out []block
	var open *block
	for line := range strings.Lines(page) {
		switch fence, ok := strings.CutPrefix(line, "```"); {
		case ok && open == nil:
			language, name, _ := strings.Cut(strings.TrimSpace(fence), " ")
			open = &block{language: language, name: name}
		case ok:
			out, open = append(out, *open), nil
		case open != nil:
			open.text += line
		}
	}
	return out
}

// The guide's choreographies are files, its commands are run on them, and their output equals that in the guide
// that they print.
func TestTheGuideToChoreographiesIsTrue(t *testing.T) {
	page, err := os.ReadFile("../docs/choreographies.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../protocols/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	ran := 0
	for _, b := range blocks(string(page)) {
		switch b.language {
		case "tell":
			if err := os.WriteFile(filepath.Base(b.name), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
		case "sh":
			ran++
			if diff := cmp.Diff(b.text, session(b.text)); diff != "" {
				t.Errorf("(-guide +printed):\n%s", diff)
			}
		case "go":
			if !strings.Contains(outdented(string(example)), b.text) {
				t.Errorf("the example does not contain\n%s", b.text)
			}
		}
	}
	if ran == 0 {
		t.Error("the guide has no commands")
	}
}

// session runs the lines "$ aura ARG…" of a text and returns the text of the terminal.
func session(text string) string {
	var screen bytes.Buffer
	for line := range strings.Lines(text) {
		words, ok := strings.CutPrefix(line, "$ aura ")
		if !ok {
			continue
		}
		screen.WriteString(line)
		if code := run(Options{}, strings.Fields(words), strings.NewReader(""), &screen, &screen); code != 0 {
			fmt.Fprintf(&screen, "? %d\n", code)
		}
	}
	return screen.String()
}

// outdented takes two tabs off every line.
func outdented(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		b.WriteString(strings.TrimPrefix(line, "\t\t"))
	}
	return b.String()
}
