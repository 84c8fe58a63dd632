package transport

import (
	"encoding/binary"
	"math/bits"
)

// windowSize is how far below the largest number a cell may arrive and still be told from a replay.
const windowSize = 2048

// window remembers which numbers were received. Numbers start at 1. The zero value is ready.
type window struct {
	largest uint64
	bits    [windowSize/64 + 1]uint64 // one word more than the window, for the word that it half covers
}

// fresh reports whether number was not seen and is recent enough to know.
func (w *window) fresh(number uint64) bool {
	switch {
	case number == 0:
		return false
	case number > w.largest:
		return true
	case w.largest-number >= windowSize:
		return false
	}
	return w.word(number)&(1<<(number%64)) == 0
}

// mark records a fresh number.
func (w *window) mark(number uint64) {
	if number > w.largest {
		words := number/64 - w.largest/64
		for i := uint64(1); i <= min(words, uint64(len(w.bits))); i++ {
			w.bits[(w.largest/64+i)%uint64(len(w.bits))] = 0
		}
		w.largest = number
	}
	w.bits[number/64%uint64(len(w.bits))] |= 1 << (number % 64)
}

// recent writes the last 256 numbers as bits: bit i of the whole (least significant first) is the
// number largest-i.
func (w *window) recent(out *[ackBits / 8]byte) {
	for i := range uint64(ackBits / 64) {
		var run uint64 // bit j: the number top-j was received
		if top := w.largest - 64*i; w.largest >= 64*i {
			run = bits.Reverse64(w.word(top)) >> (63 - top%64)
			if top >= 64 {
				run |= bits.Reverse64(w.word(top-64)) << (top%64 + 1)
			}
		}
		binary.LittleEndian.PutUint64(out[8*i:], run)
	}
}

// word returns the 64 flags among which number's is.
func (w *window) word(number uint64) uint64 { return w.bits[number/64%uint64(len(w.bits))] }
