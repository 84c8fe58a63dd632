package guard_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
)

// parcelOf returns the n-th message of a session.
func parcelOf(n uint64) *effect.Message {
	return &effect.Message{Session: aura.SessionID{4}, Edge: 1, Seq: n, Parcel: []byte("hi")}
}

func parcels() guard.ReceiptChain {
	return guard.ReceiptChain{Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Device: aura.DeviceOf(device.Public().(ed25519.PublicKey))}
}

// TestAMessageNeedsItsOwnReceipt: each that is not its own, not for here, too cheap, too dear or used before is refused and changes nothing.
func TestAMessageNeedsItsOwnReceipt(t *testing.T) {
	p := guard.DefaultPolicy()
	p.Limit = 10
	e := guard.EpochAt(p, noon)
	key := device.Public().(ed25519.PublicKey)
	chain := parcels()
	var spending guard.Spending
	accept := func(m *effect.Message, least aura.FlowCost) error {
		return chain.AcceptMessage(m, least, key, &spending, p, noon)
	}
	paid := func(n uint64, change func(*effect.Receipt)) *effect.Message {
		m := parcelOf(n)
		r := effect.Receipt{
			Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Epoch: e, Cost: 4, Digest: m.Digest(), Previous: chain.Head, Nonce: aura.Nonce{byte(n)},
		}
		change(&r)
		m.Receipt = sign(r).Encode()
		return m
	}
	same := func(*effect.Receipt) {}
	first := paid(0, same)
	if err := accept(first, 4); err != nil {
		t.Fatal(err)
	}
	other := parcelOf(1)
	other.Receipt = first.Receipt
	for what, x := range map[string]struct {
		m    *effect.Message
		over bool
	}{
		"none":                    {parcelOf(1), false},
		"no receipt":              {&effect.Message{Session: aura.SessionID{4}, Receipt: []byte{1}}, false},
		"used before":             {first, false},
		"of the last message":     {other, false},
		"of another message":      {paid(1, func(r *effect.Receipt) { r.Digest[0]++ }), false},
		"for another context":     {paid(1, func(r *effect.Receipt) { r.Context[0]++ }), false},
		"from another sender":     {paid(1, func(r *effect.Receipt) { r.From = cleo }), false},
		"for another receiver":    {paid(1, func(r *effect.Receipt) { r.To = cleo }), false},
		"of facts":                {paid(1, func(r *effect.Receipt) { r.Kind, r.Digest, r.FirstSeq, r.LastSeq = 0, [32]byte{}, 1, 1 }), false},
		"too cheap":               {paid(1, func(r *effect.Receipt) { r.Cost = 3 }), false},
		"beyond the epoch":        {paid(1, func(r *effect.Receipt) { r.Cost = 7 }), true},
		"beyond the own clock":    {paid(1, func(r *effect.Receipt) { r.Epoch, r.Cost = e+1, 17 }), true},
		"more than there will be": {paid(1, func(r *effect.Receipt) { r.Cost = 1<<64 - 1 }), true},
	} {
		before, counted := chain, spending
		err := accept(x.m, 4)
		_, unpaid := errors.AsType[*guard.UnpaidError](err)
		_, over := errors.AsType[*guard.OverspentError](err)
		if aura.KindOf(err) != aura.Denied || !unpaid || over != x.over || chain != before || spending != counted {
			t.Errorf("a receipt %s: %v", what, err)
		}
	}
	forged := paid(1, same)
	forged.Receipt[len(forged.Receipt)-1]++
	if err := accept(forged, 4); aura.KindOf(err) != aura.Denied {
		t.Errorf("a receipt that was changed: %v", err)
	}
	if err := accept(paid(1, same), 4); err != nil || chain.Spent != 8 || spending.In(e) != 8 {
		t.Errorf("an honest receipt afterwards: %v, %d units", err, spending.In(e))
	}
}

