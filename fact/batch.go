package fact

import (
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/aura-runtime/aura"
)

// maxPath is the greatest depth of a batch's tree: a batch has at most 2^20 facts.
const maxPath = 20

const proofDomain = "aura fact batch 1\x00"

// Batch is the tree over the identities of the facts that a device signed together (Merkle tree of RFC 6962, section
// 2.1), as far as it is known here: some of its leaves, and the hashes of the nodes beside them that its root needs.
// One signature over the root proves all of them. It never changes, so the proofs of its facts share it.
type Batch struct {
	count  uint32        // facts that were signed together
	at     []uint32      // which of them are known, 0-based, ascending
	ids    []aura.FactID // their identities
	beside [][32]byte    // nodes in the order of eachBeside
	levels []level       // of a batch that was made here; nil otherwise
}

// level is the known nodes of one level of a tree, but for those in [Batch.beside]. Level 0 are the leaves.
type level struct {
	at   []uint32 // ascending; nil: all of them
	hash [][32]byte
}

// NewBatch returns the tree over ids, in order. It needs 1 to 2^20 of them and panics otherwise: the
// writer that forms batches bounds them.
func NewBatch(ids []aura.FactID) *Batch {
	if len(ids) == 0 || len(ids) > 1<<maxPath {
		panic("fact: a batch has 1 to 2^20 facts")
	}
	b := &Batch{count: uint32(len(ids)), ids: slices.Clone(ids), at: make([]uint32, len(ids))}
	hash := make([][32]byte, len(ids), 2*len(ids)+bits.Len(uint(len(ids))))
	for i, id := range ids {
		b.at[i], hash[i] = uint32(i), leafHash(id)
	}
	for {
		b.levels = append(b.levels, level{hash: slices.Clip(hash)})
		if len(hash) == 1 {
			return b
		}
		next := hash[len(hash):] // behind this level in the same array
		for i := 0; i+1 < len(hash); i += 2 {
			next = append(next, nodeHash(hash[i], hash[i+1]))
		}
		if len(hash)%2 == 1 {
			// The odd one joins a later level unchanged, which gives the tree of RFC 6962.
			next = append(next, hash[len(hash)-1])
		}
		hash = next
	}
}

// Count returns how many facts were signed together.
func (b *Batch) Count() uint32 { return b.count }

// IDs returns the identities of the facts that are known, in the order of the batch. Do not change them.
func (b *Batch) IDs() []aura.FactID { return b.ids }

// Indexes returns the places of those facts in the batch, 0-based and ascending. Do not change them.
func (b *Batch) Indexes() []uint32 { return b.at }

// Has reports whether the fact with an index is known.
func (b *Batch) Has(index uint32) bool {
	_, ok := b.find(index)
	return ok
}

// SigningBytes returns the bytes that the device signs with Ed25519: a domain label, the batch's size and root.
func (b *Batch) SigningBytes() []byte { return signingBytes(b.count, b.root()) }

// Proof returns the proof of the i-th fact (0-based) of those that are known, once the device has signed
// [Batch.SigningBytes].
func (b *Batch) Proof(i int, signature [64]byte) Proof {
	return Proof{Signature: signature, index: b.at[i], batch: b}
}

// find returns the identity of the fact with an index in the batch, and false when it is not known.
func (b *Batch) find(index uint32) (aura.FactID, bool) {
	if i := int(index) - int(b.at[0]); i >= 0 && i < len(b.at) && b.at[i] == index { // a row, as most are
		return b.ids[i], true
	}
	i, ok := slices.BinarySearch(b.at, index)
	if !ok {
		return aura.FactID{}, false
	}
	return b.ids[i], true
}

// Part returns the batch with no more than the facts at the given indexes, which are ascending and known.
func (b *Batch) Part(at []uint32) *Batch {
	if slices.Equal(at, b.at) {
		return b
	}
	p := &Batch{count: b.count, at: slices.Clone(at), ids: make([]aura.FactID, len(at))}
	for i, index := range at {
		id, ok := b.find(index)
		if !ok {
			panic("fact: a part of a batch needs facts that are known")
		}
		p.ids[i] = id
	}
	p.beside = b.nodesBeside(at)
	return p
}

