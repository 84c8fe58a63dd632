package sim

import (
	"errors"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
)

const (
	// fuseWithin is how long an armed fuse waits for something to happen in its place.
	fuseWithin = 20 * time.Second
	// toldWithin is how long after a panic an agent may take to say that it has ended.
	toldWithin = time.Second
	// dyingWithin is how long the rest of an agent has to stop then, as in aura up.
	dyingWithin = 600 * time.Millisecond
)

// placeSink is in a sink of the journal.
const placeSink = "sink"

// fusePlaces are where a bug makes an agent panic: each runs as a task of another service.
func fusePlaces() []string { return []string{placeSink, "interpreter", "handler", "service"} }

// fuse makes one process panic, once, in one place. It is a sink of the journal, wraps the interpreter, looks
// on at decisions, and is a service with a task in a group that nothing waits for.
type fuse struct {
	elapsed func() aura.Duration
	lit     *task.Latch // armed for the service
	place   string      // empty: not armed
	fired   bool
	at      aura.Duration // when it fired
}

func newFuse(elapsed func() aura.Duration) *fuse {
	return &fuse{elapsed: elapsed, lit: task.NewLatch()}
}

func (f *fuse) arm(place string) {
	if f.place = place; place == "service" {
		f.lit.Open()
	}
}

// fire panics when the fuse is armed for the place.
func (f *fuse) fire(place string) {
	if f.place == place {
		f.markFired()
		panic(plantedIn + place)
	}
}

const plantedIn = "planted in the "

// planted reports whether a panic is that of a fuse. Where a service contains it, the person hears of it and the agent goes on.
func planted(p *task.PanicError) bool {
	text, ok := p.Value.(string)
	return ok && strings.HasPrefix(text, plantedIn)
}

// markFired notes that the fuse has made its panic.
func (f *fuse) markFired() { f.place, f.fired, f.at = "", true, f.elapsed() }

// Committed implements [journal.Sink].
func (f *fuse) Committed([]fact.Record) { f.fire(placeSink) }

// look is told the stages of the road.
func (f *fuse) look(trace.Step) { f.fire("handler") }

// Name implements [task.Service].
func (f *fuse) Name() string { return "fuse" }

// Declaration implements [task.Service].
func (f *fuse) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Owns: []task.Owned{{Type: "sim.fuse", By: task.ExclusionLoop}},
	}
}

// Start implements [task.Service].
func (f *fuse) Start(task.Context) error { return nil }

// Serve implements [task.Service].
func (f *fuse) Serve(tc task.Context) error {
	task.NewGroup(tc, "below").Go("fuse", func(tc task.Context) error {
		if err := f.lit.Wait(tc); err != nil {
			return err
		}
		f.fire("service")
		return nil
	})
	return task.NewLatch().Wait(tc)
}

// Close implements [task.Service].
func (f *fuse) Close(task.Context) error { return nil }

// fused is an interpreter with a fuse.
type fused struct {
	interp.Interpreter
	fuse *fuse
}

// Execute implements [interp.Interpreter].
func (f fused) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	f.fuse.fire("interpreter")
	return f.Interpreter.Execute(tc, d)
}

// injectPanic makes the agent of a person panic. The agent must say within a second that it has ended and why; its
// process ends then as aura up does, and another one starts after a while.
func (w *simulation) injectPanic(tc task.Context, p *person) error {
	if !p.turn.TryAcquire() {
		return nil // another task stops or starts it
	}
	defer p.turn.Release()
	l := p.life
	if l == nil {
		return nil
	}
	place := one(w.chance, fusePlaces())
	w.note(tc, "panic", p.name)
	l.fuse.arm(place)
	wait, done := tc.WithBudget("panic of "+p.name, fuseWithin)
	err := l.agent.Wait(wait)
	done()
	if !l.fuse.fired {
		l.fuse.arm("") // nothing happened there
		return tc.Err()
	}
	w.report.Panics++
	if (place == "handler" || place == "interpreter") && err == nil && l.failed() == "" {
		l.fuse.fired = false // it was a session with a peer, which the link began again
		return tc.Err()
	}
	if _, why := errors.AsType[*task.PanicError](err); !why || tc.Elapsed()-l.fuse.at > toldWithin {
		w.violate(p.name, ServicesRun, "%v after a panic in the %s the agent says: %v", tc.Elapsed()-l.fuse.at, place, err)
	}
	p.life = nil
	dying, done := tc.WithBudget("end of "+p.name, dyingWithin)
	began := tc.Elapsed()
	_ = l.agent.Stop(dying) // what hangs ends with the process
	done()
	if took := tc.Elapsed() - began; took > dyingWithin {
		w.violate(p.name, TasksEnd, "with %v the agent took %v to stop", dyingWithin, took)
	}
	p.kill(l)
	if err := w.until(tc, 0, 45*time.Second); err != nil {
		return err
	}
	p.revive(tc)
	w.note(tc, "start", p.name)
	return nil
}
