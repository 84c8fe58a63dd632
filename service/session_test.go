package service

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/transport"
)

// TestASessionRunsOverTheChannelOfItsPeerAlone is inside the package: channels are given to links by the key
// that the handshake proved, so that only a fault elsewhere brings another one here. The session refuses it.
func TestASessionRunsOverTheChannelOfItsPeerAlone(t *testing.T) {
	nobody := &transport.Channel{} // its peer proved the key of zeros
	for key, want := range map[[32]byte]error{{}: nil, {1}: aura.Denied} {
		l := &link{peer: Peer{Certificate: fact.Certificate{Agreement: key}}}
		if _, err := newSession(l, nobody); !errors.Is(err, want) {
			t.Errorf("the link's peer has the key %x: got %v, want %v", key[:1], err, want)
		}
	}
}