// TestCopiesSpendTheLimitTogether: copies of a home, which do not know of each other, send messages in any order; some are lost. Each that is taken
// counts once, and all together stay within the limit.
func TestCopiesSpendTheLimitTogether(t *testing.T) {
	key := device.Public().(ed25519.PublicKey)
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		p.Limit = rapid.Uint64Range(1, 30).Draw(t, "limit")
		e := guard.EpochAt(p, noon)
		chain := parcels()
		var spending guard.Spending
		heads := make([][32]byte, rapid.IntRange(1, 3).Draw(t, "copies"))
		taken := uint64(0)
		for n := range rapid.Uint64Range(1, 40).Draw(t, "messages") {
			by := rapid.IntRange(0, len(heads)-1).Draw(t, "by")
			m := parcelOf(n)
			r := sign(effect.Receipt{
				Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Epoch: e, Cost: rapid.Uint64Range(1, 3).Draw(t, "cost"),
				Digest: m.Digest(), Previous: heads[by], Nonce: aura.Nonce{byte(by), byte(n)},
			})
			heads[by] = r.Hash()
			if rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
				continue
			}
			m.Receipt = r.Encode()
			err := chain.AcceptMessage(m, 1, key, &spending, p, noon)
			if room := p.Limit - taken; (err == nil) != (r.Cost <= room) {
				t.Fatalf("message %d of %d units, with %d left: %v", n, r.Cost, room, err)
			}
			if err == nil {
				taken += r.Cost
			}
		}
		if spending.In(e) != taken || chain.Spent != taken {
			t.Fatalf("counted are %d and %d, taken %d", spending.In(e), chain.Spent, taken)
		}
	})
}

// TestAMessageIsPaidForAgain: outside of the epoch in which the peer has no room, as a decision of its own.
func TestAMessageIsPaidForAgain(t *testing.T) {
	p := guard.DefaultPolicy()
	e := guard.EpochAt(p, noon)
	for notIn, reason := range map[aura.Epoch]guard.Reason{0: 0, e: guard.ReasonShort, e - 1: 0} {
		r := step(ben, []byte("hi"))
		r.Entries, r.SiteFacts = nil, nil
		r.Sends[0].Again, r.Sends[0].NotIn = true, notIn
		if _, keyed := r.Key(); keyed {
			t.Error("it has the key of the first decision")
		}
		out := evaluate(permitted(r, p), r)
		if out.Allowed != (reason == 0) || out.Denial.Reason != reason {
			t.Errorf("not in %d: %t, %v", notIn, out.Allowed, out.Denial)
		}
		if out.Allowed && out.Commands[0].Kind != effect.ChargeBudget {
			t.Errorf("the commands are %v", kinds(out))
		}
	}
	for what, r := range map[string]*guard.Request{"facts": text(ben), "a control message": greeting(ben), "a reservation": carry(ben)} {
		r.Sends[0].Again = true
		if out := evaluate(permitted(r, p), r); out.Allowed || out.Denial.Reason != guard.ReasonMalformed {
			t.Errorf("%s again: %v", what, out.Denial)
		}
	}
	r := step(ben, []byte("hi"))
	r.Sends[0].NotIn = e - 1
	if out := evaluate(permitted(r, p), r); out.Allowed {
		t.Error("a first decision that names an epoch is allowed")
	}
}

// FuzzMessageReceipts: no bytes but those of the receipt that the device signed pay for a message, and none panic.
func FuzzMessageReceipts(f *testing.F) {
	p := guard.DefaultPolicy()
	key := device.Public().(ed25519.PublicKey)
	m := parcelOf(1)
	honest := sign(effect.Receipt{
		Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Epoch: guard.EpochAt(p, noon), Cost: 2, Digest: m.Digest(),
	}).Encode()
	f.Add(honest)
	f.Add([]byte{})
	f.Add(honest[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		chain, spending := parcels(), guard.Spending{}
		m := parcelOf(1)
		m.Receipt = b
		err := chain.AcceptMessage(m, 1, key, &spending, p, noon)
		if (err == nil) != bytes.Equal(b, honest) || err != nil && (chain != parcels() || spending != guard.Spending{}) {
			t.Errorf("%x: %v, %+v", b, err, spending)
		}
	})
}
