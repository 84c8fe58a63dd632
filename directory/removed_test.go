package directory

import (
	"math/rand/v2"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/transport"
)

// TestAnIndexForgetsARemovedContact: with the removal the secret of the context is gone from memory, so that no channel
// opens under it and no peer is linked. The other contacts stay.
func TestAnIndexForgetsARemovedContact(t *testing.T) {
	own := aura.AuthorityOf([]byte("ada"))
	at := byte(0)
	record := func(kind string, payload any) []fact.Record {
		d, err := domain.Caller{Authority: own}.Draft(kind, payload)
		if err != nil {
			t.Fatal(err)
		}
		at++
		return []fact.Record{{Position: fact.Position(at), ID: aura.FactID{at}, Fact: fact.Fact{
			Namespace: d.Namespace, Kind: d.Kind, Payload: d.Payload, Author: own, Logical: aura.Logical(at),
		}}}
	}
	contexts := []aura.ContextID{{1}, {2}}
	secrets := map[string][]byte{}
	index := New(modules(t), own, func(key string) ([]byte, error) { return secrets[key], nil })
	for i, context := range contexts {
		secret := [32]byte{9, byte(i)}
		secrets[domain.SecretKey(context)] = secret[:]
		ring := keyring.Ephemeral(rand.NewChaCha8(secret))
		cert := ring.Certificate()
		index.Committed(record(contact.KindAdded, contact.Added{
			Context: context, Authority: ring.Authority(), Certificate: cert.Encode(), Name: "Ben",
		}))
	}
	knows := func() (known [2]bool) {
		for i, context := range contexts {
			_, tagged := index.ByTag(transport.TagOf([32]byte(secrets[domain.SecretKey(context)])))
			linked := false
			for _, p := range index.Peers() {
				linked = linked || p.Context == context
			}
			if known[i] = index.Shares(context); known[i] != tagged || known[i] != linked {
				t.Errorf("context %d is shared: %t, opens a channel: %t, has a peer: %t", i, known[i], tagged, linked)
			}
		}
		return known
	}
	if got := knows(); got != [2]bool{true, true} {
		t.Errorf("known are %v", got)
	}
	index.Committed(record(contact.KindRemoved, contact.Removed{Context: contexts[0]}))
	if got := knows(); got != [2]bool{false, true} {
		t.Errorf("after the removal known are %v", got)
	}
}
