package replica_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

const year = 365 * 24 * time.Hour

// wrongClocks are differences that were seen: a zone, a year, a battery that is empty.
var wrongClocks = map[string]aura.Duration{
	"2 h ahead": 2 * time.Hour, "2 h behind": -2 * time.Hour, "a year behind": -year, "80 years ahead": 80 * year,
}

// setClock moves the clock of a person's machine while it runs.
func setClock(p *auratest.Person, wrong aura.Duration) {
	p.Ahead = wrong
	if p.Group != nil {
		p.World.Sim.SetClock(p.Group, wrong)
	}
}

// ahead returns how far the clock of a peer is ahead, as it is shown.
func ahead(tc task.Context, p, of *auratest.Person) aura.Duration {
	p.World.Helper()
	for _, c := range p.Look(tc).Connections.View() {
		if c.Authority == of.Self() {
			return c.Ahead
		}
	}
	return 0
}

// TestPeopleWithClocksThatDifferTalk: whatever Ada's clock shows, both sides deliver, both say by how much the
// clocks differ, and when the clock is set right in the middle all goes on and nothing differs.
func TestPeopleWithClocksThatDifferTalk(t *testing.T) {
	for name, wrong := range wrongClocks {
		auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			context := w.Meet(tc, ada, ben)
			setClock(ada, wrong)
			scene.Restart(tc, ada)
			for i, text := range numbered(1, 4) {
				ada.Say(tc, context, text)
				ben.Say(tc, context, text)
				delivered := func() bool {
					return scene.States(tc, ada, context)["delivered"] == i+1 && scene.States(tc, ben, context)["delivered"] == i+1
				}
				if !w.Until(tc, name+": delivery", 2*time.Minute, delivered) {
					return
				}
				w.Sleep(tc, 70*time.Minute) // epochs turn
			}
			apart := func(want aura.Duration) func() bool {
				return func() bool {
					return (ahead(tc, ada, ben)+want).Abs() < time.Minute && (ahead(tc, ben, ada)-want).Abs() < time.Minute
				}
			}
			w.Until(tc, name+": both say so", time.Minute, apart(wrong))
			setClock(ada, 0)
			for i, text := range numbered(5, 8) {
				ada.Say(tc, context, text)
				ben.Say(tc, context, text)
				delivered := func() bool {
					return scene.States(tc, ada, context)["delivered"] == i+5 && scene.States(tc, ben, context)["delivered"] == i+5
				}
				if !w.Until(tc, name+": delivery when the clock is right", 2*time.Minute, delivered) {
					return
				}
				w.Sleep(tc, 70*time.Minute)
			}
			w.Until(tc, name+": the clocks agree", time.Minute, apart(0))
			if diff := cmp.Diff(numbered(1, 8), ben.Heard(tc, context, ada)); diff != "" {
				w.Errorf("%s: Ben has: %s", name, diff)
			}
			if diff := cmp.Diff(numbered(1, 8), ada.Heard(tc, context, ben)); diff != "" {
				w.Errorf("%s: Ada has: %s", name, diff)
			}
		})
	}
}

// TestAMessageWrittenWithAWrongClockArrives: it was written while the peer was away, and the clock is right again
// when the peer comes. The ledger is in the present epoch afterwards, and what waited was charged there again.
func TestAMessageWrittenWithAWrongClockArrives(t *testing.T) {
	for name, wrong := range wrongClocks {
		auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
			ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
			context := w.Meet(tc, ada, ben)
			ada.Say(tc, context, "message 1")
			w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
			ben.Stop(tc)
			setClock(ada, wrong)
			ada.Say(tc, context, "message 2")
			setClock(ada, 0)
			ada.Say(tc, context, "message 3")
			w.Sleep(tc, 3*time.Hour)
			ben.Start(tc)
			w.Until(tc, name+": delivery", 2*time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 3 })
			if diff := cmp.Diff(numbered(1, 3), ben.Heard(tc, context, ada)); diff != "" {
				w.Errorf("%s: Ben has: %s", name, diff)
			}
			now := guard.EpochAt(guard.DefaultPolicy(), tc.Now())
			if c := ada.Agent.Journal().Charge(context, ben.Self()); c.Epoch > now+1 {
				w.Errorf("%s: the ledger is in epoch %d, it is %d", name, c.Epoch, now)
			}
		})
	}
}

// TestBudgetsAreNotHadTwiceByMovingTheClock: Ada jumps back and forth and writes as much as she can. In no epoch
// more gets through than its limit, and Ben gets everything in the end.
func TestBudgetsAreNotHadTwiceByMovingTheClock(t *testing.T) {
	const limit = 5
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(limit, shortEpoch))
		ben := w.Person(tc, "Ben", limited(limit, shortEpoch))
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		said := 0
		for i, wrong := range []aura.Duration{0, 2 * time.Hour, 0, 2 * time.Hour, -time.Hour, 0} {
			setClock(ada, wrong)
			for range limit + 2 {
				said++
				ada.Say(tc, context, numbered(said, said)[0])
			}
			w.Sleep(tc, 20*time.Second)
			// Two epochs were charged, the present and that of the wrong clock, each once.
			if got, most := len(ben.Heard(tc, context, ada)), min(i+1, 2)*limit; got > most {
				w.Errorf("after jump %d Ben has %d messages, %d were paid for", i, got, most)
			}
		}
		for range 2 * said / limit {
			beginEpoch(tc, w)
		}
		w.Until(tc, "all of it", time.Hour, func() bool { return len(ben.Heard(tc, context, ada)) == said })
		if diff := cmp.Diff(numbered(1, said), ben.Heard(tc, context, ada)); diff != "" {
			w.Errorf("Ben has: %s", diff)
		}
	})
}

// TestABudgetThatAWrongClockUsedUpSaysSo: the clock went back a year, so no epoch turns: what waits names the
// budget and the clock.
func TestABudgetThatAWrongClockUsedUpSaysSo(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada", limited(2, shortEpoch))
		ben := w.Person(tc, "Ben", limited(100, shortEpoch))
		context := w.Meet(tc, ada, ben)
		beginEpoch(tc, w)
		ada.Say(tc, context, "message 1")
		w.Until(tc, "delivery", time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 1 })
		setClock(ada, -year)
		for _, text := range numbered(2, 5) {
			ada.Say(tc, context, text)
		}
		want := overBudget + "; " + status.ClocksDiffer("Ben", year)
		w.Until(tc, "the reason", time.Minute, func() bool { return scene.States(tc, ada, context)[want] > 0 })
		w.Sleep(tc, time.Hour)
		for state := range scene.States(tc, ada, context) {
			if strings.Contains(state, "not reachable") || strings.Contains(state, "contradicts") {
				w.Errorf("%s", state)
			}
		}
		setClock(ada, 0)
		w.Until(tc, "delivery", 30*time.Minute, func() bool { return scene.States(tc, ada, context)["delivered"] == 5 })
	})
}
