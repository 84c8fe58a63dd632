package phrase

import (
	"crypto/hkdf"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"strings"

	"github.com/aura-runtime/aura"
)

// The sizes of what a phrase holds, in bytes.
const (
	// Size is what a new account draws: 12 words.
	Size = 16
	// SeedSize is the seed of a root key itself, from before phrases: 24 words.
	SeedSize = 32
)

const rootLabel = "aura root 1"

// bitsPerWord follows from the 2,048 words of the list.
const bitsPerWord = 11

//go:embed english.txt
var english string

// RootSeed returns the seed of the root key (Ed25519) that a phrase holds: HKDF-SHA-256 of 16 bytes with the label
// "aura root 1", or 32 bytes as they are. It returns aura.Invalid for another length.
func RootSeed(entropy []byte) (seed [32]byte, err error) {
	switch len(entropy) {
	case Size:
		expanded, err := hkdf.Key(sha256.New, entropy, nil, rootLabel, len(seed))
		if err != nil {
			panic(err) // only for a length that SHA-256 cannot give
		}
		return [32]byte(expanded), nil
	case SeedSize:
		return [32]byte(entropy), nil
	}
	return seed, aura.Errorf("phrase.RootSeed", aura.Invalid, "a phrase holds %d or %d bytes, not %d", Size, SeedSize, len(entropy))
}

// Words returns the words for 16 bytes (12 words) or 32 bytes (24 words), as BIP 39 has them: the bits, then the first
// bits of their SHA-256, one for each 32, in groups of eleven. It returns aura.Invalid for another length.
func Words(entropy []byte) ([]string, error) {
	if len(entropy) != Size && len(entropy) != SeedSize {
		return nil, aura.Errorf("phrase.Words", aura.Invalid, "a phrase holds %d or %d bytes, not %d", Size, SeedSize, len(entropy))
	}
	list := strings.Fields(english)
	bits := withChecksum(entropy)
	words := make([]string, len(entropy)*8/32*3)
	for i := range words {
		words[i] = list[bitsAt(bits, i*bitsPerWord)]
	}
	return words, nil
}

// Parse returns the bytes that the words of a text hold, 16 or 32. Case and spaces do not matter. It returns
// aura.Invalid, and names the word, for anything that [Words] does not write.
func Parse(text string) ([]byte, error) {
	const op = "phrase.Parse"
	words := strings.Fields(strings.ToLower(text))
	if len(words) != 12 && len(words) != 24 {
		return nil, aura.Errorf(op, aura.Invalid, "a phrase has 12 words (24 for accounts of early versions), not %d", len(words))
	}
	list := strings.Fields(english)
	index := make(map[string]int, len(list))
	for i, w := range list {
		index[w] = i
	}
	bits := make([]byte, (len(words)*bitsPerWord+7)/8)
	for i, w := range words {
		value, known := index[w]
		if !known {
			return nil, aura.Errorf(op, aura.Invalid, "word %d, %.20q, is not in the list%s", i+1, w, similar(list, w))
		}
		for b := range bitsPerWord {
			if value&(1<<(bitsPerWord-1-b)) != 0 {
				at := i*bitsPerWord + b
				bits[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	entropy := bits[:len(words)/3*4]
	if string(withChecksum(entropy)) != string(bits) {
		return nil, aura.Errorf(op, aura.Invalid, "the %d words do not belong together: compare each with the paper, and their order", len(words))
	}
	return entropy, nil
}

// Places returns three places of a phrase, counted from 1 and ascending, which a person shall type back: one in each
// third. They follow from the random bytes alone.
func Places(words []string, random [16]byte) (places [3]int) {
	third := len(words) / len(places)
	for i := range places {
		places[i] = 1 + i*third + int(binary.BigEndian.Uint32(random[4*i:])%uint32(third))
	}
	return places
}

// Confirm checks the words that a person typed back for the places. It returns aura.Invalid for the first
// that differs, without saying what it should have been.
func Confirm(words []string, places [3]int, typed [3]string) error {
	for i, place := range places {
		if place < 1 || place > len(words) || strings.ToLower(strings.TrimSpace(typed[i])) != words[place-1] {
			return aura.Errorf("phrase.Confirm", aura.Invalid, "word %d is another: write the words down once more", place)
		}
	}
	return nil
}

// withChecksum appends the byte that holds the checksum's bits: four for 16 bytes, eight for 32.
func withChecksum(entropy []byte) []byte {
	sum := sha256.Sum256(entropy)
	mask := byte(0xff) << (8 - len(entropy)/4)
	return append(entropy[:len(entropy):len(entropy)], sum[0]&mask)
}

// bitsAt returns the eleven bits that begin at a bit.
func bitsAt(b []byte, at int) (value int) {
	for i := at; i < at+bitsPerWord; i++ {
		value = value<<1 | int(b[i/8]>>(7-i%8))&1
	}
	return value
}

// similar names the word of the list that has the same first four letters, which no two words share.
func similar(list []string, word string) string {
	for _, w := range list {
		if len(word) >= 4 && strings.HasPrefix(w, word[:4]) {
			return ": perhaps " + w
		}
	}
	return ""
}
