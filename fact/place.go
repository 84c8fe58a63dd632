package fact

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"

	"github.com/aura-runtime/aura"
)

// ShortID is how many bytes of an identity name a fact at a known place of a known stream. Another fact with
// the same 128 bits of SHA-256 takes about 2^128 tries, and 2^64 for a pair of the own choice, which would fork
// the own stream alone.
const ShortID = 16

// Place is a place in a stream and the fact that has it. A number alone names no fact: a device whose home was copied
// has several facts at one place.
type Place struct {
	Seq uint64        `cbor:"1,keyasint,omitempty"` // from 1; zero: before the first
	ID  [ShortID]byte `cbor:"2,keyasint,omitzero"`  // the beginning of the identity
}

// PlaceOf returns the place of a fact.
func PlaceOf(seq uint64, id aura.FactID) Place { return Place{seq, [ShortID]byte(id[:])} }

// Compare orders places by number, then by identity.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Seq, o.Seq), bytes.Compare(p.ID[:], o.ID[:]))
}

// Is reports whether the place is that of a fact.
func (p Place) Is(seq uint64, id aura.FactID) bool { return p == PlaceOf(seq, id) }

// PrefixDigest extends the digest of a row of facts of the first format, from place 1 on, by the next one: the beginning of
// SHA-256 over a label, the digest so far and the identity. It begins with zeros. Such a fact signs no predecessor, so
// its identity alone does not name the facts before it: the digest does, and stands for the identity wherever a place means a
// fact with all before it, as in [Fact.Prev] and among the heads of a stream.
func PrefixDigest(before [ShortID]byte, id aura.FactID) (short [ShortID]byte) {
	b := make([]byte, 0, len(prefixDomain)+len(before)+len(id))
	b = append(append(append(b, prefixDomain...), before[:]...), id[:]...)
	sum := sha256.Sum256(b)
	return [ShortID]byte(sum[:])
}

const prefixDomain = "aura prefix 1\x00"

// Predecessors returns the places of the facts that the fact follows: none at place 1 and for the first format, several for
// a merge. The place of one of the first format has the [PrefixDigest] through it as its identity.
func (f *Fact) Predecessors() []Place {
	switch {
	case f.Merges != nil:
		return f.Merges
	case f.Seq > 1:
		return []Place{{Seq: f.Seq - 1, ID: f.Prev}}
	}
	return nil
}

// checkPlace returns aura.Invalid when place and predecessors do not fit each other.
func (f *Fact) checkPlace() error {
	const op = "fact.checkPlace"
	none := f.Prev == [ShortID]byte{}
	switch {
	case f.Seq == 0 && (!none || f.Merges != nil || f.Erased != [32]byte{}):
		return aura.Errorf(op, aura.Invalid, "fact %s names a predecessor and no place", f.Kind)
	case f.Seq <= 1 && (!none || f.Merges != nil):
		return aura.Errorf(op, aura.Invalid, "fact %s is at place 1 and names a predecessor", f.Kind)
	case f.Seq > 1 && none == (f.Merges == nil):
		return aura.Errorf(op, aura.Invalid, "fact %s at place %d names no predecessor, or names it twice", f.Kind, f.Seq)
	case f.Merges != nil && (len(f.Merges) < 2 || len(f.Merges) > MaxHeads):
		return aura.Errorf(op, aura.Invalid, "fact %s joins %d branches, 2 to %d are possible", f.Kind, len(f.Merges), MaxHeads)
	}
	greatest := uint64(0)
	for i, m := range f.Merges {
		ascending := i < 2 || f.Merges[i-1].Compare(m) < 0
		if m.Seq == 0 || m.ID == ([ShortID]byte{}) || !ascending || i > 0 && m == f.Merges[0] {
			return aura.Errorf(op, aura.Invalid, "fact %s joins branches out of order, or one twice", f.Kind)
		}
		greatest = max(greatest, m.Seq)
	}
	if f.Merges != nil && f.Seq != greatest+1 {
		return aura.Errorf(op, aura.Invalid, "fact %s at place %d joins branches up to place %d", f.Kind, f.Seq, greatest)
	}
	return nil
}

// placeSize is the encoding of a place in a fact: 8 bytes of the number, big-endian, and the identity.
const placeSize = 8 + ShortID

// places adds a list of places, unless it is empty.
func (f *fields) places(key byte, all []Place) {
	if len(all) == 0 {
		return
	}
	f.b, f.n = appendHead(append(f.b, key), majorBytes, uint64(len(all)*placeSize)), f.n+1
	for i := range all {
		f.b = append(binary.BigEndian.AppendUint64(f.b, all[i].Seq), all[i].ID[:]...)
	}
}

// places reads what [fields.places] wrote.
func (p *parser) places(key uint64) []Place {
	s := p.str(key, majorBytes)
	if len(s) == 0 {
		return nil
	}
	if len(s)%placeSize != 0 || len(s) > MaxHeads*placeSize {
		p.err = errNotCanonical
		return nil
	}
	all := make([]Place, len(s)/placeSize)
	for i := range all {
		all[i] = Place{binary.BigEndian.Uint64(s), [ShortID]byte(s[8:placeSize])}
		s = s[placeSize:]
	}
	return all
}

// hasPlaces reports whether the list of a key is want. It allocates nothing.
func (p *parser) hasPlaces(key uint64, want []Place) bool {
	s := p.str(key, majorBytes)
	if len(s) != len(want)*placeSize {
		return false
	}
	for i := range want {
		if binary.BigEndian.Uint64(s) != want[i].Seq || !bytes.Equal(s[8:placeSize], want[i].ID[:]) {
			return false
		}
		s = s[placeSize:]
	}
	return true
}
