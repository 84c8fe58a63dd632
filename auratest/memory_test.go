package auratest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestASessionInMemoryEndsWithItsAgent: one side stops or crashes in the middle, and the program of the other side ends with an error that names
// why. It neither waits for ever nor begins from the middle.
func TestASessionInMemoryEndsWithItsAgent(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 8}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		asks.memory, knows.memory = true, true
		knows.slow = 10 * time.Second // before the solution
		name := ask(tc, w, ada, ben, context, 1, false)
		w.Until(tc, "the first answer comes", time.Minute, func() bool { return len(asks.heard[name]) == 1 })
		goes, stays, side := ada, ben, knows
		if w.Seed%2 == 0 {
			goes, stays, side = ben, ada, asks
		}
		if w.Seed%4 < 2 {
			goes.Crash()
		} else {
			goes.Stop(tc)
		}
		w.Sleep(tc, time.Second)
		goes.Start(tc)
		w.Until(tc, "the other side ends", 5*time.Minute, func() bool { return side.ended[name] != nil })
		refused, is := errors.AsType[*session.RefusalError](side.ended[name])
		if !is || refused.Reason != session.RefusalEnded {
			w.Errorf("the program that went on got %v", side.ended[name])
		}
		nothingLeft(tc, w, goes, stays)
	})
}
