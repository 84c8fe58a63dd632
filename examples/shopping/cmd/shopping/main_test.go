package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own binary stand for shopping.
func TestMain(m *testing.M) {
	if os.Getenv("SHOPPING_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// patience bounds each wait for a real process. It only ends a hang.
const patience = time.Minute

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
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if l := run("list", "--home", "ben", "Ada"); strings.Contains(l, "milk") && strings.Contains(l, "tea") {
			break
		} else if time.Now().After(end) {
			t.Fatalf("Ben's list is %q", l)
		}
	}
	run("buy", "--home", "ben", "Ada", "milk")
	if l := run("list", "--home", "ben", "Ada"); strings.TrimSpace(l) != "tea" {
		t.Errorf("after milk is bought the list is %q", l)
	}
	run("ask", "--home", "ada", "Ben", "will you go?")
	until := func(home, state string) string {
		for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			if said := run("errands", "--home", home); strings.Contains(said, "will you go?  ("+state+")") {
				return strings.Fields(said)[0]
			} else if time.Now().After(end) {
				t.Fatalf("the errands of %s are %q", home, said)
			}
		}
	}
	run("answer", "--home", "ben", until("ben", "open"), "yes")
	until("ben", "yes")
	id := until("ada", "yes")
	for end := time.Now().Add(patience); !strings.Contains(run("session", "list", "--home", "ada", "--ended"), id); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the session of the errand does not end")
		}
	}
	if graph := run("session", "graph", "--home", "ada", id); !strings.Contains(graph, " Ask ") || !strings.Contains(graph, "allowed by errand:agree for 1 unit, with errand.asked") {
		t.Errorf("the graph of the errand is %s", graph)
	}
	if out, err := shopping("buy", "--home", "ben", "Ada", "caviar").CombinedOutput(); err == nil || !strings.Contains(string(out), "caviar") {
		t.Errorf("buying an item that is not on the list: %v, %s", err, out)
	}
}
