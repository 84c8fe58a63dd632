package transport

import (
	"crypto/hkdf"
	"crypto/sha256"

	"github.com/aura-runtime/aura"
)

// TagSize is the length of a [Tag] in bytes.
const TagSize = 16

// Tag tells a responder which context a first cell is about, without telling others. It follows
// from the context's pre-shared key and reveals nothing about it.
type Tag [TagSize]byte

// TagOf derives the tag of a pre-shared key.
func TagOf(psk [32]byte) Tag { return Tag(derive(psk, "aura/transport/tag/1", TagSize)) }

// Secret holds the keys with which a responder answers a first cell.
type Secret struct {
	Context aura.ContextID
	PSK     [32]byte
	// Peers lists the agreement public keys (X25519) that may open a channel in the context.
	Peers [][32]byte
	// Anyone admits every agreement key that knows PSK: an open invitation. Peers is then ignored.
	Anyone bool
}

// admits reports whether the holder of the agreement key static may open a channel.
func (s *Secret) admits(static [32]byte) bool {
	if s.Anyone {
		return true
	}
	for _, p := range s.Peers {
		if p == static {
			return true
		}
	}
	return false
}

// Directory finds the secret that a first cell is about. Hub tasks call it at once, from several
// tasks, so it must not wait.
type Directory interface {
	ByTag(tag Tag) (Secret, bool)
}

// derive expands a secret into n bytes for one named purpose.
func derive(secret [32]byte, purpose string, n int) []byte {
	out, err := hkdf.Expand(sha256.New, secret[:], purpose, n)
	if err != nil {
		panic(err) // only for more than 255 hashes of output
	}
	return out
}
