package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// wrongBy are the differences by which clocks of machines were seen to be wrong: a zone, an empty battery, a
// year that was typed wrong.
var wrongBy = [...]aura.Duration{
	2 * time.Hour, -2 * time.Hour, 90 * time.Minute, -365 * 24 * time.Hour, 80 * 365 * 24 * time.Hour,
}

// usuallyWrong is the greatest error of a clock that is not set wrong, ahead or behind.
const usuallyWrong = 20 * time.Minute

// drift lets the clocks of some people differ from those of the others for as long as the world lives.
func (w *simulation) drift() {
	for _, p := range w.people {
		if w.chance.happens(0.3) {
			p.drift(w.chance)
		}
	}
}

// set moves the clock of a person's machine, which keeps it through crashes.
func (p *person) set(wrong aura.Duration) {
	if p.world.options.Plant == PlantTurnBackLedger && p.wrong == p.usual {
		p.keepLedger()
	}
	p.wrong, p.misled = wrong, true
	if p.life != nil {
		p.world.sim.SetClock(p.life.group, wrong)
		p.life.jumped = true
	}
}

// setWrongClock sets the clock of a person wrong for a while.
func (w *simulation) setWrongClock(tc task.Context, p *person) error {
	if p.wrong != p.usual {
		return nil
	}
	w.report.ClockJumps++
	by := one(w.chance, wrongBy[:])
	switch {
	case by.Abs() <= 2*time.Hour:
		w.report.ClockHours++
	case by.Abs() <= 365*24*time.Hour:
		w.report.ClockYears++
	default:
		w.report.ClockDecades++
	}
	p.set(p.usual + by)
	w.note(tc, "set clock", p.name)
	err := w.until(tc, time.Second, 3*time.Minute)
	w.report.ClockJumps++
	p.set(p.usual)
	w.note(tc, "right clock", p.name)
	return err
}
