package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
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

// silent is a decider that fails behind its first decision, which has become durable.
type silent struct {
	session.Decider
	decided bool
}

func (d *silent) Decide(tc task.Context, r *guard.Request) (effect.Result, error) {
	result, err := d.Decider.Decide(tc, r)
	if !d.decided && err == nil {
		d.decided = true
		return effect.Result{}, aura.Errorf("test", aura.Unavailable, "the disk does not answer")
	}
	return result, err
}

// TestACommitOfUnknownOutcomeIsNoOtherRecording: a commit failed and is durable all the same, so that the recording has a message that the
// session did not send. The session ends, and its engine goes on.
func TestACommitOfUnknownOutcomeIsNoOtherRecording(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard), func(o *session.Options) {
			o.Hardening, o.Decider = machine.HardeningIntegration, &silent{Decider: o.Decider}
		})
		defer cust.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, 2*time.Minute)
		if all := cust.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndFailed {
			t.Errorf("the ends are %+v", all)
		}
	})
}
