package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// Wait waits until a service of a started agent has failed and returns why, or until tc ends, and returns
// nil then. A failed service does not come back: the agent is to be stopped.
func (a *Agent) Wait(tc task.Context) error {
	watch := task.NewGroup(tc, "agent.watch")
	failed := task.NewReply[struct{}]()
	look := func(name string, life *task.Lifecycle) {
		watch.Go(name, func(tc task.Context) error {
			if life.Wait(tc, task.Failed) == nil {
				failed.Resolve(struct{}{}, aura.Errorf("agent.Wait", aura.KindOf(life.Err()), "the service %s failed: %w", name, life.Err()))
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
	if closing := watch.Close(tc, closeGrace); err == nil {
		err = closing
	}
	return err
}
