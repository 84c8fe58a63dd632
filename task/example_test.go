package task_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/aura-runtime/aura/task"
)

// The same program on both executors: the simulated one does not wait for the hour.
func Example() {
	program := func(tc task.Context) error {
		inbox := task.NewMailbox[string]("inbox", 16) // more than one greeting never waits
		workers := task.NewGroup(tc, "workers")
		workers.Go("greet", func(tc task.Context) error {
			if err := tc.Sleep(time.Hour); err != nil {
				return err
			}
			return inbox.Send(tc, "hello from "+tc.Name())
		})
		greeting, err := inbox.Recv(tc)
		fmt.Println(greeting, "after", tc.Elapsed())
		return errors.Join(err, workers.Close(tc, time.Second))
	}
	fmt.Println(task.NewSim(42, task.SimOptions{}).Run("main", program))
	// Output:
	// hello from main/workers/greet after 1h0m0s
	// <nil>
}
