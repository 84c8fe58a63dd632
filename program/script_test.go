package program

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// patience bounds every wait on a real process. It is generous: it only ends a hang.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aura": func() { Main(Options{}) }})
}

// TestScripts runs the stories of testdata/script with the real binary, one home folder an agent.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: prepare,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":     start,
			"down":      down,
			"metrics":   metrics,
			"kill9":     kill9,
			"exits":     exits,
			"until":     until,
			"follow":    follow,
			"interrupt": interrupt,
			"noise":     noise,
			"damage":    damage,
			"copyhome":  copyHome,
			"fill":      fill,
			"invite":    inviteCode,
			"line":      deviceLine,
			"meet":      meet,
			"sendmany":  sendMany,
			"histories": histories,
			"agree":     agree,
			"readme":    readme,
			"fixture":   fixture,
			"earlier":   saidEarlier,
			"brought":   broughtEarlier,
			"ready":     ready,
			"freeze":    freeze,
			"thaw":      thaw,
			"token":     tokenOf,
			"session":   sessionOf,
			"hold":      hold,
		},
	})
}

// agents are the processes of one script, by home.
type agents map[string]*process

type process struct {
	cmd    *exec.Cmd
	ready  readyLine
	line   string // the ready line as it was printed
	exited chan error
	errs   *bytes.Buffer
}

func prepare(env *testscript.Env) error {
	running := agents{}
	env.Values["agents"] = running
	env.Values["followers"] = map[string]*follower{}
	env.Values["readme"] = map[string]bool{}
	env.Values["had"] = map[string]bool{}
	env.Setenv("HOME", env.WorkDir)
	for _, name := range []string{"AURA_HOME", "AURA_KEY_FILE", "AURA_PASSPHRASE_FILE", "XDG_DATA_HOME"} {
		env.Setenv(name, "")
	}
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	// No keyring of the machine that runs the test is asked.
	env.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(env.WorkDir, "no-bus"))
	env.Defer(func() {
		for _, p := range running {
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
	})
	return nil
}

// binary returns a command of this test's binary in the environment of a script.
func binary(ts *testscript.TestScript, args ...string) *exec.Cmd {
	path, err := exec.LookPath("aura")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// output runs a command line that must succeed and returns its output.
func output(ts *testscript.TestScript, in io.Reader, args ...string) string {
	cmd := binary(ts, args...)
	cmd.Stdin = in
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		ts.Fatalf("aura %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// start HOME [ARG…] runs `aura up` for a home and waits until it says that it is ready.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || neg {
		ts.Fatalf("usage: start HOME [ARG…]")
	}
	home := args[0]
	up := []string{"up", "--home", home, "--json"}
	if !slices.Contains(args, "--listen") {
		up = append(up, "--listen", "127.0.0.1:0")
	}
	cmd := binary(ts, append(up, args[1:]...)...)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	p := &process{cmd: cmd, exited: make(chan error, 1), errs: &bytes.Buffer{}}
	cmd.Stderr = p.errs
	ts.Check(cmd.Start())
	said := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var line readyLine
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Event == "ready" {
				p.ready, p.line = line, lines.Text()
				close(said)
			}
		}
		p.exited <- cmd.Wait()
	}()
	select {
	case <-said:
		ts.Value("agents").(agents)[home] = p
	case err := <-p.exited:
		ts.Fatalf("agent %s ended before it was ready: %v\n%s", home, err, p.errs)
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		ts.Fatalf("agent %s was not ready in %v\n%s", home, patience, p.errs)
	}
}

// ready HOME PATTERN matches the line of an agent that is ready; with ! it must not match.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	line := running(ts, args[0]).line
	if regexp.MustCompile(args[1]).MatchString(line) == neg {
		ts.Fatalf("agent %s said %s", args[0], line)
	}
}

// metrics HOME PATTERN matches the metrics of an agent; with ! it must not match.
func metrics(ts *testscript.TestScript, neg bool, args []string) {
	answer, err := http.Get(running(ts, args[0]).ready.Metrics)
	ts.Check(err)
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode != http.StatusOK || regexp.MustCompile(args[1]).Match(page) == neg {
		ts.Fatalf("agent %s answered %s:\n%s", args[0], answer.Status, page)
	}
}

// down HOME ends an agent with SIGTERM and expects exit code 0 and nothing to complain about.
func down(ts *testscript.TestScript, _ bool, args []string) {
	p := running(ts, args[0])
	if err := end(ts, args[0], syscall.SIGTERM); err != nil {
		ts.Fatalf("agent %s did not stop cleanly: %v", args[0], err)
	}
	if p.errs.Len() > 0 {
		ts.Fatalf("agent %s stopped with\n%s", args[0], p.errs)
	}
}

