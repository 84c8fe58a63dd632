package program

import (
	"iter"
	"runtime/debug"
	"time"

	"github.com/aura-runtime/aura/sim"
)

// lived is one world that has been lived through.
type lived struct {
	report sim.Report
	real   time.Duration
	err    error
}

// garbage is the growth of the heap at which the collector runs, in percent. A collection
// looks at the stacks of all tasks, of which a world has hundreds for each person; most garbage is young.
const garbage = 200

// runWorlds runs one world for each seed, jobs of them at once, and calls done for each in the
// order of the seeds, until it returns false. A world is single-threaded and knows nothing of the others;
// this is the bridging file that gives each a goroutine and looks at the real clock.
func runWorlds(seeds iter.Seq[uint64], jobs int, run func(seed uint64) (sim.Report, error), done func(lived) bool) {
	const usual = 100
	if before := debug.SetGCPercent(garbage); before != usual {
		debug.SetGCPercent(before) // GOGC says otherwise
	} else {
		defer debug.SetGCPercent(before)
	}
	type job struct {
		seed   uint64
		result chan lived
	}
	waiting := make(chan job)
	inOrder := make(chan chan lived, jobs)
	enough := make(chan struct{})
	defer close(enough)
	for range jobs {
		go func() {
			for j := range waiting {
				began := time.Now()
				report, err := run(j.seed)
				j.result <- lived{report, time.Since(began), err}
			}
		}()
	}
	go func() {
		defer close(inOrder)
		defer close(waiting)
		for seed := range seeds {
			j := job{seed, make(chan lived, 1)}
			select {
			case inOrder <- j.result:
			case <-enough:
				return
			}
			select {
			case waiting <- j:
			case <-enough:
				return
			}
		}
	}()
	for result := range inOrder {
		if !done(<-result) {
			return
		}
	}
}
