package presence

import (
	"slices"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// Publisher offers observations to the reactive pipeline. They travel beside the facts and are gone when the
// agent is.
type Publisher struct {
	pipeline *reactive.Scheduler

	lock  task.Mutex
	shown map[[2]string]string // by kind and key, as last offered
}

// New returns a publisher of nothing yet, whose observations enter the pipeline.
func New(pipeline *reactive.Scheduler) *Publisher {
	return &Publisher{pipeline: pipeline, shown: map[[2]string]string{}}
}

// Observation is one to be offered: what it says of a kind under a key; nil: nothing any more.
type Observation struct {
	Kind, Key string
	Says      any
}

// Set offers an observation unless it is the one already shown. A nil value takes it away.
func (p *Publisher) Set(tc task.Context, kind, key string, value any) {
	p.SetAll(tc, Observation{kind, key, value})
}

// SetAll is Set for several observations. No watcher sees some of them without the others.
func (p *Publisher) SetAll(tc task.Context, values ...Observation) {
	var up fact.Update
	type shown struct {
		at    [2]string
		value []byte
	}
	var before []shown
	p.lock.Lock()
	for _, v := range values {
		var payload []byte
		if v.Says != nil {
			var err error
			if payload, err = fact.Marshal(v.Says); err != nil {
				continue // an observation that does not fit is not worth a failure
			}
		}
		at := [2]string{v.Kind, v.Key}
		last, known := p.shown[at]
		if known == (payload != nil) && last == string(payload) {
			continue
		}
		was := shown{at: at}
		if known {
			was.value = []byte(last)
		}
		before = append(before, was)
		p.note(at, payload)
		up.Observations = append(up.Observations, fact.Observation{Kind: v.Kind, Key: v.Key, Payload: payload})
	}
	p.lock.Unlock()
	if len(up.Observations) == 0 {
		return
	}
	// The pipeline closes its doors first when the agent stops: no frontend is left to see it then.
	if p.pipeline.Offer(tc, up) != nil {
		p.lock.Lock()
		for _, was := range slices.Backward(before) {
			p.note(was.at, was.value) // what could not be shown must not count as shown
		}
		p.lock.Unlock()
	}
}

// note keeps the value that was offered last; nil removes it.
func (p *Publisher) note(at [2]string, payload []byte) {
	if payload == nil {
		delete(p.shown, at)
	} else {
		p.shown[at] = string(payload)
	}
}
