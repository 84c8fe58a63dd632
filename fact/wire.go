package fact

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Facts and proofs are encoded and decoded millions of times, so these two have their codec written
// out: a map from small integers to integers and strings, zero fields omitted, keys ascending. A fuzz test
// holds it against the general rule: each accepted input is the encoding of the value it decodes to.

func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n>>8 == 0:
		return append(b, major|24, byte(n))
	case n>>16 == 0:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n>>32 == 0:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendString(b []byte, key, major byte, s []byte) []byte {
	return append(appendHead(append(b, key), major, uint64(len(s))), s...)
}

// fields collects a map: its entries and how many they are.
type fields struct {
	b  []byte
	at int // where the map begins
	n  int
}

// newFields reserves room for size bytes after the one that says how many entries there are.
func newFields(size int) fields { return fieldsAfter(make([]byte, 0, 1+size)) }

// fieldsAfter begins a map behind the bytes of a buffer.
func fieldsAfter(b []byte) fields { return fields{b: append(b, 0), at: len(b)} }

// number, text and data add an entry unless it is zero. Keys come in ascending order.
func (f *fields) number(key byte, n uint64) {
	if n != 0 {
		f.b, f.n = appendHead(append(f.b, key), majorUnsigned, n), f.n+1
	}
}

func (f *fields) text(key byte, s string) {
	if s != "" {
		f.b = append(appendHead(append(f.b, key), majorText, uint64(len(s))), s...)
		f.n++
	}
}

func (f *fields) data(key byte, s []byte) {
	if !isZero(s) {
		f.b, f.n = appendString(f.b, key, majorBytes, s), f.n+1
	}
}

// payload adds a byte string that may consist of zeros.
func (f *fields) payload(key byte, s []byte) {
	if len(s) != 0 {
		f.b, f.n = appendString(f.b, key, majorBytes, s), f.n+1
	}
}

// hashes adds the concatenation of hashes, unless there are none.
func (f *fields) hashes(key byte, all [][32]byte) {
	if len(all) == 0 {
		return
	}
	f.b, f.n = appendHead(append(f.b, key), majorBytes, uint64(len(all)*len(all[0]))), f.n+1
	for i := range all {
		f.b = append(f.b, all[i][:]...)
	}
}

// bytes returns the buffer with the map at its end. The map has at most 23 entries.
func (f *fields) bytes() []byte {
	f.b[f.at] = majorMap<<5 | byte(f.n)
	return f.b
}

func isZero(s []byte) bool {
	for _, c := range s {
		if c != 0 {
			return false
		}
	}
	return true
}

// parser reads such a map. After the first error it gives zero values.
type parser struct {
	rest []byte
	left uint64 // entries
	key  uint64 // of the entry that comes next; 0: none
	err  error
}

func parse(b []byte) parser {
	major, n, rest, err := canonicalHead(b)
	if err == nil && major != majorMap {
		err = errType
	}
	p := parser{rest: rest, left: n, err: err}
	p.next()
	return p
}

// next reads the key of the next entry.
func (p *parser) next() {
	last := p.key
	p.key = 0
	if p.err != nil || p.left == 0 {
		return
	}
	p.left--
	p.key = p.head(majorUnsigned)
	if p.err == nil && p.key <= last {
		p.err = errNotCanonical
	}
}

func (p *parser) head(want byte) uint64 {
	if p.err != nil {
		return 0
	}
	major, n, rest, err := canonicalHead(p.rest)
	if err == nil && major != want {
		err = errType
	}
	p.rest, p.err = rest, err
	return n
}

func (p *parser) number(key uint64, width int) uint64 {
	if p.err != nil || p.key != key {
		return 0
	}
	n := p.head(majorUnsigned)
	if p.err == nil && (n == 0 || bits.Len64(n) > width) {
		p.err = errNotCanonical
	}
	p.next()
	return n
}

// str returns a non-empty string, which is a part of the input.
func (p *parser) str(key uint64, major byte) []byte {
	if p.err != nil || p.key != key {
		return nil
	}
	n := p.head(major)
	switch {
	case p.err != nil:
		return nil
	case n == 0:
		p.err = errNotCanonical
		return nil
	case n > uint64(len(p.rest)):
		p.err = errTruncated
		return nil
	}
	s := p.rest[:n]
	p.rest = p.rest[n:]
	p.next()
	return s
}

// has reports whether the string of a key is want; one of zeros is left out.
func (p *parser) has(key uint64, want []byte) bool {
	s := p.str(key, majorBytes)
	return bytes.Equal(s, want) || s == nil && isZero(want)
}

// array reads a string of exactly the length of into, not all zero.
func (p *parser) array(key uint64, into []byte) {
	present := p.err == nil && p.key == key
	s := p.str(key, majorBytes)
	if p.err != nil || !present {
		return
	}
	if len(s) != len(into) || isZero(s) {
		p.err = errNotCanonical
		return
	}
	copy(into, s)
}

// end returns the first error; entries that were not read and bytes after the map are errors.
func (p *parser) end() error {
	switch {
	case p.err != nil:
		return p.err
	case p.key != 0 || p.left != 0:
		return errNotCanonical
	case len(p.rest) != 0:
		return errTrailing
	}
	return nil
}
