package fact

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/aura-runtime/aura"
)

// maxPath is the greatest depth of a batch's tree: a batch has at most 2^20 facts.
const maxPath = 20

// maxProof bounds an encoded proof.
const maxProof = maxPath*sha256.Size + ed25519.SignatureSize + 32

const proofDomain = "aura fact batch 1\x00"

// Proof shows that a device stands for a fact: the fact's place in a batch, the path from its leaf to
// the batch's root (Merkle tree of RFC 6962, section 2.1), and the device's Ed25519 signature over the
// root. A batch of one has an empty path. Any valid proof of a fact is as good as another.
type Proof struct {
	Index     uint32     // 0-based place in the batch
	Count     uint32     // size of the batch, at least 1
	Path      [][32]byte // siblings, leaf first
	Signature [64]byte
}

// Encode returns the canonical encoding of the proof.
func (p *Proof) Encode() []byte {
	return p.Append(make([]byte, 0, p.Room()))
}

// Room returns at most how many bytes the encoding has.
func (p *Proof) Room() int { return 96 + sha256.Size*len(p.Path) }

// Append appends the canonical encoding of the proof to b.
func (p *Proof) Append(b []byte) []byte {
	w := fieldsAfter(b)
	w.number(1, uint64(p.Index))
	w.number(2, uint64(p.Count))
	w.hashes(3, p.Path)
	w.data(4, p.Signature[:])
	return w.bytes()
}

// DecodeProof reads what [Proof.Encode] wrote. It returns aura.Corrupt for anything else, and for a
// path whose length does not fit the batch.
func DecodeProof(b []byte) (Proof, error) {
	const op = "fact.DecodeProof"
	if len(b) > maxProof {
		return Proof{}, aura.Errorf(op, aura.Corrupt, "proof has %d bytes, the most is %d", len(b), maxProof)
	}
	var p Proof
	in := parse(b)
	p.Index = uint32(in.number(1, 32))
	p.Count = uint32(in.number(2, 32))
	path := in.str(3, majorBytes)
	in.array(4, p.Signature[:])
	if err := in.end(); err != nil {
		return Proof{}, aura.Errorf(op, aura.Corrupt, "proof: %w", err)
	}
	if len(path)%sha256.Size != 0 {
		return Proof{}, aura.Errorf(op, aura.Corrupt, "proof: path is not a list of hashes")
	}
	if len(path) > 0 {
		p.Path = make([][32]byte, 0, len(path)/sha256.Size)
	}
	for ; len(path) > 0; path = path[sha256.Size:] {
		p.Path = append(p.Path, [32]byte(path))
	}
	if p.Index >= p.Count || len(p.Path) != pathLength(p.Index, p.Count) {
		return Proof{}, aura.Errorf(op, aura.Corrupt, "proof: place %d of %d does not fit its path", p.Index, p.Count)
	}
	return p, nil
}

// pathLength returns the number of siblings on the way from leaf index to the root of count leaves.
func pathLength(index, count uint32) int {
	// Below the level at which the leaf joins the right edge, every level has a sibling; above it, only
	// the levels where the edge is a right child have one.
	inner := bits.Len32(index ^ (count - 1))
	return inner + bits.OnesCount32(index>>inner)
}

// Verify checks that proof shows the device with the given signing key (Ed25519, 32 bytes) to stand for
// the fact id. It returns aura.Denied otherwise. That the key is the one of the fact's device is for the
// caller to check, see [Record.Verify].
func Verify(id aura.FactID, proof Proof, deviceKey []byte) error {
	const op = "fact.Verify"
	if len(deviceKey) != ed25519.PublicKeySize {
		return aura.Errorf(op, aura.Denied, "device key has %d bytes", len(deviceKey))
	}
	root, ok := rootFrom(id, &proof)
	if !ok || !ed25519.Verify(deviceKey, signingBytes(proof.Count, root), proof.Signature[:]) {
		return unproven(op, id)
	}
	return nil
}

// rootFrom recomputes the root of the batch (RFC 9162, section 2.1.3.2).
func rootFrom(id aura.FactID, p *Proof) (root [32]byte, ok bool) {
	if p.Index >= p.Count || len(p.Path) > maxPath || len(p.Path) != pathLength(p.Index, p.Count) {
		return root, false
	}
	root = leafHash(id)
	at, last := p.Index, p.Count-1
	for i := range p.Path {
		if at&1 == 1 || at == last {
			root = nodeHash(p.Path[i], root)
			for at&1 == 0 && at != 0 {
				at, last = at>>1, last>>1
			}
		} else {
			root = nodeHash(root, p.Path[i])
		}
		at, last = at>>1, last>>1
	}
	return root, true
}

// Batch is the tree over the facts of one group commit: one signature proves all of them.
type Batch struct {
	levels [][][32]byte // levels[0] are the leaf hashes; the last level has one hash, the root
	count  uint32
}

// NewBatch returns the tree over ids, in order. It needs 1 to 2^20 of them and panics otherwise: the
// writer that forms batches bounds them.
func NewBatch(ids []aura.FactID) *Batch {
	if len(ids) == 0 || len(ids) > 1<<maxPath {
		panic("fact: a batch has 1 to 2^20 facts")
	}
	level := make([][32]byte, len(ids))
	for i, id := range ids {
		level[i] = leafHash(id)
	}
	b := &Batch{count: uint32(len(ids)), levels: [][][32]byte{level}}
	for len(level) > 1 {
		next := make([][32]byte, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			next = append(next, nodeHash(level[i], level[i+1]))
		}
		if len(level)%2 == 1 {
			// The odd one joins a later level unchanged, which gives the tree of RFC 6962.
			next = append(next, level[len(level)-1])
		}
		b.levels = append(b.levels, next)
		level = next
	}
	return b
}

// SigningBytes returns the bytes that the device signs with Ed25519: a domain label, the batch's size and root.
func (b *Batch) SigningBytes() []byte {
	return signingBytes(b.count, b.levels[len(b.levels)-1][0])
}

// Proof returns the proof of fact i (0-based) once the device has signed [Batch.SigningBytes].
func (b *Batch) Proof(i int, signature [64]byte) Proof {
	p := Proof{Index: uint32(i), Count: b.count, Signature: signature}
	for _, level := range b.levels[:len(b.levels)-1] {
		if sibling := i ^ 1; sibling < len(level) {
			p.Path = append(p.Path, level[sibling])
		}
		i /= 2
	}
	return p
}

func signingBytes(count uint32, root [32]byte) []byte {
	b := make([]byte, 0, len(proofDomain)+4+len(root))
	b = append(b, proofDomain...)
	b = binary.BigEndian.AppendUint32(b, count)
	return append(b, root[:]...)
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
