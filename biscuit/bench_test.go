package biscuit_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// BenchmarkAuthorize measures a token with 0, 1 and 3 attenuations from its bytes to a decision,
// against what cannot be saved: its Ed25519 verifications alone, and these with the derivation of
// the proof's public key.
func BenchmarkAuthorize(b *testing.B) {
	root := key(b, 1)
	program := parse(b, `resource("file1"); operation("read"); time(2026-11-23T12:00:00Z);
		allow if resource($r), operation($o), right($r, $o);`)
	for _, blocks := range []int{0, 1, 3} {
		token, err := biscuit.Mint(root, parse(b, `right("file1", "read"); right("file2", "read"); right("file1", "write");`), key(b, 2), biscuit.MintOptions{})
		for i := range blocks {
			if err == nil {
				token, err = token.Attenuate(parse(b, `check if resource($0), operation("read"), right($0, "read");
					check if time($t), $t < 2030-01-01T00:00:00Z;`), key(b, byte(3+i)))
			}
		}
		if err != nil {
			b.Fatal(err)
		}
		encoded := token.Encode()
		b.Run(fmt.Sprintf("attenuations=%d", blocks), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := decide(encoded, root.Public(), program); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("attenuations=%d/verifications", blocks), func(b *testing.B) { verifications(b, blocks+1, len(encoded), false) })
		b.Run(fmt.Sprintf("attenuations=%d/verifications+proof", blocks), func(b *testing.B) { verifications(b, blocks+1, len(encoded), true) })
	}
}

func decide(encoded []byte, root biscuit.PublicKey, program *datalog.Program) error {
	u, err := biscuit.Decode(encoded)
	if err != nil {
		return err
	}
	t, err := u.Verify(root)
	if err != nil {
		return err
	}
	a, err := biscuit.NewAuthorizer(t, program, biscuit.Options{})
	if err != nil {
		return err
	}
	_, err = a.Authorize()
	return err
}

// verifications verifies n signatures over messages of about a block's size.
func verifications(b *testing.B, n, size int, proof bool) {
	k := ed25519.NewKeyFromSeed(make([]byte, 32))
	public := k.Public().(ed25519.PublicKey)
	message := make([]byte, size/n)
	sig := ed25519.Sign(k, message)
	seed := k.Seed()
	for b.Loop() {
		for range n {
			if !ed25519.Verify(public, message, sig) {
				b.Fatal("signature does not verify")
			}
		}
		if proof {
			ed25519.NewKeyFromSeed(seed)
		}
	}
}
