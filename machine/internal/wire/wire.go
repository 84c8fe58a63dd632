package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/aura-runtime/aura"
)

// Writer appends to its buffer.
type Writer struct{ Buf []byte }

// Uint writes an unsigned varint.
func (w *Writer) Uint(v uint64) { w.Buf = binary.AppendUvarint(w.Buf, v) }

// Byte writes one byte.
func (w *Writer) Byte(b byte) { w.Buf = append(w.Buf, b) }

// Bool writes 0 or 1.
func (w *Writer) Bool(b bool) {
	if b {
		w.Byte(1)
		return
	}
	w.Byte(0)
}

// Bytes writes the length and the bytes.
func (w *Writer) Bytes(b []byte) {
	w.Uint(uint64(len(b)))
	w.Buf = append(w.Buf, b...)
}

// String writes the length and the bytes.
func (w *Writer) String(s string) {
	w.Uint(uint64(len(s)))
	w.Buf = append(w.Buf, s...)
}

// Fixed writes bytes whose number the reader knows.
func (w *Writer) Fixed(b []byte) { w.Buf = append(w.Buf, b...) }

// Check writes a checksum of everything so far: the first 8 bytes of its SHA-256. It finds accidents and
// says where they are; it does not stop an attacker, who can write a new one.
func (w *Writer) Check(from int) {
	sum := sha256.Sum256(w.Buf[from:])
	w.Fixed(sum[:8])
}

// Reader takes from the front of a buffer.
type Reader struct {
	buf []byte
	off int
	err error
	op  aura.Op
}

// NewReader returns a reader whose errors carry op.
func NewReader(op aura.Op, b []byte) *Reader { return &Reader{buf: b, op: op} }

// Err returns the first error, aura.Corrupt, or nil.
func (r *Reader) Err() error { return r.err }

// Fail records an error, unless there is one already.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = aura.Errorf(r.op, aura.Corrupt, format, args...)
	}
}

// Left returns the number of bytes not yet read; 0 after an error.
func (r *Reader) Left() int {
	if r.err != nil {
		return 0
	}
	return len(r.buf) - r.off
}

// Offset returns the position of the next byte.
func (r *Reader) Offset() int { return r.off }

// Uint reads a varint in its shortest form.
func (r *Reader) Uint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.buf[r.off:])
	if n <= 0 || (n > 1 && r.buf[r.off+n-1] == 0) {
		r.Fail("byte %d: a number is cut short or not in its shortest form", r.off)
		return 0
	}
	r.off += n
	return v
}

// Max reads a varint that is at most limit.
func (r *Reader) Max(limit uint64, what string) uint64 {
	at := r.off
	v := r.Uint()
	if v > limit {
		r.Fail("byte %d: %s is %d, more than %d", at, what, v, limit)
		return 0
	}
	return v
}

// Count reads the number of items that follow, each of which takes at least size bytes.
func (r *Reader) Count(limit, size int, what string) int {
	at := r.off
	n := r.Max(uint64(limit), what)
	if r.err == nil && n*uint64(size) > uint64(r.Left()) {
		r.Fail("byte %d: %d %s do not fit in the %d bytes that follow", at, n, what, r.Left())
		return 0
	}
	return int(n)
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if r.Left() < 1 {
		r.Fail("byte %d: the end comes too early", r.off)
		return 0
	}
	r.off++
	return r.buf[r.off-1]
}

// Bool reads 0 or 1.
func (r *Reader) Bool() bool {
	b := r.Byte()
	if b > 1 {
		r.Fail("byte %d: %d is neither yes nor no", r.off-1, b)
	}
	return b == 1
}

// Bytes reads a length of at most limit and returns that many bytes of the buffer, not a copy.
func (r *Reader) Bytes(limit int, what string) []byte {
	n := r.Count(limit, 1, what)
	if r.err != nil {
		return nil
	}
	r.off += n
	return r.buf[r.off-n : r.off : r.off]
}

// String reads a length of at most limit and that many bytes.
func (r *Reader) String(limit int, what string) string { return string(r.Bytes(limit, what)) }

// Fixed fills b.
func (r *Reader) Fixed(b []byte) {
	if r.Left() < len(b) {
		r.Fail("byte %d: the end comes too early", r.off)
		return
	}
	r.off += copy(b, r.buf[r.off:])
}

// Span returns the bytes that read takes.
func (r *Reader) Span(read func()) []byte {
	from := r.off
	read()
	if r.err != nil {
		return nil
	}
	return r.buf[from:r.off:r.off]
}

// Check reads a checksum and compares it with that of the bytes since from; what names them.
func (r *Reader) Check(from int, what string) {
	if r.err != nil {
		return
	}
	sum := sha256.Sum256(r.buf[from:r.off])
	var got [8]byte
	r.Fixed(got[:])
	if r.err == nil && [8]byte(sum[:8]) != got {
		r.Fail("%s does not match its checksum", what)
	}
}

// End demands that nothing is left, and returns the first error.
func (r *Reader) End() error {
	if n := r.Left(); n > 0 {
		r.Fail("byte %d: %d bytes too many", r.off, n)
	}
	return r.err
}
