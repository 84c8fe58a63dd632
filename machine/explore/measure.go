package explore

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// Measure runs sessions of the image that the report is about side by side, twice as many as a wave is wide, each along one of the paths of the
// report: one step at a time, and in waves of at most so many steps whose picks are prepared backwards. It returns how far the second run is from the
// first one: the evidence for that width. It returns aura.Invalid for a report without paths, and why a run did not come to its end.
func (r *Report) Measure(im *machine.Image, width int, tier machine.Tier) (machine.Envelope, error) {
	const op = "explore.Measure"
	if len(r.paths) == 0 {
		return machine.Envelope{}, aura.Errorf(op, aura.Invalid, "no path of image %s was compared", im)
	}
	canonical, err := r.beside(im, width, false)
	if err != nil {
		return machine.Envelope{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	wide, err := r.beside(im, width, true)
	if err != nil {
		return machine.Envelope{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return machine.Diff(canonical, wide, width, tier), nil
}

// beside runs the sessions until all of them have sent their messages.
func (r *Report) beside(im *machine.Image, width int, wide bool) (machine.Run, error) {
	roles, sessions, steps := len(im.Roles()), 2*width, 0
	h := guides{}
	trace, log := machine.NewTrace(0), machine.NewLog(0)
	m := machine.New(h, machine.Options{MaxSessions: sessions, MaxRoles: sessions * roles, Trace: trace, Log: log})
	a := machine.AdmitTrusted(im, machine.IntegrityBare, machine.ReplaySequence, width)
	for i := range sessions {
		path := r.paths[i%len(r.paths)]
		c, err := m.Open(im, machine.Opening{Owner: "explore", Name: aura.SessionID{byte(i), byte(i >> 8)}, Admission: a})
		if err != nil {
			return machine.Run{}, err
		}
		h[machine.SessionID(c.Session)] = &guide{left: path, next: map[choreo.Role]int{}}
		for _, labels := range path {
			steps += 8 * (len(labels) + 2) * roles
		}
		steps += 16
	}
	for range steps {
		if m.Status() != machine.StatusProgressing {
			return machine.Run{Events: trace.Events(), Effects: log.Effects()}, nil
		}
		var err error
		if wide {
			for i := m.Plan(width).Len() - 1; i >= 0; i-- {
				m.Prepare(i)
			}
			_, err = m.Commit()
		} else {
			_, err = m.Step()
		}
		if err != nil {
			return machine.Run{}, err
		}
	}
	return machine.Run{}, fmt.Errorf("not over after %d rounds", steps)
}

// guides leads each session along a path of its own.
type guides map[machine.SessionID]*guide

// Choose implements machine.Host.
func (g guides) Choose(o machine.Offer) (int, machine.Answer) { return g[o.Session].Choose(o) }

// Payload implements machine.Host.
func (g guides) Payload(m machine.Message) (machine.Value, machine.Answer) {
	return g[m.Session].Payload(m)
}

// Receive implements machine.Host.
func (guides) Receive(machine.Message, machine.Value) machine.Answer { return machine.AnswerDone }
