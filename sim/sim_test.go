package sim_test

import (
	"testing"

	"github.com/aura-runtime/aura/sim"
)

func TestOne(t *testing.T) {
	r, err := sim.Run(sim.Options{Seed: 1, Minutes: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	for _, v := range r.Violations {
		t.Error(v)
	}
}
