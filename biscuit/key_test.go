package biscuit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/edwards25519"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

func TestPrivateKeysPrintWithoutTheirSecret(t *testing.T) {
	k := key(t, 7)
	secret := strings.Repeat("07", 32)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		if s := fmt.Sprintf(verb, k) + fmt.Sprintf(verb, []any{k}); strings.Contains(s, "7, 7") || strings.Contains(s, secret) || strings.Contains(s, "7 7 7") {
			t.Errorf("%s prints %s", verb, s)
		}
	}
	if k.Text() != "ed25519-private/"+secret {
		t.Error(k.Text())
	}
}

func TestPrivateKeysParse(t *testing.T) {
	for _, a := range []biscuit.Algorithm{datalog.AlgorithmEd25519, datalog.AlgorithmSecp256r1} {
		want := keyOf(t, a, 7)
		got, err := biscuit.ParsePrivateKey(want.Text())
		if err != nil || got.Public() != want.Public() {
			t.Errorf("%s: %s, %v", a, got, err)
		}
		if k, err := datalog.ParseKey(want.Public().String()); err != nil || k != want.Public() {
			t.Errorf("%s: %s, %v", a, k, err)
		}
	}
	for _, s := range []string{"", "ed25519-private/", "ed25519-private/07", "ed25519/" + strings.Repeat("07", 32), "secp256r1-private/" + strings.Repeat("ff", 32), "secp256r1-private/" + strings.Repeat("00", 32)} {
		if _, err := biscuit.ParsePrivateKey(s); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := biscuit.NewPrivateKey(9, [32]byte{1}); !errors.Is(err, aura.Invalid) {
		t.Errorf("unknown algorithm: %v", err)
	}
}

// For a key of small order anyone can make a signature of some message, so no such key may verify
// anything.
func TestKeysOfSmallOrderAreRefused(t *testing.T) {
	u, err := biscuit.Decode(mint(t, authority).Encode())
	if err != nil {
		t.Fatal(err)
	}
	for _, encoding := range smallOrderPoints(t) {
		k := biscuit.PublicKey{Algorithm: datalog.AlgorithmEd25519, Bytes: string(encoding)}
		if _, err := u.Verify(k); !errors.Is(err, biscuit.ErrForm) {
			t.Errorf("%x: %v", encoding, err)
		}
	}
}

// smallOrderPoints returns the eight points whose order divides 8, found by clearing the large
// factor of points, and the encodings of y = 0 and y = 1 that are not reduced.
func smallOrderPoints(t *testing.T) (points [][]byte) {
	found := map[string]bool{}
	order := edwards25519.NewScalar().Subtract(edwards25519.NewScalar(), one(t)) // L - 1
	for y := byte(0); len(found) < 8 && y < 200; y++ {
		p, err := new(edwards25519.Point).SetBytes(append([]byte{y}, make([]byte, 31)...))
		if err != nil {
			continue
		}
		// (L - 1)·p + p = L·p has no part of large order.
		q := new(edwards25519.Point).ScalarMult(order, p)
		found[string(q.Add(q, p).Bytes())] = true
	}
	if len(found) != 8 {
		t.Fatalf("found %d points of small order", len(found))
	}
	for s := range found {
		points = append(points, []byte(s))
	}
	for _, low := range []byte{0xed, 0xee} {
		for _, high := range []byte{0x7f, 0xff} {
			points = append(points, []byte(string([]byte{low})+strings.Repeat("\xff", 30)+string([]byte{high})))
		}
	}
	return points
}

func one(t *testing.T) *edwards25519.Scalar {
	s, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
