package guard_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
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

	chain := guard.ReceiptChain{Context: room, From: own, To: ben}
	for _, r := range []*effect.Receipt{first, first, second, second} {
		if err := chain.Accept(r, key, p, noon); err != nil {
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
		"covered already":      {first, aura.Stale},
		"over the limit":       {sign(base), aura.Denied},
		"over twice the limit": {alter(func(r *effect.Receipt) { r.Epoch, r.Previous, r.Cost = r.Epoch+2, [32]byte{}, 13 }), aura.Denied},
		"another destination":  {alter(func(r *effect.Receipt) { r.To = cleo }), aura.Denied},
		"another source":       {alter(func(r *effect.Receipt) { r.From = cleo }), aura.Denied},
		"another context":      {alter(func(r *effect.Receipt) { r.Context[0]++ }), aura.Denied},
		"broken link":          {alter(func(r *effect.Receipt) { r.Previous[0]++; r.Cost = 1 }), aura.Denied},
		"no cost":              {alter(func(r *effect.Receipt) { r.Cost = 0 }), aura.Denied},
		"cost that overflows":  {alter(func(r *effect.Receipt) { r.Cost = 1<<64 - 1 }), aura.Denied},
		"changed after":        {forged, aura.Denied},
		"earlier epoch":        {alter(func(r *effect.Receipt) { r.Epoch-- }), aura.Stale},
		"chain across epochs":  {alter(func(r *effect.Receipt) { r.Epoch++ }), aura.Denied},
		"run that is reversed": {alter(func(r *effect.Receipt) { r.FirstSeq = 7; r.Cost = 1 }), aura.Denied},
	} {
		before := chain
		if err := chain.Accept(c.r, key, p, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if chain != before {
			t.Errorf("%s: the chain moved", name)
		}
	}

	next := alter(func(r *effect.Receipt) { r.Epoch++; r.Cost = 10; r.Previous = [32]byte{} })
	if err := chain.Accept(next, key, p, noon); err != nil || chain.Spent != 10 || chain.Epoch != e+1 {
		t.Errorf("the next epoch: %v, %+v", err, chain)
	}
}
