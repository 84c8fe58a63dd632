package biscuit

import (
	"encoding/binary"
	"fmt"
)

// This file is the part of the Protocol Buffers encoding that the schema uses: varints and
// length-delimited fields.

// The wire types.
const (
	varint  = 0
	counted = 2
)

// field is one field of a message. Bytes share the memory of the token's text.
type field struct {
	number int
	wire   int
	again  bool   // a field of this number came before
	value  uint64 // of a varint
	bytes  string // of a counted field
}

// fields visits the fields of a message in order.
func fields(s string, visit func(field) error) error {
	var seen uint64
	for len(s) > 0 {
		tag, rest, err := readVarint(s)
		if err != nil {
			return err
		}
		f := field{number: int(tag >> 3 & 63), wire: int(tag & 7)}
		if tag>>3 == 0 || tag>>3 > 63 {
			return fmt.Errorf("%w: field number %d", ErrForm, tag>>3)
		}
		f.again = seen>>f.number&1 != 0
		seen |= 1 << f.number
		if f.value, s, err = readVarint(rest); err != nil {
			return err
		}
		switch f.wire {
		case varint:
		case counted:
			if f.value > uint64(len(s)) {
				return fmt.Errorf("%w: field %d is cut short", ErrForm, f.number)
			}
			f.bytes, s = s[:f.value], s[f.value:]
		default:
			return fmt.Errorf("%w: wire type %d", ErrForm, f.wire)
		}
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

func readVarint(s string) (v uint64, rest string, err error) {
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		c := s[i]
		if i == 9 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, s[i+1:], nil
		}
	}
	return 0, "", fmt.Errorf("%w: varint", ErrForm)
}

func (f field) unknown() error { return fmt.Errorf("%w: unknown field %d", ErrForm, f.number) }

// is checks the wire type.
func (f field) is(wire int) error {
	if f.wire != wire {
		return fmt.Errorf("%w: field %d has wire type %d", ErrForm, f.number, f.wire)
	}
	return nil
}

// once checks the wire type and that the field did not come before.
func (f field) once(wire int) error {
	if f.again {
		return fmt.Errorf("%w: field %d occurs twice", ErrForm, f.number)
	}
	return f.is(wire)
}

// number sets a singular integer.
func number[T ~uint32 | ~uint64 | ~int64 | ~uint8](f field, into *T) error {
	*into = T(f.value)
	if uint64(*into) != f.value {
		return fmt.Errorf("%w: field %d is out of range", ErrForm, f.number)
	}
	return f.once(varint)
}

// text sets singular bytes.
func text(f field, into *string) error {
	*into = f.bytes
	return f.once(counted)
}

// message sets a singular message.
func message[T any](f field, into *T, decode func(string) (T, error)) error {
	if err := f.once(counted); err != nil {
		return err
	}
	v, err := decode(f.bytes)
	*into = v
	return err
}

// repeated appends an element.
func repeated[T any](f field, into *[]T, decode func(string) (T, error)) error {
	if err := f.is(counted); err != nil {
		return err
	}
	v, err := decode(f.bytes)
	*into = append(*into, v)
	return err
}

// missing reports a required field that is not there.
func missing(message, name string) error {
	return fmt.Errorf("%w: %s without %s", ErrForm, message, name)
}

func appendNumber(b []byte, number int, v uint64) []byte {
	b = binary.AppendUvarint(b, uint64(number)<<3|varint)
	return binary.AppendUvarint(b, v)
}

func appendBytes[T ~string | ~[]byte](b []byte, number int, v T) []byte {
	b = binary.AppendUvarint(b, uint64(number)<<3|counted)
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}
