package sim_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aura-runtime/aura/sim"
)

func env(name string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return or
}

func TestMany(t *testing.T) {
	from, to := env("FROM", 1), env("TO", 5)
	for seed := from; seed <= to; seed++ {
		o := sim.Options{Seed: uint64(seed), Minutes: env("MINUTES", 10), Agents: env("AGENTS", 4), Faults: os.Getenv("FAULTS") != "", Plant: os.Getenv("PLANT")}
		if f := os.Getenv("TRACE"); f != "" {
			w, _ := os.Create(f)
			defer w.Close()
			o.Trace = w
		}
		began := time.Now()
		r, err := sim.Run(o)
		if err != nil {
			t.Fatal(err)
		}
		vs := r.Violations
		r.Violations = nil
		t.Logf("%v %+v", time.Since(began), r)
		for _, v := range vs {
			t.Errorf("seed %d: %v", seed, v)
		}
	}
}
