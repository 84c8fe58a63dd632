package fact

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

var (
	errTruncated = errors.New("ends too early")
	errTrailing  = errors.New("has bytes after its end")
	errTooDeep   = errors.New("is nested too deep")
	errText      = errors.New("has a text that is not valid UTF-8")
	errType      = errors.New("holds a type that payloads do not use")
)

// checkCanonical walks one CBOR item and reports why it is not core deterministic: an integer or length
// in a longer form than needed, keys out of order or repeated, an indefinite length, a tag, a float, or text that is not valid UTF-8.
// It allocates nothing and reads each byte once.
func checkCanonical(b []byte) error {
	rest, err := canonicalItem(b, maxNesting)
	if err == nil && len(rest) != 0 {
		err = errTrailing
	}
	return err
}

// The major types of RFC 8949, section 3.1.
const (
	majorUnsigned = 0
	majorNegative = 1
	majorBytes    = 2
	majorText     = 3
	majorArray    = 4
	majorMap      = 5
	majorSimple   = 7
)

func canonicalItem(b []byte, depth int) (rest []byte, err error) {
	major, n, rest, err := canonicalHead(b)
	if err != nil {
		return nil, err
	}
	switch major {
	case majorUnsigned, majorNegative:
		return rest, nil
	case majorSimple:
		if n < 20 || n > 22 { // false, true, null
			return nil, errType
		}
		return rest, nil
	case majorBytes, majorText:
		if n > uint64(len(rest)) {
			return nil, errTruncated
		}
		if major == majorText && !utf8.Valid(rest[:n]) {
			return nil, errText
		}
		return rest[n:], nil
	case majorArray, majorMap:
		if depth == 0 {
			return nil, errTooDeep
		}
		if major == majorMap {
			return canonicalMap(rest, n, depth-1)
		}
		for ; n > 0; n-- {
			if rest, err = canonicalItem(rest, depth-1); err != nil {
				return nil, err
			}
		}
		return rest, nil
	}
	return nil, errType
}

func canonicalMap(rest []byte, n uint64, depth int) ([]byte, error) {
	var previous []byte
	for ; n > 0; n-- {
		after, err := canonicalItem(rest, depth)
		if err != nil {
			return nil, err
		}
		key := rest[:len(rest)-len(after)]
		if previous != nil && bytes.Compare(previous, key) >= 0 {
			return nil, errNotCanonical
		}
		previous = key
		if rest, err = canonicalItem(after, depth); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// canonicalHead reads the first bytes of an item: its major type and its argument in the shortest form.
func canonicalHead(b []byte) (major byte, n uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, 0, nil, errTruncated
	}
	major, info := b[0]>>5, b[0]&31
	b = b[1:]
	if info < 24 {
		return major, uint64(info), b, nil
	}
	if info > 27 {
		return 0, 0, nil, errNotCanonical
	}
	size := 1 << (info - 24)
	if len(b) < size {
		return 0, 0, nil, errTruncated
	}
	var wide [8]byte
	copy(wide[8-size:], b[:size])
	n = binary.BigEndian.Uint64(wide[:])
	// The argument must not have fitted the next shorter form. Simple values and floats of more than
	// one byte have no use in payloads.
	if major == majorSimple {
		return 0, 0, nil, errType
	}
	if size == 1 && n < 24 || size > 1 && n>>(8*uint(size/2)) == 0 {
		return 0, 0, nil, errNotCanonical
	}
	return major, n, b[size:], nil
}
