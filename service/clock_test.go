package service_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

const year = 365 * 24 * time.Hour

// wrongClocks are differences that were seen: a zone, a year, a battery that is empty.
var wrongClocks = map[string]aura.Duration{
	"2 h ahead": 2 * time.Hour, "2 h behind": -2 * time.Hour, "a year behind": -year, "80 years ahead": 80 * year,
}

// set moves the clock of a person's machine while it runs.
func (p *person) set(wrong aura.Duration) {
	p.wrong = wrong
	p.sim.SetClock(p.group, wrong)
}

// ahead returns how far the clock of somebody is ahead, as it is shown.
func (p *person) ahead(tc task.Context, of *person) aura.Duration {
	p.Helper()
	for _, c := range p.look(tc).reach.View() {
		if c.Authority == of.self() {
			return c.Ahead
		}
	}
	return 0
}

// TestPeopleWithClocksThatDifferTalk: whatever Ada's clock shows, both sides deliver, both say by how much the
// clocks differ, and when the clock is set right in the middle all goes on and nothing differs.
func TestPeopleWithClocksThatDifferTalk(t *testing.T) {
	for name, wrong := range wrongClocks {
		inWorlds(t, 3, func(tc task.Context, u *universe) {
			ada, ben := u.account(tc, "Ada"), u.account(tc, "Ben")
			ada.start(tc)
			ben.start(tc)
			context := u.meet(tc, ada, ben)
			ada.set(wrong)
			ada.restart(tc)
			for i, text := range numbered(1, 4) {
				ada.say(tc, context, text)
				ben.say(tc, context, text)
				delivered := func() bool {
					return ada.states(tc, context)["delivered"] == i+1 && ben.states(tc, context)["delivered"] == i+1
				}
				if !u.until(tc, name+": delivery", 2*time.Minute, delivered) {
					return
				}
				u.sleep(tc, 70*time.Minute) // epochs turn
			}
			apart := func(want aura.Duration) func() bool {
				return func() bool {
					return (ada.ahead(tc, ben)+want).Abs() < time.Minute && (ben.ahead(tc, ada)-want).Abs() < time.Minute
				}
			}
			u.until(tc, name+": both say so", time.Minute, apart(wrong))
			ada.set(0)
			for i, text := range numbered(5, 8) {
				ada.say(tc, context, text)
				ben.say(tc, context, text)
				delivered := func() bool {
					return ada.states(tc, context)["delivered"] == i+5 && ben.states(tc, context)["delivered"] == i+5
				}
				if !u.until(tc, name+": delivery when the clock is right", 2*time.Minute, delivered) {
					return
				}
				u.sleep(tc, 70*time.Minute)
			}
			u.until(tc, name+": the clocks agree", time.Minute, apart(0))
			if diff := cmp.Diff(numbered(1, 8), ben.texts(tc, context, ada)); diff != "" {
				t.Errorf("%s: seed %d: Ben has: %s", name, u.seed, diff)
			}
			if diff := cmp.Diff(numbered(1, 8), ada.texts(tc, context, ben)); diff != "" {
				t.Errorf("%s: seed %d: Ada has: %s", name, u.seed, diff)
			}
		})
	}
}

// TestAMessageWrittenWithAWrongClockArrives: it was written while the peer was away, and the clock is right again
// when the peer comes. The ledger is in the present epoch afterwards, and what waited was charged there again.
func TestAMessageWrittenWithAWrongClockArrives(t *testing.T) {
	for name, wrong := range wrongClocks {
		inWorlds(t, 3, func(tc task.Context, u *universe) {
			ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
			context := u.meet(tc, ada, ben)
			ada.say(tc, context, "message 1")
			u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
			ben.stop(tc)
			ada.set(wrong)
			ada.say(tc, context, "message 2")
			ada.set(0)
			ada.say(tc, context, "message 3")
			u.sleep(tc, 3*time.Hour)
			ben.start(tc)
			u.until(tc, name+": delivery", 2*time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 3 })
			if diff := cmp.Diff(numbered(1, 3), ben.texts(tc, context, ada)); diff != "" {
				t.Errorf("%s: seed %d: Ben has: %s", name, u.seed, diff)
			}
			now := guard.EpochAt(guard.DefaultPolicy(), tc.Now())
			if c := ada.agent.Journal().Charge(context, ben.self()); c.Epoch > now+1 {
				t.Errorf("%s: seed %d: the ledger is in epoch %d, it is %d", name, u.seed, c.Epoch, now)
			}
		})
	}
}

// TestBudgetsAreNotHadTwiceByMovingTheClock: Ada jumps back and forth and writes as much as she can. In no epoch
// more gets through than its limit, and Ben gets everything in the end.
func TestBudgetsAreNotHadTwiceByMovingTheClock(t *testing.T) {
	const limit = 5
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(limit, shortEpoch))
		ben := u.person(tc, "Ben", limited(limit, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		said := 0
		for i, wrong := range []aura.Duration{0, 2 * time.Hour, 0, 2 * time.Hour, -time.Hour, 0} {
			ada.set(wrong)
			for range limit + 2 {
				said++
				ada.say(tc, context, numbered(said, said)[0])
			}
			u.sleep(tc, 20*time.Second)
			// Two epochs were charged, the present and that of the wrong clock, each once.
			if got, most := len(ben.texts(tc, context, ada)), min(i+1, 2)*limit; got > most {
				t.Errorf("seed %d: after jump %d Ben has %d messages, %d were paid for", u.seed, i, got, most)
			}
		}
		for range 2 * said / limit {
			u.beginEpoch(tc)
		}
		u.until(tc, "all of it", time.Hour, func() bool { return len(ben.texts(tc, context, ada)) == said })
		if diff := cmp.Diff(numbered(1, said), ben.texts(tc, context, ada)); diff != "" {
			t.Errorf("seed %d: Ben has: %s", u.seed, diff)
		}
	})
}

// TestABudgetThatAWrongClockUsedUpSaysSo: the clock went back a year, so no epoch turns: what waits names the
// budget and the clock.
func TestABudgetThatAWrongClockUsedUpSaysSo(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(2, shortEpoch))
		ben := u.person(tc, "Ben", limited(100, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.beginEpoch(tc)
		ada.say(tc, context, "message 1")
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
		ada.set(-year)
		for _, text := range numbered(2, 5) {
			ada.say(tc, context, text)
		}
		want := overBudget + "; " + status.ClocksDiffer("Ben", year)
		u.until(tc, "the reason", time.Minute, func() bool { return ada.states(tc, context)[want] > 0 })
		u.sleep(tc, time.Hour)
		for state := range ada.states(tc, context) {
			if strings.Contains(state, "not reachable") || strings.Contains(state, "contradicts") {
				t.Errorf("seed %d: %s", u.seed, state)
			}
		}
		ada.set(0)
		u.until(tc, "delivery", 30*time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 5 })
	})
}
