package machine

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"hash"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

// Domains of the other hashes, one byte each.
const (
	domainLeaf   = 0x01
	domainNode   = 0x02
	domainChain  = 0x03
	domainOutput = 0x04
)

// The texts that keep the signatures and contexts of this package apart from those of others.
const (
	contextDomain   = "aura.machine.edge.v1"
	signatureDomain = "aura.machine.communication.v1"
)

// macKey is the key of one edge: the state of SHA-256 after the inner and the outer block of HMAC, so that
// a MAC hashes its message and nothing twice.
type macKey struct{ inner, outer []byte }

// hasher is the scratch memory of one pick's hashes. Picks that are prepared at once have one each.
type hasher struct {
	h       hash.Hash
	resume  encoding.BinaryUnmarshaler
	scratch []byte
	sum     [32]byte
}

func newHasher() *hasher {
	h := sha256.New()
	return &hasher{h: h, resume: h.(encoding.BinaryUnmarshaler), scratch: make([]byte, 0, 512)}
}

// digest hashes one domain byte and two parts.
func (s *hasher) digest(domain byte, a, b []byte) (out [32]byte) {
	s.scratch = append(s.scratch[:0], domain)
	s.scratch = append(s.scratch, a...)
	s.scratch = append(s.scratch, b...)
	s.h.Reset()
	s.h.Write(s.scratch)
	copy(out[:], s.h.Sum(s.sum[:0]))
	return out
}

// value hashes the canonical encoding of a payload.
func (s *hasher) value(v Value) (out [32]byte) {
	s.scratch = v.Append(s.scratch[:0])
	s.h.Reset()
	s.h.Write(s.scratch)
	copy(out[:], s.h.Sum(s.sum[:0]))
	return out
}

// context binds every message on an edge to its session, its protocol and its two roles, by
// name, so that both ends of it agree although their images may use other numbers.
func (s *hasher) context(ses *session, e edge) (out [32]byte) {
	w := wire.Writer{Buf: s.scratch[:0]}
	w.String(contextDomain)
	w.Fixed(ses.name[:])
	w.String(ses.image.name)
	w.String(string(ses.image.roles[e.from]))
	w.String(string(ses.image.roles[e.to]))
	s.scratch = w.Buf
	s.h.Reset()
	s.h.Write(s.scratch)
	copy(out[:], s.h.Sum(s.sum[:0]))
	return out
}

// derive makes k the key of HMAC-SHA256 with a key of at most 64 bytes, in k's memory.
func (s *hasher) derive(k *macKey, key []byte) {
	k.inner = s.pause(k.inner[:0], key, 0x36)
	k.outer = s.pause(k.outer[:0], key, 0x5c)
}

// pause appends the state of SHA-256 after one block of padded key.
func (s *hasher) pause(b, key []byte, with byte) []byte {
	s.scratch = append(s.scratch[:0], key...)
	for len(s.scratch) < sha256.BlockSize {
		s.scratch = append(s.scratch, 0)
	}
	for i := range s.scratch {
		s.scratch[i] ^= with
	}
	s.h.Reset()
	s.h.Write(s.scratch)
	b, err := s.h.(encoding.BinaryAppender).AppendBinary(b)
	if err != nil {
		panic("machine: SHA-256 cannot be paused: " + err.Error())
	}
	return b
}

// mac is HMAC-SHA256.
func (s *hasher) mac(k *macKey, msg []byte) (out [32]byte) {
	s.load(k.inner)
	s.h.Write(msg)
	inner := s.h.Sum(s.sum[:0])
	s.load(k.outer)
	s.h.Write(inner)
	copy(out[:], s.h.Sum(s.sum[:0]))
	return out
}

func (s *hasher) load(state []byte) {
	if err := s.resume.UnmarshalBinary(state); err != nil {
		panic("machine: SHA-256 cannot be resumed: " + err.Error())
	}
}

// identity identifies one communication: its edge (with session and protocol), its
// label, its place and its content. It is sealed, signed and consumed.
type identity [32 + 32 + 8 + 32]byte

func newIdentity(context, label *[32]byte, seq uint64, content *[32]byte) (id identity) {
	copy(id[:], context[:])
	copy(id[32:], label[:])
	binary.BigEndian.PutUint64(id[64:], seq)
	copy(id[72:], content[:])
	return id
}

// sealOf is the tag that a message on an edge must have.
func (m *Machine) sealOf(s *session, r *ring, l *queuedMessage) [32]byte {
	content := m.hasher.value(l.value)
	m.identity = newIdentity(&r.context, &s.image.labelSums[l.label], l.seq, &content)
	return m.hasher.mac(&r.key, m.identity[:])
}

// signed returns the bytes under a signature.
func (id *identity) signed() []byte { return append([]byte(signatureDomain), id[:]...) }

// firstBytes is the part of a digest that a trace shows.
func firstBytes(digest [32]byte) uint64 { return binary.BigEndian.Uint64(digest[:8]) }

// equalTags compares in constant time.
func equalTags(a, b [32]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// Signer signs the messages to another authority. It may be called by several preparations at once and
// must give the same signature for the same bytes, as Ed25519 does.
type Signer interface {
	Sign(role choreo.Role, message []byte) [ed25519.SignatureSize]byte
}
