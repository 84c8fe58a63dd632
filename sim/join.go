package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

const (
	// joinWithin is how long a person tries to let a device join.
	joinWithin = 3 * time.Minute
	// struckShare is the share of the enrolments in which the new device's process crashes once or more.
	struckShare = 0.4
	// confirmEvery is how often a person tries to confirm the digits: before a device has shown its keys there are none.
	confirmEvery = 200 * time.Millisecond
	// struckWithin is when a process that crashes does so at the latest.
	struckWithin = 4 * time.Second
)

// join lets a new device join the account of a person by the road that people take: a line, digits that the person confirms, and a session
// of both. Either process may crash at any time. It reports whether the device has joined; one that has not may be listed.
func (w *simulation) join(tc task.Context, c *chance, p, d *person) bool {
	var offer enrol.OfferResult
	if p.act(tc, "offer", func(tc task.Context, l *life) error {
		return l.intend(tc, enrol.IntentOffer, enrol.OfferIntent{}, &offer)
	}) != nil {
		return false
	}
	confirmed := false
	for end := tc.Elapsed() + joinWithin; tc.Elapsed() < end && !w.closing; {
		struck := end
		if w.options.Faults && c.happens(struckShare) {
			struck = tc.Elapsed() + c.between(0, struckWithin)
		}
		process := w.beginJoin(tc, d, offer.Code)
		for tc.Elapsed() < min(end, struck) && !w.closing && !process.over {
			if !confirmed {
				confirmed = p.act(tc, "confirm", func(tc task.Context, l *life) error {
					return l.intend(tc, enrol.IntentConfirm, enrol.AnswerIntent{ID: offer.ID}, nil)
				}) == nil
			}
			if tc.Sleep(confirmEvery) != nil {
				break
			}
		}
		over, err := process.over, process.err
		survivors := d.disk.Crash()
		d.host().Crash()
		w.sim.Crash(process.group)
		d.disk = survivors
		switch kind := aura.KindOf(err); {
		case !over:
			w.report.Crashes++
			w.note(tc, "crash", d.name)
		case err == nil:
			return true
		case kind == aura.Denied || kind == aura.Timeout:
			return false // the account cannot list it now, or the line expired
		case kind != aura.Cancelled:
			w.violate(d.name, ServicesRun, "the device cannot join: %v", err)
			return false
		}
	}
	return false
}

// joinProcess is the process of a device that joins.
type joinProcess struct {
	group *task.Group
	over  bool
	err   error
}

// beginJoin begins the process of a device that joins by a code, and returns when it has begun.
func (w *simulation) beginJoin(tc task.Context, d *person, code string) *joinProcess {
	process, begun := &joinProcess{}, task.NewLatch()
	w.agents.Go("join", func(tc task.Context) error {
		process.group = task.NewGroup(tc, d.name)
		w.sim.SetClock(process.group, d.wrong)
		process.group.Go("join", func(tc task.Context) error {
			parsed, err := enrol.Parse(code)
			if err == nil {
				_, err = agent.Join(tc, d.hands(), parsed, agent.JoinerOptions{
					Name: d.name, Modules: w.options.Modules, Hardening: machine.HardeningIntegration,
				})
			}
			process.over, process.err = true, err
			return nil
		})
		begun.Open()
		return nil
	})
	if begun.Wait(tc) != nil {
		process.over, process.err = true, tc.Err() // the world ends
	}
	return process
}

// intend hands an intent to the agent, and decodes the payload of the result unless into is nil.
func (l *life) intend(tc task.Context, kind string, payload, into any) (err error) {
	in := fact.Intent{Kind: kind}
	_, _ = l.world.sim.Entropy(l.name + " intents").Read(in.Operation[:])
	if in.Payload, err = fact.Marshal(payload); err != nil {
		return err
	}
	r, err := l.agent.Submit(tc, in)
	if err != nil || into == nil {
		return err
	}
	return fact.Unmarshal(r.Payload, into)
}
