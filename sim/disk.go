package sim

import (
	"time"

	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

const (
	// slowest is how long a sync of a slow disk takes at most.
	slowest = 10 * time.Second
	// stuckFor is how long a disk is stuck at most.
	stuckFor = 75 * time.Second
	// lastRoom is how many bytes fit at most on a disk that fills up.
	lastRoom = 64 << 10
)

// damageDisk makes the disk of a person fail for a while.
func (w *simulation) damageDisk(tc task.Context, p *person) error {
	if p.faults != (journal.Faults{}) {
		return nil
	}
	c, f, most := w.chance, journal.Faults{}, 30*time.Second
	count := &w.report.DiskFaults
	switch c.IntN(8) {
	case 0:
		f.FailApply = c.Float64()
	case 1:
		f.BreakApply = 0.1 * c.Float64()
	case 2:
		f.FailRead = 0.3 * c.Float64()
	case 3:
		f.SyncDelay, most = c.between(50*time.Millisecond, slowest), 2*time.Minute
		count = &w.report.SlowDisks
	case 4, 5:
		f.Stuck, most = true, stuckFor
		count = &w.report.StuckDisks
	default:
		f.Capacity, most = max(1, p.disk.Size()+c.IntN(lastRoom)), time.Minute
		count = &w.report.FullDisks
	}
	w.note(tc, "spoil disk", p.name)
	before := p.disk.Struck()
	p.spoil(f)
	err := w.until(tc, time.Second, most)
	if p.disk.Struck() > before {
		*count++ // the agent met the fault
	}
	if f.Stuck && c.happens(0.4) && p.turn.TryAcquire() {
		defer p.turn.Release()
		p.crash() // only a power failure ends a sync that does not return
		p.mend(tc)
		p.revive(tc)
		return err
	}
	p.mend(tc)
	w.note(tc, "sound disk", p.name)
	if !p.broken || !p.turn.TryAcquire() {
		return err
	}
	defer p.turn.Release()
	p.crash() // a disk that broke takes no more until it is opened again
	p.revive(tc)
	return err
}
