package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
)

// payments is what this side knows of the payments for the facts of the peer's device.
type payments struct {
	chain guard.ReceiptChain // of that device
	// spending is that of the peer: of all its devices together.
	spending guard.Spending
	// early says that the chain is the one that an earlier build kept for the peer.
	early bool
}

// ChainKey is the key under which the metadata keeps the receipts of one kind from a sender's device in a context: an
// encoded [guard.ReceiptChain].
func ChainKey(context aura.ContextID, from aura.AuthorityID, device aura.DeviceID, kind effect.ReceiptKind) string {
	return earlyChainKey(context, from) + string(device[:]) + string([]byte{byte(kind)})
}

// earlyChainKey is the key under which earlier builds kept the receipts for facts: a sender had one device. The chain is
// moved to its [ChainKey] with the next receipt or fact from there.
func earlyChainKey(context aura.ContextID, from aura.AuthorityID) string {
	return "chain/" + string(context[:]) + string(from[:])
}

// SpendingKey is the key under which the metadata keeps what all devices of a sender spent in a context, by their receipts
// of one kind: an encoded [guard.Spending].
func SpendingKey(context aura.ContextID, from aura.AuthorityID, kind effect.ReceiptKind) string {
	return "spent/" + string(context[:]) + string(from[:]) + string([]byte{byte(kind)})
}

func (s *session) chainKey() string {
	return ChainKey(s.peer.Context, s.peer.Authority, s.device, effect.ReceiptKindFacts)
}

func (s *session) spendingKey() string {
	return SpendingKey(s.peer.Context, s.peer.Authority, effect.ReceiptKindFacts)
}

// payments returns the chain of the device's receipts and the peer's spending, as far as this side has accepted them.
func (s *session) payments() (payments, error) {
	p := payments{chain: guard.ReceiptChain{
		Context: s.peer.Context, From: s.peer.Authority, To: s.env().Ring.Authority(), Device: s.device,
	}}
	meta := s.env().Journal.Meta
	known, err := read(meta, s.chainKey(), &p.chain)
	if err != nil {
		return p, err
	}
	counted, err := read(meta, s.spendingKey(), &p.spending)
	if err != nil || known && counted {
		return p, err
	}
	var early guard.ReceiptChain
	old, err := read(meta, earlyChainKey(s.peer.Context, s.peer.Authority), &early)
	if err != nil || !old {
		return p, err
	}
	if !counted {
		p.spending = guard.SpendingOf(&early)
	}
	if !known && s.device == s.peer.First { // earlier builds knew no other device
		early.Device, early.Owed, early.Seen = p.chain.Device, 0, 0
		p.chain, p.early = early, true
	}
	return p, nil
}

// read decodes a value of the metadata, and reports whether there is one.
func read(meta func(key string) ([]byte, error), key string, into any) (there bool, err error) {
	value, err := meta(key)
	if err != nil || value == nil {
		return false, err
	}
	return true, fact.Unmarshal(value, into)
}

// paymentsMeta returns the metadata that keeps the payments.
func (s *session) paymentsMeta(p *payments) ([]journal.KV, error) {
	kvs, err := p.meta(s.chainKey(), s.spendingKey())
	if p.early {
		kvs = append(kvs, journal.KV{Key: earlyChainKey(s.peer.Context, s.peer.Authority)})
	}
	return kvs, err
}

// meta returns the metadata that keeps chain and spending under their keys.
func (p *payments) meta(chainKey, spendingKey string) ([]journal.KV, error) {
	chain, err := fact.Marshal(p.chain)
	if err != nil {
		return nil, err
	}
	spending, err := fact.Marshal(p.spending)
	if err != nil {
		return nil, err
	}
	return []journal.KV{{Key: chainKey, Value: chain}, {Key: spendingKey, Value: spending}}, nil
}

// expectSpending returns aura.Stale when the peer's spending is not the one that this commit adds to: the receipts of two
// of its devices, which come over two channels, must not count as one.
func expectSpending(v journal.View, key string, before *guard.Spending) error {
	var now guard.Spending
	there, err := read(v.Meta, key, &now)
	if err != nil {
		return err
	}
	if there && now != *before {
		return aura.Errorf("replica.commit", aura.Stale, "another device of the peer has spent meanwhile")
	}
	return nil
}
