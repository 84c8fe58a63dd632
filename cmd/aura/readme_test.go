package main

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestReadmeDemoRuns runs the lines of the README's sh blocks that begin with the demonstration.
func TestReadmeDemoRuns(t *testing.T) {
	for _, args := range demoLines(t) {
		var out, errs bytes.Buffer
		if code := run(args, strings.NewReader(""), &out, &errs); code != 0 {
			t.Errorf("aura %s: exit code %d\n%s", strings.Join(args, " "), code, &errs)
		}
		if out.Len() == 0 {
			t.Errorf("aura %s prints nothing", strings.Join(args, " "))
		}
	}
}

// demoLines returns the arguments of the README's command lines that begin with the demonstration.
func demoLines(t *testing.T) (lines [][]string) {
	t.Helper()
	f, err := os.Open("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inside := false
	for text := bufio.NewScanner(f); text.Scan(); {
		line := strings.TrimSpace(text.Text())
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside:
			if args, ok := strings.CutPrefix(line, "$ go run ./cmd/aura demo"); ok {
				lines = append(lines, strings.Fields("demo"+args))
			}
		}
	}
	if len(lines) == 0 {
		t.Fatal("the README does not show the demonstration")
	}
	return lines
}
