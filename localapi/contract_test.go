package localapi_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// serve runs fn as a task beside a server for b, and stops the server when fn returns.
func serve(t *testing.T, b app.Bridge, o localapi.Options, events world.Log, fn func(tc task.Context, path string)) {
	t.Helper()
	path := localapi.SocketPath(t.TempDir())
	err := task.NewReal(task.RealOptions{Log: events}).Run("test", func(tc task.Context) error {
		h := task.Supervise(task.NewGroup(tc, "services"), localapi.NewServer(path, b, o))
		defer func() {
			if err := h.Join(tc, time.Second); err != nil {
				t.Errorf("server: %v", err)
			}
			if err := h.Close(tc, time.Second); err != nil {
				t.Errorf("server: %v", err)
			}
		}()
		if err := h.Start(tc); err != nil {
			return err
		}
		fn(tc, path)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, tc task.Context, path string) *localapi.Client {
	t.Helper()
	c, err := localapi.Open(tc, path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClientKeepsTheContract(t *testing.T) {
	contract.Bridge(t, func(t *testing.T) contract.World {
		f := contract.NewFake()
		w := f.World()
		w.Run = func(fn func(task.Context, contract.Subject)) {
			serve(t, f, localapi.Options{}, nil, func(tc task.Context, path string) {
				c := open(t, tc, path)
				defer c.Close()
				fn(tc, c)
			})
		}
		return w
	})
}

func TestSocketPathFitsASocket(t *testing.T) {
	short := localapi.SocketPath("/home/ada")
	if want := filepath.Join("/home/ada", "run", "agent.sock"); short != want {
		t.Errorf("path is %s, want %s", short, want)
	}
	long := "/home"
	for range 20 {
		long = filepath.Join(long, "a-long-folder")
	}
	one, two := localapi.SocketPath(long), localapi.SocketPath(long+"2")
	if len(one) > 103 || one == two {
		t.Errorf("paths of long homes: %s and %s", one, two)
	}
}
