package task

import (
	"runtime"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
)

// The states of Sim.probe: the watchdog asks, the driver's next step takes the question away. If it is
// still there after the watchdog's time, no step has ended meanwhile.
const (
	probeIdle      uint32 = 0
	probeAsked     uint32 = 1
	probeAbandoned uint32 = 2 // the watchdog gave up: the driver must not go on
)

// watch drives the world from goroutines of its own, one after another, and watches that steps end.
func (s *Sim) watch() error {
	period := s.options.Watchdog
	timer := time.NewTimer(period)
	defer timer.Stop()
	s.probe.Store(probeIdle)
	for ended := false; !ended; {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			s.drive()
			ended = true
		}()
		for alive := true; alive; {
			select {
			case <-gone:
				alive = false
			case <-timer.C:
				if !s.probe.CompareAndSwap(probeIdle, probeAsked) && s.probe.CompareAndSwap(probeAsked, probeAbandoned) {
					return s.blocked(period)
				}
				timer.Reset(period)
			}
		}
	}
	return nil
}

// answerProbe tells the watchdog that a step has ended; true means that it has given up already.
func (s *Sim) answerProbe() bool {
	return !s.probe.CompareAndSwap(probeAsked, probeIdle)
}

// blocked describes the step that does not end.
func (s *Sim) blocked(period aura.Duration) error {
	t := s.current.Load()
	return aura.Errorf("task.Run", aura.Internal, "%s did not give up control for %v; it computes without end or "+
		"blocks outside package task:\n%s", t.path(), period, runningStack())
}

// runningStack returns the stack of the simulated task that is not suspended: the runtime marks those that
// are with the state "coroutine".
func runningStack() string {
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	for stack := range strings.SplitSeq(string(buffer), "\n\n") {
		head, _, _ := strings.Cut(stack, "\n")
		if strings.Contains(stack, "/task.(*coroutine).work") && !strings.Contains(head, "[coroutine") {
			return stack
		}
	}
	return "no stack found"
}
