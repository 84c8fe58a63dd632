package foldtest

import (
	"crypto/ed25519"
	"encoding/binary"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Person is an authority with one device, made from a number.
type Person struct {
	Certificate fact.Certificate
	Signing     ed25519.PrivateKey
}

// NewPerson returns the person with the given number. The same number gives the same keys.
func NewPerson(n byte) Person {
	key := func(role byte) ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-2), n, role))
	}
	root, signing := key(1), key(2)
	c := fact.Certificate{
		Root:      [32]byte(root.Public().(ed25519.PublicKey)),
		Signing:   [32]byte(signing.Public().(ed25519.PublicKey)),
		Agreement: [32]byte{31: n},
		Link:      [32]byte(key(3).Public().(ed25519.PublicKey)),
	}
	c.Agreement[0] = 1
	copy(c.Signature[:], ed25519.Sign(root, c.SigningBytes()))
	return Person{Certificate: c, Signing: signing}
}

// Authority returns who the person is.
func (p Person) Authority() aura.AuthorityID { return p.Certificate.Authority() }

// Device returns the person's device.
func (p Person) Device() aura.DeviceID { return p.Certificate.Device() }

// Own returns a fact in the person's own namespace.
func (p Person) Own(t testing.TB, logical aura.Logical, kind string, payload any) fact.Record {
	return p.record(t, fact.OwnNamespace(p.Authority()), logical, uint64(logical), kind, payload)
}

// Shared returns the seq-th fact of the person in a shared context.
func (p Person) Shared(t testing.TB, context aura.ContextID, logical aura.Logical, seq uint64, kind string, payload any) fact.Record {
	return p.record(t, fact.ContextNamespace(context), logical, seq, kind, payload)
}

// Drafted returns the fact that the person's journal would make of a draft.
func (p Person) Drafted(d fact.Draft, logical aura.Logical, seq uint64) fact.Record {
	f := fact.Fact{
		Namespace: d.Namespace, Kind: d.Kind, Operation: d.Operation, Payload: d.Payload,
		Logical: logical, Author: p.Authority(), Device: p.Device(),
	}
	binary.BigEndian.PutUint64(f.Order[:], seq)
	return fact.Record{Seq: seq, ID: f.ID(), Fact: f}
}

func (p Person) record(t testing.TB, ns fact.Namespace, logical aura.Logical, seq uint64, kind string, payload any) fact.Record {
	t.Helper()
	b, err := fact.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return p.Drafted(fact.Draft{Namespace: ns, Kind: kind, Payload: b}, logical, seq)
}
