package phrase_test

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
	"github.com/aura-runtime/aura/roster/phrase"
)

// TestDerivedNames holds what docs/formats.md says of the root key's seed.
func TestDerivedNames(t *testing.T) {
	seed, err := phrase.RootSeed([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	formats.Derived(t, "aura root 1", seed[:])
}
