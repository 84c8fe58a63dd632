package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/sim"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// BenchmarkVerbs runs the program itself: the cost of a verb with a long history. It reports the processor
// time of the verb's process ("client") and of the agent that answers it ("agent"); elapsed time is that of both
// and of other programs that run. Homes are kept in $AURA_BENCH_HOMES, if set, since a million messages take minutes
// to write.
func BenchmarkVerbs(b *testing.B) {
	program := filepath.Join(b.TempDir(), "aura")
	if out, err := exec.Command("go", "build", "-C", "..", "-o", program, "./cmd/aura").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, messages := range []int{100, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(messages), func(b *testing.B) {
			h := openHomes(b, program, messages)
			ada := h.up(b, "Ada")
			h.up(b, "Ben")
			h.run(b, "send", "Ben", "first", "--wait", "delivered")
			for _, verb := range [][]string{
				{"read", "Ben", "--last", "1"}, {"read", "Ben", "--last", "20"}, {"read", "Cleo", "--last", "20"},
				{"send", "Ben", "hi"}, {"send", "Ben", "hi", "--wait", "delivered"},
				{"contacts"}, {"status"}, {"invite", "list"}, {"invite", "create"}, {"group", "list"},
				{"mute", "Cleo"}, {"unmute", "Cleo"}, {"guard", "explain", "Ben", "chat:send"}, {"query", `group:joined($id, $context)`},
			} {
				b.Run(strings.Join(verb, "_"), func(b *testing.B) {
					client, before := time.Duration(0), processTime(b, ada)
					for range b.N {
						client += h.run(b, verb...)
					}
					n := time.Duration(b.N)
					b.ReportMetric(ms(client/n), "client-ms/op")
					b.ReportMetric(ms((processTime(b, ada)-before)/n), "agent-ms/op")
				})
			}
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// homes is a folder with the accounts of Ada, Ben and Cleo.
type homes struct {
	program, dir string
}

// openHomes returns accounts in which Ada and Ben exchanged so many messages, after Ada and Cleo had exchanged
// a hundred.
func openHomes(b *testing.B, program string, messages int) homes {
	h := homes{program: program, dir: b.TempDir()}
	if kept := os.Getenv("AURA_BENCH_HOMES"); kept != "" {
		h.dir = filepath.Join(kept, strconv.Itoa(messages))
		if _, err := os.Stat(filepath.Join(h.dir, "done")); err == nil {
			return h
		}
	}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"Ada", "Ben", "Cleo"} {
		h.run(b, "init", "--name", name, "--home", h.home(name), "--key-file", h.key(name))
	}
	err := task.NewReal(task.RealOptions{}).Run("homes", func(tc task.Context) error {
		ada := start(tc, b, h.dir, "Ada")
		with := map[string]aura.ContextID{}
		for _, name := range []string{"Ben", "Cleo"} {
			p := &pair{tc: tc, ada: ada, ben: start(tc, b, h.dir, name)}
			p.meet(b)
			with[name] = p.context
			if err := p.ben.Stop(tc); err != nil {
				return err
			}
		}
		if err := ada.Stop(tc); err != nil {
			return err
		}
		if err := h.talk(tc, b, "Cleo", with["Cleo"], 100); err != nil {
			return err
		}
		return h.talk(tc, b, "Ben", with["Ben"], messages)
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(h.dir, "done"), nil, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	return h
}

func (h homes) home(name string) string { return filepath.Join(h.dir, name) }
func (h homes) key(name string) string  { return filepath.Join(h.dir, name+".key") }

// talk gives Ada and another person a past.
func (h homes) talk(tc task.Context, b *testing.B, with string, context aura.ContextID, messages int) error {
	group := task.NewGroup(tc, "past")
	var sides []sim.Speaker
	for _, name := range []string{"Ada", with} {
		hands, err := agent.OpenHome(tc, h.home(name), keyring.KeyFile(h.key(name)), agent.HomeOptions{})
		if err != nil {
			return err
		}
		side, err := sim.OpenSpeaker(tc, group, hands.Store, hands.Ring, world.Random())
		if err != nil {
			return err
		}
		sides = append(sides, side)
	}
	err := sim.Converse(tc, sides[0], sides[1], context, messages)
	for _, side := range sides {
		if closing := side.Journal.Close(tc); err == nil {
			err = closing
		}
	}
	return err
}

// up runs the agent of an account until the benchmark ends, and returns its process.
func (h homes) up(b *testing.B, name string) (pid int) {
	cmd := exec.Command(h.program, "up", "--home", h.home(name), "--key-file", h.key(name), "--listen", "127.0.0.1:0", "--json")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte(`"ready"`)) {
			return cmd.Process.Pid
		}
	}
	b.Fatalf("the agent of %s does not start", name)
	return 0
}

// run runs a verb of Ada's and returns the processor time of its process.
func (h homes) run(b *testing.B, args ...string) time.Duration {
	cmd := exec.Command(h.program, args...)
	cmd.Env = append(os.Environ(), "AURA_HOME="+h.home("Ada"))
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("aura %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// processTime returns the processor time that a process has used, from the kernel's accounts of its threads.
func processTime(b *testing.B, pid int) (spent time.Duration) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		b.Skip("this system does not report the processor time of a process")
	}
	for _, path := range threads {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		used, _, _ := strings.Cut(string(content), " ")
		n, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		spent += time.Duration(n)
	}
	return spent
}
