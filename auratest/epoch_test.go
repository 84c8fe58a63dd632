package auratest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// present is the epoch of the default limits by the world's clock.
func present(tc task.Context) aura.Epoch { return guard.EpochAt(guard.DefaultPolicy(), tc.Now()) }

// epochAt returns the epoch that a person's agent shows for a session, which lives there or has ended.
func epochAt(tc task.Context, p *auratest.Person, name aura.SessionID) aura.Epoch {
	p.World.Helper()
	shown, err := p.Agent.Sessions().Show(tc, name)
	if err != nil {
		p.World.Fatalf("%s: %v", p.Name, err)
	}
	return shown.Session.Epoch
}

// TestASessionKeepsItsEpoch (runtime document, "Session State"): both sides have the epoch in which one of them opened the session, whatever
// epoch comes and however often the agents start again, and so does its end.
func TestASessionKeepsItsEpoch(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		knows.slow = 4 * time.Hour
		w.Cut(ada, ben)
		began := present(tc)
		name := ask(tc, w, ada, ben, context, 1, true)
		w.Until(tc, "the first message is durable", time.Minute, func() bool { return recorded(ada) })
		w.Sleep(tc, 90*time.Minute)
		ada.Crash()
		ada.Start(tc)
		w.Heal(ada, ben)
		w.Until(tc, "Ben has the session", 20*time.Minute, func() bool { return len(knows.heard[name]) == 2 })
		w.Sleep(tc, 90*time.Minute)
		for _, p := range []*auratest.Person{ada, ben} {
			p.Crash()
			p.Start(tc)
		}
		check := func(when string) {
			for _, p := range []*auratest.Person{ada, ben} {
				if got := epochAt(tc, p, name); got != began {
					w.Errorf("%s %s has epoch %d, want %d: it is %d now", when, p.Name, got, began, present(tc))
				}
			}
		}
		check("before the end")
		bothSolved(tc, w, asks, knows, name, 10*time.Hour)
		nothingLeft(tc, w, ada, ben)
		check("behind the end")
		if present(tc) < began+3 {
			w.Errorf("the epoch has not turned: the test shows nothing")
		}
	})
}

// TestASessionMovesWithItsEpoch: the device that takes it in has the epoch in which it began, and greets with that.
func TestASessionMovesWithItsEpoch(t *testing.T) {
	for _, role := range []choreo.Role{"Host", "Guest"} {
		moving(t, 1, func(m *movers) {
			turns := guard.NextEpoch(guard.DefaultPolicy(), present(m.tc))
			m.Sleep(m.tc, turns.Sub(m.tc.Now().At)-5*time.Second)
			began := present(m.tc)
			name := m.begin(1, role)
			m.Sleep(m.tc, 12*time.Second)
			m.move(name, m.laptop, m.server)
			m.Sleep(m.tc, 10*time.Second)
			for _, p := range []*auratest.Person{m.server, m.ben} {
				if got := epochAt(m.tc, p, name); got != began || present(m.tc) == began {
					m.Errorf("%s has epoch %d, want %d: it is %d now", p.Name, got, began, present(m.tc))
				}
			}
			host, guest := m.atServer, m.atBen
			if role == "Guest" {
				host, guest = guest, host
			}
			m.played(name, host, guest)
		})
	}
}

// TestAClockThatIsWrongCostsNoSession (decision 19): the epoch is one of the clock of the side that opens the session. The other one takes
// it, however far that clock is off.
func TestAClockThatIsWrongCostsNoSession(t *testing.T) {
	for _, ahead := range []aura.Duration{-365 * 24 * time.Hour, -5 * time.Hour, 70 * time.Minute, 3 * time.Hour, 400 * 24 * time.Hour} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			asks, knows := new(player), new(player)
			ada := w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Sessions = asks.plays("") })
			ben := w.Person(tc, "Ben", func(p *auratest.Person) { p.Options.Sessions = knows.plays("") })
			context := w.Meet(tc, ada, ben)
			ben.Stop(tc)
			ben.Ahead = ahead
			ben.Start(tc)
			for i, by := range []*auratest.Person{ada, ben} {
				of, at, to := ben, asks, knows
				if by == ben {
					of, at, to = ada, knows, asks
				}
				name := ask(tc, w, by, of, context, byte(i), true)
				bothSolved(tc, w, at, to, name, 5*time.Minute)
				if here, there := epochAt(tc, by, name), epochAt(tc, of, name); here == 0 || here != there {
					w.Errorf("clocks %v apart: %s has epoch %d and %s %d", ahead, by.Name, here, of.Name, there)
				}
			}
		})
	}
}

// TestASessionBeginsInItsTime: a peer begins none in an epoch that is to come, nor one that would be over by now, and learns why.
func TestASessionBeginsInItsTime(t *testing.T) {
	const days = 24
	for off, taken := range map[int]bool{-30*days - 1: false, -30*days + 1: true, -3: true, 0: true, 1: true, 2: false, 1 << 40: false} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, ben, context, asks, knows := riddlers(tc, w)
			name := aura.SessionID{1, 7}
			epoch := aura.Epoch(int(present(tc)) + off)
			if err := ada.Agent.Sessions().Open(tc, session.Opening{
				Name: name, Protocol: riddleID, Role: "Asker", Context: context, Persistent: true, Epoch: epoch,
				Parties: []session.Party{{Role: "Knower", Authority: ben.Self(), Device: ben.Ring.Device()}},
			}); err != nil {
				w.Fatalf("%v", err)
			}
			if got := epochAt(tc, ada, name); got != epoch {
				w.Errorf("the opening's epoch is %d, want the caller's %d", got, epoch)
			}
			if taken {
				bothSolved(tc, w, asks, knows, name, time.Minute)
				return
			}
			w.Until(tc, "the session fails", time.Minute, func() bool { return asks.ended[name] != nil })
			refused, is := errors.AsType[*session.RefusalError](asks.ended[name])
			if !is || refused.Reason != session.RefusalEpoch {
				w.Errorf("%d epochs off: the asker's program got %v", off, asks.ended[name])
			}
			ended, err := ada.Agent.Sessions().Ended(tc)
			is = slices.ContainsFunc(ended, func(e seen.Ended) bool {
				return e.Session.Name == name && e.End.Kind == seen.EndRefused && e.End.Reason != ""
			})
			if err != nil || !is {
				w.Errorf("%d epochs off: the ends are %+v, %v", off, ended, err)
			}
			if len(knows.heard) > 0 {
				w.Errorf("%d epochs off: Ben's program began", off)
			}
		})
	}
}
