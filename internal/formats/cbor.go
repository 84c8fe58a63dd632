package formats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The major types of RFC 8949, section 3.1.
const (
	majorUnsigned = 0
	majorNegative = 1
	majorBytes    = 2
	majorText     = 3
	majorList     = 4
	majorMap      = 5
	majorSimple   = 7
)

// item is a decoded item of CBOR. It is a second decoder on purpose: the golden files must not rest on the one that they
// test.
type item struct {
	major byte
	n     uint64
	str   []byte
	items []item // of a list; of a map keys and values in turn
}

var errItem = errors.New("is not one item of CBOR")

// decodeItem reads all of b.
func decodeItem(b []byte) (item, error) {
	it, rest, err := readItem(b)
	if err == nil && len(rest) > 0 {
		err = errItem
	}
	return it, err
}

func readItem(b []byte) (it item, rest []byte, err error) {
	if len(b) == 0 {
		return it, nil, errItem
	}
	it.major, it.n = b[0]>>5, uint64(b[0]&31)
	b = b[1:]
	if it.n >= 24 {
		size := 1 << (it.n - 24)
		if it.n > 27 || len(b) < size {
			return it, nil, errItem
		}
		var wide [8]byte
		copy(wide[8-size:], b)
		it.n, b = binary.BigEndian.Uint64(wide[:]), b[size:]
	}
	count := it.n
	switch it.major {
	case majorBytes, majorText:
		if it.n > uint64(len(b)) {
			return it, nil, errItem
		}
		it.str = b[:it.n]
		return it, b[it.n:], nil
	case majorMap:
		count *= 2
	case majorList:
	default:
		return it, b, nil
	}
	for range count {
		var inner item
		if inner, b, err = readItem(b); err != nil {
			return it, nil, err
		}
		it.items = append(it.items, inner)
	}
	return it, b, nil
}

// String returns the diagnostic notation of RFC 8949, section 8.
func (it item) String() string {
	var parts []string
	switch it.major {
	case majorUnsigned:
		return strconv.FormatUint(it.n, 10)
	case majorNegative:
		return "-" + strconv.FormatUint(it.n+1, 10)
	case majorBytes:
		return fmt.Sprintf("h'%x'", it.str)
	case majorText:
		return strconv.Quote(string(it.str))
	case majorList:
		for _, inner := range it.items {
			parts = append(parts, inner.String())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case majorMap:
		for i := 0; i+1 < len(it.items); i += 2 {
			parts = append(parts, it.items[i].String()+": "+it.items[i+1].String())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return map[uint64]string{20: "false", 21: "true", 22: "null"}[it.n]
}

// kind returns the type of an item in the words of the page.
func (it item) kind() string {
	switch it.major {
	case majorUnsigned:
		return "uint"
	case majorNegative:
		return "int"
	case majorBytes:
		return "bytes"
	case majorText:
		return "text"
	case majorList:
		return "list"
	case majorMap:
		return "map"
	}
	return "bool"
}

// withUnknown returns the encoding of a map with one entry more, behind all others, under a key that no structure has.
func withUnknown(b []byte) ([]byte, error) {
	it, err := decodeItem(b)
	if err != nil || it.major != majorMap || it.n >= 255 {
		return nil, fmt.Errorf("no map with room for one more entry: %w", errItem)
	}
	head, n := 1, it.n+1
	if it.n >= 24 {
		head = 2
	}
	out := []byte{majorMap<<5 | byte(n)}
	if n >= 24 {
		out = []byte{majorMap<<5 | 24, byte(n)}
	}
	out = append(out, b[head:]...)
	if len(it.items) > 0 && it.items[0].major == majorText {
		return append(append(append(out, majorText<<5|20), unknownName...), 1), nil
	}
	return append(out, 0x19, 0x0f, 0xff, 1), nil
}

// unknownName is a key of 20 bytes: behind those of all fields, which are shorter.
const unknownName = "a field of tomorrow."
