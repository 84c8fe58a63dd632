package task

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
)

// watched runs a world whose task "guilty" does body, under a watchdog of 20 ms.
func watched(body func(), o SimOptions, processor func() (aura.Duration, bool)) error {
	o.Watchdog = 20 * time.Millisecond
	sim := NewSim(1, o)
	sim.processor = processor
	return sim.Run("world", func(tc Context) error {
		g := NewGroup(tc, "g")
		g.Go("innocent", func(tc Context) error { return tc.Sleep(time.Hour) })
		g.Go("guilty", func(Context) error { body(); return nil })
		return g.Wait(tc)
	})
}

func TestWatchdogNamesATaskThatComputesWithoutEnd(t *testing.T) {
	var release atomic.Bool
	defer release.Store(true)
	err := watched(func() { computeUntil(&release) }, SimOptions{}, nil)
	if aura.KindOf(err) != aura.Internal || !strings.Contains(err.Error(), "world/g/guilty") ||
		!strings.Contains(err.Error(), "computeUntil") || !strings.Contains(err.Error(), "computes without end") {
		t.Errorf("Run returned %v", err)
	}
}

func computeUntil(release *atomic.Bool) {
	for !release.Load() {
	}
}

// A host that gives the process nothing of its processors makes every step long: the step is not to
// blame, and the world ends as its seed says.
func TestASlowHostIsSaidAndNotJudged(t *testing.T) {
	var slow atomic.Pointer[Slow]
	starved := func() (aura.Duration, bool) { return time.Second, true } // of which nothing is used
	err := watched(func() {
		for slow.Load() == nil { // a decoder that is not given the processor
		}
	}, SimOptions{Slow: func(s Slow) { slow.Store(&s) }}, starved)
	if err != nil {
		t.Fatalf("the host was slow, and Run returned %v", err)
	}
	said := slow.Load()
	if said.Task != "world/g/guilty" || said.Real < 20*time.Millisecond {
		t.Errorf("said %+v", said)
	}
}

// A platform that does not tell the processor time judges no step that computes.
func TestWithoutProcessorTimeNoStepComputesWithoutEnd(t *testing.T) {
	var slow atomic.Bool
	err := watched(func() { computeUntil(&slow) }, SimOptions{Slow: func(Slow) { slow.Store(true) }},
		func() (aura.Duration, bool) { return 0, false })
	if err != nil {
		t.Errorf("Run returned %v", err)
	}
}

// Of two worlds in one process the watchdog finds the stack of its own.
func TestWatchdogShowsTheStackOfItsOwnWorld(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	other := make(chan error)
	go func() {
		other <- NewSim(2, SimOptions{}).Run("other", func(Context) error {
			close(busy)
			waitElsewhere(release)
			return nil
		})
	}()
	<-busy
	err := watched(func() { waitHere(release) }, SimOptions{}, nil)
	close(release)
	if err == nil || !strings.Contains(err.Error(), "waitHere") || strings.Contains(err.Error(), "waitElsewhere") ||
		!strings.Contains(err.Error(), "blocks outside") {
		t.Errorf("Run returned %v", err)
	}
	if err := <-other; err != nil {
		t.Errorf("the other world: %v", err)
	}
}

func waitElsewhere(release chan struct{}) { <-release }

func waitHere(release chan struct{}) { <-release }

// The runtime's own waits and system calls are no verdict on a task.
func TestOnlyWaitsForOthersAreBlocks(t *testing.T) {
	for state, blocked := range map[string]bool{
		"chan receive": true, "chan send, 2 minutes": true, "select": true, "sleep": true, "sync.Mutex.Lock": true,
		"sync.WaitGroup.Wait": true, "semacquire": true, "IO wait": true,
		"running": false, "runnable": false, "syscall": false, "GC assist wait": false, "coroutine": false, "preempted": false,
	} {
		if got := blockedOutside("goroutine 7 [" + state + "]:\nmain.f()"); got != blocked {
			t.Errorf("%s: %t", state, got)
		}
	}
}