// kill9 HOME ends an agent at once.
func kill9(ts *testscript.TestScript, _ bool, args []string) {
	if err := end(ts, args[0], syscall.SIGKILL); err == nil {
		ts.Fatalf("agent %s ended cleanly on SIGKILL", args[0])
	}
}

func running(ts *testscript.TestScript, home string) *process {
	p := ts.Value("agents").(agents)[home]
	if p == nil {
		ts.Fatalf("no agent runs for %s", home)
	}
	return p
}

func end(ts *testscript.TestScript, home string, sig syscall.Signal) error {
	p := running(ts, home)
	delete(ts.Value("agents").(agents), home)
	ts.Check(p.cmd.Process.Signal(sig))
	select {
	case err := <-p.exited:
		ts.Logf("agent %s: %v %s", home, err, p.errs)
		return err
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		return errors.New("it did not end")
	}
}

// exits CODE ARG… runs an aura command line, which must end with the exit code. Its output is there for
// stdout and stderr.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec("aura", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("aura: %v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// until PATTERN ARG… runs an aura command line until its output matches.
func until(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	last := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		out, err := binary(ts, args[1:]...).CombinedOutput()
		if last = string(out); err == nil && pattern.MatchString(last) {
			return
		}
	}
	ts.Fatalf("no match for %q in time, last:\n%s", args[0], last)
}

// follower is an aura command that goes on until it is interrupted.
type follower struct {
	cmd       *exec.Cmd
	out, errs lockedBuffer
}

// lockedBuffer holds the output of a running process, to be read meanwhile.
type lockedBuffer struct {
	lock sync.Mutex
	buf  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buf.String()
}

// follow NAME PATTERN ARG… starts an aura command and waits until its output matches: it follows from then on.
func follow(ts *testscript.TestScript, _ bool, args []string) {
	f := &follower{cmd: binary(ts, args[2:]...)}
	f.cmd.Stdout, f.cmd.Stderr = &f.out, &f.errs
	ts.Check(f.cmd.Start())
	ts.Defer(func() { _ = f.cmd.Process.Kill() })
	ts.Value("followers").(map[string]*follower)[args[0]] = f
	pattern := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(patience); !pattern.MatchString(f.out.String()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%s has not begun: no match for %q in:\n%s%s", args[0], args[1], f.out.String(), f.errs.String())
		}
	}
}

// interrupt NAME ends a follower as Ctrl-C does and prints its output. It must not have ended before.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	f := ts.Value("followers").(map[string]*follower)[args[0]]
	if err := f.cmd.Process.Signal(os.Interrupt); err != nil {
		ts.Fatalf("%s ended before: %v\n%s", args[0], err, f.errs.String())
	}
	err := f.cmd.Wait()
	fmt.Fprint(ts.Stdout(), f.out.String())
	fmt.Fprint(ts.Stderr(), f.errs.String())
	if err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// noise HOME sends bytes that mean nothing to every port and to the socket of an agent.
func noise(ts *testscript.TestScript, _ bool, args []string) {
	p := running(ts, args[0])
	targets := [][2]string{{"unix", p.ready.Socket}}
	for _, address := range p.ready.Addresses {
		part := strings.Split(address, "/") // "", ip4, 127.0.0.1, tcp, port, …
		targets = append(targets, [2]string{part[3], net.JoinHostPort(part[2], part[4])})
	}
	if len(targets) != 3 {
		ts.Fatalf("want a socket, a TCP and a UDP address, got %v", targets)
	}
	for n, target := range targets {
		for _, start := range []string{"", "GET / HTTP/1.1\r\n", "POST /submit HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", "\x13/multistream/1.0.0\n"} {
			conn, err := net.Dial(target[0], target[1])
			ts.Check(err)
			ts.Check(conn.SetDeadline(time.Now().Add(patience)))
			_, _ = conn.Write([]byte(start)) // the agent may hang up at any time
			block := sha256.Sum256([]byte{byte(n)})
			for range 512 {
				block = sha256.Sum256(block[:])
				_, _ = conn.Write(block[:])
			}
			if target[0] != "udp" {
				_ = conn.(interface{ CloseWrite() error }).CloseWrite()
				_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
			}
			_ = conn.Close()
		}
	}
}

