package program

import (
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// readme WORD… runs the only command line of the README that begins with the words, as it stands there; with
// ! it says instead that the line needs no run, or that another command of the script does it. Without
// words it fails if the script left out a line.
func readme(ts *testscript.TestScript, neg bool, args []string) {
	done := ts.Value("readme").(map[string]bool)
	lines := readmeLines(ts)
	if len(args) == 0 {
		for _, line := range lines {
			if !done[line] {
				ts.Fatalf("the README says %q, and nothing here tries it", line)
			}
		}
		return
	}
	var found []string
	for _, line := range lines {
		if strings.HasPrefix(line+" ", strings.Join(args, " ")+" ") {
			found = append(found, line)
		}
	}
	if len(found) != 1 {
		ts.Fatalf("%d lines of the README begin with %q, not one", len(found), strings.Join(args, " "))
	}
	done[found[0]] = true
	if neg {
		return
	}
	var words []string
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(strings.TrimPrefix(found[0], "go run ./cmd/"), -1) {
		words = append(words, strings.Trim(word, `"`))
	}
	ts.Check(ts.Exec(words[0], words[1:]...))
}

// readmeLines returns the command lines of the README's sh blocks, without prompt and comment.
func readmeLines(ts *testscript.TestScript) (lines []string) {
	text, err := os.ReadFile("../README.md")
	ts.Check(err)
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
		} else if command, ok := strings.CutPrefix(line, "$ "); ok && inside {
			command, _, _ = strings.Cut(command, " #")
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	return lines
}
