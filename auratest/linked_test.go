package auratest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/world"
)

const (
	linkedID                = "aura.dialogue.linked"
	hostBundle, guestBundle = "bundle:host", "bundle:guest"
)

// dialogueLinked is a dialogue of two bundles, so it has two fragments.
func dialogueLinked() string {
	return strings.NewReplacer(
		"Dialogue", "Linked",
		`Host { guard_capability : "chat:send",`, `Host { guard_capability : "chat:send", link : "bundle=host|exports=questions|imports=replies",`,
		`Guest { guard_capability : "chat:send",`, `Guest { guard_capability : "chat:send", link : "bundle=guest|exports=replies|imports=questions",`,
	).Replace(dialogue)
}

// asks has a person ask for a move.
func (m *movers) asks(from *auratest.Person, i seen.MoveIntent) error {
	_, err := from.Agent.Submit(m.tc, asIntent(m.tc, from, i))
	return err
}

// scope returns how far the owner of a session reaches.
func (m *movers) scope(p *auratest.Person, name aura.SessionID) own.Scope {
	m.Helper()
	o, err := p.Agent.Sessions().Owner(m.tc, name)
	if err != nil {
		m.Fatalf("%s: %v", p.Name, err)
	}
	return o.Scope()
}

// refusal has a person do a thing, and checks that it is denied, with one more line of that family and message.
func (m *movers) refusal(what, line string, do func() error) {
	m.Helper()
	lines := func() (n int) {
		for _, e := range m.Events {
			if string(e.Family())+" "+e.Message() == line && e.ErrorKind() == aura.Denied {
				n++
			}
		}
		return n
	}
	before := lines()
	if err := do(); aura.KindOf(err) != aura.Denied {
		m.Errorf("%s: %v", what, err)
	}
	if n := lines() - before; n != 1 {
		m.Errorf("%s: %d lines %q", what, n, line)
	}
}

// TestAScopeMovesAsItIsStated (runtime document, "Delegate Boundary"): a session of two bundles goes to another device intact or
// attenuated, as the request states. One that states nothing, or what the rule of the protocol forbids, is refused, and the source keeps
// the session.
func TestAScopeMovesAsItIsStated(t *testing.T) {
	moving(t, 2, func(m *movers) {
		linked, plain := m.beginOf(linkedID, 1, "Host"), m.begin(2, "Host")
		m.Sleep(m.tc, 12*time.Second)
		to := m.server.Ring.Device()
		for what, i := range map[string]seen.MoveIntent{
			"a request that states nothing":               {Session: linked},
			"one that names a bundle and states nothing":  {Session: linked, Fragments: []string{hostBundle}},
			"an intact scope with a bundle":               {Session: linked, Extent: seen.ExtentIntact, Fragments: []string{hostBundle}},
			"an attenuation to nothing":                   {Session: linked, Extent: seen.ExtentAttenuated},
			"an attenuation to the bundle of another":     {Session: linked, Extent: seen.ExtentAttenuated, Fragments: []string{guestBundle}},
			"an attenuation of a protocol without bundle": {Session: plain, Extent: seen.ExtentAttenuated, Fragments: []string{hostBundle}},
		} {
			i.To = to
			m.refusal(what, "delegation reject", func() error { return m.asks(m.laptop, i) })
			if !m.owns(m.laptop, i.Session) || m.owns(m.server, i.Session) {
				m.Errorf("%s: the source has not kept the session", what)
			}
		}
		if err := m.asks(m.laptop, seen.MoveIntent{Session: linked, To: to, Extent: seen.ExtentIntact}); err != nil {
			m.Errorf("intact: %v", err)
		}
		if s := m.scope(m.server, linked); !s.IsWhole() {
			m.Errorf("what moved intact reaches %s", s)
		}
		m.Sleep(m.tc, 10*time.Second)
		narrow := seen.MoveIntent{Session: linked, To: m.laptop.Ring.Device(), Extent: seen.ExtentAttenuated, Fragments: []string{hostBundle}}
		if err := m.asks(m.server, narrow); err != nil {
			m.Errorf("attenuated: %v", err)
		}
		if s := m.scope(m.laptop, linked); !s.Equal(own.Fragments(hostBundle)) {
			m.Errorf("what moved attenuated reaches %s", s)
		}
		m.played(linked, m.atLaptop, m.atBen)
		m.played(plain, m.atLaptop, m.atBen)
		lines(m.World, []*auratest.Person{m.laptop, m.server, m.ben}, "delegation start", "delegation commit", "delegation reject", "link route")
		nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
	})
}

