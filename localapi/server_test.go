package localapi_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// recorder keeps the events of the server.
type recorder struct {
	mu     sync.Mutex
	events []world.Event
	came   chan struct{} // one token for each rejection
}

func newRecorder() *recorder { return &recorder{came: make(chan struct{}, 64)} }

func (r *recorder) Emit(e world.Event) {
	if e.Family() != world.FamilyIngress {
		return
	}
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	r.came <- struct{}{}
}

// only waits for the one event that is expected and returns it.
func (r *recorder) only(t *testing.T) world.Event {
	t.Helper()
	select {
	case <-r.came:
	case <-time.After(5 * time.Second):
		t.Fatal("no event")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) != 1 {
		t.Fatalf("events: %+v, want one", r.events)
	}
	return r.events[0]
}

func TestRandomBytesLeaveOneEvent(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		events := newRecorder()
		f := contract.NewFake()
		serve(t, f, localapi.Options{}, events, func(tc task.Context, path string) {
			junk := make([]byte, 4096)
			random := rand.New(rand.NewPCG(seed, 0))
			for i := range junk {
				junk[i] = byte(random.Uint32())
			}
			c, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.Write(junk)
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
			e := events.only(t)
			if e.Message() != "rejected" || e.ErrorKind() != aura.Invalid {
				t.Errorf("seed %d: event %+v", seed, e)
			}
			if _, err := open(t, tc, path).Submit(tc, contract.Note(0, nil)); err != nil {
				t.Errorf("seed %d: the server no longer serves: %v", seed, err)
			}
		})
	}
}

func TestStrangeRequestsAreRefused(t *testing.T) {
	const good = "Host: agent.aura.invalid\r\nAura-Protocol: 2\r\nConnection: close\r\n"
	kinds := `{"kinds":["a"` + strings.Repeat(`,"a"`, 1024) + `]}`
	for name, c := range map[string]struct {
		request string
		status  int
		says    string
	}{
		"too many kinds": {"POST /v1/watch HTTP/1.1\r\n" + good + "Content-Length: " + strconv.Itoa(len(kinds)) + "\r\n\r\n" + kinds, 400, "the most is 1024"},
		"other version":  {"GET /v1/hello HTTP/1.1\r\nHost: agent.aura.invalid\r\nAura-Protocol: 3\r\nConnection: close\r\n\r\n", 400, "use the version of Aura that the agent runs"},
		"no version":     {"GET /v1/hello HTTP/1.1\r\nHost: agent.aura.invalid\r\nConnection: close\r\n\r\n", 400, "local protocol"},
		"other host":     {"GET /v1/hello HTTP/1.1\r\nHost: example.org\r\nAura-Protocol: 2\r\nConnection: close\r\n\r\n", 403, "another host"},
		"unknown path":   {"GET /v1/secret HTTP/1.1\r\n" + good + "\r\n", 404, "does not know this request"},
		"not JSON":       {"POST /v1/submit HTTP/1.1\r\n" + good + "Content-Length: 4\r\n\r\nnope", 400, "not as protocol 2 has it"},
		"unknown field":  {"POST /v1/ask HTTP/1.1\r\n" + good + "Content-Length: 12\r\n\r\n{\"colour\":1}", 400, "not as protocol 2 has it"},
		"too large":      {"POST /v1/submit HTTP/1.1\r\n" + good + "Content-Length: 900000\r\n\r\n" + strings.Repeat(" ", 900_000), 400, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, contract.NewFake(), localapi.Options{}, nil, func(_ task.Context, path string) {
				conn, err := net.Dial("unix", path)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, c.request)
				answer, _ := io.ReadAll(conn)
				head, body, _ := bytes.Cut(answer, []byte("\r\n\r\n"))
				if !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) || string(head[9:12]) != strconv.Itoa(c.status) {
					t.Errorf("answer begins %.40q, want status %d", head, c.status)
				}
				if !bytes.Contains(body, []byte(c.says)) {
					t.Errorf("answer %q does not say %q", body, c.says)
				}
			})
		})
	}
}

func TestNoAgentIsUnavailable(t *testing.T) {
	home := t.TempDir()
	path := localapi.SocketPath(home)
	run(t, func(tc task.Context) {
		_, err := localapi.Open(tc, path)
		if !errors.Is(err, aura.Unavailable) || aura.Reason(err) != "no agent is running for this home: start it with aura up" {
			t.Errorf("without a socket: %v", err)
		}
	})
	stale(t, path)
	run(t, func(tc task.Context) {
		_, err := localapi.Open(tc, path)
		if !errors.Is(err, aura.Unavailable) || aura.Reason(err) != "no agent is running for this home: start it with aura up" {
			t.Errorf("with a stale socket: %v", err)
		}
	})
}

