package chaintest

import (
	"testing"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
)

// Root returns the key of the n-th authority; [Own] is number 0.
func Root(t testing.TB, n byte) biscuit.PrivateKey {
	t.Helper()
	k, err := biscuit.NewPrivateKey(datalog.AlgorithmEd25519, [32]byte{n})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Grant returns a grant of the named capabilities to the owner of a root key.
func Grant(t testing.TB, holder []byte, names ...string) token.Grant {
	t.Helper()
	p, err := capability.NewProfile("test", names...)
	if err != nil {
		t.Fatal(err)
	}
	return token.Grant{Profile: p, Holder: [32]byte(holder)}
}

// Mint issues a token. The key of its next block is [Root] 100.
func Mint(t testing.TB, by biscuit.Signer, g token.Grant) *biscuit.Token {
	t.Helper()
	minted, err := token.Mint(by, g, Root(t, 100))
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

// Permitted returns the draft of a token by which [Own] permits itself the named capabilities.
func Permitted(t testing.TB, names ...string) fact.Draft {
	t.Helper()
	d, err := capability.Issue(Own, Mint(t, Root(t, 0), Grant(t, Public, names...)).Encode())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Blocks returns the identifiers by which the blocks of an encoded token are revoked, the first block's first.
func Blocks(t testing.TB, encoded []byte) [][]byte {
	t.Helper()
	u, err := biscuit.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return u.RevocationIDs()
}