// nodesBeside returns what the root needs beside the facts at the given indexes, which are known.
func (b *Batch) nodesBeside(at []uint32) [][32]byte {
	nodes := make([][32]byte, 0, bits.Len32(b.count-1)+len(at)/2)
	levels := b.levels
	if levels == nil {
		levels = b.grow()
	}
	var known []node // of b.beside, ascending
	if len(b.beside) > 0 {
		known = make([]node, 0, len(b.beside))
		eachBeside(b.count, b.at, func(l int, n uint32) { known = append(known, node{l, n}) })
	}
	eachBeside(b.count, at, func(l int, n uint32) {
		if level := &levels[l]; level.at == nil {
			nodes = append(nodes, level.hash[n])
		} else if i, ok := slices.BinarySearch(level.at, n); ok {
			nodes = append(nodes, level.hash[i])
		} else {
			i, _ := slices.BinarySearchFunc(known, node{l, n}, node.compare)
			nodes = append(nodes, b.beside[i])
		}
	})
	return nodes
}

// node is a place in a tree.
type node struct {
	level int
	at    uint32
}

// compare orders nodes as [eachBeside] visits them.
func (n node) compare(o node) int {
	return cmp.Or(cmp.Compare(n.level, o.level), cmp.Compare(n.at, o.at))
}

// eachBeside calls fn for each node that the root of a tree of count leaves needs beside the given leaves: level by
// level from the leaves, in each from the left.
func eachBeside(count uint32, leaves []uint32, fn func(level int, at uint32)) {
	var room [64]uint32
	at := append(room[:0], leaves...)
	for width, l := count, 0; width > 1; width, l = (width+1)/2, l+1 {
		n := 0
		for i := 0; i < len(at); i++ {
			node := at[i]
			switch sibling := node ^ 1; {
			case sibling == width: // alone: it joins the next level unchanged
			case i+1 < len(at) && at[i+1] == sibling:
				i++
			default:
				fn(l, sibling)
			}
			at[n] = node / 2
			n++
		}
		at = at[:n]
	}
}

// root computes the root.
func (b *Batch) root() [32]byte {
	if b.levels != nil {
		return b.levels[len(b.levels)-1].hash[0]
	}
	var (
		atRoom   [64]uint32
		hashRoom [64][32]byte
	)
	at, hash, beside := append(atRoom[:0], b.at...), b.leaves(hashRoom[:0]), b.beside
	for width := b.count; width > 1; width = (width + 1) / 2 {
		at, hash, beside = join(width, at, hash, beside)
	}
	return hash[0]
}

// grow computes the known nodes of all levels.
func (b *Batch) grow() (levels []level) {
	at, hash, beside := slices.Clone(b.at), b.leaves(nil), b.beside
	for width := b.count; width > 1; width = (width + 1) / 2 {
		levels = append(levels, level{slices.Clone(at), slices.Clone(hash)})
		at, hash, beside = join(width, at, hash, beside)
	}
	return append(levels, level{at, hash})
}

// leaves appends the hashes of the known leaves to room.
func (b *Batch) leaves(room [][32]byte) [][32]byte {
	for i := range b.ids {
		room = append(room, leafHash(b.ids[i]))
	}
	return room
}

// join replaces the nodes of a level of some width by those of the next level, in place. It takes the siblings that are
// not among them from beside, and returns the rest of that.
func join(width uint32, at []uint32, hash, beside [][32]byte) ([]uint32, [][32]byte, [][32]byte) {
	n := 0
	for i := 0; i < len(at); i++ {
		node, h := at[i], hash[i]
		switch sibling := node ^ 1; {
		case sibling == width:
		case i+1 < len(at) && at[i+1] == sibling:
			i++
			h = nodeHash(h, hash[i])
		case node&1 == 0:
			h, beside = nodeHash(h, beside[0]), beside[1:]
		default:
			h, beside = nodeHash(beside[0], h), beside[1:]
		}
		at[n], hash[n] = node/2, h
		n++
	}
	return at[:n], hash[:n], beside
}

// Encode returns the canonical encoding of the batch and its signature, without the identities of its facts: the one
// who reads it has the facts. That of a batch with one known fact is its proof's.
func (b *Batch) Encode(signature [64]byte) []byte {
	return b.append(make([]byte, 0, proofRoom+sha256.Size*len(b.beside)), b.at, b.beside, &signature)
}

// proofRoom is at most how many bytes the encoding of a batch has beside its hashes, as long as its facts are in few rows.
const proofRoom = 112

func (b *Batch) append(to []byte, at []uint32, beside [][32]byte, signature *[64]byte) []byte {
	var room [16]byte
	w := fieldsAfter(to)
	w.number(1, uint64(at[0]))
	w.number(2, uint64(b.count))
	w.hashes(3, beside)
	w.data(4, signature[:])
	w.payload(5, appendRows(room[:0], at))
	return w.bytes()
}

