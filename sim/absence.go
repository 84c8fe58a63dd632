package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

const (
	// A person is away for a time between these two. Records of deliveries expire within that interval.
	leastAway, mostAway = 20 * 24 * time.Hour, 120 * 24 * time.Hour
	// keptFor is how long records of deliveries are kept at most, and how long a group waits for a member.
	keptFor = 90 * 24 * time.Hour
	// awayShare is the share of the worlds in which a person is away.
	awayShare = 0.25
)

// leave keeps one person away for weeks, while the others meet now and then, write to them, and turn their
// machines off in between.
func (w *simulation) leave(tc task.Context) error {
	most := aura.Duration(w.options.Minutes) * time.Minute
	if err := w.until(tc, 0, most); err != nil || w.closing {
		return err
	}
	p := one(w.chance, w.people)
	if err := p.turn.Acquire(tc); err != nil {
		return err
	}
	defer p.turn.Release()
	w.report.Absences++
	w.note(tc, "leave", p.name)
	w.off(tc, p)
	nights := 1 + w.chance.IntN(4)
	away := w.chance.between(leastAway, mostAway)
	for range nights {
		if err := w.until(tc, 30*time.Second, 2*time.Minute); err != nil {
			return err
		}
		if w.closing {
			break
		}
		if err := w.night(tc, away/aura.Duration(nights), p); err != nil {
			return err
		}
	}
	err := w.until(tc, 0, time.Minute)
	if w.nights > keptFor {
		w.report.LongAbsences++
	}
	p.revive(tc)
	w.note(tc, "return", p.name)
	return err
}

// night stops the agents of all other people for d. The world runs that much longer.
func (w *simulation) night(tc task.Context, d aura.Duration, but *person) error {
	others := w.devices()
	for _, p := range others {
		if p == but {
			continue
		}
		if err := p.turn.Acquire(tc); err != nil {
			return err
		}
		defer p.turn.Release()
		w.off(tc, p)
	}
	w.dawn = tc.Elapsed() + d
	w.nights += d
	w.note(tc, "night", "")
	err := tc.Sleep(d)
	for _, p := range others {
		if p != but {
			p.revive(tc)
		}
	}
	return err
}

// off ends the process of a person, by a crash or in order.
func (w *simulation) off(tc task.Context, p *person) {
	if w.chance.happens(0.3) {
		p.crash()
	} else {
		p.stop(tc)
	}
}
