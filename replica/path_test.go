package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/internal/scene"
	"github.com/aura-runtime/aura/task"
)

// TestAnAbsentContactIsDialledLessAndLess: one dial a device and not a context, less and less often, down to
// one an hour.
func TestAnAbsentContactIsDialledLessAndLess(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		dials := 0
		ada, ben, _, first := circle(tc, w, dialling(&dials))
		groups := []aura.ContextID{first}
		for range 4 {
			groups = append(groups, founds(tc, ada, "more friends", ben))
		}
		w.Until(tc, "Ben takes part", time.Minute, func() bool { return takesPart(tc, ben, groups[4]) })
		ben.Stop(tc)
		for _, group := range groups {
			ada.Say(tc, group, "are you there?")
		}
		w.Sleep(tc, 4*time.Hour)
		dials = 0
		w.Sleep(tc, 5*time.Hour)
		if dials < 3 || dials > 8 {
			w.Errorf("%d dials in five hours", dials)
		}
		ben.Start(tc)
		for _, group := range groups {
			scene.Has(tc, w, group, ben, ada, "are you there?")
		}
	})
}

// TestAnAbsentInviterIsDialledLessAndLess: the inviter cannot call back, so that the pauses stay within minutes.
func TestAnAbsentInviterIsDialledLessAndLess(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		dials := 0
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben", dialling(&dials))
		code := scene.Invites(tc, ada, 48*time.Hour)
		ada.Stop(tc)
		if err := scene.Accepts(tc, ben, code); err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, 4*time.Hour)
		dials = 0
		w.Sleep(tc, 10*time.Hour)
		if dials < 50 || dials > 100 {
			w.Errorf("%d dials in ten hours", dials)
		}
		ada.Start(tc)
		w.Until(tc, "they meet", 11*time.Minute, func() bool { return scene.Knows(tc, ada, ben) && scene.Knows(tc, ben, ada) })
	})
}

// TestNothingWaitsNothingIsDialled: a context in which nothing waits needs no channel of its own.
func TestNothingWaitsNothingIsDialled(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, cleo, group := circle(tc, w)
		all := []*auratest.Person{ada, ben, cleo}
		w.Sleep(tc, time.Minute)
		for _, p := range all {
			p.Stop(tc)
		}
		before := sessions(w)
		for _, p := range all {
			p.Start(tc)
		}
		w.Sleep(tc, time.Minute)
		// Ada is connected with both, and the two, who are no contacts, with each other through the group.
		if ends := sessions(w) - before; ends > 6 {
			w.Errorf("%d ends of channels", ends)
		}
		began := tc.Elapsed()
		ada.Say(tc, group, "hello")
		scene.Has(tc, w, group, ben, ada, "hello")
		if took := tc.Elapsed() - began; took > 5*time.Second {
			w.Errorf("a message to somebody who is there took %v", took)
		}
	})
}

// TestAChangeOfTheOwnNetworkEndsALongPause: two are apart for hours, and meet soon after one of them, whose
// address the other does not know, has come to another network.
func TestAChangeOfTheOwnNetworkEndsALongPause(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		context := w.Meet(tc, ada, ben)
		w.Cut(ada, ben)
		ada.Say(tc, context, "hello")
		w.Sleep(tc, 9*time.Hour)
		w.Heal(ada, ben)
		ada.Move()
		began := tc.Elapsed()
		scene.Has(tc, w, context, ben, ada, "hello")
		if took := tc.Elapsed() - began; took > 10*time.Second {
			w.Errorf("it took %v", took)
		}
		// Ben was told at once where Ada is: he finds her when he starts again, and she is silent.
		ada.Move()
		w.Sleep(tc, 5*time.Second)
		ben.Crash()
		w.Sleep(tc, 9*time.Hour)
		ben.Start(tc)
		began = tc.Elapsed()
		ben.Say(tc, context, "found you")
		scene.Has(tc, w, context, ada, ben, "found you")
		if took := tc.Elapsed() - began; took > 10*time.Second {
			w.Errorf("Ben took %v", took)
		}
	})
}

// TestManyAbsentContactsCostOneDialAnHourEach: each is away, has a message waiting, and takes part in a group
// in which one waits, too. docs/performance.md has what a dial costs.
func TestManyAbsentContactsCostOneDialAnHourEach(t *testing.T) {
	const away = 48
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		dials := 0
		ada := w.Person(tc, "Ada", dialling(&dials))
		var some []*auratest.Person
		for i := range away {
			p := w.Person(tc, fmt.Sprint("Contact ", i))
			context := w.Meet(tc, ada, p)
			if some = append(some, p); len(some) == 8 {
				group := founds(tc, ada, fmt.Sprint("Group ", i), some...)
				w.Sleep(tc, 10*time.Second)
				for _, member := range some {
					member.Stop(tc)
				}
				ada.Say(tc, group, "are you all there?")
				some = nil
			}
			ada.Say(tc, context, "are you there?")
		}
		for hour := range 4 {
			dials = 0
			w.Sleep(tc, time.Hour)
			t.Logf("hour %d: %d dials", hour, dials)
			if hour >= 2 && dials > away*3/2 {
				w.Errorf("%d dials of %d contacts in hour %d", dials, away, hour)
			}
		}
	})
}
