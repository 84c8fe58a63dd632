package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// patient is a customer that asks, and waits an hour for the answer. It says what its wait came to.
func patient(heard *error) session.Program {
	return asks(func(tc task.Context, p *session.Port) error {
		done, err := p.Within(tc, time.Hour)
		if err != nil {
			return err
		}
		_, _, err = p.Receive(tc, "Store")
		*heard = err
		done()
		return err
	})
}

// TestASessionExpiresByAWitness (runtime document, "Telltale Integration"; sessions.md section 4): a timeout is a value that the engine issued
// with its deadline when the wait began, the end names it, and a restart gives the rest of the time and no new budget.
func TestASessionExpiresByAWitness(t *testing.T) {
	for what, down := range map[string]aura.Duration{"running": 0, "restarted": time.Minute, "away beyond the end": 3 * time.Hour} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard error
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", patient(&heard))
			began := tc.Now().At
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, 40*time.Minute)
			if down > 0 {
				disk = disk.Crash()
				cust.Close(tc)
				sleep(t, tc, down)
				cust = begin(t, tc, sim, disk, false, "Cust", patient(&heard))
			}
			defer func() { cust.Close(tc) }()
			if down < time.Hour {
				sleep(t, tc, 20*time.Minute-down-time.Second)
				if all := cust.ends(t, tc); len(all) != 0 {
					t.Fatalf("%s: too early: %+v", what, all)
				}
			}
			sleep(t, tc, 2*time.Second)
			all := cust.ends(t, tc)
			if len(all) != 1 || all[0].End.Kind != view.EndExpired || all[0].End.Witness.ID != 2 || !errors.Is(heard, aura.Timeout) {
				t.Fatalf("%s: the ends are %+v, the program heard %v", what, all, heard)
			}
			if until := all[0].End.Witness.Until.Sub(began); until < time.Hour || until > time.Hour+time.Second {
				t.Errorf("%s: the witness is of %v after the beginning", what, until)
			}
			if err := cust.engine.End(tc, name); err != nil || cust.ends(t, tc)[0].End != all[0].End {
				t.Errorf("%s: ended again: %v, %+v", what, err, cust.ends(t, tc))
			}
		})
	}
}

// TestAClockThatIsSetBackDelaysNoTimeout: neither the wait of a program nor the whole session lasts longer than its budget, from the beginning
// or from a restart, when both began while the clock was ten years ahead.
func TestAClockThatIsSetBackDelaysNoTimeout(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for what, c := range map[string]struct {
		waits   bool
		restart bool
		after   aura.Duration
	}{
		"a wait": {true, false, time.Hour}, "a wait, restarted": {true, true, time.Hour},
		"a session": {false, false, 30 * 24 * time.Hour}, "a session, restarted": {false, true, 30 * 24 * time.Hour},
	} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard error
			program := patient(&heard)
			if !c.waits {
				program = asks(func(tc task.Context, p *session.Port) error {
					_, _, heard = p.Receive(tc, "Store")
					return heard
				})
			}
			sim.SetClock(tc.Group(), 10*year)
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", program)
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			sim.SetClock(tc.Group(), 0)
			if c.restart {
				disk = disk.Crash()
				cust.Close(tc)
				cust = begin(t, tc, sim, disk, false, "Cust", program)
			}
			defer func() { cust.Close(tc) }()
			sleep(t, tc, c.after-time.Minute)
			if all := cust.ends(t, tc); len(all) != 0 {
				t.Fatalf("%s: too early: %+v", what, all)
			}
			sleep(t, tc, 2*time.Minute)
			all := cust.ends(t, tc)
			if len(all) != 1 || all[0].End.Kind != view.EndExpired || !errors.Is(heard, aura.Timeout) {
				t.Fatalf("%s: the ends are %+v, the program heard %v", what, all, heard)
			}
		})
	}
}

