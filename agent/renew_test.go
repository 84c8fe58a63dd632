package agent_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// olderBuild returns an account that a build founded which knew only some capabilities; none: it had no
// tokens.
func olderBuild(tc task.Context, w *auratest.World, name string, known ...string) *auratest.Person {
	w.Helper()
	return olderBuildOn(tc, w, name, roster.RootPlaceHere, known...)
}

// olderBuildOn is olderBuild on a device that knows where the root key of the account lives.
func olderBuildOn(tc task.Context, w *auratest.World, name string, place roster.RootPlace, known ...string) *auratest.Person {
	w.Helper()
	p := w.Person(tc, name)
	p.Stop(tc)
	entropy := w.Sim.Entropy(name + " older build")
	root := p.Ring
	if place != roster.RootPlaceHere {
		p.Ring = root.Sibling(w.Sim.Entropy(name+" keys"), place)
	}
	var drafts []fact.Draft
	add := func(d fact.Draft, err error) {
		if err != nil {
			w.Fatalf("%v", err)
		}
		drafts = append(drafts, d)
	}
	if len(known) > 0 {
		profile, err := capability.NewProfile("owner", known...)
		if err != nil {
			w.Fatalf("%v", err)
		}
		next, err := token.NextKey(entropy)
		if err != nil {
			w.Fatalf("%v", err)
		}
		minted, err := token.Mint(token.SignerOf(root), token.Grant{Profile: profile, Holder: p.Ring.Certificate().Root}, next)
		if err != nil {
			w.Fatalf("%v", err)
		}
		add(capability.Issue(p.Self(), minted.Encode()))
	}
	by := domain.Caller{Authority: p.Self(), Device: p.Ring.Device()}
	add(by.Draft(contact.KindSelf, contact.Self{Name: name}))

	registry, err := agent.Registry()
	if err != nil {
		w.Fatalf("%v", err)
	}
	p.Disk = journal.NewFaulty(w.Sim.Entropy(name+" older disk"), journal.Faults{})
	j, err := journal.Open(tc, p.Disk, journal.Options{
		Key: p.Ring.StoreKey(), Entropy: entropy, Registry: registry, Author: p.Self(), Device: p.Ring.Device(), Sign: p.Ring.Sign,
	})
	if err != nil {
		w.Fatalf("%v", err)
	}
	older := task.NewGroup(tc, "older")
	older.Go("writer", j.Serve)
	if _, err = j.Append(tc, &journal.Entry{Drafts: drafts}); err != nil {
		w.Fatalf("%v", err)
	}
	if err := errors.Join(j.Close(tc), older.Wait(tc)); err != nil {
		w.Fatalf("%v", err)
	}
	p.Disk = p.Disk.Crash()
	p.Start(tc)
	return p
}

// allowed returns which of the names the agent's own token permits now.
func allowed(tc task.Context, p *auratest.Person, names ...string) (allowed []string) {
	for _, name := range names {
		if _, v, err := p.Agent.Chain().DryRun(tc, &guard.Request{Capability: name, Authority: p.Self()}); err == nil && v.Allowed {
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
	all := owned(registry)
	for _, known := range [][]string{nil, {chat.CapSend}, {chat.CapSend, contact.CapName, invite.CapCreate}} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada := olderBuild(tc, w, "Ada", known...)
			if diff := cmp.Diff(all, allowed(tc, ada, all...)); diff != "" {
				t.Errorf("known %v: %s", known, diff)
			}
			if got := len(ada.Agent.Renewed()); got != len(all)-len(known) {
				t.Errorf("known %v: %d names were issued of %d", known, got, len(all))
			}
			facts := ada.Agent.Journal().Head()
			ada.Stop(tc)
			ada.Start(tc)
			if got := ada.Agent.Renewed(); got != nil {
				t.Errorf("known %v: the second start issued %v", known, got)
			}
			if got := ada.Agent.Journal().Head(); got != facts {
				t.Errorf("known %v: the second start wrote %d facts", known, got-facts)
			}
			ada.Stop(tc)
		})
	}
}

// TestADeviceWithoutTheRootKeySaysWhatIsWithheld: it cannot issue the token, so the person learns what to do.
func TestADeviceWithoutTheRootKeySaysWhatIsWithheld(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		registry, err := agent.Registry()
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(owned(registry), func(name string) bool { return name == chat.CapSend })
		ada := olderBuildOn(tc, w, "Ada", roster.RootPlacePhrase, chat.CapSend)
		now := ada.Agent.Status()
		if diff := cmp.Diff(want, now.Withheld); diff != "" || ada.Agent.Renewed() != nil {
			t.Errorf("it issued %v: %s", ada.Agent.Renewed(), diff)
		}
		if told := now.Rights(); len(told) != 1 || !told[0].Problem || told[0].Fix == "" || !strings.Contains(told[0].Text, want[0]) {
			t.Errorf("told: %+v", told)
		}
		for _, p := range []*auratest.Person{olderBuild(tc, w, "Ben", chat.CapSend), w.Person(tc, "Cleo")} {
			if now := p.Agent.Status(); now.Rights() != nil {
				t.Errorf("%s is told: %+v", p.Name, now.Rights())
			}
		}
	})
}

// TestWhatAnOwnerRevokedIsNotIssuedAgain: a start gives back nothing that a person has taken away.
func TestWhatAnOwnerRevokedIsNotIssuedAgain(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := olderBuild(tc, w, "Ada", chat.CapSend, contact.CapName)
		u, err := biscuit.Decode(first(t, tc, ada))
		if err != nil {
			t.Fatal(err)
		}
		ada.Do(tc, capability.IntentRevoke, capability.Revoked{Blocks: u.RevocationIDs()}, nil)
		ada.Stop(tc)
		ada.Start(tc)
		want := []string{invite.CapCreate}
		if diff := cmp.Diff(want, allowed(tc, ada, chat.CapSend, contact.CapName, invite.CapCreate)); diff != "" {
			t.Error(diff)
		}
		ada.Stop(tc)
	})
}

// owned returns the capabilities that an owner has: all but those of protocols that no domain plays yet: no token grants those.
func owned(r *fact.Registry) []string {
	promised := session.Module().Capabilities
	return slices.DeleteFunc(r.Capabilities(), func(name string) bool {
		return slices.ContainsFunc(promised, func(c domain.Capability) bool { return c.Name == name && c.Profile == "" })
	})
}

// TestTheNamesOfDomainsAreTheOwners: every other capability that a domain declares is in the owner's profile, or the owner
// could never use it.
func TestTheNamesOfDomainsAreTheOwners(t *testing.T) {
	registry, err := agent.Registry()
	if err != nil {
		t.Fatal(err)
	}
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		if diff := cmp.Diff(owned(registry), allowed(tc, ada, registry.Capabilities()...)); diff != "" {
			t.Error(diff)
		}
		ada.Stop(tc)
	})
}