// appendRows appends how a row of indexes goes on behind the first one: how many follow it, and then, again and again,
// how many indexes are left out and how many follow those. One index alone is nothing.
func appendRows(b []byte, at []uint32) []byte {
	for i, gap := 1, uint32(0); ; {
		n := 0
		for i+n < len(at) && at[i+n] == at[i+n-1]+1 {
			n++
		}
		switch {
		case gap > 0: // the index behind the gap belongs to the row
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(gap)), uint64(n+1))
		case len(at) > 1:
			b = binary.AppendUvarint(b, uint64(n))
		}
		if i += n; i == len(at) {
			return b
		}
		gap = at[i] - at[i-1] - 1
		i++
	}
}

// readRows reads what appendRows wrote behind the index at[0], at most most indexes in all.
func readRows(b []byte, at []uint32, most int) ([]uint32, bool) {
	for first := true; len(b) > 0; first = false {
		gap, n, ok := uint64(0), uint64(0), true
		if !first {
			gap, b, ok = readUvarint(b)
			ok = ok && gap > 0
		}
		if ok {
			n, b, ok = readUvarint(b)
		}
		if !ok || n == 0 && (!first || len(b) == 0) || n > uint64(most-len(at)) || gap >= 1<<maxPath {
			return nil, false
		}
		next := at[len(at)-1] + uint32(gap)
		for range n {
			next++
			at = append(at, next)
		}
		if next > 1<<maxPath {
			return nil, false
		}
	}
	return at, true
}

// readUvarint reads a number in its shortest form.
func readUvarint(b []byte) (n uint64, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || size > 1 && b[size-1] == 0 {
		return 0, nil, false
	}
	return n, b[size:], true
}

// decodeBatch reads what [Batch.Encode] wrote of at most so many facts, and leaves the identities out.
func decodeBatch(b []byte, most int) (*Batch, [64]byte, error) {
	const op = "fact.DecodeBatch"
	var signature [64]byte
	in := parse(b)
	first, count := in.number(1, 32), in.number(2, 32)
	beside := in.str(3, majorBytes)
	in.array(4, signature[:])
	rows := in.str(5, majorBytes)
	if err := in.end(); err != nil {
		return nil, signature, aura.Errorf(op, aura.Corrupt, "proof: %w", err)
	}
	if count > 1<<maxPath || first >= count || most < 1 {
		return nil, signature, aura.Errorf(op, aura.Corrupt, "proof: place %d of %d is none", first, count)
	}
	at := []uint32{uint32(first)}
	if len(rows) > 0 {
		at = append(make([]uint32, 0, most), at...)
	}
	at, ok := readRows(rows, at, most)
	if !ok || at[len(at)-1] >= uint32(count) {
		return nil, signature, aura.Errorf(op, aura.Corrupt, "proof: not the places of at most %d facts of %d", most, count)
	}
	p := &Batch{count: uint32(count), at: at}
	need := 0
	eachBeside(p.count, at, func(int, uint32) { need++ })
	if len(beside) != need*sha256.Size {
		return nil, signature, aura.Errorf(op, aura.Corrupt, "proof: %d bytes of hashes, %d hashes are needed", len(beside), need)
	}
	if need > 0 {
		p.beside = make([][32]byte, need)
	}
	for i := range p.beside {
		p.beside[i] = [32]byte(beside[i*sha256.Size:])
	}
	return p, signature, nil
}

// DecodeBatch reads what [Batch.Encode] wrote of a batch whose known facts have the given identities, in their order,
// which it keeps. It returns aura.Corrupt for anything else. It does not verify.
func DecodeBatch(b []byte, ids []aura.FactID) (*Batch, [64]byte, error) {
	p, signature, err := decodeBatch(b, len(ids))
	if err != nil {
		return nil, signature, err
	}
	if len(p.at) != len(ids) {
		return nil, signature, aura.Errorf("fact.DecodeBatch", aura.Corrupt, "proof of %d facts, %d are there", len(p.at), len(ids))
	}
	p.ids = ids
	return p, signature, nil
}

func signingBytes(count uint32, root [32]byte) []byte {
	b := make([]byte, 0, len(proofDomain)+4+len(root))
	b = append(b, proofDomain...)
	b = binary.BigEndian.AppendUint32(b, count)
	return append(b, root[:]...)
}

// signed reports whether the device with the given signing key signed a batch with this root.
func signed(deviceKey []byte, count uint32, root [32]byte, signature *[64]byte) bool {
	return len(deviceKey) == ed25519.PublicKeySize && ed25519.Verify(deviceKey, signingBytes(count, root), signature[:])
}

func leafHash(id aura.FactID) [32]byte {
	var b [1 + 32]byte // prefix 0: a leaf can never pass for a node
	copy(b[1:], id[:])
	return sha256.Sum256(b[:])
}

func nodeHash(left, right [32]byte) [32]byte {
	var b [1 + 64]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}
