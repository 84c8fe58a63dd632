package presence

import (
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

// Set offers an observation unless it is the one already shown. A nil value takes it away.
func (p *Publisher) Set(tc task.Context, kind, key string, value any) {
	var payload []byte
	if value != nil {
		var err error
		if payload, err = fact.Marshal(value); err != nil {
			return // an observation that does not fit is not worth a failure
		}
	}
	at := [2]string{kind, key}
	p.lock.Lock()
	last, known := p.shown[at]
	same := known && last == string(payload) || !known && payload == nil
	p.note(at, payload)
	p.lock.Unlock()
	if same {
		return
	}
	// The pipeline closes its doors first when the agent stops: no frontend is left to see it then.
	if p.pipeline.Offer(tc, fact.Update{Observations: []fact.Observation{{Kind: kind, Key: key, Payload: payload}}}) != nil {
		p.lock.Lock()
		if known {
			p.note(at, []byte(last)) // what could not be shown must not count as shown
		} else {
			p.note(at, nil)
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
