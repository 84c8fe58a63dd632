package errand_test

import (
	"bufio"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// patience is how often a command is run until it prints the awaited text. Each run is a process, which paces them; the bound only ends a hang.
const patience = 5000

// checkout is the folder of Aura, and guide the page that is tried.
const (
	checkout = "../../.."
	guide    = checkout + "/docs/write-a-protocol.md"
)

// TestTheGuideFromAnEmptyFolder does what a reader of the guide does: each file of the page is written into an empty folder, each of its
// commands is run there, and prints what the page says. Of its commands two are left out: "go mod tidy" needs the network, so the test takes
// the modules of this example, and ./aura is the built program, which has the same verbs.
func TestTheGuideFromAnEmptyFolder(t *testing.T) {
	page, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	aura, err := filepath.Abs(checkout)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{T: t, dir: t.TempDir(), aura: aura, known: map[string]string{}}
	var steps []step
	for _, b := range regexp.MustCompile("(?ms)^```(\\w+)(?: (\\S+))?\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		switch language, name, text := b[1], b[2], b[3]; {
		case language == "sh":
			steps = append(steps, stepsOf(text)...)
		case name == "" || name != filepath.Base(name):
			t.Fatalf("a block of the page does not say which file it is:\n%s", text)
		default:
			r.write(name, text)
		}
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	r.write("go.sum", string(sums))
	ran := map[string]int{}
	for _, building := range []bool{true, false} {
		for _, s := range steps {
			if tool := s.command[0]; (tool == "go") == building {
				r.do(s)
				ran[tool]++
			}
		}
	}
	if ran["go"] < 4 || ran["./agree"] < 8 || ran["./aura"] < 2 {
		t.Errorf("the page has few commands: %v", ran)
	}
}

// step is a command of the page, with the lines that the page shows below it.
type step struct {
	command []string
	shown   string
}

func stepsOf(block string) (steps []step) {
	for _, text := range strings.Split("\n"+block, "\n$ ")[1:] {
		line, shown, _ := strings.Cut(text, "\n")
		line, _, _ = strings.Cut(line, " > ")
		words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
		for i := range words {
			words[i] = strings.Trim(words[i], `"`)
		}
		steps = append(steps, step{words, strings.TrimSpace(shown)})
	}
	return steps
}

// reader is a person who follows the page in a folder.
type reader struct {
	*testing.T
	dir, aura string
	known     map[string]string // what stands for CODE and ID
}

func (r *reader) write(name, text string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

// do carries out a step.
func (r *reader) do(s step) {
	r.Helper()
	words := strings.Fields(strings.Join(s.command, " ") + " -")
	switch {
	case s.command[0] != "go" && !strings.HasPrefix(s.command[0], "./"), words[1] == "mod" && words[2] == "tidy", words[1] == "build" && words[2] == "-C":
		return
	case words[1] == "up":
		r.start(s)
		return
	}
	tries := 1
	if words[1] == "list" || words[1] == "session" { // asks, and changes nothing
		tries = patience
	}
	var said string
	for range tries {
		out, err := r.program(s.command).CombinedOutput()
		if err != nil {
			r.Fatalf("%v: %v\n%s", s.command, err, out)
		}
		if said = string(out); r.shows(s.shown, said) {
			return
		}
	}
	r.Fatalf("%v prints\n%s\nand the page shows\n%s", s.command, said, s.shown)
}

// start starts an agent, which runs until the test ends.
func (r *reader) start(s step) {
	r.Helper()
	up := r.program(s.command)
	up.Cancel = func() error { return up.Process.Signal(os.Interrupt) }
	out, err := up.StdoutPipe()
	if err != nil {
		r.Fatal(err)
	}
	if err := up.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = up.Wait() }) // the context of the test has ended then
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !r.shows(s.shown, line) {
		r.Fatalf("%v prints %q, %v", s.command, line, err)
	}
}

// program returns the process of a command.
func (r *reader) program(command []string) *exec.Cmd {
	args := make([]string, len(command))
	for i, word := range command {
		args[i] = strings.ReplaceAll(cmp.Or(r.known[word], word), "$AURA", r.aura)
	}
	name := args[0]
	if strings.HasPrefix(name, "./") {
		name = filepath.Join(r.dir, "agree")
	}
	cmd := exec.CommandContext(r.Context(), name, args[1:]...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "AURA_HOME=", "AURA_KEY_FILE=", "AURA_PASSPHRASE_FILE=", "GOFLAGS=-mod=mod -ldflags=-w", "GOPROXY=off", "GOWORK=off")
	return cmd
}

// shows reports whether a text has what the page shows, where "…" stands for any part of a line, CODE and ID for a word that stays the same.
func (r *reader) shows(page, said string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(page), "…", ".*")
	var names []string
	pattern = regexp.MustCompile(`\b(CODE|ID)\b`).ReplaceAllStringFunc(pattern, func(name string) string {
		if r.known[name] != "" {
			return regexp.QuoteMeta(r.known[name])
		}
		names = append(names, name)
		return `([\w-]+)`
	})
	found := regexp.MustCompile(`(?m)^` + pattern).FindStringSubmatch(said)
	if found == nil {
		return false
	}
	for i, name := range names {
		r.known[name] = found[i+1]
	}
	return true
}
