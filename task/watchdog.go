package task

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
)

// The states of Sim.probe: the watchdog asks, the driver's next step takes the question away. If it is
// still there when the watchdog looks again, no step has ended meanwhile.
const (
	probeIdle      uint32 = 0
	probeAsked     uint32 = 1
	probeAbandoned uint32 = 2 // the watchdog gave up: the driver must not go on
)

// watchdogLooks is how often the watchdog looks at a step during its time, and how often in a row it must
// find the task blocked.
const watchdogLooks = 10

// Slow describes a step that takes long in real time, for which the host may be to blame.
type Slow struct {
	Task string        // its path
	Real aura.Duration // how long the step has taken so far
}

// String says it to the person at the host.
func (s Slow) String() string {
	return fmt.Sprintf("%s has run for %v without giving up control and used little of the processor: "+
		"the host is busy or was suspended", s.Task, s.Real.Round(time.Millisecond))
}

// watchdog judges steps that do not end. A host decides how much real time a step takes, and must not
// decide the fate of the world: a step that computes is judged by the processor time of the process,
// one that blocks by the state of its goroutine.
type watchdog struct {
	sim     *Sim
	used    func() (aura.Duration, bool) // processor time of the process
	drivers []string                     // how stacks name the goroutines that made this world's coroutines

	asked   time.Time     // when the present step was seen first
	spent   aura.Duration // processor time then
	blocked int           // looks in a row that found the step blocked
	said    bool          // that the host is slow
}

// watch drives the world from goroutines of its own, one after another, and watches that steps end.
func (s *Sim) watch() error {
	w := watchdog{sim: s, used: s.processor}
	if w.used == nil {
		w.used = processorTime
	}
	look := max(s.options.Watchdog/watchdogLooks, time.Millisecond)
	timer := time.NewTimer(look)
	defer timer.Stop()
	s.probe.Store(probeIdle)
	for ended := false; !ended; {
		gone, driver := make(chan struct{}), make(chan string, 1)
		go func() {
			defer close(gone)
			driver <- goroutineName()
			s.drive()
			ended = true
		}()
		w.drivers = append(w.drivers, <-driver)
		for alive := true; alive; {
			select {
			case <-gone:
				alive = false
			case <-timer.C:
				if err := w.check(); err != nil {
					return err
				}
				timer.Reset(look)
			}
		}
	}
	return nil
}

// answerProbe tells the watchdog that a step has ended; true means that it has given up already.
func (s *Sim) answerProbe() bool {
	return !s.probe.CompareAndSwap(probeAsked, probeIdle)
}

// check asks about the present step, or judges it when it is the one of the last look. An error is the end
// of the world.
func (w *watchdog) check() error {
	if w.sim.probe.CompareAndSwap(probeIdle, probeAsked) {
		w.spent, _ = w.used()
		w.asked, w.blocked, w.said = time.Now(), 0, false
		return nil
	}
	stack := w.runningStack()
	if w.blocked++; !blockedOutside(stack) {
		w.blocked = 0
	}
	why, limit := "", w.sim.options.Watchdog
	switch {
	case w.blocked >= watchdogLooks:
		why = "it blocks outside package task"
	case w.blocked == 0 && w.stepTime() >= limit*aura.Duration(runtime.GOMAXPROCS(0)):
		why = fmt.Sprintf("it computes without end: the process used %v of processor time meanwhile", w.stepTime().Round(time.Millisecond))
	}
	took := aura.Duration(time.Since(w.asked))
	if why == "" {
		w.warn(took)
		return nil
	}
	t := w.sim.current.Load()
	if !w.sim.probe.CompareAndSwap(probeAsked, probeAbandoned) {
		return nil // the step has just ended
	}
	return aura.Errorf("task.Run", aura.Internal, "%s did not give up control for %v; %s:\n%s",
		t.path(), took.Round(time.Millisecond), why, stack)
}

// stepTime returns the processor time of the process since the step was seen first, which other worlds and
// the garbage collector may have used as well: with one processor's share of it the step alone has used
// the limit. Where the platform does not tell, it is 0, and no step is found to compute without end.
func (w *watchdog) stepTime() aura.Duration {
	now, known := w.used()
	if !known {
		return 0
	}
	return now - w.spent
}

// warn reports once, to the person at the host, a step that takes longer than the watchdog's time.
func (w *watchdog) warn(took aura.Duration) {
	if w.said || w.blocked > 0 || took < w.sim.options.Watchdog {
		return
	}
	w.said = true
	if t, slow := w.sim.current.Load(), w.sim.options.Slow; slow != nil {
		slow(Slow{Task: t.path(), Real: took})
	}
}

// runningStack returns the stack of this world's task that is not suspended: the runtime marks those that
// are with the state "coroutine". Other worlds may live in the process: each made its own coroutines.
func (w *watchdog) runningStack() string {
	for stack := range strings.SplitSeq(allStacks(), "\n\n") {
		head, _, _ := strings.Cut(stack, "\n")
		mine := slices.ContainsFunc(w.drivers, func(driver string) bool {
			return strings.Contains(stack, " in "+driver+"\n")
		})
		if mine && strings.Contains(stack, "/task.(*coroutine).work") && !strings.Contains(head, "[coroutine") {
			return stack
		}
	}
	return "no stack found"
}

// blockedOutside reports whether a stack is that of a goroutine which waits for another one, a timer or
// the network. The runtime's own waits, such as for the garbage collector, and system calls are the host's.
func blockedOutside(stack string) bool {
	_, state, _ := strings.Cut(stack, "[")
	for _, wait := range []string{"chan ", "select", "sleep", "sync.", "semacquire", "IO wait"} {
		if strings.HasPrefix(state, wait) {
			return true
		}
	}
	return false
}

// allStacks returns the stacks of all goroutines: of 100,000 at most.
func allStacks() string {
	const most = 1 << 28
	for size := 1 << 20; ; size *= 4 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size || size >= most {
			return string(buffer[:n])
		}
	}
}

// goroutineName returns the calling goroutine's name in stacks, such as "goroutine 7".
func goroutineName() string {
	buffer := make([]byte, 64)
	name, _, _ := bytes.Cut(buffer[:runtime.Stack(buffer, false)], []byte(" ["))
	return string(name)
}
