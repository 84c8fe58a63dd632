package roster

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/aura-runtime/aura"
)

// The wire structs are what [Decode] reads. [Entry.appendAll] writes the same by hand, because each entry of a chain is
// encoded twice: to compare it with the bytes that were read, and to verify its signature. [Decode] accepts
// nothing else, so a difference of the two shows at once.

type wireRecovery struct {
	Key       [32]byte `cbor:"1,keyasint,omitzero"`
	Threshold uint8    `cbor:"2,keyasint,omitempty"`
	Guardians uint8    `cbor:"3,keyasint,omitempty"`
}

type wireDevice struct {
	Signing          [32]byte `cbor:"1,keyasint,omitzero"`
	Agreement        [32]byte `cbor:"2,keyasint,omitzero"`
	Link             [32]byte `cbor:"3,keyasint,omitzero"`
	Rights           Rights   `cbor:"4,keyasint,omitempty"`
	Share            uint32   `cbor:"5,keyasint,omitempty"`
	Countersignature [64]byte `cbor:"6,keyasint,omitzero"`
}

type wireEntry struct {
	Authority aura.AuthorityID `cbor:"1,keyasint,omitzero"`
	Number    uint8            `cbor:"2,keyasint,omitempty"`
	Previous  []Hash           `cbor:"3,keyasint,omitempty"`
	Maker     aura.DeviceID    `cbor:"4,keyasint,omitzero"`
	Root      [32]byte         `cbor:"5,keyasint,omitzero"`
	Recovery  *wireRecovery    `cbor:"6,keyasint,omitempty"`
	Devices   []wireDevice     `cbor:"7,keyasint,omitempty"`
	Removed   []byte           `cbor:"8,keyasint,omitempty"` // 13 bytes each
	Rank      Rank             `cbor:"9,keyasint,omitempty"`
	Signature [64]byte         `cbor:"10,keyasint,omitzero"`
}

// appendRest appends the encoding of everything but the signature.
func (e *Entry) appendRest(b []byte) []byte { return e.write(b, nil) }

// appendAll appends the encoding.
func (e *Entry) appendAll(b []byte) []byte { return e.write(b, &e.Signature) }

func (e *Entry) write(b []byte, signature *[64]byte) []byte {
	w := writer{b: slices.Grow(b, 256+34*len(e.Previous)+192*len(e.Devices)+removedSize*len(e.Removed))}
	w.begin()
	w.array(1, e.Authority[:])
	w.number(2, uint64(e.Number))
	w.list(3, len(e.Previous))
	for i := range e.Previous {
		w.bytes(e.Previous[i][:])
	}
	w.array(4, e.Maker[:])
	w.array(5, e.Root[:])
	if !e.Recovery.None() {
		outer := w.nested(6)
		w.array(1, e.Recovery.Key[:])
		w.number(2, uint64(e.Recovery.Threshold))
		w.number(3, uint64(e.Recovery.Guardians))
		w.at = outer
	}
	w.list(7, len(e.Devices))
	for i := range e.Devices {
		d := &e.Devices[i]
		outer := w.begin()
		w.array(1, d.Signing[:])
		w.array(2, d.Agreement[:])
		w.array(3, d.Link[:])
		w.number(4, uint64(d.Rights))
		w.number(5, uint64(d.Share))
		w.array(6, d.Countersignature[:])
		w.at = outer
	}
	if len(e.Removed) > 0 {
		w.key(8)
		w.head(majorBytes, uint64(removedSize*len(e.Removed)))
		for i := range e.Removed {
			w.b = append(append(w.b, e.Removed[i].Device[:]...), e.Removed[i].Number)
		}
	}
	w.number(9, uint64(e.Rank))
	if signature != nil {
		w.array(10, signature[:])
	}
	return w.b
}

// The major types of CBOR (RFC 8949, section 3.1) that entries use.
const (
	majorUnsigned = 0 << 5
	majorBytes    = 2 << 5
	majorArray    = 4 << 5
	majorMap      = 5 << 5
)

// writer writes maps from small integers, whose heads are one byte. Fields that are zero are left out.
type writer struct {
	b  []byte
	at int // the head of the map that is being written
}

// begin begins a map and returns where the one around it begins.
func (w *writer) begin() (outer int) {
	outer, w.at = w.at, len(w.b)
	w.b = append(w.b, majorMap)
	return outer
}

// nested begins a map that is the value of a key.
func (w *writer) nested(key byte) (outer int) {
	w.key(key)
	return w.begin()
}

// key adds a key to the map, whose value is to follow.
func (w *writer) key(key byte) {
	w.b[w.at]++
	w.b = append(w.b, key)
}

func (w *writer) head(major byte, n uint64) {
	switch {
	case n < 24:
		w.b = append(w.b, major|byte(n))
	case n <= math.MaxUint8:
		w.b = append(w.b, major|24, byte(n))
	case n <= math.MaxUint16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, major|25), uint16(n))
	default:
		w.b = binary.BigEndian.AppendUint32(append(w.b, major|26), uint32(n))
	}
}

func (w *writer) number(key byte, n uint64) {
	if n != 0 {
		w.key(key)
		w.head(majorUnsigned, n)
	}
}

// array adds a field of a fixed length.
func (w *writer) array(key byte, v []byte) {
	for _, c := range v {
		if c != 0 {
			w.key(key)
			w.bytes(v)
			return
		}
	}
}

func (w *writer) bytes(v []byte) {
	w.head(majorBytes, uint64(len(v)))
	w.b = append(w.b, v...)
}

// list adds the head of a list of n values.
func (w *writer) list(key byte, n int) {
	if n > 0 {
		w.key(key)
		w.head(majorArray, uint64(n))
	}
}
