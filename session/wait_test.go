package session

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// TestAWaitThatEndedLeavesNothing: a channel waits for messages of a session that says nothing for days, and many channels may come.
func TestAWaitThatEndedLeavesNothing(t *testing.T) {
	err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
		e := NewEngine(Options{})
		serving := task.NewGroup(tc, "engine")
		serving.Go("serve", e.Serve)
		l := &live{engine: e}
		for range 9 {
			wait, done := tc.WithBudget("channel", time.Second)
			_, err := until(wait, l, func() (struct{}, bool, error) { return struct{}{}, false, nil })
			if aura.KindOf(err) != aura.Timeout {
				t.Errorf("the wait ends with %v", err)
			}
			done()
		}
		left, err := ask(tc, e, func(task.Context) (int, error) { return len(l.waiting), nil })
		if err != nil || left != 0 {
			t.Errorf("%d waits are left, %v", left, err)
		}
		return serving.Close(tc, time.Second)
	})
	if err != nil {
		t.Fatal(err)
	}
}
