package task

import (
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// Service is a long-lived part of the program: one struct, one bounded mailbox, one receive loop. Its
// owner runs it with [Supervise].
type Service interface {
	// Name is the service's name in events and in the names of its tasks.
	Name() string
	// Declaration says what the service owns, and how.
	Declaration() Declaration
	// Start repairs state; the service runs when it returns nil. It may use the service's group,
	// [Context.Group], and the budget of the caller of [Handle.Start].
	Start(Context) error
	// Serve is the receive loop. It returns when its context is cancelled.
	Serve(Context) error
	// Close releases the service's resources. It runs once, after every task of the service has ended and
	// only if Start was called.
	Close(Context) error
}

// Handle is the owner's power over a service. Only a handle moves its lifecycle.
type Handle struct {
	service Service
	group   *Group // the service's tasks
	parent  *Group
	life    *Lifecycle
	up      *Future[struct{}] // whether the service came to run
	started atomic.Bool
	closing atomic.Bool
}

// Supervise gives the service a group below g and returns its handle. It starts nothing.
func Supervise(g *Group, s Service) *Handle {
	h := &Handle{service: s, group: g.newChild(s.Name()), parent: g, up: NewFuture[struct{}]()}
	h.life = &Lifecycle{state: New, changed: h.report}
	h.group.onFail = func(err error) {
		_ = h.group.Err() // the lifecycle shows the failure
		h.life.move(Failed, err)
		h.up.Resolve(struct{}{}, err)
	}
	h.group.onCancel = func() { h.life.move(Stopping, nil) }
	return h
}

// Start starts the service's task and waits until it runs. It returns the failure of a start that failed,
// [aura.Cancelled] when the service was cancelled meanwhile, [aura.Conflict] for one that is not new, and
// tc's error, after which the service is stopping.
func (h *Handle) Start(tc Context) error {
	if !h.life.move(Starting, nil) {
		return aura.Errorf("task.Start", aura.Conflict, "service %s is %v", h.service.Name(), h.life.State())
	}
	deadline := tc.deadline()
	h.group.Go("serve", func(tc Context) error { return h.serve(tc, deadline) })
	_, err := h.up.Await(tc)
	if err != nil {
		h.Cancel()
	}
	return err
}

// serve is the service's task.
func (h *Handle) serve(tc Context, startBy aura.Duration) error {
	defer func() {
		if tc.Group().cancelled.Load() { // also when that was before the service began
			h.life.move(Stopping, nil)
			h.up.Resolve(struct{}{}, aura.Errorf("task.Start", aura.Cancelled, "service %s was cancelled", h.service.Name()))
		}
	}()
	if err := tc.Err(); err != nil {
		return err
	}
	h.started.Store(true)
	start, done := tc.until("start "+h.service.Name(), startBy)
	err := h.service.Start(start)
	done()
	if err == nil {
		err = tc.Err()
	}
	if err != nil {
		return err
	}
	h.life.move(Running, nil) // refused when it was cancelled just now: Serve sees that
	h.up.Resolve(struct{}{}, nil)
	if err := h.service.Serve(tc); err != nil {
		return err
	}
	h.group.Cancel() // a service that ends by itself stops as if told to
	return nil
}

// Cancel tells the service's tasks to end. It does not wait.
func (h *Handle) Cancel() {
	h.group.Cancel()
	h.life.move(Stopping, nil) // also when the group was cancelled before there was a service in it
}

// Join cancels the service and waits at most grace for its tasks, even if tc is cancelled. It returns
// [aura.Timeout] with the names of those that hang; the service has failed then. A failure of the service
// itself is not Join's: see [Handle.Observe].
func (h *Handle) Join(tc Context, grace aura.Duration) error {
	err := h.group.Close(tc, grace)
	if aura.KindOf(err) == aura.Timeout && !h.group.isEmpty() {
		h.life.move(Failed, err)
		return err
	}
	return nil
}

// Close has the service release its resources, within grace and even if tc is cancelled. It cancels and
// needs a Join before: while tasks of the service live it returns [aura.Conflict]. A second Close does
// nothing. A service that failed stays failed.
func (h *Handle) Close(tc Context, grace aura.Duration) error {
	h.Cancel()
	if live := h.group.Live(); len(live) > 0 {
		return aura.Errorf("task.Close", aura.Conflict, "service %s still has live tasks: %v", h.service.Name(), live)
	}
	if h.closing.Swap(true) {
		return nil
	}
	var err error
	if h.started.Load() {
		err = h.release(tc, grace)
	}
	if err != nil {
		h.life.move(Failed, err)
		return err
	}
	h.life.move(Stopped, nil)
	return nil
}

// release runs the service's Close as a task of its own, so that one which hangs does not hang its owner.
func (h *Handle) release(tc Context, grace aura.Duration) error {
	closer := h.parent.newChild(h.service.Name())
	wait, done := tc.Grace("close "+h.service.Name(), grace)
	defer done()
	if left, limited := wait.Remaining(); limited {
		grace = left
	}
	closer.Go("close", func(tc Context) error {
		tc, done := tc.Grace("close "+h.service.Name(), grace)
		defer done()
		return h.service.Close(tc)
	})
	err := closer.Wait(wait)
	closer.Cancel()
	return err
}

// Declaration returns the service's declaration, with its name and its owner.
func (h *Handle) Declaration() Declaration {
	d := h.service.Declaration()
	d.Name, d.Owner = h.service.Name(), h.parent.path
	return d
}

// Observe returns the service's state, which every task may read.
func (h *Handle) Observe() *Lifecycle { return h.life }

// report emits a transition.
func (h *Handle) report(from, to State, err error) {
	h.group.engine.record(world.ServiceMoved(h.service.Name(), h.parent.path, from, to, err))
}
