package ceremony

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "ceremony.plan", formats.Payload[plan]())
}

// TestDerivedNames holds what docs/formats.md says of a witness's nonce.
func TestDerivedNames(t *testing.T) {
	var signed []byte
	New(Options{Sign: func(b []byte) [64]byte { signed = b; return [64]byte(make([]byte, ed25519.SignatureSize)) }}).nonce(aura.SessionID{1})
	sum := sha256.Sum256(signed)
	formats.Derived(t, `aura consensus nonce 1\x00`, sum[:])
}
