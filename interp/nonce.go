package interp

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/aura-runtime/aura"
)

// The purposes of randomness that one seed serves. Each has its own stream.
const (
	purposeNonce   = "aura decision nonce 1\x00"
	purposeReceipt = "aura receipt nonce 1\x00"
	purposeOrder   = "aura simulated order 1\x00"
)

// stretch derives n bytes from a decision's seed: SHA-256 in counter mode over purpose, seed, the number
// of the item and the block. Nonces are unique, not secret.
func stretch(purpose string, seed *[32]byte, item uint32, n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	in := make([]byte, 0, len(purpose)+len(seed)+8)
	for block := uint32(0); len(out) < n; block++ {
		in = append(append(in[:0], purpose...), seed[:]...)
		in = binary.BigEndian.AppendUint32(in, item)
		in = binary.BigEndian.AppendUint32(in, block)
		sum := sha256.Sum256(in)
		out = append(out, sum[:]...)
	}
	return out[:n]
}

func receiptNonce(seed *[32]byte, item uint32) aura.Nonce {
	return aura.Nonce(stretch(purposeReceipt, seed, item, len(aura.Nonce{})))
}