func run(t *testing.T, fn func(task.Context)) {
	t.Helper()
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		fn(tc)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// stale leaves a socket without a listener, as a killed agent does.
func stale(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	_ = l.Close()
}

func TestStartReplacesAStaleSocketAndNothingElse(t *testing.T) {
	start := func(path string) (err error) {
		run(t, func(tc task.Context) {
			s := localapi.NewServer(path, contract.NewFake(), localapi.Options{})
			if err = s.Start(tc); err == nil {
				err = s.Close(tc)
			}
		})
		return err
	}
	path := localapi.SocketPath(t.TempDir())
	stale(t, path)
	if err := start(path); err != nil {
		t.Errorf("stale socket: %v", err)
	}
	if err := os.WriteFile(path, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := start(path); !errors.Is(err, aura.Conflict) {
		t.Errorf("a file in the socket's place: %v, want a conflict", err)
	}
	open := localapi.SocketPath(t.TempDir())
	if err := os.MkdirAll(filepath.Dir(open), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(open), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := start(open); !errors.Is(err, aura.Denied) {
		t.Errorf("a directory that others may enter: %v, want denied", err)
	}
}

func TestSocketIsForItsOwnerAlone(t *testing.T) {
	serve(t, contract.NewFake(), localapi.Options{}, nil, func(tc task.Context, path string) {
		for file, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has mode %o, want %o", filepath.Base(file), got, want)
			}
		}
		second := localapi.NewServer(path, contract.NewFake(), localapi.Options{})
		if err := second.Start(tc); !errors.Is(err, aura.Conflict) {
			t.Errorf("a second agent on the socket: %v, want a conflict", err)
		}
	})
}

func TestSlowWatcherIsCutAndResumes(t *testing.T) {
	f := contract.NewFake()
	const notes = 40
	var want []aura.FactID
	events := newRecorder()
	serve(t, f, localapi.Options{WriteWait: 50 * time.Millisecond}, events, func(tc task.Context, path string) {
		c := open(t, tc, path)
		defer c.Close()
		for i := range notes {
			res, err := f.Submit(tc, contract.Note(i, bytes.Repeat([]byte{byte(i)}, 100<<10)))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, res.Facts...)
		}
		var got []aura.FactID
		after, cut, slow := fact.Position(0), 0, false
		for {
			for len(events.came) > 0 {
				<-events.came // of an earlier watch
			}
			err := c.Watch(tc, fact.Selection{After: after}, func(up fact.Update) error {
				for i := range up.Records {
					got = append(got, up.Records[i].ID)
				}
				after = up.Position
				if !slow {
					<-events.came // read nothing more until the server has given up
				}
				return nil
			})
			if err == nil {
				break
			}
			// One cut is by its kind; another, on a loaded machine, may also meet the connection that the server is
			// closing, or a server that had no time to begin. Both say: watch again from there.
			cut++
			slow = slow || errors.Is(err, aura.Exhausted)
			if !errors.Is(err, aura.Exhausted) && !errors.Is(err, aura.Unavailable) || cut > notes {
				t.Fatalf("watch %d ended with %v", cut, err)
			}
		}
		if !slow {
			t.Error("the slow watcher was never cut")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("facts over %d watches (-want +got):\n%s", cut+1, diff)
		}
	})
}

func TestWatchesAreBounded(t *testing.T) {
	serve(t, contract.NewFake(), localapi.Options{MaxWatches: 1}, nil, func(tc task.Context, path string) {
		c := open(t, tc, path)
		err := c.Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error {
			second := c.Watch(tc, fact.Selection{}, func(fact.Update) error { return nil })
			if !errors.Is(second, aura.Exhausted) {
				t.Errorf("a second watch ended with %v", second)
			}
			return io.EOF
		})
		if !errors.Is(err, io.EOF) {
			t.Errorf("the first watch ended with %v", err)
		}
	})
}

func TestStoppedServerEndsItsWatches(t *testing.T) {
	path := localapi.SocketPath(t.TempDir())
	run(t, func(tc task.Context) {
		h := task.Supervise(task.NewGroup(tc, "services"), localapi.NewServer(path, contract.NewFake(), localapi.Options{}))
		if err := h.Start(tc); err != nil {
			t.Fatal(err)
		}
		c := open(t, tc, path)
		err := c.Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error {
			if err := h.Join(tc, 5*time.Second); err != nil {
				t.Error(err)
			}
			return nil
		})
		if kind := aura.KindOf(err); kind != aura.Unavailable && kind != aura.Cancelled {
			t.Errorf("watch ended with %v", err)
		}
		if err := h.Close(tc, time.Second); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
		if _, err := c.Ask(tc, fact.Question{Kind: "test.echo"}); !errors.Is(err, aura.Unavailable) {
			t.Errorf("ask: %v", err)
		}
	})
}

func TestForeignServerIsNoAgent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	run(t, func(tc task.Context) {
		if _, err := localapi.Open(tc, path); !errors.Is(err, aura.Unavailable) {
			t.Errorf("open: %v", err)
		}
	})
}
