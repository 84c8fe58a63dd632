package effect_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func signed(k ed25519.PrivateKey) effect.Receipt {
	r := effect.Receipt{
		Context: aura.ContextID{1}, From: aura.AuthorityID{2}, To: aura.AuthorityID{3}, Epoch: 4, Cost: 500,
		FirstSeq: 6, LastSeq: 7, Nonce: aura.Nonce{8}, Previous: [32]byte{9},
	}
	r.Signature = [64]byte(ed25519.Sign(k, r.SigningBytes()))
	return r
}

func TestReceiptHasItsGoldenBytes(t *testing.T) {
	const path = "testdata/receipt.golden"
	r := signed(key(1))
	got := hex.EncodeToString(r.Encode()) + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("encoding changed (-golden +now):\n%s", diff)
	}
}

func TestReceiptSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := signed(key(rapid.Byte().Draw(t, "key")))
		want.Cost = rapid.Uint64().Draw(t, "cost")
		want.FirstSeq = rapid.Uint64().Draw(t, "first")
		want.Epoch = aura.Epoch(rapid.Uint64().Draw(t, "epoch"))
		got, err := effect.DecodeReceipt(want.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("decoded receipt differs (-want +got):\n%s", diff)
		}
		if got.Hash() != want.Hash() {
			t.Fatal("the hash changed on the way")
		}
	})
}

// TestAReceiptHasOneEncoding: an explicit zero or a field that no receipt has would make a second encoding, and
// so a second hash for the next receipt to follow.
func TestAReceiptHasOneEncoding(t *testing.T) {
	r := signed(key(1))
	r.Epoch = 0
	encoded := r.Encode() // a map of nine entries, 1 to 10 without 4
	if _, err := effect.DecodeReceipt(encoded); err != nil {
		t.Fatal(err)
	}
	third := bytes.Index(encoded, append([]byte{3, 0x58, 32}, r.To[:]...)) + 3 + 32
	zero := append(append(append([]byte{encoded[0] + 1}, encoded[1:third]...), 4, 0), encoded[third:]...)
	unknown := append(append([]byte{encoded[0] + 1}, encoded[1:]...), 20, 1)
	for name, b := range map[string][]byte{"an explicit zero": zero, "an unknown field": unknown} {
		if _, err := effect.DecodeReceipt(b); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: got %v, want corrupt", name, err)
		}
	}
}

func TestReceiptBindsEveryField(t *testing.T) {
	k := key(1)
	r := signed(k)
	if err := r.Verify(public(k)); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*effect.Receipt){
		"context":     func(r *effect.Receipt) { r.Context[0] ^= 1 },
		"source":      func(r *effect.Receipt) { r.From[0] ^= 1 },
		"destination": func(r *effect.Receipt) { r.To[0] ^= 1 },
		"epoch":       func(r *effect.Receipt) { r.Epoch++ },
		"cost":        func(r *effect.Receipt) { r.Cost-- },
		"first":       func(r *effect.Receipt) { r.FirstSeq-- },
		"last":        func(r *effect.Receipt) { r.LastSeq++ },
		"nonce":       func(r *effect.Receipt) { r.Nonce[0] ^= 1 },
		"previous":    func(r *effect.Receipt) { r.Previous[0] ^= 1 },
		"signature":   func(r *effect.Receipt) { r.Signature[0] ^= 1 },
		"reversed": func(r *effect.Receipt) {
			r.FirstSeq, r.LastSeq = r.LastSeq, r.FirstSeq
			r.Signature = [64]byte(ed25519.Sign(k, r.SigningBytes()))
		},
	} {
		spoiled := r
		spoil(&spoiled)
		if spoiled.Hash() == r.Hash() {
			t.Errorf("%s: the hash does not cover it", name)
		}
		if err := spoiled.Verify(public(k)); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: got %v, want denied", name, err)
		}
	}
	for _, device := range [][]byte{nil, public(key(2))} {
		if err := r.Verify(device); !errors.Is(err, aura.Denied) {
			t.Errorf("another key: got %v, want denied", err)
		}
	}
}

func TestEveryCommandHasItsName(t *testing.T) {
	want := []string{"no command", "charge budget", "append journal", "record leakage", "store metadata", "send envelope", "generate nonce", "no command"}
	var got []string
	for k := range len(want) {
		got = append(got, effect.Kind(k).String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names differ (-want +got):\n%s", diff)
	}
}

func FuzzDecodeReceipt(f *testing.F) {
	r := signed(key(1))
	f.Add(r.Encode())
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := effect.DecodeReceipt(b)
		if err != nil {
			if aura.KindOf(err) != aura.Corrupt {
				t.Fatalf("kind %v, want corrupt: %v", aura.KindOf(err), err)
			}
			return
		}
		if !bytes.Equal(r.Encode(), b) {
			t.Fatalf("accepted %x, which is not canonical", b)
		}
	})
}
