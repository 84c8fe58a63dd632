package reactive_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// everywhere runs fn as a task of the real executor and of simulations with several seeds.
func everywhere(t *testing.T, fn func(t *testing.T, tc task.Context)) {
	t.Run("real", func(t *testing.T) { within(t, task.NewReal(task.RealOptions{}), fn) })
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { simulated(t, seed, nil, fn) })
	}
}

func simulated(t *testing.T, seed uint64, log world.Log, fn func(t *testing.T, tc task.Context)) {
	t.Helper()
	within(t, task.NewSim(seed, task.SimOptions{Log: log, Preempt: 4}), fn)
}

func within(t *testing.T, e task.Executor, fn func(t *testing.T, tc task.Context)) {
	t.Helper()
	err := e.Run("test", func(tc task.Context) error {
		fn(t, tc)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// started runs the scheduler as a service until the world ends or stop is called.
func started(t *testing.T, tc task.Context, s *reactive.Scheduler) (stop func()) {
	t.Helper()
	h := task.Supervise(task.NewGroup(tc, "services"), s)
	if err := h.Start(tc); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := h.Join(tc, time.Second); err != nil {
			t.Error(err)
		}
		if err := h.Close(tc, time.Second); err != nil {
			t.Error(err)
		}
	}
}

var ada = aura.AuthorityOf([]byte("ada"))

// record returns the n-th record of a journal.
func record(n int, kind string, payload string) fact.Record {
	r := fact.Record{Position: fact.Position(n), Seq: uint64(n), Fact: fact.Fact{
		Namespace: fact.OwnNamespace(ada), Kind: kind, Payload: []byte(payload),
		Logical: aura.Logical(n), Author: ada, Device: aura.DeviceOf([]byte("ada's device")),
	}}
	r.ID = r.Fact.ID()
	return r
}

// count is a view that publishes how many records of a kind it has seen.
type count struct {
	name    string
	needs   reactive.Needs
	outlet  *reactive.Outlet[int]
	seen    int
	from    []*count // added to the published value
	ran     func(name string)
	fails   int // how many times Publish fails before it works
	batches int
}

func (c *count) Name() string          { return c.name }
func (c *count) Needs() reactive.Needs { return c.needs }

func (c *count) Apply(up fact.Update) {
	c.seen += len(up.Records)
	c.batches++
}

func (c *count) Publish(_ task.Context, st *reactive.Stage) error {
	if c.ran != nil {
		c.ran(c.name)
	}
	c.outlet.Put(st, c.total())
	if c.fails > 0 {
		c.fails--
		return aura.Errorf("test.Publish", aura.Unavailable, "not now")
	}
	return nil
}

func (c *count) total() int {
	n := c.seen
	for _, f := range c.from {
		n += f.seen
	}
	return n
}

func counting(t testing.TB, h *reactive.Hub, name string, kinds ...string) *count {
	t.Helper()
	outlet, err := reactive.Register(h, reactive.NewSignal[int](name), -1)
	if err != nil {
		t.Fatal(err)
	}
	return &count{name: name, outlet: outlet, needs: reactive.Needs{Facts: fact.Selection{Kinds: kinds}}}
}

func signal(name string) reactive.Signal[int] { return reactive.NewSignal[int](name) }

// until waits for a subscription's snapshot with a value.
func until(t *testing.T, tc task.Context, s *reactive.Subscription[int], want int) reactive.Snapshot[int] {
	t.Helper()
	for {
		snap, err := s.Next(tc)
		if err != nil {
			t.Fatal(err)
		}
		if snap.Value == want {
			return snap
		}
	}
}

func subscribe(t *testing.T, h *reactive.Hub, name string) *reactive.Subscription[int] {
	t.Helper()
	s, err := reactive.Subscribe(h, signal(name), 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func offer(t *testing.T, tc task.Context, s *reactive.Scheduler, records ...fact.Record) {
	t.Helper()
	if err := s.Offer(tc, fact.Update{Records: records}); err != nil {
		t.Fatal(err)
	}
}
