package keyring_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/mlkem"
	"crypto/sha256"
	"crypto/sha3"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

func TestBothSidesOfTheKEMShareASecret(t *testing.T) {
	run(t, func(_ task.Context, e world.Entropy) {
		k := keyring.NewKEM([64]byte{1})
		shared, ciphertext, err := keyring.Encapsulate(k.EncapsulationKey(), e)
		if err != nil {
			t.Fatal(err)
		}
		if len(k.EncapsulationKey()) != keyring.EncapsulationKeySize || len(ciphertext) != keyring.CiphertextSize {
			t.Errorf("sizes %d and %d", len(k.EncapsulationKey()), len(ciphertext))
		}
		got, err := k.Decapsulate(ciphertext)
		if err != nil || got != shared {
			t.Errorf("decapsulated %x, %v, want %x", got, err, shared)
		}
		other, err := keyring.NewKEM([64]byte{2}).Decapsulate(ciphertext)
		if err != nil || other == shared {
			t.Errorf("another key gives %x, %v", other, err)
		}
		for _, i := range []int{0, len(ciphertext) - 32} {
			bad := bytes.Clone(ciphertext)
			bad[i] ^= 1
			if got, err := k.Decapsulate(bad); err == nil && got == shared {
				t.Errorf("byte %d of the ciphertext does not matter", i)
			}
		}
		_, err = k.Decapsulate(ciphertext[1:])
		wantKind(t, "short ciphertext", err, aura.Invalid)
		_, err = k.Decapsulate(make([]byte, len(ciphertext)))
		wantKind(t, "zero ciphertext", err, aura.Invalid)
		_, _, err = keyring.Encapsulate(make([]byte, keyring.EncapsulationKeySize), e)
		wantKind(t, "zero key", err, aura.Invalid)
		_, _, err = keyring.Encapsulate(nil, e)
		wantKind(t, "no key", err, aura.Invalid)
	})
}

// TestTheKEMIsTheStandardLibrarys opens an encapsulation with crypto/hpke, which shows the shared secret
// through the keys it exports from it.
func TestTheKEMIsTheStandardLibrarys(t *testing.T) {
	run(t, func(_ task.Context, e world.Entropy) {
		seed := [64]byte{3}
		shared, ciphertext, err := keyring.Encapsulate(keyring.NewKEM(seed).EncapsulationKey(), e)
		if err != nil {
			t.Fatal(err)
		}
		expanded := sha3.SumSHAKE256(seed[:], 96)
		lattice, err := mlkem.NewDecapsulationKey768(expanded[:64])
		if err != nil {
			t.Fatal(err)
		}
		curve, err := ecdh.X25519().NewPrivateKey(expanded[64:])
		if err != nil {
			t.Fatal(err)
		}
		private, err := hpke.NewHybridPrivateKey(lattice, curve)
		if err != nil {
			t.Fatal(err)
		}
		recipient, err := hpke.NewRecipient(ciphertext, private, hpke.HKDFSHA256(), hpke.ExportOnly(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := recipient.Export("test", 32)
		if err != nil {
			t.Fatal(err)
		}
		if got := exportOf(t, shared); !bytes.Equal(got, want) {
			t.Errorf("export %x, want %x", got, want)
		}
	})
}

// exportOf computes HPKE's base mode export for context "test" from a shared secret (RFC 9180, 5.1 and 5.3).
func exportOf(t *testing.T, shared [32]byte) []byte {
	t.Helper()
	suite := []byte("HPKE\x64\x7a\x00\x01\xff\xff") // MLKEM768-X25519, HKDF-SHA256, export only
	extract := func(salt []byte, label string, key []byte) []byte {
		out, err := hkdf.Extract(sha256.New, bytes.Join([][]byte{[]byte("HPKE-v1"), suite, []byte(label), key}, nil), salt)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	expand := func(key []byte, label string, info []byte) []byte {
		labelled := bytes.Join([][]byte{{0, 32}, []byte("HPKE-v1"), suite, []byte(label), info}, nil)
		out, err := hkdf.Expand(sha256.New, key, string(labelled), 32)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	schedule := bytes.Join([][]byte{{0}, extract(nil, "psk_id_hash", nil), extract(nil, "info_hash", nil)}, nil)
	return expand(expand(extract(shared[:], "secret", nil), "exp", schedule), "sec", []byte("test"))
}
