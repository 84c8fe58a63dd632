package biscuit_test

import (
	"testing"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// key returns the Ed25519 key of a secret of equal bytes.
func key(tb testing.TB, secret byte) biscuit.PrivateKey {
	tb.Helper()
	return keyOf(tb, datalog.AlgorithmEd25519, secret)
}

func keyOf(tb testing.TB, a biscuit.Algorithm, secret byte) biscuit.PrivateKey {
	tb.Helper()
	var s [32]byte
	for i := range s {
		s[i] = secret
	}
	k, err := biscuit.NewPrivateKey(a, s)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func parse(tb testing.TB, src string) *datalog.Program {
	tb.Helper()
	p, err := datalog.Parse(src, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
