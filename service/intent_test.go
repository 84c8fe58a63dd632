package service

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestACallersEndReachesTheHandler: neither a budget that is spent nor a caller that is cancelled may leave the
// handler at work, which would do later what its caller was told had not happened.
func TestACallersEndReachesTheHandler(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(caller *task.Group)
		want aura.Kind
	}{
		{"spent", func(*task.Group) {}, aura.Timeout},
		{"cancelled", (*task.Group).Cancel, aura.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
				begun, ended := task.NewLatch(), task.NewFuture[error]()
				f := newIntentServer(&Env{Operations: NewOperations(nil)}, "intents", map[string]IntentFunc{
					"test.work": func(tc task.Context, _ fact.Intent) (fact.Result, error) {
						begun.Open()
						err := task.NewLatch().Wait(tc)
						ended.Resolve(err, nil)
						return fact.Result{}, err
					},
				})
				serving := task.NewGroup(tc, "service")
				serving.Go("serve", f.Serve)
				caller := task.NewGroup(tc, "caller")
				caller.Go("submit", func(tc task.Context) error {
					tc, done := tc.WithBudget("action", time.Minute)
					defer done()
					if _, err := f.Submit(tc, fact.Intent{Kind: "test.work", Operation: aura.OperationID{1}}); aura.KindOf(err) != c.want {
						t.Errorf("the caller is told %v", err)
					}
					return nil
				})
				if err := begun.Wait(tc); err != nil {
					return err
				}
				c.end(caller)
				wait, done := tc.WithBudget("hang", time.Hour)
				defer done()
				// A spent budget ends it by itself, or its caller does: whichever comes first.
				if why, err := ended.Await(wait); err != nil || aura.KindOf(why) != c.want && aura.KindOf(why) != aura.Cancelled {
					t.Errorf("the handler ended with %v, %v", why, err)
				}
				return errors.Join(caller.Close(tc, time.Minute), serving.Close(tc, time.Minute))
			})
			if err != nil && !errors.Is(err, aura.Cancelled) {
				t.Error(err)
			}
		})
	}
}
