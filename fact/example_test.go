package fact_test

import (
	"crypto/ed25519"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// A fact is named by the hash of its bytes, and a device's signature over a batch proves it to every receiver.
func Example() {
	type message struct {
		Text string `cbor:"1,keyasint,omitempty"`
	}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // a real device draws it
	public := key.Public().(ed25519.PublicKey)

	payload, err := fact.Marshal(message{Text: "hi ben"})
	if err != nil {
		fmt.Println(err)
		return
	}
	said := fact.Fact{
		Namespace: fact.ContextNamespace(aura.ContextID{7}), Kind: "chat.message", Payload: payload,
		Logical: 1, Author: aura.AuthorityOf(public), Device: aura.DeviceOf(public),
	}
	batch := fact.NewBatch([]aura.FactID{said.ID()})
	proof := batch.Proof(0, [64]byte(ed25519.Sign(key, batch.SigningBytes())))

	// The other side receives bytes.
	received, err := fact.Decode(said.Encode())
	fmt.Println(received.Kind, received.ID() == said.ID(), err)
	fmt.Println("as signed:", fact.Verify(received.ID(), proof, public))
	received.Payload[len(received.Payload)-1]++
	fmt.Println("changed:", fact.Verify(received.ID(), proof, public))
	// Output:
	// chat.message true <nil>
	// as signed: <nil>
	// changed: fact.Verify: proof of fact 7huto7mn does not hold
}
