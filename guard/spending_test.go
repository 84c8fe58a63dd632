package guard_test

import (
	"crypto/ed25519"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

func TestSharesOfALimitSumToNoMore(t *testing.T) {
	for _, c := range []struct {
		share       guard.Share
		limit, want uint64
	}{
		{guard.WholeShare, 65536, 65536},
		{guard.WholeShare, math.MaxUint64, math.MaxUint64},
		{guard.WholeShare + 1, 100, 100},
		{guard.WholeShare / 2, math.MaxUint64, math.MaxUint64 / 2},
		{guard.WholeShare / 2, 5, 2},
		{1, 65535, 0},
		{1, 65536, 1},
		{0, math.MaxUint64, 0},
	} {
		if got := c.share.Of(c.limit); got != c.want {
			t.Errorf("a share of %d of %d is %d, want %d", c.share, c.limit, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Uint64().Draw(t, "limit")
		left, sum := guard.WholeShare, uint64(0)
		for range rapid.IntRange(1, 16).Draw(t, "devices") {
			share := guard.Share(rapid.Uint32Range(0, uint32(left)).Draw(t, "share"))
			left -= share
			sum += share.Of(limit)
		}
		if sum > limit {
			t.Fatalf("shares of %d sum to %d", limit, sum)
		}
	})
}

// TestADeviceSpendsItsShare: headroom and leakage end at the share of each limit, and a share that shrinks below the amount
// spent leaves nothing.
func TestADeviceSpendsItsShare(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = 100
	c := fact.Charge{Context: room, Peer: ben, Epoch: guard.EpochAt(p, noon), Spent: 20}
	var told [fact.Observers]fact.Leak
	for share, have := range map[guard.Share]uint64{guard.WholeShare: 80, guard.WholeShare / 4: 5, guard.WholeShare / 10: 0} {
		s, r := snapshot(p, ben), text(ben)
		s.Budgets[0] = guard.HeadroomOf(p, share, &c, room, ben, noon)
		s.Leakage = guard.LeakViewOf(p, share, &told, noon)
		if got := s.Leakage[fact.ObserverExternal].Limit; got != share.Of(p.Leak[fact.ObserverExternal].Bits) {
			t.Errorf("share %d: %d bits", share, got)
		}
		for _, more := range []uint64{0, 1} {
			out := new(guard.Outcome)
			r.Sends[0].Cost = aura.FlowCost(have + more)
			if guard.Evaluate(out, s, r); have+more > 0 && out.Allowed != (more == 0) {
				t.Errorf("share %d: %d units are allowed: %t", share, have+more, out.Allowed)
			}
		}
	}
}

// TestTheShareOfAnEpochIsAskedByItsBeginning: an entry spends in the epoch in which it stands when the clock is wrong, so
// that epoch's beginning says which share holds.
func TestTheShareOfAnEpochIsAskedByItsBeginning(t *testing.T) {
	p := guard.DefaultPolicy()
	e := guard.EpochAt(p, noon)
	for name, c := range map[string]fact.Charge{
		"never spent": {}, "spent now": {Epoch: e, Spent: 1}, "spent before": {Epoch: e - 2, Spent: 1},
	} {
		if got := guard.ChargeBegan(p, &c, noon); got != guard.EpochBegan(p, e) || guard.EpochAt(p, aura.Physical{At: got}) != e || guard.EpochAt(p, aura.Physical{At: got - 1}) != e-1 {
			t.Errorf("%s: the epoch began at %d", name, got)
		}
	}
	ahead := fact.Charge{Epoch: e + 1, Spent: 1}
	if got := guard.ChargeBegan(p, &ahead, noon); got != guard.EpochBegan(p, e+1) {
		t.Errorf("an entry one epoch ahead: %d", got)
	}
	told := [fact.Observers]fact.Leak{fact.ObserverExternal: {Epoch: e + 1, Bits: 1}}
	if got := guard.LeaksBegan(p, &told, noon); got != guard.EpochBegan(p, e) {
		t.Errorf("the earliest epoch of leakage began at %d", got)
	}
}

// TestSpendingIsOneForAllDevices: the devices of a sender share each epoch's limit and the pace of the receiver's clock,
// in whatever order they name the epochs. A debt by a clock that was far ahead is forgotten.
func TestSpendingIsOneForAllDevices(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = 10
	var devices [2]ed25519.PrivateKey
	var chains [2]guard.ReceiptChain
	for i := range devices {
		devices[i] = ed25519.NewKeyFromSeed(append(make([]byte, 31), byte(i+1)))
		id := aura.DeviceOf(devices[i].Public().(ed25519.PublicKey))
		chains[i] = guard.ReceiptChain{Context: room, From: own, To: ben, Device: id}
	}
	var spending guard.Spending
	e, now := guard.EpochAt(p, noon), noon
	accept := func(i int, epoch aura.Epoch, cost uint64) error {
		c := &chains[i]
		r := effect.Receipt{Context: room, From: own, To: ben, Epoch: epoch, Cost: cost, FirstSeq: c.LastSeq + 1, LastSeq: c.LastSeq + 1}
		if c.Epoch == epoch {
			r.Previous = c.Head
		}
		copy(r.Signature[:], ed25519.Sign(devices[i], r.SigningBytes()))
		return c.Accept(&r, devices[i].Public().(ed25519.PublicKey), false, &spending, p, now)
	}
	for n, s := range []struct {
		device  int
		epoch   aura.Epoch
		cost    uint64
		refused bool
		passed  aura.Duration // epochs of the own clock before it
	}{
		{device: 0, epoch: e, cost: 6},
		{device: 1, epoch: e, cost: 5, refused: true}, // its own chain has nothing yet
		{device: 1, epoch: e, cost: 4},
		{device: 0, epoch: e, cost: 1, refused: true},
		{device: 0, epoch: e + 1, cost: 7},
		{device: 1, epoch: e + 1, cost: 4, refused: true},
		{device: 1, epoch: e + 1, cost: 3},
		{device: 0, epoch: e + 2, cost: 1, refused: true}, // two limits at once is all
		{device: 0, epoch: e, cost: 1, refused: true, passed: 1},
		{device: 1, epoch: e + 2, cost: 10},
		{device: 0, epoch: e + 3, cost: 1, refused: true}, // one epoch has passed, and pays for one limit of both
		{device: 0, epoch: e + 1, cost: 1, refused: true, passed: 1},
		{device: 0, epoch: e + 3, cost: 10},
		{device: 0, epoch: e + 4, cost: 1, refused: true},
		{device: 0, epoch: e + 4, cost: 1, refused: true, passed: -1}, // a clock that is set back a little
		{device: 0, epoch: e + 4, cost: 10, passed: 1000},
		{device: 0, epoch: e + 5, cost: 10},
		{device: 0, epoch: e + 6, cost: 1, refused: true},
		{device: 0, epoch: e + 6, cost: 10, passed: -1000},
	} {
		now.At = now.At.Add(s.passed * p.EpochLength)
		before, spent := chains[s.device], spending
		err := accept(s.device, s.epoch, s.cost)
		if s.refused != errors.Is(err, aura.Denied) || !s.refused && err != nil {
			t.Fatalf("receipt %d: %v", n, err)
		}
		if s.refused && (chains[s.device] != before || spending != spent) {
			t.Errorf("receipt %d was refused and changed something", n)
		}
	}
	for i, want := range []uint64{10, 10, 10, 10, 10, 10, 10} {
		if got := spending.In(e + aura.Epoch(i)); got != want {
			t.Errorf("epoch %d: %d units", i, got)
		}
	}
}

// TestAChainOfAnEarlierBuildIsTheSpendingOfItsSender: what an earlier build counted is not forgotten.
func TestAChainOfAnEarlierBuildIsTheSpendingOfItsSender(t *testing.T) {
	type early struct {
		Context  aura.ContextID
		From, To aura.AuthorityID
		Epoch    aura.Epoch
		Spent    uint64
		After    uint64
		LastSeq  uint64
		Count    uint64
		Head     [32]byte
		First    [32]byte
		Owed     uint64
		Seen     aura.Epoch
	}
	b, err := fact.Marshal(early{Context: room, From: own, To: ben, Epoch: 7, Spent: 5, LastSeq: 3, Count: 2, Head: [32]byte{1}, Owed: 9, Seen: 8})
	if err != nil {
		t.Fatal(err)
	}
	var c guard.ReceiptChain
	if err := fact.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	s := guard.SpendingOf(&c)
	if s.In(7) != 5 || s.Owed != 9 || s.Seen != 8 || c.Count != 2 || c.LastSeq != 3 {
		t.Errorf("%+v of %+v", s, c)
	}
	b, err = fact.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again guard.Spending
	if err := fact.Unmarshal(b, &again); err != nil || again != s {
		t.Errorf("%+v, %v", again, err)
	}
}
