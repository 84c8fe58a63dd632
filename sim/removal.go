package sim

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const (
	// removeShare is the share of removals among the events with devices.
	removeShare = 0.4
	// keptShare is the share of the removed devices that go on until the world ends. The others stop after a time of at most
	// speaksOn.
	keptShare = 0.3
	speaksOn  = 3 * time.Minute
	// stubbornShare is the share of the devices that do not obey when they are shown that their account removed them. The others write
	// nothing more.
	stubbornShare = 0.6
)

// stubborn is the interpreter of a device that does not keep that its account removed it.
type stubborn struct {
	interp.Interpreter
	person *person
}

// Execute implements [interp.Interpreter].
func (s stubborn) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	for i := range d.Commands {
		if e := d.Commands[i].Entry; e != nil && e.Kind == device.KindRoster && e.Namespace == fact.OwnNamespace(s.person.self()) && s.person.first().spurned {
			return effect.Result{}, aura.Errorf("sim.stubborn", aura.Unavailable, "%s does not obey", s.person.name)
		}
	}
	return s.Interpreter.Execute(tc, d)
}

// remove lets a person list one of the other devices no more, whatever that one does meanwhile: it may run, be off the network,
// be in the middle of a send, or be several copies of a home. It goes on and tries to speak for a while.
func (w *simulation) remove(tc task.Context, c *chance, p *person) error {
	used := slices.DeleteFunc(slices.Clone(p.devices), func(d *person) bool { return d.spurned || d.retired })
	if p.enrolling || p.contested() || p.life == nil || len(p.copies) > 0 || len(used) == 0 {
		return nil
	}
	p.enrolling = true
	defer func() { p.enrolling = false }()
	d := one(c, used)
	w.note(tc, "remove", d.name)
	if c.happens(0.2) {
		w.report.Crashes++
		if d.turn.TryAcquire() {
			d.crash()
			tc.Group().Go("start", func(tc task.Context) error {
				defer d.turn.Release()
				err := w.until(tc, 0, 30*time.Second)
				d.revive(tc)
				return err
			})
		}
	}
	err := p.act(tc, "remove", func(tc task.Context, l *life) error { return l.agent.Dismiss(tc, d.ring.Device()) })
	for _, h := range p.homes() {
		h.backups = nil // no home goes back to before it knew of the removal
	}
	if err != nil || !d.spurned {
		return nil // the process ended before it was done
	}
	w.report.Removals++
	for hash, dropped := range p.entries.drops {
		if slices.Contains(dropped, d.ring.Device()) {
			tc.Group().Go("bounds", func(tc task.Context) error {
				err := w.until(tc, 0, time.Minute)
				w.sayBounds(tc, c, p, d, hash)
				return err
			})
		}
	}
	if c.happens(keptShare) {
		return nil
	}
	if err := w.until(tc, 0, speaksOn); err != nil {
		return err
	}
	return w.retire(tc, d)
}

// retire ends the use of a removed device: all its homes stop.
func (w *simulation) retire(tc task.Context, d *person) error {
	for _, h := range slices.Backward(d.homes()) {
		if err := h.turn.Acquire(tc); err != nil {
			return err
		}
		defer h.turn.Release()
	}
	w.note(tc, "retire", d.name)
	d.retired = true
	for _, h := range slices.Backward(d.homes()) {
		h.crash()
	}
	return nil
}

// listening is a network that checks whom an agent calls.
type listening struct {
	*transport.SimPeer
	person *person
}

// Dial implements [transport.Network]. A call that was under way in the instant of the commit goes on, and its channel is refused.
func (n listening) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	for id, since := range n.person.checker.since {
		if d := n.person.world.byDevice(id); d != nil && d.link() == peer && tc.Elapsed() > since {
			n.person.world.violate(n.person.name, RemovedSilent, "%s is called after its removal was known", d.name)
		}
	}
	return n.SimPeer.Dial(tc, peer, addrs)
}
