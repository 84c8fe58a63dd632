package task

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// digest hashes the events of a simulation. Every record begins with a number whose low two bits are the
// kind of the record, and every part has its length or ends itself, so that two different histories never
// give the same bytes. Records gather in a buffer: a step costs a byte or two.
type digest struct {
	hash   hash.Hash
	buffer []byte
}

const (
	digestStep  = 1
	digestTime  = 2
	digestEvent = 3
	digestFlush = 4096
)

func newDigest() digest {
	return digest{hash: sha256.New(), buffer: make([]byte, 0, digestFlush+512)}
}

func (d *digest) step(id uint64) {
	d.buffer = binary.AppendUvarint(d.buffer, id<<2|digestStep)
	d.flush(digestFlush)
}

func (d *digest) time(now aura.Duration) {
	d.buffer = append(d.buffer, digestTime)
	d.buffer = binary.AppendUvarint(d.buffer, uint64(now))
}

func (d *digest) event(e *world.Event) {
	d.buffer = append(d.buffer, digestEvent)
	d.buffer, _ = e.AppendBinary(d.buffer) // never fails
	d.flush(digestFlush)
}

// flush hashes the buffer once it holds more than limit bytes.
func (d *digest) flush(limit int) {
	if len(d.buffer) > limit {
		_, _ = d.hash.Write(d.buffer) // never fails
		d.buffer = d.buffer[:0]
	}
}

// sum returns the digest of all records so far.
func (d *digest) sum() (out [32]byte) {
	d.flush(0)
	d.hash.Sum(out[:0])
	return out
}
