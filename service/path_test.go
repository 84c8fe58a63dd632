package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// TestAnAbsentContactIsDialledLessAndLess: one dial a device and not a context, less and less often, down to
// one an hour.
func TestAnAbsentContactIsDialledLessAndLess(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben, _, first := u.circle(tc)
		groups := []aura.ContextID{first}
		for range 4 {
			groups = append(groups, ada.founds(tc, "more friends", ben))
		}
		u.until(tc, "Ben takes part", time.Minute, func() bool { return ben.takesPart(tc, groups[4]) })
		ben.stop(tc)
		for _, group := range groups {
			ada.say(tc, group, "are you there?")
		}
		u.sleep(tc, 4*time.Hour)
		ada.dials = 0
		u.sleep(tc, 5*time.Hour)
		if ada.dials < 3 || ada.dials > 8 {
			t.Errorf("seed %d: %d dials in five hours", u.seed, ada.dials)
		}
		ben.start(tc)
		for _, group := range groups {
			u.has(tc, group, ben, ada, "are you there?")
		}
	})
}

// TestAnAbsentInviterIsDialledLessAndLess: the inviter cannot call back, so that the pauses stay within minutes.
func TestAnAbsentInviterIsDialledLessAndLess(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		code := ada.invites(tc, 48*time.Hour)
		ada.stop(tc)
		if err := ben.accepts(tc, code); err != nil {
			t.Fatal(err)
		}
		u.sleep(tc, 4*time.Hour)
		ben.dials = 0
		u.sleep(tc, 10*time.Hour)
		if ben.dials < 50 || ben.dials > 100 {
			t.Errorf("seed %d: %d dials in ten hours", u.seed, ben.dials)
		}
		ada.start(tc)
		u.until(tc, "they meet", 11*time.Minute, func() bool { return ada.knows(tc, ben) && ben.knows(tc, ada) })
	})
}

// TestNothingWaitsNothingIsDialled: a context in which nothing waits needs no channel of its own.
func TestNothingWaitsNothingIsDialled(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben, cleo, group := u.circle(tc)
		all := []*person{ada, ben, cleo}
		u.sleep(tc, time.Minute)
		for _, p := range all {
			p.stop(tc)
		}
		before := u.sessions()
		for _, p := range all {
			p.start(tc)
		}
		u.sleep(tc, time.Minute)
		// Ada is connected with both, and the two, who are no contacts, with each other through the group.
		if ends := u.sessions() - before; ends > 6 {
			t.Errorf("seed %d: %d ends of channels", u.seed, ends)
		}
		began := tc.Elapsed()
		ada.say(tc, group, "hello")
		u.has(tc, group, ben, ada, "hello")
		if took := tc.Elapsed() - began; took > 5*time.Second {
			t.Errorf("seed %d: a message to somebody who is there took %v", u.seed, took)
		}
	})
}

// TestAChangeOfTheOwnNetworkEndsALongPause: two are apart for hours, and meet soon after one of them, whose
// address the other does not know, has come to another network.
func TestAChangeOfTheOwnNetworkEndsALongPause(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		u.net.Cut(ada.link(), ben.link())
		ada.say(tc, context, "hello")
		u.sleep(tc, 9*time.Hour)
		u.net.Mend(ada.link(), ben.link())
		ada.move()
		began := tc.Elapsed()
		u.has(tc, context, ben, ada, "hello")
		if took := tc.Elapsed() - began; took > 10*time.Second {
			t.Errorf("seed %d: it took %v", u.seed, took)
		}
		// Ben was told at once where Ada is: he finds her when he starts again, and she is silent.
		ada.move()
		u.sleep(tc, 5*time.Second)
		ben.crash()
		u.sleep(tc, 9*time.Hour)
		ben.start(tc)
		began = tc.Elapsed()
		ben.say(tc, context, "found you")
		u.has(tc, context, ada, ben, "found you")
		if took := tc.Elapsed() - began; took > 10*time.Second {
			t.Errorf("seed %d: Ben took %v", u.seed, took)
		}
	})
}

// TestManyAbsentContactsCostOneDialAnHourEach: each is away, has a message waiting, and takes part in a group
// in which one waits, too. docs/performance.md has what a dial costs.
func TestManyAbsentContactsCostOneDialAnHourEach(t *testing.T) {
	const away = 48
	inWorlds(t, 1, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada")
		var some []*person
		for i := range away {
			p := u.person(tc, fmt.Sprint("Contact ", i))
			context := u.meet(tc, ada, p)
			if some = append(some, p); len(some) == 8 {
				group := ada.founds(tc, fmt.Sprint("Group ", i), some...)
				u.sleep(tc, 10*time.Second)
				for _, member := range some {
					member.stop(tc)
				}
				ada.say(tc, group, "are you all there?")
				some = nil
			}
			ada.say(tc, context, "are you there?")
		}
		for hour := range 4 {
			ada.dials = 0
			u.sleep(tc, time.Hour)
			t.Logf("hour %d: %d dials", hour, ada.dials)
			if hour >= 2 && ada.dials > away*3/2 {
				t.Errorf("seed %d: %d dials of %d contacts in hour %d", u.seed, ada.dials, away, hour)
			}
		}
	})
}
