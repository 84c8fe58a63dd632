package agent

import (
	"errors"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// The budgets of a stop. All of them are also bounded by the budget of the caller of [Agent.Stop], which the
// stages share: a service that hangs costs its share and no more.
const (
	stopBudget = 30 * time.Second // of a caller that has none
	drainGrace = 2 * time.Second  // the reactive pipeline delivers its last window
	joinGrace  = 5 * time.Second  // the services' tasks end, all at once
	closeGrace = 5 * time.Second  // a service releases its resources

	drainShare = 0.2
	joinShare  = 0.5
)

// tree runs the services: their handles in start order, and the order in which they stop.
type tree struct {
	pipeline *task.Handle       // the reactive scheduler; nil: a device that joins an account has none
	shut     func(task.Context) // closes the pipeline's doors
	handles  []*task.Handle     // every other service, in start order
	names    []string
	// record notes the phases of a stop; a test reads them. Nil: they are not noted.
	record func(phase, service string)
}

// add enters services that an owner starts and stops.
func (t *tree) add(owner *task.Group, services ...task.Service) {
	for _, s := range services {
		t.handles = append(t.handles, task.Supervise(owner, s))
		t.names = append(t.names, s.Name())
	}
}

// declarations returns the declarations of the services, the pipeline first.
func (t *tree) declarations() []task.Declaration {
	all := []task.Declaration{t.pipeline.Declaration()}
	for _, h := range t.handles {
		all = append(all, h.Declaration())
	}
	return all
}

// start starts the services in order. When one fails, those that run are stopped again.
func (t *tree) start(tc task.Context) error {
	for i, h := range t.handles {
		if err := h.Start(tc); err != nil {
			return errors.Join(aura.Errorf("agent.Start", aura.KindOf(err), "%s: %w", t.names[i], err), t.stop(tc))
		}
	}
	return nil
}

// stop ends everything in the order of the runtime document ("Structured Concurrency"): the reactive
// pipeline delivers its last window behind closed doors; the task tree is cancelled, the services within one
// budget since they end at once; services release their resources, those that were started last first; then
// the lifecycle ends. The journal is told last, because the others' last commits are its work. The error names each
// service that hangs; the others take their turn all the same.
func (t *tree) stop(tc task.Context) error {
	tc, done := tc.Grace("agent.Stop", stopBudget)
	defer done()
	var errs []error
	note := func(phase, name string, err error) {
		if t.record != nil {
			t.record(phase, name)
		}
		if err != nil {
			errs = append(errs, aura.Errorf("agent.Stop", aura.KindOf(err), "%s of %s: %w", phase, name, err))
		}
	}
	if t.pipeline != nil {
		t.shut(tc)
		note("drain", "reactive", t.drain(tc))
	}
	for _, h := range t.handles[1:] {
		h.Cancel()
	}
	ends := tc.Elapsed() + share(tc, joinShare, joinGrace)
	for i := range slices.Backward(t.handles) {
		if i == 0 {
			ends = tc.Elapsed() + share(tc, joinShare, joinGrace)
		}
		note("join", t.names[i], t.handles[i].Join(tc, ends-tc.Elapsed()))
	}
	for i := range slices.Backward(t.handles) {
		note("close", t.names[i], t.handles[i].Close(tc, share(tc, 1/float64(i+2), closeGrace)))
	}
	if t.pipeline == nil {
		return errors.Join(errs...)
	}
	note("close", "reactive", t.pipeline.Close(tc, closeGrace))
	note("lifecycle", "agent", nil)
	tc.Emit(world.RuntimeStopped("agent", errors.Join(errs...)))
	return errors.Join(errs...)
}

// share returns a part of the remaining budget, and at most d.
func share(tc task.Context, part float64, d aura.Duration) aura.Duration {
	if left, limited := tc.Remaining(); limited {
		d = min(d, aura.Duration(part*float64(left)))
	}
	return d
}

// drain waits until the pipeline has delivered what entered before its doors closed.
func (t *tree) drain(tc task.Context) error {
	if t.pipeline.Observe().State() == task.New {
		return nil
	}
	wait, done := tc.Grace("drain reactive", share(tc, drainShare, drainGrace))
	err := t.pipeline.Observe().Wait(wait, task.Stopping)
	done()
	if aura.KindOf(err) == aura.Stale {
		err = nil // it had ended already
	}
	return errors.Join(err, t.pipeline.Join(tc, share(tc, drainShare, joinGrace)))
}
