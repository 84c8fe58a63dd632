package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the test's own binary stand for shopping.
func TestMain(m *testing.M) {
	if os.Getenv("SHOPPING_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// patience is how often a command is run until it prints the awaited text. Each run is a process, which paces them; the bound only ends a hang.
const patience = 5000

// TestTwoHomesShareAList is the last section of the guide: two accounts, two agents, one list.
func TestTwoHomesShareAList(t *testing.T) {
	dir := t.TempDir()
	shopping := func(args ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "SHOPPING_MAIN=1", "AURA_HOME=", "AURA_KEY_FILE=", "AURA_PASSPHRASE_FILE=")
		return cmd
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := shopping(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("shopping %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for home, name := range map[string]string{"ada": "Ada", "ben": "Ben"} {
		if said := run("init", "--home", home, "--name", name, "--key-file", filepath.Join(dir, home+".key")); !strings.Contains(said, "shopping up") {
			t.Errorf("init says how to go on with another binary: %s", said)
		}
		up := shopping("up", "--home", home, "--key-file", filepath.Join(dir, home+".key"), "--listen", "127.0.0.1:0", "--json")
		out, err := up.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := up.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = up.Process.Signal(os.Interrupt)
			_ = up.Wait()
		})
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, `"ready"`) {
			t.Fatalf("the agent of %s says %q, %v", name, line, err)
		}
	}
	var code struct{ Code string }
	if err := json.Unmarshal([]byte(run("invite", "create", "--home", "ada", "--json")), &code); err != nil {
		t.Fatal(err)
	}
	run("invite", "accept", "--home", "ben", code.Code)
	run("add", "--home", "ada", "Ben", "milk")
	run("add", "--home", "ben", "Ada", "tea")
	until(t, []string{"milk", "tea"}, func() string { return run("list", "--home", "ben", "Ada") })
	run("buy", "--home", "ben", "Ada", "milk")
	if l := run("list", "--home", "ben", "Ada"); strings.TrimSpace(l) != "tea" {
		t.Errorf("after milk is bought the list is %q", l)
	}
	run("ask", "--home", "ada", "Ben", "will you go?")
	errand := func(home, state string) (id string) {
		t.Helper()
		said := until(t, []string{"will you go?  (" + state + ")"}, func() string { return run("errands", "--home", home) })
		return strings.Fields(said)[0]
	}
	run("answer", "--home", "ben", errand("ben", "open"), "yes")
	errand("ben", "yes")
	id := errand("ada", "yes")
	until(t, []string{id}, func() string { return run("session", "list", "--home", "ada", "--ended") })
	if graph := run("session", "graph", "--home", "ada", id); !strings.Contains(graph, " Ask ") || !strings.Contains(graph, "allowed by errand:agree for 1 unit, with errand.asked") {
		t.Errorf("the graph of the errand is %s", graph)
	}
	if out, err := shopping("buy", "--home", "ben", "Ada", "caviar").CombinedOutput(); err == nil || !strings.Contains(string(out), "caviar") {
		t.Errorf("buying an item that is not on the list: %v, %s", err, out)
	}
}

// until runs a command until its output has all awaited texts, and returns that output.
func until(t *testing.T, awaited []string, run func() string) (said string) {
	t.Helper()
	for range patience {
		said = run()
		if !slices.ContainsFunc(awaited, func(text string) bool { return !strings.Contains(said, text) }) {
			return said
		}
	}
	t.Fatalf("%q is not in %q", awaited, said)
	return ""
}
