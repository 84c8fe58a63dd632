package service

import (
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// Board is where services show runtime-local state: how far a delivery is, who is connected. What is
// shown is never a fact; it travels beside the facts and is gone when the agent is.
type Board struct {
	pipeline *reactive.Scheduler

	lock  task.Mutex
	shown map[[2]string]string // by kind and key, as last offered
}

// NewBoard returns an empty board whose observations enter the pipeline.
func NewBoard(pipeline *reactive.Scheduler) *Board {
	return &Board{pipeline: pipeline, shown: map[[2]string]string{}}
}

// Show offers an observation unless it is the one already shown. A nil value takes it away.
func (b *Board) Show(tc task.Context, kind, key string, value any) {
	var payload []byte
	if value != nil {
		var err error
		if payload, err = fact.Marshal(value); err != nil {
			return // an observation that does not fit is not worth a failure
		}
	}
	at := [2]string{kind, key}
	b.lock.Lock()
	last, known := b.shown[at]
	same := known && last == string(payload) || !known && payload == nil
	b.note(at, payload)
	b.lock.Unlock()
	if same {
		return
	}
	// The pipeline closes its doors first when the agent stops: nobody is left to see it then.
	if b.pipeline.Offer(tc, fact.Update{Observations: []fact.Observation{{Kind: kind, Key: key, Payload: payload}}}) != nil {
		b.lock.Lock()
		if known {
			b.note(at, []byte(last)) // what could not be shown must not count as shown
		} else {
			b.note(at, nil)
		}
		b.lock.Unlock()
	}
}

// note keeps what is shown; nil: nothing.
func (b *Board) note(at [2]string, payload []byte) {
	if payload == nil {
		delete(b.shown, at)
	} else {
		b.shown[at] = string(payload)
	}
}
