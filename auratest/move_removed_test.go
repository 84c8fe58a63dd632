package auratest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// endOf returns how a session ended at a person, zero while it has not.
func (m *movers) endOf(p *auratest.Person, name aura.SessionID) seen.End {
	m.Helper()
	all, err := p.Agent.Sessions().Ended(m.tc)
	if err != nil {
		m.Fatalf("%v", err)
	}
	for _, e := range all {
		if e.Session.Name == name {
			return e.End
		}
	}
	return seen.End{}
}

// endedByRemoval checks that a session ends at Ben, because the device that plays was removed.
func (m *movers) endedByRemoval(name aura.SessionID) {
	m.Helper()
	m.Until(m.tc, "the session ends at Ben", 2*time.Minute, func() bool { return m.endOf(m.ben, name).Kind != 0 })
	if e := m.endOf(m.ben, name); e.Kind != seen.EndCancelled || e.By != m.laptop.Self() || !strings.Contains(e.Reason, "removed") {
		m.Errorf("the session ended as %+v", e)
	}
}

// TestADeviceThatIsRemovedBehindTheCommit never says that it acts: the session was given to it, so no device may act. The person learns that at once,
// and the other side ends the session, and does not wait for its budget.
func TestADeviceThatIsRemovedBehindTheCommit(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		*m.deaths[m.server.Name] = death{left: 6}
		var failed error
		moving := task.NewGroup(m.tc, "moves")
		moving.Go("move", func(tc task.Context) error {
			failed = gives(tc, m.laptop, name, m.server.Ring.Device())
			return nil
		})
		m.Until(m.tc, "the server stops", time.Minute, func() bool { return m.server.Agent == nil })
		m.Sleep(m.tc, time.Second)
		if m.owns(m.laptop, name) {
			m.Errorf("the laptop has not given the session away: the test shows nothing")
		}
		asked := m.tc.Elapsed()
		m.laptop.Dismiss(m.tc, m.server)
		if err := moving.Wait(m.tc); err != nil || !errors.Is(failed, aura.Stale) || m.tc.Elapsed() > asked+10*time.Second {
			m.Errorf("the person is told %v after %v", failed, m.tc.Elapsed()-asked)
		}
		m.endedByRemoval(name)
		nothingLeft(m.tc, m.World, m.laptop, m.ben)
	})
}

// TestADeviceThatPlaysIsRemoved: a lost device is removed and cannot give its sessions away. They end at the other side.
func TestADeviceThatPlaysIsRemoved(t *testing.T) {
	moving(t, 1, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		m.move(name, m.laptop, m.server)
		m.Sleep(m.tc, 10*time.Second)
		m.server.Crash()
		m.laptop.Dismiss(m.tc, m.server)
		m.endedByRemoval(name)
	})
}

// TestADeviceThatIsRemovedDuringAMove: at any moment of it. The session goes on at the laptop and is played to its end, or it was given away
// and ends.
func TestADeviceThatIsRemovedDuringAMove(t *testing.T) {
	stayed, ended := 0, 0
	moving(t, 20, func(m *movers) {
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		m.Net.Set(transport.SimOptions{Latency: 40 * time.Millisecond})
		moving := task.NewGroup(m.tc, "moves")
		moving.Go("move", func(tc task.Context) error {
			_ = gives(tc, m.laptop, name, m.server.Ring.Device())
			return nil
		})
		m.Sleep(m.tc, time.Duration(m.Seed)*25*time.Millisecond)
		m.laptop.Dismiss(m.tc, m.server)
		if err := moving.Wait(m.tc); err != nil {
			m.Errorf("%v", err)
		}
		if m.owns(m.laptop, name) {
			stayed++
			m.played(name, m.atLaptop, m.atBen)
		} else {
			ended++
			m.endedByRemoval(name)
		}
	})
	if stayed == 0 || ended == 0 {
		t.Errorf("%d sessions stayed and %d ended: the removals are not in the moves", stayed, ended)
	}
}

// TestASourceThatIsRemovedDuringAMove: it stops at each of its commits of the move and is removed. The import of the other device waits for no
// commit any more, and the other side ends the session.
func TestASourceThatIsRemovedDuringAMove(t *testing.T) {
	imported, acted := 0, 0
	moving(t, earlyCommits+1, func(m *movers) {
		m.Sleep(m.tc, time.Hour) // the server has a share of the budgets from the next epoch on
		name := m.begin(1, "Host")
		m.Sleep(m.tc, 11*time.Second)
		*m.deaths[m.laptop.Name] = death{left: int(m.Seed), after: true}
		from, intent := m.laptop.Agent, moves(m.tc, m.laptop, name, m.server.Ring.Device())
		moving := task.NewGroup(m.tc, "moves")
		moving.Go("move", func(tc task.Context) error {
			_, _ = from.Submit(tc, intent)
			return nil
		})
		m.Sleep(m.tc, 5*time.Second)
		has := func() bool {
			all, err := m.server.Agent.Sessions().List(m.tc)
			return err == nil && slices.ContainsFunc(all, func(s seen.Session) bool { return s.Name == name })
		}
		waits := has() && !m.owns(m.server, name)
		m.server.Dismiss(m.tc, m.laptop)
		if m.owns(m.server, name) {
			acted++ // Ben hears of the removal first, or of the move
		} else {
			m.endedByRemoval(name)
		}
		m.Until(m.tc, "the session ends", 10*time.Minute, func() bool { return m.endOf(m.ben, name).Kind != 0 && !has() })
		if waits {
			imported++
			if e := m.endOf(m.server, name); e.Kind != seen.EndCancelled {
				m.Errorf("the import ended as %+v", e)
			}
		}
		_ = moving.Close(m.tc, time.Minute)
	})
	if imported == 0 || acted == 0 {
		t.Errorf("%d imports waited for a commit, and the server acted in %d worlds: the test shows nothing", imported, acted)
	}
}
