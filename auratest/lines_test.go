package auratest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// lines checks that no line about a session lacks a field, and that there were some of each of these families and messages.
func lines(w *auratest.World, people []*auratest.Person, want ...string) {
	w.Helper()
	for _, problem := range w.Lacking(people...) {
		w.Errorf("%s", problem)
	}
	for _, line := range want {
		if !slices.ContainsFunc(w.Events, func(e world.Event) bool {
			return string(e.Family())+" "+e.Message() == line && e.Service() == "session" && e.Field("session_id") != ""
		}) {
			w.Errorf("no line %q", line)
		}
	}
}

// TestLinesOfAMoveLackNoField: two are refused, and one is made while messages flow.
func TestLinesOfAMoveLackNoField(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 12*time.Second)
		if err := gives(m.tc, m.laptop, name, m.ben.Ring.Device()); aura.KindOf(err) != aura.Denied {
			m.Errorf("a move to another person: %v", err)
		}
		if err := gives(m.tc, m.laptop, aura.SessionID{77}, m.server.Ring.Device()); aura.KindOf(err) != aura.NotFound {
			m.Errorf("a move of nothing: %v", err)
		}
		m.move(name, m.laptop, m.server)
		m.played(name, m.atServer, m.atBen)
		lines(m.World, []*auratest.Person{m.laptop, m.server, m.ben}, "session claim", "session release", "delegation start", "delegation commit",
			"delegation reject", "ingress accepted", "concurrency.profile select")
		for _, e := range m.Events {
			if e.Family() == world.FamilyDelegation && e.Message() == "commit" && e.Field("from_owner") == e.Field("to_owner") {
				m.Errorf("it went nowhere: %s", e)
			}
		}
	})
}

// TestLinesOfACeremonyLackNoField: of one that all take part in, and of one that a participant refuses.
func TestLinesOfACeremonyLackNoField(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		all, context := witnesses(tc, w)
		agree := func(text string) {
			if _, _, err := all[0].Agent.Ceremonies().Agree(tc, context, operation(text, all[1], all[2])); err != nil {
				w.Fatalf("%v", err)
			}
			w.Until(tc, "no session lives", time.Hour, func() bool {
				return !slices.ContainsFunc(all, func(p *auratest.Person) bool {
					live, err := p.Agent.Sessions().List(tc)
					return err != nil || len(live) > 0
				})
			})
		}
		agree("x")
		agree("y") // over the same state: both refuse to sign
		lines(w, all, "session claim", "session release", "ingress accepted", "concurrency.profile select")
	})
}
