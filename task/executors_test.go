package task_test

import (
	"testing"

	"github.com/aura-runtime/aura/task"
)

// each runs a test on the real executor and, under several seeds, on the simulated one.
func each(t *testing.T, fn func(t *testing.T, x task.Executor)) {
	t.Helper()
	t.Run("real", func(t *testing.T) { fn(t, task.NewReal(task.RealOptions{})) })
	for seed := range uint64(8) {
		if !t.Run("sim", func(t *testing.T) { fn(t, task.NewSim(seed, task.SimOptions{Preempt: uint32(seed)})) }) {
			t.Fatalf("simulation failed with seed %d", seed)
		}
	}
}

// run runs fn as the root task and fails the test if it returns an error.
func run(t *testing.T, x task.Executor, fn func(tc task.Context) error) {
	t.Helper()
	if err := x.Run("test", fn); err != nil {
		t.Fatal(err)
	}
}
