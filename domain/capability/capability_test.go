package capability_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var (
	own  = aura.AuthorityID{1}
	ben  = aura.AuthorityID{2}
	pair = aura.ContextID{7}
	club = aura.ContextID{8}
)

// record makes the n-th fact of its author from a draft.
func record(t interface{ Fatal(...any) }, n uint64, d fact.Draft, err error) *fact.Record {
	if err != nil {
		t.Fatal(err)
	}
	f := fact.Fact{
		Namespace: d.Namespace, Kind: d.Kind, Payload: d.Payload, Logical: aura.Logical(n),
		Author: aura.AuthorityID(d.Namespace.ID), Device: aura.DeviceID{1},
	}
	return &fact.Record{Seq: n, ID: f.ID(), Fact: f}
}

func granted(t interface{ Fatal(...any) }, n uint64, by aura.AuthorityID, context aura.ContextID, to aura.AuthorityID, names ...string) *fact.Record {
	d, err := capability.Grant(by, context, to, names...)
	return record(t, n, d, err)
}

func revoked(t interface{ Fatal(...any) }, n uint64, grants ...aura.FactID) *fact.Record {
	d, err := capability.Revoke(own, grants...)
	return record(t, n, d, err)
}

func limited(t interface{ Fatal(...any) }, n uint64, context aura.ContextID, p guard.Policy) *fact.Record {
	d, err := capability.Limit(own, context, p)
	return record(t, n, d, err)
}

func TestGrantsAddUpAndRevocationsEndThem(t *testing.T) {
	everywhere := granted(t, 1, own, aura.ContextID{}, own, "chat:send", "chat:read")
	inPair := granted(t, 2, own, pair, own, "group:invite")
	forBen := granted(t, 3, own, pair, ben, "chat:send")
	s := capability.NewState(own)
	for _, r := range []*fact.Record{everywhere, inPair, forBen} {
		s.Apply(r)
	}
	check := func(context aura.ContextID, who aura.AuthorityID, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, s.Frontier(context, who).Names()); diff != "" {
			t.Error(diff)
		}
	}
	check(aura.ContextID{}, own, "chat:read", "chat:send")
	check(pair, own, "chat:read", "chat:send", "group:invite")
	check(club, own, "chat:read", "chat:send")
	check(pair, ben, "chat:send")
	if s.Frontier(club, ben).Allows("chat:send") {
		t.Error("a grant for one context counts in another")
	}
	s.Apply(revoked(t, 4, everywhere.ID))
	check(pair, own, "group:invite")
	s.Apply(granted(t, 5, own, pair, own, "chat:send"))
	check(pair, own, "chat:send", "group:invite")
}

func TestOnlyTheOwnSignatureCounts(t *testing.T) {
	s := capability.NewState(own)
	s.Apply(granted(t, 1, ben, pair, own, "chat:send"))
	elsewhere := granted(t, 1, own, pair, own, "chat:send")
	elsewhere.Fact.Namespace = fact.ContextNamespace(pair)
	s.Apply(elsewhere)
	if s.Frontier(pair, own).Allows("chat:send") {
		t.Error("a grant of a peer or in a shared context was taken")
	}
}

func TestLimitsFallBackFromContextToAllToDefault(t *testing.T) {
	s := capability.NewState(own)
	if diff := cmp.Diff(guard.DefaultPolicy(), s.Limits(pair)); diff != "" {
		t.Error(diff)
	}
	all := guard.Policy{Limit: 5, EpochLength: time.Minute}
	mine := guard.DefaultPolicy()
	mine.Limit = 9
	s.Apply(limited(t, 1, aura.ContextID{}, all))
	s.Apply(limited(t, 2, pair, mine))
	if diff := cmp.Diff(all, s.Limits(club)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(mine, s.Limits(pair)); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedPayloadsAreRefused(t *testing.T) {
	long := make([]byte, capability.MaxName)
	for i := range long {
		long[i] = 'a'
	}
	for _, name := range []string{"", "chat", ":", "chat:", ":send", "Chat:send", "chat:send:x", "chat: send", string(long) + ":x"} {
		if _, err := capability.Grant(own, pair, ben, name); !errors.Is(err, aura.Invalid) {
			t.Errorf("granted %q: %v", name, err)
		}
	}
	if _, err := capability.Grant(own, pair, aura.AuthorityID{}, "chat:send"); !errors.Is(err, aura.Invalid) {
		t.Errorf("granted to nobody: %v", err)
	}
	if _, err := capability.Revoke(own); !errors.Is(err, aura.Invalid) {
		t.Errorf("revoked nothing: %v", err)
	}
	for _, length := range []aura.Duration{0, time.Microsecond, -time.Hour, 400 * 24 * time.Hour} {
		if _, err := capability.Limit(own, pair, guard.Policy{EpochLength: length}); !errors.Is(err, aura.Invalid) {
			t.Errorf("epoch of %v: %v", length, err)
		}
	}
}

func TestRegistryChecksTheFacts(t *testing.T) {
	r := fact.NewRegistry()
	if err := r.Register(capability.Domain()); err != nil {
		t.Fatal(err)
	}
	good := granted(t, 1, own, pair, ben, "chat:send")
	if err := r.Check(&good.Fact); err != nil {
		t.Error(err)
	}
	good.Fact.Namespace = fact.ContextNamespace(pair)
	if err := r.Check(&good.Fact); !errors.Is(err, aura.Invalid) {
		t.Errorf("grant in a shared context: %v", err)
	}
	limits := limited(t, 1, pair, guard.DefaultPolicy())
	if err := r.Check(&limits.Fact); err != nil {
		t.Error(err)
	}
	limits.Fact.Payload = []byte{0xa0}
	if err := r.Check(&limits.Fact); !errors.Is(err, aura.Invalid) {
		t.Errorf("empty policy: %v", err)
	}
}

func TestReductionIsTheSameInAnyOrder(t *testing.T) {
	names := []string{"chat:read", "chat:send", "group:invite"}
	contexts := []aura.ContextID{{}, pair, club}
	people := []aura.AuthorityID{own, ben}
	rapid.Check(t, func(t *rapid.T) {
		var all []*fact.Record
		var grants []aura.FactID
		for n := range uint64(rapid.IntRange(1, 12).Draw(t, "facts")) {
			context := rapid.SampledFrom(contexts).Draw(t, "context")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				if len(grants) > 0 {
					all = append(all, revoked(t, n+1, rapid.SampledFrom(grants).Draw(t, "grant")))
				}
			case 1:
				p := guard.Policy{Limit: n, EpochLength: time.Minute}
				all = append(all, limited(t, uint64(rapid.IntRange(1, 3).Draw(t, "logical")), context, p))
			default:
				r := granted(t, n+1, own, context, rapid.SampledFrom(people).Draw(t, "who"), rapid.SampledFrom(names).Draw(t, "name"))
				all, grants = append(all, r), append(grants, r.ID)
			}
		}
		one, two := capability.NewState(own), capability.NewState(own)
		for _, r := range all {
			one.Apply(r)
		}
		for _, r := range append(rapid.Permutation(all).Draw(t, "order"), all...) {
			two.Apply(r)
		}
		for _, context := range contexts {
			for _, who := range people {
				if diff := cmp.Diff(one.Frontier(context, who).Names(), two.Frontier(context, who).Names()); diff != "" {
					t.Fatal(diff)
				}
			}
			if diff := cmp.Diff(one.Limits(context), two.Limits(context)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
