package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// troubleEvery is the mean time between two troubles for each agent.
const troubleEvery = 40 * time.Second

// injectFaults makes trouble until the world closes. Each trouble is a task of its own, so that they overlap.
func (w *simulation) injectFaults(tc task.Context) error {
	for !w.closing {
		mean := troubleEvery / aura.Duration(len(w.devices()))
		if err := tc.Sleep(max(w.chance.pause(mean), w.dawn-tc.Elapsed())); err != nil {
			return err
		}
		if w.closing {
			break
		}
		p := one(w.chance, w.devices())
		switch n := w.chance.IntN(100); {
		case n < 15:
			w.net.Set(w.weather())
		case n < 23 && (w.options.Copies || w.options.Devices > 1):
			// A copy that was not told where its peers moved to may find none of them again, nor may a device that they never
			// met.
		case n < 23:
			tc.Group().Go("move", func(tc task.Context) error { return w.move(tc, p) })
		case n < 35:
			tc.Group().Go("cut", func(tc task.Context) error { return w.cut(tc, p) })
		case n < 43:
			tc.Group().Go("detach", func(tc task.Context) error { return w.detach(tc, p) })
		case n < 51:
			tc.Group().Go("panic", func(tc task.Context) error { return w.injectPanic(tc, p) })
		case n < 73:
			tc.Group().Go("crash", func(tc task.Context) error { return w.restart(tc, p, true) })
		case n < 83:
			tc.Group().Go("restart", func(tc task.Context) error { return w.restart(tc, p, false) })
		case n < 89:
			tc.Group().Go("disk", func(tc task.Context) error { return w.damageDisk(tc, p) })
		case n < 93:
			w.copyName(tc, p)
		default:
			tc.Group().Go("clock", func(tc task.Context) error { return w.setWrongClock(tc, p) })
		}
	}
	return nil
}

// until sleeps for a time from least to most, or until the world closes.
func (w *simulation) until(tc task.Context, least, most aura.Duration) error {
	for end := tc.Elapsed() + w.chance.between(least, most); tc.Elapsed() < end && !w.closing; {
		if err := tc.Sleep(min(lookAgain, end-tc.Elapsed())); err != nil {
			return err
		}
	}
	return nil
}

// weather draws how the network treats cells from now on.
func (w *simulation) weather() transport.SimOptions {
	c := w.chance
	o := transport.SimOptions{Latency: c.between(time.Millisecond, 400*time.Millisecond)}
	if c.happens(0.7) {
		o.Jitter = c.between(0, o.Latency)
	}
	if c.happens(0.5) {
		o.Loss = 0.15 * c.Float64()
	}
	if c.happens(0.5) {
		o.Duplicate = 0.2 * c.Float64()
	}
	if c.happens(0.5) {
		o.Reorder = 0.2 * c.Float64()
	}
	return o
}

// cut separates two devices for a while.
func (w *simulation) cut(tc task.Context, p *person) error {
	q := one(w.chance, w.devices())
	if q == p {
		return nil
	}
	w.report.Partitions++
	w.note(tc, "cut", p.name+" and "+q.name)
	w.net.Cut(p.link(), q.link())
	err := w.until(tc, time.Second, 90*time.Second)
	w.net.Mend(p.link(), q.link())
	return err
}

// detach takes a person off the network for a while.
func (w *simulation) detach(tc task.Context, p *person) error {
	w.report.Partitions++
	w.note(tc, "detach", p.name)
	w.net.Detach(p.link())
	err := w.until(tc, time.Second, time.Minute)
	w.net.Attach(p.link())
	return err
}

// move takes a person to another network, and mostly a second one at the same instant: two people who both moved
// cannot find each other by the addresses that they know.
func (w *simulation) move(tc task.Context, p *person) error {
	w.report.Moves++
	w.note(tc, "move", p.name)
	p.move()
	if q := one(w.chance, w.people); q != p && w.chance.happens(0.8) {
		w.report.Moves++
		w.report.BothMoved++
		w.note(tc, "move", q.name)
		q.move()
	}
	return nil
}

// restart ends the process of a person, by a crash or in order, and starts another one after a while. Some do not
// live long: they are struck again while they start.
func (w *simulation) restart(tc task.Context, p *person, crash bool) error {
	if !p.turn.TryAcquire() {
		return nil // another task stops or starts it
	}
	defer p.turn.Release()
	if crash {
		w.report.Crashes++
		w.note(tc, "crash", p.name)
		p.crash()
	} else {
		w.report.Restarts++
		w.note(tc, "stop", p.name)
		p.stop(tc)
	}
	if err := w.until(tc, 0, 45*time.Second); err != nil {
		return err
	}
	p.revive(tc)
	w.note(tc, "start", p.name)
	if crash && w.chance.happens(0.2) {
		if err := tc.Sleep(w.chance.between(0, 300*time.Millisecond)); err != nil {
			return err
		}
		w.report.Crashes++
		w.note(tc, "crash", p.name)
		p.crash()
		p.revive(tc)
	}
	return nil
}