// TestAWitnessThatWasTakenBackEndsNothing: whatever time has passed, also when the agent was away over its deadline.
func TestAWitnessThatWasTakenBackEndsNothing(t *testing.T) {
	for what, restart := range map[string]bool{"running": false, "restarted": true} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			program := func(tc task.Context, p *session.Port) error {
				done, err := p.Within(tc, time.Hour)
				if err != nil {
					return err
				}
				p.With(note("asked"))
				if err := p.Send(tc, "Store", "Ask", nil); err != nil {
					return err
				}
				done()
				_, _, err = p.Receive(tc, "Store")
				return err
			}
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", program)
			if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			if restart {
				disk = disk.Crash()
				cust.Close(tc)
			}
			sleep(t, tc, 5*time.Hour)
			if restart {
				cust = begin(t, tc, sim, disk, false, "Cust", program)
				sleep(t, tc, time.Hour)
			}
			defer func() { cust.Close(tc) }()
			if all := cust.ends(t, tc); len(all) != 0 {
				t.Fatalf("%s: the session has ended: %+v", what, all)
			}
			if _, err := cust.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
}

// TestASessionHasABudget: its opening says how long it may take, a restart does not begin it anew, and what a persistent session
// whose opening does not say takes is bounded too.
func TestASessionHasABudget(t *testing.T) {
	const day = 24 * time.Hour
	for budget, want := range map[aura.Duration]aura.Duration{0: 30 * day, 2 * day: 2 * day} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []string
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			cust := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
			o := cust.opening("Store")
			o.Budget = budget
			began := tc.Now().At
			if err := cust.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, day)
			disk = disk.Crash()
			cust.Close(tc)
			cust = begin(t, tc, sim, disk, false, "Cust", customer(&heard))
			defer func() { cust.Close(tc) }()
			sleep(t, tc, want-day-time.Minute)
			if all := cust.ends(t, tc); len(all) != 0 {
				t.Fatalf("too early: %+v", all)
			}
			sleep(t, tc, 2*time.Minute)
			all := cust.ends(t, tc)
			if len(all) != 1 || all[0].End.Kind != view.EndExpired || all[0].End.Witness != (session.Witness{ID: 1, Until: began.Add(want)}) {
				t.Errorf("the ends are %+v", all)
			}
		})
	}
}

// TestAStepThatIsUnderWayComesBeforeTheTimeout: a message whose decision is being made durable when the session expires is sent or is not,
// and the recording ends with it.
func TestAStepThatIsUnderWayComesBeforeTheTimeout(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var sent error
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", func(tc task.Context, p *session.Port) error {
			if _, err := p.Within(tc, time.Second); err != nil {
				return err
			}
			p.With(note("asked"))
			sent = p.Send(tc, "Store", "Ask", nil)
			_, _, err := p.Receive(tc, "Store")
			return err
		})
		defer cust.Close(tc)
		disk.SetFaults(journal.Faults{SyncDelay: 10 * time.Second})
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, 5*time.Minute)
		all := cust.ends(t, tc)
		if len(all) != 1 || all[0].End.Kind != view.EndExpired || all[0].Session.Sent != 1 || sent != nil || len(cust.texts(t, tc)) != 1 {
			t.Errorf("the ends are %+v, the message was sent with %v and %v", all, sent, cust.texts(t, tc))
		}
	})
}

// TestAWaitAfterTheEndLeavesNothing: a program that its session's end overtakes may ask for time once more, when the recording is gone.
func TestAWaitAfterTheEndLeavesNothing(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var late error
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", asks(func(tc task.Context, p *session.Port) error {
			_, _, err := p.Receive(tc, "Store")
			_, late = p.Within(tc, time.Hour)
			return err
		}))
		defer cust.Close(tc)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Minute)
		if err := cust.engine.End(tc, name); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Hour)
		if left := cust.recordings(); len(left) != 0 || !errors.Is(late, aura.Stale) {
			t.Errorf("%d records are left, and the wait is answered with %v", len(left), late)
		}
	})
}
