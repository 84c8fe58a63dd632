package agent_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// olderBuild returns an account that a build founded which knew only some capabilities; none: it had no
// tokens.
func (w *simulated) olderBuild(tc task.Context, name string, known ...string) *person {
	w.t.Helper()
	template := w.person(tc, name, agent.Options{})
	if err := template.Stop(tc); err != nil {
		w.t.Fatal(err)
	}
	h := template.hands
	var drafts []fact.Draft
	add := func(d fact.Draft, err error) {
		if err != nil {
			w.t.Fatal(err)
		}
		drafts = append(drafts, d)
	}
	if len(known) > 0 {
		profile, err := capability.NewProfile("owner", known...)
		if err != nil {
			w.t.Fatal(err)
		}
		next, err := token.NextKey(h.Entropy)
		if err != nil {
			w.t.Fatal(err)
		}
		minted, err := token.Mint(token.SignerOf(h.Ring), token.Grant{Profile: profile, Holder: h.Ring.Certificate().Root}, next)
		if err != nil {
			w.t.Fatal(err)
		}
		add(capability.Issue(h.Ring.Authority(), minted.Encode()))
	}
	by := domain.Caller{Authority: h.Ring.Authority(), Device: h.Ring.Device()}
	add(by.Draft(contact.KindSelf, contact.Self{Name: name}))

	registry, err := agent.Registry()
	if err != nil {
		w.t.Fatal(err)
	}
	h.Store = journal.NewFaulty(w.sim.Entropy(name+" older disk"), journal.Faults{})
	j, err := journal.Open(tc, h.Store, journal.Options{
		Key: h.Ring.StoreKey(), Entropy: h.Entropy, Registry: registry,
		Author: h.Ring.Authority(), Device: h.Ring.Device(), Sign: h.Ring.Sign,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	older := task.NewGroup(tc, "older")
	older.Go("writer", j.Serve)
	if _, err = j.Append(tc, &journal.Entry{Drafts: drafts}); err != nil {
		w.t.Fatal(err)
	}
	if err := errors.Join(j.Close(tc), older.Wait(tc)); err != nil {
		w.t.Fatal(err)
	}
	p := &person{name: name, hands: h}
	w.again(tc, p)
	return p
}

// again starts an account that was stopped, from what its disk keeps.
func (w *simulated) again(tc task.Context, p *person) {
	w.t.Helper()
	p.hands.Store = p.hands.Store.(*journal.Faulty).Crash()
	w.start(tc, p, agent.Options{})
}

// allowed returns which of the names the agent's own token permits now.
func (p *person) allowed(tc task.Context, names ...string) (allowed []string) {
	for _, name := range names {
		if _, v, err := p.Chain().DryRun(tc, &guard.Request{Capability: name, Authority: p.Self()}); err == nil && v.Allowed {
			allowed = append(allowed, name)
		}
	}
	return allowed
}

func TestAnAuthorityOfAnOlderBuildMayDoWhatThisBuildCan(t *testing.T) {
	registry, err := agent.Registry()
	if err != nil {
		t.Fatal(err)
	}
	all := registry.Capabilities()
	for _, known := range [][]string{nil, {chat.CapSend}, {chat.CapSend, contact.CapName, invite.CapCreate}} {
		inWorld(t, 5, func(tc task.Context, w *simulated) {
			ada := w.olderBuild(tc, "Ada", known...)
			if diff := cmp.Diff(all, ada.allowed(tc, all...)); diff != "" {
				t.Errorf("known %v: %s", known, diff)
			}
			if got := len(ada.Renewed()); got != len(all)-len(known) {
				t.Errorf("known %v: %d names were issued of %d", known, got, len(all))
			}
			facts := ada.Journal().Head()
			if err := ada.Stop(tc); err != nil {
				t.Fatal(err)
			}
			w.again(tc, ada)
			if got := ada.Renewed(); got != nil {
				t.Errorf("known %v: the second start issued %v", known, got)
			}
			if got := ada.Journal().Head(); got != facts {
				t.Errorf("known %v: the second start wrote %d facts", known, got-facts)
			}
			if err := ada.Stop(tc); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestWhatAnOwnerRevokedIsNotIssuedAgain: a start gives back nothing that a person has taken away.
func TestWhatAnOwnerRevokedIsNotIssuedAgain(t *testing.T) {
	inWorld(t, 6, func(tc task.Context, w *simulated) {
		ada := w.olderBuild(tc, "Ada", chat.CapSend, contact.CapName)
		u, err := biscuit.Decode(first(t, tc, ada))
		if err != nil {
			t.Fatal(err)
		}
		if err := ada.submit(tc, capability.IntentRevoke, capability.Revoked{Blocks: u.RevocationIDs()}, nil); err != nil {
			t.Fatal(err)
		}
		if err := ada.Stop(tc); err != nil {
			t.Fatal(err)
		}
		w.again(tc, ada)
		want := []string{invite.CapCreate}
		if diff := cmp.Diff(want, ada.allowed(tc, chat.CapSend, contact.CapName, invite.CapCreate)); diff != "" {
			t.Error(diff)
		}
		if err := ada.Stop(tc); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTheNamesOfDomainsAreTheOwners: what a domain declares is in the profile, or its owner could never do it.
func TestTheNamesOfDomainsAreTheOwners(t *testing.T) {
	registry, err := agent.Registry()
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, 7, func(tc task.Context, w *simulated) {
		ada := w.person(tc, "Ada", agent.Options{})
		if diff := cmp.Diff(registry.Capabilities(), ada.allowed(tc, registry.Capabilities()...)); diff != "" {
			t.Error(diff)
		}
		if err := ada.Stop(tc); err != nil {
			t.Fatal(err)
		}
	})
}
