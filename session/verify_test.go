package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// altering is a decider that records another payload than the one that leaves.
type altering struct{ session.Decider }

func (a altering) Decide(tc task.Context, r *guard.Request) (effect.Result, error) {
	for i := range r.Metadata {
		r.Metadata[i].Value = []byte(strings.Replace(string(r.Metadata[i].Value), "bread", "stone", 1))
	}
	return a.Decider.Decide(tc, r)
}

// TestEachSessionIsReplayedInIntegration (runtime document, "Runtime Profiles"; sessions.md section 6): at the end of each persistent session the
// recording must replay to the same bytes. Where it does not, that is a violation with which the engine ends; in production nothing is replayed.
func TestEachSessionIsReplayedInIntegration(t *testing.T) {
	for what, c := range map[string]struct {
		hardening machine.Hardening
		alters    bool
		ends      int // of sessions, while the engine lives
	}{
		"an honest recording":      {machine.HardeningIntegration, false, 1},
		"another recording":        {machine.HardeningIntegration, true, 0},
		"production looks at none": {machine.HardeningProduction, true, 1},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []string
			cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard), func(o *session.Options) {
				o.Hardening = c.hardening
				if c.alters {
					o.Decider = altering{o.Decider}
				}
			})
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if _, err := cust.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, 2*time.Minute)
			lives, done := tc.WithBudget("engine", time.Second)
			defer done()
			all, err := cust.engine.Ended(lives)
			if len(all) != c.ends || (err == nil) != (c.ends == 1) {
				t.Errorf("%s: the ends are %+v, %v", what, all, err)
			}
			cust.Close(tc)
		})
	}
}
