package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// ServiceError says which service of an agent ended the agent. Find it with [errors.As].
type ServiceError struct {
	Service string
	// Err is why the service failed; nil: it ended without a failure while the agent ran.
	Err error
}

// Error names the service and why it failed.
func (e *ServiceError) Error() string {
	if e.Err == nil {
		return "the service " + e.Service + " ended by itself"
	}
	return "the service " + e.Service + " failed: " + e.Err.Error()
}

// Unwrap returns why the service failed.
func (e *ServiceError) Unwrap() error { return e.Err }

// Wait waits until a service of a started agent has failed, or ended while the agent ran, and
// returns a [ServiceError]; or until [Agent.Stop] is called or tc ends, and returns nil then. Every task of the agent
// belongs to a service, so none is lost without a word here. A failed service does not come back: the agent
// is to be stopped.
func (a *Agent) Wait(tc task.Context) error {
	watch := task.NewGroup(tc, "agent.watch")
	failed := task.NewFuture[struct{}]()
	end := func(name string, err error) {
		kind := aura.Internal
		if err != nil {
			kind = aura.KindOf(err)
		}
		failed.Resolve(struct{}{}, &aura.Error{Op: "agent.Wait", Kind: kind, Err: &ServiceError{Service: name, Err: err}})
	}
	look := func(name string, life *task.Lifecycle) {
		watch.Go(name, func(tc task.Context) error {
			_ = life.Wait(tc, task.Stopping) // the state tells which end it came to
			switch {
			case tc.Err() != nil:
			case a.stopping.Load():
				failed.Resolve(struct{}{}, nil)
			case life.State() == task.Failed:
				end(name, life.Err())
			default:
				end(name, nil)
			}
			return nil
		})
	}
	look("reactive", a.tree.pipeline.Observe())
	for i, h := range a.tree.handles {
		look(a.tree.names[i], h.Observe())
	}
	_, err := failed.Await(tc)
	if tc.Err() != nil {
		err = nil
	}
	if closing := watch.Close(tc, closeGrace); err == nil && aura.KindOf(closing) != aura.Timeout {
		err = closing
	}
	return err
}
