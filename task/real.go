package task

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// RealOptions configures a [Real]. The zero value works.
type RealOptions struct {
	// Log receives events. Default: none.
	Log world.Log
	// Uncertainty is the most that the machine's clock is assumed to be wrong. Default: 1 s.
	Uncertainty aura.Duration
}

// Real executes tasks as goroutines on the machine's clock.
type Real struct {
	log         world.Log // nil: none
	uncertainty aura.Duration
	start       time.Time
}

// NewReal returns an executor whose Elapsed starts at zero now.
func NewReal(o RealOptions) *Real {
	if o.Log == world.Discard() {
		o.Log = nil
	}
	if o.Uncertainty <= 0 {
		o.Uncertainty = time.Second
	}
	return &Real{log: o.Log, uncertainty: o.Uncertainty, start: time.Now()}
}

// Run implements [Executor]. The root task runs on the calling goroutine: if it calls runtime.Goexit, as
// a failing test does, Run cancels and waits for the rest and then lets the goroutine end.
func (r *Real) Run(name string, fn func(Context) error) error {
	ended := make(chan struct{})
	root := newRoot(r, name, func() { close(ended) })
	t := r.newTask()
	t.name, t.group, t.fn = "main", root, fn
	root.add(t)
	root.spawned(t)
	var result error
	func() {
		defer func() { <-ended }()
		result = t.run(true)
	}()
	return root.verdict(result)
}

// Now implements [world.Clock].
func (r *Real) Now() aura.Physical {
	return aura.Physical{At: aura.Instant(time.Now().UnixNano()), Uncertainty: r.uncertainty}
}

// Elapsed implements [world.Clock].
func (r *Real) Elapsed() aura.Duration { return time.Since(r.start) }

func (r *Real) newTask() *task {
	t := &realTask{clock: r}
	t.parker = t
	return &t.task
}

func (r *Real) spawn(t *task) { go t.run(true) }

func (r *Real) record(e world.Event) {
	if r.log != nil {
		r.log.Emit(e)
	}
}

func (r *Real) silent() bool { return r.log == nil }

func (r *Real) adopts() bool { return true }

func (r *Real) wall(at aura.Duration) time.Time { return r.start.Add(at) }

func (r *Real) after(d aura.Duration, f func()) (stop func() bool) { return time.AfterFunc(d, f).Stop }

// The states of a realTask. A permit is an unpark that no park has used up yet.
const (
	running uint32 = 0
	permit  uint32 = 1
	parked  uint32 = 2
)

// realTask parks a goroutine. The channel and the timer are made when first needed: most tasks of a burst
// never wait.
type realTask struct {
	task
	clock *Real
	state atomic.Uint32
	wake  chan struct{} // one value per transition from parked to running
	timer *time.Timer
	due   aura.Duration // when the timer fires, of Elapsed
}

func (t *realTask) park(_ wait, until aura.Duration) {
	if t.state.Load() == permit { // which only this goroutine takes away
		t.state.Store(running)
		return
	}
	if t.wake == nil {
		t.wake = make(chan struct{}, 1)
	}
	if until != never && !t.arm(until) {
		return
	}
	if t.state.CompareAndSwap(running, parked) {
		<-t.wake
		return
	}
	t.state.Store(running)
}

func (t *realTask) unpark() {
	for {
		switch t.state.Load() {
		case permit:
			return
		case running:
			if t.state.CompareAndSwap(running, permit) {
				return
			}
		case parked:
			if t.state.CompareAndSwap(parked, running) {
				t.wake <- struct{}{}
				return
			}
		}
	}
}

func (t *realTask) yield() { runtime.Gosched() }

func (t *realTask) ended() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

// arm makes sure that an unpark comes at until. A timer that fires earlier is left alone: it costs one
// wake-up without reason, where stopping and setting it would cost as much on every wait. False means
// that until has passed.
func (t *realTask) arm(until aura.Duration) bool {
	now := t.clock.Elapsed()
	switch {
	case until <= now:
		return false
	case t.timer == nil:
		t.timer = time.AfterFunc(until-now, t.unpark)
	case now < t.due && t.due <= until:
		return true
	default:
		t.timer.Reset(until - now)
	}
	t.due = until
	return true
}
