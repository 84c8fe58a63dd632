package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait on a real process. It is generous: it only ends a hang.
const patience = 90 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"aura": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the stories of testdata/script with the real binary, one home folder an agent.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: prepare,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":     start,
			"stop":      stop,
			"kill9":     kill9,
			"meet":      meet,
			"sendmany":  sendMany,
			"histories": histories,
		},
	})
}

// agents are the processes of one script, by home.
type agents map[string]*process

type process struct {
	cmd    *exec.Cmd
	exited chan error
	errs   *bytes.Buffer
}

func prepare(env *testscript.Env) error {
	running := agents{}
	env.Values["agents"] = running
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("AURA_KEY_FILE", "")
	env.Defer(func() {
		for _, p := range running {
			p.cmd.Process.Kill()
			<-p.exited
		}
	})
	return nil
}

func command(ts *testscript.TestScript, args ...string) *exec.Cmd {
	self, err := os.Executable()
	ts.Check(err)
	// testscript puts this test binary on the PATH under the name of each command.
	_ = self
	path, err := exec.LookPath("aura")
	if p := filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "aura"); err != nil {
		path = p
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	return cmd
}

// start HOME [ARG…] runs `aura up` for a home and waits until it says that it is ready.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || neg {
		ts.Fatalf("usage: start HOME [ARG…]")
	}
	home := args[0]
	cmd := command(ts, append([]string{"up", "--home", home, "--listen", "127.0.0.1:0", "--json"}, args[1:]...)...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	p := &process{cmd: cmd, exited: make(chan error, 1), errs: &bytes.Buffer{}}
	cmd.Stderr = p.errs
	ts.Check(cmd.Start())
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var event struct {
				Event string `json:"event"`
			}
			if json.Unmarshal(lines.Bytes(), &event) == nil && event.Event == "ready" {
				ready <- true
			}
		}
		p.exited <- cmd.Wait()
	}()
	select {
	case <-ready:
		ts.Value("agents").(agents)[home] = p
	case err := <-p.exited:
		ts.Fatalf("agent %s ended before it was ready: %v\n%s", home, err, p.errs)
	case <-time.After(patience):
		cmd.Process.Kill()
		ts.Fatalf("agent %s was not ready in %v\n%s", home, patience, p.errs)
	}
}

// stop HOME ends an agent with SIGTERM and expects exit code 0.
func stop(ts *testscript.TestScript, _ bool, args []string) {
	if err := end(ts, args[0], syscall.SIGTERM); err != nil {
		ts.Fatalf("agent %s did not stop cleanly: %v", args[0], err)
	}
}

// kill9 HOME ends an agent at once.
func kill9(ts *testscript.TestScript, _ bool, args []string) {
	if err := end(ts, args[0], syscall.SIGKILL); err == nil {
		ts.Fatalf("agent %s ended cleanly on SIGKILL", args[0])
	}
}

func end(ts *testscript.TestScript, home string, sig syscall.Signal) error {
	running := ts.Value("agents").(agents)
	p := running[home]
	if p == nil {
		ts.Fatalf("no agent runs for %s", home)
	}
	delete(running, home)
	ts.Check(p.cmd.Process.Signal(sig))
	select {
	case err := <-p.exited:
		ts.Logf("agent %s: %v %s", home, err, p.errs)
		return err
	case <-time.After(patience):
		p.cmd.Process.Kill()
		return errors.New("it did not end")
	}
}

// meet HOME-A HOME-B lets A invite and B accept.
func meet(ts *testscript.TestScript, _ bool, args []string) {
	var invitation struct {
		Code string `json:"code"`
	}
	out := output(ts, nil, "invite", "create", "--home", args[0], "--json")
	ts.Check(json.Unmarshal([]byte(out), &invitation))
	if len(invitation.Code) > 300 || strings.ContainsAny(invitation.Code, "\n ") {
		ts.Fatalf("the invitation is not one line of at most 300 bytes: %q", invitation.Code)
	}
	output(ts, nil, "invite", "accept", "--home", args[1], invitation.Code)
}

// sendmany HOME CONTACT PREFIX FIRST LAST sends numbered texts: short ones, some with emoji and
// newlines, every fiftieth of 60 KiB.
func sendMany(ts *testscript.TestScript, _ bool, args []string) {
	home, to, prefix := args[0], args[1], args[2]
	first, err := strconv.Atoi(args[3])
	ts.Check(err)
	last, err := strconv.Atoi(args[4])
	ts.Check(err)
	for i := first; i <= last; i++ {
		output(ts, strings.NewReader(text(prefix, i)), "send", "--home", home, to, "-")
	}
}

func text(prefix string, i int) string {
	switch {
	case i%50 == 0:
		return fmt.Sprintf("%s %d ", prefix, i) + strings.Repeat("é…🌍\n", 60*1024/10)[:60*1024-40]
	case i%7 == 0:
		return fmt.Sprintf("%s %d\nfirst line\n\n  third line", prefix, i)
	case i%5 == 0:
		return fmt.Sprintf("%s %d 🎉👩‍👩‍👧 \"quoted\" \\ <b>", prefix, i)
	}
	return fmt.Sprintf("%s %d", prefix, i)
}

// histories HOME-A NAME-OF-B HOME-B NAME-OF-A PREFIX-A N PREFIX-B M waits until both sides hold the N
// texts of A and the M texts of B, and fails unless both histories are equal, in order and without
// duplicates.
func histories(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[5])
	ts.Check(err)
	m, err := strconv.Atoi(args[7])
	ts.Check(err)
	var a, b []message
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		a, b = history(ts, args[0], args[1]), history(ts, args[2], args[3])
		if settled(a, n+m) && settled(b, n+m) {
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("histories are not complete: %d and %d of %d messages; undelivered: %v, %v", len(a), len(b), n+m, open(a), open(b))
		}
	}
	count := map[string]int{}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Text != b[i].Text {
			ts.Fatalf("message %d differs: %.60q and %.60q", i, a[i].Text, b[i].Text)
		}
		for prefix, total := range map[string]int{args[4]: n, args[6]: m} {
			if !strings.HasPrefix(a[i].Text, prefix+" ") {
				continue
			}
			if count[prefix]++; a[i].Text != text(prefix, count[prefix]) {
				ts.Fatalf("%s message %d of %d is out of order or damaged: %.60q", prefix, count[prefix], total, a[i].Text)
			}
		}
	}
	if count[args[4]] != n || count[args[6]] != m {
		ts.Fatalf("found %v, want %d and %d", count, n, m)
	}
}

type message struct {
	ID    string `json:"id"`
	From  string `json:"from"`
	Text  string `json:"text"`
	State string `json:"state"`
	Mine  bool   `json:"mine"`
}

func history(ts *testscript.TestScript, home, contact string) []message {
	var list []message
	lines := bufio.NewScanner(strings.NewReader(output(ts, nil, "read", "--home", home, contact, "--json")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		ts.Check(json.Unmarshal(lines.Bytes(), &m))
		list = append(list, m)
	}
	return list
}

func settled(list []message, want int) bool { return len(list) >= want && open(list) == 0 }

// open counts own messages that the other side has not acknowledged.
func open(list []message) int {
	n := 0
	for _, m := range list {
		if m.Mine && m.State != "delivered" && m.State != "read" {
			n++
		}
	}
	return n
}

func output(ts *testscript.TestScript, in *strings.Reader, args ...string) string {
	cmd := command(ts, args...)
	if in != nil {
		cmd.Stdin = in
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		ts.Fatalf("aura %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}