// TestANarrowScopeStaysNarrow (runtime document, "Delegate Boundary"): an act beyond it is refused with its line, and the session goes on.
// No restart and no later move gives it back, also not to the device that had the whole before.
func TestANarrowScopeStaysNarrow(t *testing.T) {
	moving(t, 2, func(m *movers) {
		name, role, bundle := m.beginOf(linkedID, 1, "Host"), "Host", hostBundle
		host, guest := m.atLaptop, m.atBen
		if m.Seed%2 == 1 {
			name, role, bundle = m.beginOf(linkedID, 2, "Guest"), "Guest", guestBundle
			host, guest = m.atBen, m.atLaptop
		}
		m.Sleep(m.tc, 12*time.Second)
		laptop, server := m.laptop.Ring.Device(), m.server.Ring.Device()
		if err := m.asks(m.laptop, seen.MoveIntent{Session: name, To: server, Extent: seen.ExtentAttenuated, Fragments: []string{bundle}}); err != nil {
			m.Fatalf("%v", err)
		}
		narrow := own.Fragments(bundle)
		for range 2 {
			if s := m.scope(m.server, name); !s.Equal(narrow) {
				m.Errorf("the owner reaches %s", s)
			}
			m.refusal("the end of the whole session", "ingress rejected", func() error { return m.server.Agent.Sessions().End(m.tc, name) })
			for what, h := range map[string]session.Handover{
				"a handover of the whole session": {Scope: own.Whole()},
				"of the other bundle":             {Scope: own.Fragments(hostBundle, guestBundle), Attenuate: true},
				"that narrows no more":            {Scope: narrow, Attenuate: true},
			} {
				m.refusal(what, "delegation reject", func() error {
					o, err := m.server.Agent.Sessions().Owner(m.tc, name)
					if err != nil {
						return err
					}
					h.From, h.To, h.Sign = server, laptop, m.server.Ring.Sign
					_, err = session.NewReconfig(m.server.Agent.Sessions()).Transfer(m.tc, o, h)
					return err
				})
			}
			m.refusal("a request that narrows no more", "delegation reject", func() error {
				return m.asks(m.server, seen.MoveIntent{Session: name, To: laptop, Extent: seen.ExtentAttenuated, Fragments: []string{bundle}})
			})
			m.server.Crash()
			m.server.Start(m.tc)
			m.Sleep(m.tc, 3*time.Second)
		}
		shown, err := m.server.Agent.Sessions().Show(m.tc, name)
		if s := shown.Session; err != nil || s.Role != role || !slices.Equal(s.Scope, []string{bundle}) || len(s.Fragments) != 2 || s.Fragments[0] != bundle {
			m.Errorf("the session is shown as %+v, %v", s, err)
		}
		if err := m.asks(m.server, seen.MoveIntent{Session: name, To: laptop, Extent: seen.ExtentIntact}); err != nil {
			m.Errorf("back: %v", err)
		}
		if s := m.scope(m.laptop, name); !s.Equal(narrow) {
			m.Errorf("the device that had the whole reaches %s", s)
		}
		m.played(name, host, guest)
		rejects := slices.ContainsFunc(m.Events, func(e world.Event) bool { return e.Family() == world.FamilyLink && e.Message() == "reject" })
		if rejects {
			m.Errorf("an effect was refused at a boundary")
		}
		nothingLeft(m.tc, m.World, m.laptop, m.server, m.ben)
	})
}

// TestACrashAtEveryCommitOfAnAttenuatedMove: either device ends before or behind each of its commits. At no time two of them own the
// session, one does in the end, and the one that got it has no more than the request states, also when it restarts.
func TestACrashAtEveryCommitOfAnAttenuatedMove(t *testing.T) {
	moved, stayed := 0, 0
	for commit := 1; commit <= maxCommits; commit++ {
		for _, after := range []bool{false, true} {
			for at, who := range []string{"laptop", "server"} {
				deaths := [2]death{}
				deaths[at] = death{commit, after}
				narrow := seen.MoveIntent{Extent: seen.ExtentAttenuated, Fragments: []string{hostBundle}}
				if crash(t, linkedID, narrow, fmt.Sprintf("of the %s at commit %d, behind it %t", who, commit, after), deaths[0], deaths[1], death{}, 0) {
					moved++
				} else {
					stayed++
				}
			}
		}
	}
	if t.Logf("%d sessions moved, %d stayed", moved, stayed); moved == 0 || stayed == 0 {
		t.Error("the crashes were all behind the move, or all before")
	}
}
