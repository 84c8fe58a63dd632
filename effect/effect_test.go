package effect_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
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

// forms returns a signed receipt of each form, by the name of its golden file. "receipt" is the first format's.
func forms(k ed25519.PrivateKey) map[string]effect.Receipt {
	all := map[string]effect.Receipt{"receipt": signed(k)}
	for name, change := range map[string]func(*effect.Receipt){
		"receipt-facts": func(r *effect.Receipt) { r.LastID = [16]byte{10, 11} },
		"receipt-parcel": func(r *effect.Receipt) {
			r.Kind, r.FirstSeq, r.LastSeq = effect.ReceiptKindParcel, 0, 0
			r.Digest = (&effect.Message{Session: aura.SessionID{12}, Edge: 13, Seq: 14, Parcel: []byte("hi")}).Digest()
		},
		"receipt-carry": func(r *effect.Receipt) { r.Kind, r.FirstSeq, r.LastSeq = effect.ReceiptKindCarry, 257, 512 },
	} {
		r := signed(k)
		change(&r)
		r.Signature = [64]byte(ed25519.Sign(k, r.SigningBytes()))
		all[name] = r
	}
	return all
}

func TestReceiptHasItsGoldenBytes(t *testing.T) {
	for name, r := range forms(key(1)) {
		path := "testdata/" + name + ".golden"
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
			t.Errorf("%s: encoding changed (-golden +now):\n%s", name, diff)
		}
	}
}

// TestAReceiptOfTheFirstFormatIsReadAsBefore: its bytes, made by a build that knew no kinds, decode to a run of facts that
// names no identity, verify, and have the same hash.
func TestAReceiptOfTheFirstFormatIsReadAsBefore(t *testing.T) {
	text, err := os.ReadFile("testdata/receipt.golden")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := effect.DecodeReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(signed(key(1)), r); diff != "" || r.Kind != effect.ReceiptKindFacts || r.LastID != [16]byte{} {
		t.Errorf("read as %+v\n%s", r, diff)
	}
	if err := r.Verify(public(key(1))); err != nil || r.Hash() != sha256.Sum256(b) {
		t.Errorf("%v, hash %x", err, r.Hash())
	}
}

// TestAnUnknownKindOfReceiptIsRefusedByName: whatever else a newer build puts beside the kind.
func TestAnUnknownKindOfReceiptIsRefusedByName(t *testing.T) {
	type newer struct {
		Context aura.ContextID `cbor:"1,keyasint,omitzero"`
		Kind    uint64         `cbor:"11,keyasint"`
		More    string         `cbor:"20,keyasint"`
	}
	for _, kind := range []uint64{3, 200, 255, 256, 1 << 40} {
		b, err := fact.Marshal(newer{aura.ContextID{1}, kind, "more"})
		if err != nil {
			t.Fatal(err)
		}
		var unknown *effect.UnknownReceiptError
		_, err = effect.DecodeReceipt(b)
		if !errors.Is(err, aura.Invalid) || !errors.As(err, &unknown) || unknown.Kind != kind || !strings.Contains(err.Error(), fmt.Sprint(kind)) {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
	k := key(1)
	r := signed(k)
	r.Kind = 9
	r.Signature = [64]byte(ed25519.Sign(k, r.SigningBytes()))
	var unknown *effect.UnknownReceiptError
	if err := r.Verify(public(k)); !errors.Is(err, aura.Denied) || !errors.As(err, &unknown) || unknown.Kind != 9 {
		t.Errorf("a signed one: %v", err)
	}
	if got := r.Kind.String(); got != "receipt kind 9" {
		t.Errorf("it is called %q", got)
	}
}

// TestAReceiptCoversOneThing: a signature does not help a receipt that claims to cover things of two kinds.
func TestAReceiptCoversOneThing(t *testing.T) {
	k := key(1)
	for name, c := range map[string]struct {
		form   string
		change func(*effect.Receipt)
	}{
		"facts and a digest":         {"receipt", func(r *effect.Receipt) { r.Digest[0] = 1 }},
		"a parcel and a first fact":  {"receipt-parcel", func(r *effect.Receipt) { r.FirstSeq = 1; r.LastSeq = 1 }},
		"a parcel and a last fact":   {"receipt-parcel", func(r *effect.Receipt) { r.LastSeq = 1 }},
		"a parcel and an identity":   {"receipt-parcel", func(r *effect.Receipt) { r.LastID[0] = 1 }},
		"cells and a digest":         {"receipt-carry", func(r *effect.Receipt) { r.Digest[0] = 1 }},
		"cells and an identity":      {"receipt-carry", func(r *effect.Receipt) { r.LastID[0] = 1 }},
		"cells in the reverse order": {"receipt-carry", func(r *effect.Receipt) { r.FirstSeq = r.LastSeq + 1 }},
	} {
		r := forms(k)[c.form]
		if err := r.Verify(public(k)); err != nil {
			t.Fatalf("%s, unchanged: %v", c.form, err)
		}
		c.change(&r)
		r.Signature = [64]byte(ed25519.Sign(k, r.SigningBytes()))
		if err := r.Verify(public(k)); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: got %v, want denied", name, err)
		}
	}
}

// TestADigestNamesThePlaceOfAMessage: the same parcel elsewhere, or another there, has another digest.
func TestADigestNamesThePlaceOfAMessage(t *testing.T) {
	m := effect.Message{Session: aura.SessionID{1}, Edge: 2, Seq: 3, Parcel: []byte("hi")}
	for name, other := range map[string]effect.Message{
		"session": {Session: aura.SessionID{9}, Edge: 2, Seq: 3, Parcel: []byte("hi")},
		"edge":    {Session: aura.SessionID{1}, Edge: 9, Seq: 3, Parcel: []byte("hi")},
		"place":   {Session: aura.SessionID{1}, Edge: 2, Seq: 9, Parcel: []byte("hi")},
		"parcel":  {Session: aura.SessionID{1}, Edge: 2, Seq: 3, Parcel: []byte("ho")},
	} {
		if other.Digest() == m.Digest() {
			t.Errorf("another %s: the same digest", name)
		}
	}
	same := m
	same.Parcel = bytes.Clone(m.Parcel)
	if same.Digest() != m.Digest() {
		t.Error("a copy has another digest")
	}
}

func TestReceiptSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := forms(key(rapid.Byte().Draw(t, "key")))
		want := all[rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(t, "form")]
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
		"kind":        func(r *effect.Receipt) { r.Kind = effect.ReceiptKindCarry },
		"identity":    func(r *effect.Receipt) { r.LastID[0] ^= 1 },
		"digest":      func(r *effect.Receipt) { r.Digest[0] ^= 1 },
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
	for _, r := range forms(key(1)) {
		f.Add(r.Encode())
	}
	f.Add([]byte{0xa0})
	f.Add([]byte{0xa1, 11, 3})       // an unknown kind
	f.Add([]byte{0xa1, 11, 0})       // an explicit zero
	f.Add([]byte{0xa2, 11, 3, 1, 0}) // keys that are not sorted
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := effect.DecodeReceipt(b)
		if err != nil {
			var unknown *effect.UnknownReceiptError
			if kind := aura.KindOf(err); kind != aura.Corrupt && (kind != aura.Invalid || !errors.As(err, &unknown) || unknown.Kind < 3) {
				t.Fatalf("kind %v, want corrupt: %v", kind, err)
			}
			return
		}
		if !bytes.Equal(r.Encode(), b) {
			t.Fatalf("accepted %x, which is not canonical", b)
		}
		_ = r.Verify(public(key(1)))
	})
}
