package contract_test

import (
	"testing"

	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/task"
)

func TestFakeKeepsTheContract(t *testing.T) {
	for name, executor := range map[string]func() task.Executor{
		"real":      func() task.Executor { return task.NewReal(task.RealOptions{}) },
		"simulated": func() task.Executor { return task.NewSim(1, task.SimOptions{}) },
	} {
		t.Run(name, func(t *testing.T) {
			contract.Bridge(t, func(t *testing.T) contract.World {
				f := contract.NewFake()
				w := f.World()
				w.Run = func(fn func(task.Context, contract.Subject)) {
					err := executor().Run("test", func(tc task.Context) error {
						fn(tc, f)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
				return w
			})
		})
	}
}
