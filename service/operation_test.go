package service

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestARepeatedActionWaitsForTheFirst: two frontends ask for one action at once. A second one that was refused
// would report a failure, and the first one then a success.
func TestARepeatedActionWaitsForTheFirst(t *testing.T) {
	for _, c := range []struct {
		name string
		end  error // of the first
		want error // of the second
	}{
		{"done", nil, nil},
		{"refused", aura.Errorf("test", aura.Denied, "no"), nil},
		{"the store failed", &journal.UndecidedError{Err: aura.Unavailable, Commits: 1}, aura.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
				o, id := NewOperations(nil), aura.OperationID{1}
				first, second := newOperation(id), newOperation(id)
				if err := o.begin(tc, first); err != nil {
					return err
				}
				begun, ended := task.NewFuture[error](), false
				tc.Group().Go("second", func(tc task.Context) error {
					err := o.begin(tc, second)
					if !ended {
						t.Error("it did not wait")
					}
					begun.Resolve(err, nil)
					return nil
				})
				if err := tc.Sleep(time.Minute); err != nil {
					return err
				}
				ended = true
				o.end(first, c.end)
				got, err := begun.Await(tc)
				if !errors.Is(got, c.want) {
					t.Errorf("the second: %v", got)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestARepeatedActionWaitsNoLongerThanItsCaller: the wait is the second caller's own.
func TestARepeatedActionWaitsNoLongerThanItsCaller(t *testing.T) {
	err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
		o, id := NewOperations(nil), aura.OperationID{1}
		if err := o.begin(tc, newOperation(id)); err != nil {
			return err
		}
		tc, done := tc.WithBudget("caller", time.Second)
		defer done()
		if err := o.begin(tc, newOperation(id)); !errors.Is(err, aura.Timeout) {
			t.Errorf("%v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
