package task

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aura-runtime/aura"
)

// Std returns tc as the standard library knows contexts, for a bridging file that calls a library. It
// ends with tc, at the latest with the task. It has an AfterFunc method, so contexts derived from it
// start no goroutine. In a simulation nothing may wait for its Done channel, which is closed by a
// cancellation but not by time alone; Err is exact in both.
func (tc Context) Std() context.Context {
	t, g := tc.task, tc.task.group
	g.mu.Lock()
	std := t.std
	if tc.stage != nil {
		std = tc.stage.std
	}
	if std == nil {
		std = &stdContext{tc: tc}
		t.stds = append(t.stds, std)
		if tc.stage != nil {
			tc.stage.std = std
		} else {
			t.std = std
		}
	}
	g.mu.Unlock()
	return std
}

// leaveStage ends the standard context of a stage that is over.
func (t *task) leaveStage(s *stage) {
	if s.std == nil {
		return
	}
	t.group.mu.Lock()
	if i := slices.Index(t.stds, s.std); i >= 0 {
		t.stds = slices.Delete(t.stds, i, i+1)
	}
	t.group.mu.Unlock()
	s.std.cancel(context.Canceled)
}

// endStds ends the standard contexts with their task, before another task learns of its end.
func (t *task) endStds() {
	if len(t.stds) == 0 {
		return
	}
	t.group.mu.Lock()
	stds := t.stds
	t.stds = nil
	t.group.mu.Unlock()
	for _, std := range stds {
		std.cancel(context.Canceled)
	}
}

// stdContext is the one place that keeps a Context: it is the Context, in other clothes.
type stdContext struct {
	tc Context

	mu    sync.Mutex
	err   error
	done  chan struct{}
	funcs []*stdFunc
	stop  func() bool // the deadline's timer, once a goroutine waits
}

type stdFunc struct{ f func() }

// Deadline implements [context.Context].
func (c *stdContext) Deadline() (time.Time, bool) {
	at := c.tc.deadline()
	if at == never {
		return time.Time{}, false
	}
	return c.tc.engine().wall(at), true
}

// Done implements [context.Context].
func (c *stdContext) Done() <-chan struct{} {
	c.settle()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	c.watch()
	return c.done
}

// Err implements [context.Context].
func (c *stdContext) Err() error {
	c.settle()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Value implements [context.Context]: there are none.
func (c *stdContext) Value(any) any { return nil }

// AfterFunc has package context call f when c ends, instead of starting a goroutine that waits for it.
// f must not block; it runs in the goroutine that ends the context.
func (c *stdContext) AfterFunc(f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f() // the caller may hold a lock that f needs
		return func() bool { return false }
	}
	entry := &stdFunc{f}
	c.funcs = append(c.funcs, entry)
	c.watch()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.funcs, entry)
		if i < 0 {
			return false
		}
		c.funcs = slices.Delete(c.funcs, i, i+1)
		return true
	}
}

// watch starts the deadline's timer. c.mu is held.
func (c *stdContext) watch() {
	at := c.tc.deadline()
	if c.err != nil || c.stop != nil || at == never || !c.tc.engine().adopts() {
		return
	}
	c.stop = c.tc.engine().after(at-c.tc.Elapsed(), func() { c.cancel(context.DeadlineExceeded) })
}

// settle ends the context if the clock or the group did since.
func (c *stdContext) settle() {
	switch err := c.tc.Err(); {
	case err == nil:
	case errors.Is(err, aura.Timeout):
		c.cancel(context.DeadlineExceeded)
	default:
		c.cancel(context.Canceled)
	}
}

// groupCancelled ends the context with its group, unless it is of a stage that goes on.
func (c *stdContext) groupCancelled() {
	if s := c.tc.stage; s == nil || !s.grace {
		c.cancel(context.Canceled)
	}
}

// cancel ends the context; only the first call counts.
func (c *stdContext) cancel(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	if c.done != nil {
		close(c.done)
	}
	if c.stop != nil {
		c.stop()
	}
	funcs := c.funcs
	c.funcs = nil
	c.mu.Unlock()
	for _, entry := range funcs {
		entry.f()
	}
}