// damage GLOB… inverts every byte in the middle half of the matching files, of which there must be some.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	found := 0
	for _, pattern := range args {
		paths, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		for _, path := range paths {
			b, err := os.ReadFile(path)
			ts.Check(err)
			for i := len(b) / 4; i < len(b)*3/4; i++ {
				b[i] = ^b[i]
			}
			ts.Check(os.WriteFile(path, b, fs.ModePerm&0o600))
			found++
		}
	}
	if found == 0 {
		ts.Fatalf("nothing matches %v", args)
	}
}

// copyhome HOME COPY copies the folder of a home, as cp -r does. A copy that is there is replaced.
func copyHome(ts *testscript.TestScript, _ bool, args []string) {
	from, to := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	ts.Check(os.RemoveAll(to))
	ts.Check(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || d.Type() == fs.ModeSocket {
			return err
		}
		if d.IsDir() {
			return os.Mkdir(filepath.Join(to, name), 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o600)
	}))
}

// fill FILE N writes a file of N bytes: letters, so that it is text.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte("x"), n), 0o600))
}

// invite VARIABLE HOME [ARG…] creates an invitation and sets the variable to its code and VARIABLE_ID to
// its identifier.
func inviteCode(ts *testscript.TestScript, _ bool, args []string) {
	var made struct{ Code, ID string }
	out := output(ts, nil, append([]string{"invite", "create", "--json", "--home", args[1]}, args[2:]...)...)
	ts.Check(json.Unmarshal([]byte(out), &made))
	ts.Setenv(args[0], made.Code)
	ts.Setenv(args[0]+"_ID", made.ID)
}

// line HOME NAME puts the line for a new device into a variable of the script.
func deviceLine(ts *testscript.TestScript, _ bool, args []string) {
	var made struct{ Code string }
	ts.Check(json.Unmarshal([]byte(output(ts, nil, "device", "add", "--later", "--json", "--home", args[0])), &made))
	ts.Setenv(args[1], made.Code)
}

// fixture NAME HOME makes a home from an archive of testdata/homes and puts what protects its keys into
// HOME.secret. The archives are homes that released builds have written.
func fixture(ts *testscript.TestScript, _ bool, args []string) {
	archive, err := zip.OpenReader(filepath.Join("testdata", "homes", args[0]+".zip"))
	ts.Check(err)
	defer archive.Close()
	home := ts.MkAbs(args[1])
	for _, f := range archive.File {
		path := home + ".secret"
		if name, ok := strings.CutPrefix(f.Name, "home/"); ok {
			path = filepath.Join(home, filepath.FromSlash(name))
		}
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
		content, err := archive.Open(f.Name)
		ts.Check(err)
		bytes, err := io.ReadAll(content)
		ts.Check(err)
		ts.Check(os.WriteFile(path, bytes, 0o600))
	}
}

// freeze HOME stops the process of an agent without ending it; thaw HOME lets it go on.
// hold HOME has the journal of a home until the script ends, as a command with --offline has it.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	store, err := journal.OpenPebble(filepath.Join(ts.MkAbs(args[0]), "journal"), journal.PebbleOptions{ReadOnly: true})
	ts.Check(err)
	ts.Defer(func() { _ = task.NewReal(task.RealOptions{}).Run("release", store.Close) })
}

func freeze(ts *testscript.TestScript, _ bool, args []string) { signalTo(ts, args[0], "STOP") }

func thaw(ts *testscript.TestScript, _ bool, args []string) { signalTo(ts, args[0], "CONT") }

func signalTo(ts *testscript.TestScript, home, name string) {
	pid := strconv.Itoa(running(ts, home).cmd.Process.Pid)
	ts.Check(ts.Exec("kill", "-s", name, pid))
}

// tokenOf ROLE HOME puts the identifier of the first token of a role into $TOKEN.
func tokenOf(ts *testscript.TestScript, _ bool, args []string) {
	out, err := binary(ts, "guard", "tokens", "--home", args[1], "--json").Output()
	ts.Check(err)
	for line := range strings.Lines(string(out)) {
		var row struct{ ID, Role string }
		ts.Check(json.Unmarshal([]byte(line), &row))
		if row.Role == args[0] {
			ts.Setenv("TOKEN", row.ID)
			return
		}
	}
	ts.Fatalf("%s has no token of the role %s: %s", args[1], args[0], out)
}

// sessionOf VARIABLE HOME sets the variable to the short identifier of the only session that lives.
func sessionOf(ts *testscript.TestScript, _ bool, args []string) {
	var row struct{ Session string }
	ts.Check(json.Unmarshal([]byte(output(ts, nil, "session", "list", "--home", args[1], "--json")), &row))
	ts.Setenv(args[0], row.Session[len("sess_"):][:8])
}
