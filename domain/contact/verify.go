package contact

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Verification returns the code that two people read to each other: 30 digits in six groups of five, made from the
// hash of their invitation exchange. Both sides have the same code exactly when no third party took part in the
// exchange. Thirty digits are 99 bits: a man in the middle must hit a code that is already fixed, and cannot search
// for it.
func Verification(transcript [32]byte) string {
	sum := sha256.Sum256(append([]byte("aura verification code v1"), transcript[:]...))
	groups := make([]string, 6)
	for i := range groups {
		part := sum[5*i : 5*i+5]
		n := uint64(part[0])<<32 | uint64(part[1])<<24 | uint64(part[2])<<16 | uint64(part[3])<<8 | uint64(part[4])
		groups[i] = fmt.Sprintf("%05d", n%100_000)
	}
	return strings.Join(groups, " ")
}
