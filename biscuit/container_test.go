package biscuit

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura/datalog"
)

// TestAnAuthorityBlockHasNoExternalSignature is inside the package: all signatures of the token hold, the
// external one included, which takes the root key. Specification of Biscuit 3.3, "Verifying": the authority
// block of a token is its issuer's alone.
func TestAnAuthorityBlockHasNoExternalSignature(t *testing.T) {
	root := testKey(t, 1)
	token, err := Mint(root, &datalog.Program{}, testKey(t, 2), MintOptions{})
	if err != nil {
		t.Fatal(err)
	}
	party := testKey(t, 3)
	block := &token.blocks[0]
	external, err := party.Sign(externalPayload(block.payload, ""))
	if err != nil {
		t.Fatal(err)
	}
	block.external = &externalSignature{string(external), party.Public()}
	block.version = payloadVersion
	signature, err := root.Sign(block.signedPayload(""))
	if err != nil {
		t.Fatal(err)
	}
	block.signature = string(signature)
	if err := token.verify(root.Public()); err != nil {
		t.Fatalf("the signatures must hold, or the test shows nothing: %v", err)
	}
	if _, err := decodeContainer(string(token.Encode())); !errors.Is(err, ErrForm) {
		t.Errorf("got %v, want a refusal of the form", err)
	}
}

// TestAForgedExternalSignatureIsRefused is inside the package: the holder of a token appends a block in the name
// of a third party that never signed it. All signatures of the holder hold. Specification of Biscuit 3.3,
// "Verifying".
func TestAForgedExternalSignatureIsRefused(t *testing.T) {
	root, party := testKey(t, 1), testKey(t, 3)
	token, err := Mint(root, &datalog.Program{}, testKey(t, 2), MintOptions{})
	if err != nil {
		t.Fatal(err)
	}
	previous := token.blocks[0].signature
	payload := token.blocks[0].payload
	honest, err := party.Sign(externalPayload(payload, previous))
	if err != nil {
		t.Fatal(err)
	}
	forged := append([]byte(nil), honest...)
	forged[0] ^= 1
	holder, err := token.signingKey("biscuit.Append")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signature []byte
		want      error
	}{{honest, nil}, {forged, ErrSignature}} {
		block := signedBlock{payload: payload, external: &externalSignature{string(c.signature), party.Public()}}
		longer, err := token.append("biscuit.Append", holder, block, testKey(t, 4))
		if err != nil {
			t.Fatal(err)
		}
		if err := longer.verify(root.Public()); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
}

func testKey(t *testing.T, seed byte) PrivateKey {
	t.Helper()
	k, err := NewPrivateKey(datalog.Ed25519, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	return k
}
