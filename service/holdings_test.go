package service

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestTheHashOfAllStreams holds what docs/formats.md says of it, in any order of the streams.
func TestTheHashOfAllStreams(t *testing.T) {
	hash := hashOf([]aura.FactID{{2}, {1}})
	formats.Derived(t, `aura streams 1\x00`, hash[:])
	if hashOf([]aura.FactID{{1}, {2}}) != hash || hashOf([]aura.FactID{{1}}) == hash {
		t.Error("the order of streams is in the hash, or one stream is not")
	}
}
