package guard_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

func TestCostOfGrowsByFullUnits(t *testing.T) {
	for bytes, want := range map[int]aura.FlowCost{
		-1: 1, 0: 1, 4095: 1, 4096: 2, 61440: 16, math.MaxInt: math.MaxUint32,
	} {
		if got := guard.CostOf(bytes); got != want {
			t.Errorf("CostOf(%d) = %d, want %d", bytes, got, want)
		}
	}
}

func TestEpochTurnsWithTheClock(t *testing.T) {
	p := guard.DefaultPolicy()
	e := guard.EpochAt(p, noon)
	turn := guard.NextEpoch(p, e)
	if before := guard.EpochAt(p, aura.Physical{At: turn - 1}); before != e {
		t.Errorf("epoch %d just before the turn of %d", before, e)
	}
	if after := guard.EpochAt(p, aura.Physical{At: turn}); after != e+1 {
		t.Errorf("epoch %d at the turn of %d", after, e)
	}
	if got := guard.EpochAt(p, aura.Physical{At: -1}); got != 0 {
		t.Errorf("epoch %d before 1970", got)
	}
	if got := guard.EpochAt(guard.Policy{}, noon); got != 0 {
		t.Errorf("epoch %d without a length", got)
	}
	if got := guard.NextEpoch(p, math.MaxUint64); got != math.MaxInt64 {
		t.Errorf("the last epoch ends at %d", got)
	}
}

func TestSpendingResetsWhenTheEpochTurns(t *testing.T) {
	p := guard.DefaultPolicy()
	e := guard.EpochAt(p, noon)
	c := &fact.Charge{Epoch: e, Spent: p.Limit, From: 1, Until: 9, Through: 9}
	full := guard.HeadroomOf(p, guard.WholeShare, c, room, ben, noon)
	want := guard.Headroom{
		Context: room, Peer: ben, Epoch: e, Limit: p.Limit, Spent: p.Limit, Version: p.Limit, From: 1, Through: 9,
	}
	if diff := cmp.Diff(want, full); diff != "" {
		t.Error(diff)
	}
	later := aura.Physical{At: noon.At.Add(p.EpochLength)}
	want = guard.Headroom{Context: room, Peer: ben, Epoch: e + 1, Limit: p.Limit, From: 9, Through: 9}
	if diff := cmp.Diff(want, guard.HeadroomOf(p, guard.WholeShare, c, room, ben, later)); diff != "" {
		t.Error(diff)
	}
	var leaked [fact.Observers]fact.Leak
	leaked[fact.ObserverExternal] = fact.Leak{Epoch: e, Bits: 5}
	if got := guard.LeakViewOf(p, guard.WholeShare, &leaked, noon)[fact.ObserverExternal].Spent; got != 5 {
		t.Errorf("%d bits spent in the epoch", got)
	}
	if got := guard.LeakViewOf(p, guard.WholeShare, &leaked, later)[fact.ObserverExternal]; got.Spent != 0 || got.Epoch != e+1 {
		t.Errorf("leakage did not reset: %+v", got)
	}
}

func TestZeroPolicyPermitsNothing(t *testing.T) {
	out := evaluate(snapshot(guard.Policy{}, ben), text(ben))
	if out.Allowed {
		t.Error("allowed without a policy")
	}
}

// TestNoShareLimitsWhatSiblingsTellEachOther: a device that may spend nothing towards contacts in this epoch has room towards its siblings.
func TestNoShareLimitsWhatSiblingsTellEachOther(t *testing.T) {
	for _, share := range []guard.Share{0, 1, guard.WholeShare} {
		p := guard.OwnPolicy(guard.DefaultPolicy())
		charge := fact.Charge{}
		room := guard.HeadroomOf(p, share, &charge, aura.ContextID{1}, ben, aura.Physical{At: 1e18})
		var spent [fact.Observers]fact.Leak
		leaks := guard.LeakViewOf(p, share, &spent, aura.Physical{At: 1e18})
		if room.Unshared || room.Limit < 1<<32 || leaks[fact.ObserverNeighbour].Limit < 1<<32 {
			t.Errorf("share %d: room for %d units, unshared %t", share, room.Limit, room.Unshared)
		}
	}
}

func TestDefaultPolicyLeavesCustodyUndefined(t *testing.T) {
	p := guard.DefaultPolicy()
	if p.Limit != 65536 || p.EpochLength != time.Hour || p.Leak[fact.ObserverCustody].Defined {
		t.Errorf("%+v", p)
	}
}

func TestFrontierIsASetOfWholeNames(t *testing.T) {
	f := guard.NewFrontier("b:y", "a:x", "b:y", "")
	if diff := cmp.Diff([]string{"a:x", "b:y"}, f.Names()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]bool{"a:x": true, "b:y": true, "a": false, "": false, "b:*": false} {
		if f.Allows(name) != want {
			t.Errorf("Allows(%q) = %v", name, !want)
		}
	}
	if (guard.Frontier{}).Allows("a:x") {
		t.Error("the empty frontier allows something")
	}
}

// TestEpochsAreWholeLengthsSince1970 compares with division, for any length from one nanosecond.
func TestEpochsAreWholeLengthsSince1970(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, length, at int64) {
		p, now := guard.Policy{EpochLength: aura.Duration(length)}, aura.Physical{At: aura.Instant(at)}
		want := aura.Epoch(0)
		if length > 0 && at > 0 {
			want = aura.Epoch(at / length)
		}
		got := guard.EpochAt(p, now)
		if got != want {
			t.Fatalf("length %d, instant %d: epoch %d, want %d", length, at, got, want)
		}
		if next := guard.NextEpoch(p, got); next <= now.At && next != math.MaxInt64 {
			t.Fatalf("length %d: epoch %d ends at %d, before the instant %d", length, got, next, at)
		}
	}
	for length := int64(-2); length <= 4; length++ {
		for at := int64(-2); at <= 20; at++ {
			check(t, length, at)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Int64Range(-1<<40, 1<<62).Draw(t, "length"), rapid.Int64().Draw(t, "at"))
	})
}
