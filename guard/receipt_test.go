package guard_test

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var device = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func sign(r effect.Receipt) *effect.Receipt {
	copy(r.Signature[:], ed25519.Sign(device, r.SigningBytes()))
	return &r
}

func TestChainAcceptsReceiptsInOrder(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = 10
	e := guard.EpochAt(p, noon)
	key := device.Public().(ed25519.PublicKey)
	base := effect.Receipt{Context: room, From: own, To: ben, Epoch: e, Cost: 4, FirstSeq: 1, LastSeq: 3}
	first := sign(base)
	base.FirstSeq, base.LastSeq, base.Previous = 4, 5, first.Hash()
	second := sign(base)

	chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
	var spending guard.Spending
	for _, r := range []*effect.Receipt{first, first, second, second} {
		if err := chain.Accept(r, key, false, &spending, p, noon); err != nil {
			t.Fatal(err)
		}
	}
	if chain.Spent != 8 || chain.LastSeq != 5 || chain.Count != 2 || chain.Head != second.Hash() {
		t.Errorf("chain %+v", chain)
	}

	base.FirstSeq, base.LastSeq, base.Previous = 6, 6, second.Hash()
	alter := func(change func(*effect.Receipt)) *effect.Receipt {
		r := base
		change(&r)
		return sign(r)
	}
	forged := sign(base)
	forged.Cost--
	for name, c := range map[string]struct {
		r    *effect.Receipt
		want aura.Kind
	}{
		"covered already":       {first, aura.Stale},
		"over the limit":        {sign(base), aura.Denied},
		"over twice the limit":  {alter(func(r *effect.Receipt) { r.Epoch, r.Previous, r.Cost = r.Epoch+2, [32]byte{}, 13 }), aura.Denied},
		"another destination":   {alter(func(r *effect.Receipt) { r.To = cleo }), aura.Denied},
		"another source":        {alter(func(r *effect.Receipt) { r.From = cleo }), aura.Denied},
		"another context":       {alter(func(r *effect.Receipt) { r.Context[0]++ }), aura.Denied},
		"no cost":               {alter(func(r *effect.Receipt) { r.Cost = 0 }), aura.Denied},
		"cost that overflows":   {alter(func(r *effect.Receipt) { r.Cost = 1<<64 - 1 }), aura.Denied},
		"more facts than units": {alter(func(r *effect.Receipt) { r.LastSeq, r.Cost = 7, 1 }), aura.Denied},
		"changed after":         {forged, aura.Denied},
		"earlier epoch":         {alter(func(r *effect.Receipt) { r.Epoch-- }), aura.Stale},
		"chain across epochs":   {alter(func(r *effect.Receipt) { r.Epoch++ }), aura.Denied},
		"run that is reversed":  {alter(func(r *effect.Receipt) { r.FirstSeq = 7; r.Cost = 1 }), aura.Denied},
	} {
		before := chain
		if err := chain.Accept(c.r, key, false, &spending, p, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if chain != before {
			t.Errorf("%s: the chain moved", name)
		}
	}

	next := alter(func(r *effect.Receipt) { r.Epoch++; r.Cost = 10; r.Previous = [32]byte{} })
	if err := chain.Accept(next, key, false, &spending, p, noon); err != nil || chain.Spent != 10 || chain.Epoch != e+1 {
		t.Errorf("the next epoch: %v, %+v", err, chain)
	}
}

// payer is one copy of a device's home: its branch of the receipts, and the place that it has come to.
type payer struct {
	head [32]byte
	seq  uint64
}

// TestEachCopyOfAHomePaysOnABranchOfItsOwn: copies are made at any moment and pay at any moment, receipts get lost
// when a copy ends and come again: the chain's sum is that of all receipts that came, each once, and each of their facts is paid.
func TestEachCopyOfAHomePaysOnABranchOfItsOwn(t *testing.T) {
	p := guard.DefaultPolicy()
	key := device.Public().(ed25519.PublicKey)
	rapid.Check(t, func(t *rapid.T) {
		chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
		var spending guard.Spending
		copies := []payer{{}}
		var paid []fact.Place
		var sum uint64
		latest := map[int]*effect.Receipt{}
		for i := range byte(rapid.IntRange(1, 200).Draw(t, "steps")) {
			at := rapid.IntRange(0, len(copies)-1).Draw(t, "copy")
			if rapid.IntRange(0, 3).Draw(t, "fork") == 0 {
				copies = append(copies, copies[at])
				continue
			}
			c := &copies[at]
			r := sign(effect.Receipt{
				Context: room, From: own, To: ben, Epoch: 7, Cost: uint64(2 + i%3), FirstSeq: c.seq + 1, LastSeq: c.seq + 2,
				LastID: [16]byte{1 + i}, Previous: c.head, Nonce: aura.Nonce{i},
			})
			c.head, c.seq = r.Hash(), r.LastSeq
			if chain.Count > 0 && rapid.IntRange(0, 9).Draw(t, "loss") == 0 {
				continue // it and the next one of this copy arrive as a branch whose beginning is not known
			}
			if err := chain.Accept(r, key, false, &spending, p, noon); err != nil {
				t.Fatalf("receipt %d of copy %d: %v", i, at, err)
			}
			sum, latest[at], paid = sum+r.Cost, r, append(paid, fact.Place{Seq: r.LastSeq, ID: r.LastID})
			if again, ok := latest[rapid.IntRange(0, len(copies)-1).Draw(t, "again")]; ok {
				if err := chain.Accept(again, key, true, &spending, p, noon); err != nil && !errors.Is(err, aura.Stale) {
					t.Fatalf("a receipt that came again: %v", err)
				}
			}
			if chain.Spent != sum {
				t.Fatalf("%d units were paid, the chain has %d", sum, chain.Spent)
			}
			// Sixteen runs are kept, and the newest ones are among them.
			for _, at := range paid[max(0, len(paid)-8):] {
				if !chain.Covers(at) {
					t.Fatalf("fact %d was paid for", at.Seq)
				}
			}
			last := slices.MaxFunc(paid, func(a, b fact.Place) int { return cmp.Compare(a.Seq, b.Seq) })
			if chain.Covers(fact.Place{Seq: last.Seq + 1, ID: last.ID}) {
				t.Fatalf("no receipt paid for fact %d", last.Seq+1)
			}
		}
	})
}

// TestTheSeventeenthBranchOfReceiptsCounts: 16 branches are named. The one that grew longest ago makes room, and its units
// stay in the sum, which has the limit for all branches together.
func TestTheSeventeenthBranchOfReceiptsCounts(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = fact.MaxHeads + 2
	key := device.Public().(ed25519.PublicKey)
	chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
	var spending guard.Spending
	var all []*effect.Receipt
	pay := func(previous [32]byte) error {
		r := sign(effect.Receipt{
			Context: room, From: own, To: ben, Epoch: 7, Cost: 1, FirstSeq: 1, LastSeq: 1, LastID: [16]byte{1 + byte(len(all))}, Previous: previous,
		})
		all = append(all, r)
		return chain.Accept(r, key, false, &spending, p, noon)
	}
	for i := range fact.MaxHeads {
		if err := pay([32]byte{}); err != nil {
			t.Fatalf("branch %d: %v", i+1, err)
		}
	}
	for _, previous := range [][32]byte{all[0].Hash(), {}} { // the first branch grows, and another one begins
		if err := pay(previous); err != nil {
			t.Fatal(err)
		}
	}
	named := chain.Heads()
	for i, r := range all {
		if forgotten := i < 2; slices.Contains(named, shortHash(r)) == forgotten {
			t.Errorf("of receipt %d: named is %v", i+1, !forgotten)
		}
	}
	if len(named) != fact.MaxHeads || chain.Spent != p.Limit || spending.In(7) != p.Limit {
		t.Errorf("%d branches, %d units, %d in all", len(named), chain.Spent, spending.In(7))
	}
	if err := pay([32]byte{}); !errors.Is(err, aura.Denied) {
		t.Errorf("a receipt beyond the limit: %v", err)
	}
}

func shortHash(r *effect.Receipt) [fact.ShortID]byte {
	hash := r.Hash()
	return [fact.ShortID]byte(hash[:])
}

// TestAChainTakesReceiptsOfItsDevice: another device of the same sender has a chain of its own.
func TestAChainTakesReceiptsOfItsDevice(t *testing.T) {
	p := guard.DefaultPolicy()
	r := sign(effect.Receipt{Context: room, From: own, To: ben, Epoch: 7, Cost: 1, FirstSeq: 1, LastSeq: 1})
	for id, refused := range map[aura.DeviceID]bool{aura.DeviceOf(device.Public().(ed25519.PublicKey)): false, {9}: true, {}: true} {
		chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: id}
		before, spending := chain, guard.Spending{}
		err := chain.Accept(r, device.Public().(ed25519.PublicKey), false, &spending, p, noon)
		if refused != errors.Is(err, aura.Denied) || refused && (chain != before || spending != guard.Spending{}) {
			t.Errorf("in the chain of %v: %v", id, err)
		}
	}
}
