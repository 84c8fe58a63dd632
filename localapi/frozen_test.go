package localapi_test

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
)

// iceberg stands before an agent until it is frozen. Then it takes connections and bytes and gives none, as the
// kernel does for a process that is stopped.
type iceberg struct {
	gate   sync.RWMutex // held for writing while it is frozen
	frozen atomic.Bool
}

func (i *iceberg) freeze() {
	i.gate.Lock()
	i.frozen.Store(true)
}

func (i *iceberg) thaw() {
	if i.frozen.CompareAndSwap(true, false) {
		i.gate.Unlock()
	}
}

func (i *iceberg) serve(l net.Listener, agent string) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			i.gate.RLock()
			out, err := net.Dial("unix", agent)
			i.gate.RUnlock()
			if err != nil {
				_ = in.Close()
				return
			}
			go i.pass(out, in)
			i.pass(in, out)
		}()
	}
}

func (i *iceberg) pass(to, from net.Conn) {
	defer to.Close()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		i.gate.RLock()
		_, lost := to.Write(b[:n])
		i.gate.RUnlock()
		if err != nil || lost != nil {
			return
		}
	}
}

// halting is a bridge whose agent is frozen in the middle of a call.
type halting struct {
	*contract.Fake
	ice *iceberg
}

func (h halting) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	h.ice.freeze()
	return h.Fake.Ask(tc, q)
}

func (h halting) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	for n := range 3 {
		if err := sink(fact.Update{Position: fact.Position(n + 1)}); err != nil {
			return err
		}
	}
	if err := tc.Sleep(100 * time.Millisecond); err != nil { // the pages are read
		return err
	}
	h.ice.freeze()
	return h.Fake.Watch(tc, sel, sink)
}

// TestAnAgentThatFreezesMidwayIsToldFromOneThatWorks: no call hangs, however much of its answer has come.
func TestAnAgentThatFreezesMidwayIsToldFromOneThatWorks(t *testing.T) {
	for name, call := range map[string]func(tc task.Context, c *localapi.Client) (pages int, err error){
		"ask": func(tc task.Context, c *localapi.Client) (int, error) {
			_, err := c.Ask(tc, fact.Question{Kind: "test.echo"})
			return 3, err
		},
		"history": func(tc task.Context, c *localapi.Client) (n int, err error) {
			err = c.Watch(tc, fact.Selection{}, func(fact.Update) error { n++; return nil })
			return n, err
		},
		"follow": func(tc task.Context, c *localapi.Client) (n int, err error) {
			err = c.Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error { n++; return nil })
			return n, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ice := &iceberg{}
			serve(t, halting{contract.NewFake(), ice}, localapi.Options{}, nil, func(tc task.Context, path string) {
				front := filepath.Join(t.TempDir(), "s")
				l, err := net.Listen("unix", front)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				defer ice.thaw()
				go ice.serve(l, path)
				c := open(t, tc, front)
				defer c.Close()
				tc, done := tc.WithBudget("test", 40*time.Second)
				defer done()
				pages, err := call(tc, c)
				if pages != 3 || !errors.Is(err, aura.Timeout) || !strings.Contains(aura.Reason(err), "does not answer within 5s: if its process is stopped") {
					t.Errorf("after %d pages: %v", pages, err)
				}
			})
		})
	}
}

// TestASilentAgentIsNotTakenForAFrozenOne: a watch to which nothing comes for long goes on.
func TestASilentAgentIsNotTakenForAFrozenOne(t *testing.T) {
	t.Parallel()
	f := contract.NewFake()
	serve(t, f, localapi.Options{}, nil, func(tc task.Context, path string) {
		c := open(t, tc, path)
		defer c.Close()
		g := task.NewGroup(tc, "later")
		g.Go("submit", func(tc task.Context) error {
			if err := tc.Sleep(7 * time.Second); err != nil {
				return err
			}
			_, err := f.Submit(tc, contract.Note(1, nil))
			return err
		})
		err := c.Watch(tc, fact.Selection{Follow: true}, func(up fact.Update) error {
			if len(up.Records) > 0 {
				return io.EOF
			}
			return nil
		})
		if !errors.Is(err, io.EOF) {
			t.Errorf("the watch ended with %v", err)
		}
		if err := g.Wait(tc); err != nil {
			t.Error(err)
		}
	})
}
