package machine

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

// Value is the payload of a message. The zero Value is unit. A Value may refer to bytes of the caller: the
// machine copies them when a step commits, and a Value that the machine hands out is good until the call
// in which it was given returns.
type Value struct {
	kind choreo.SortKind
	num  uint64 // nat; bool as 0 or 1; the bits of a real
	data []byte // string; vector as big-endian reals; pair as the encodings of its parts
}

// Unit is the value without content.
func Unit() Value { return Value{} }

// Nat is a natural number.
func Nat(n uint64) Value { return Value{kind: choreo.SortNat, num: n} }

// Bool is a truth value.
func Bool(b bool) Value {
	if b {
		return Value{kind: choreo.SortBool, num: 1}
	}
	return Value{kind: choreo.SortBool}
}

// Real is a floating-point number.
func Real(f float64) Value { return Value{kind: choreo.SortReal, num: math.Float64bits(f)} }

// Bytes is a string of bytes: text, or the encoding of an application's type. The value refers to b.
func Bytes(b []byte) Value { return Value{kind: choreo.SortString, data: b} }

// Vector is a list of reals.
func Vector(list ...float64) Value {
	v := Value{kind: choreo.SortVector, data: make([]byte, 0, 8*len(list))}
	for _, f := range list {
		v.data = binary.BigEndian.AppendUint64(v.data, math.Float64bits(f))
	}
	return v
}

// Pair is two values.
func Pair(left, right Value) Value {
	return Value{kind: choreo.SortProd, data: right.Append(left.Append(nil))}
}

// Kind is the outermost shape.
func (v Value) Kind() choreo.SortKind { return v.kind }

// Nat returns the number of a nat, else 0.
func (v Value) Nat() uint64 {
	if v.kind != choreo.SortNat {
		return 0
	}
	return v.num
}

// Bool returns the truth value of a bool, else false.
func (v Value) Bool() bool { return v.kind == choreo.SortBool && v.num != 0 }

// Real returns the number of a real, else 0.
func (v Value) Real() float64 {
	if v.kind != choreo.SortReal {
		return 0
	}
	return math.Float64frombits(v.num)
}

// Bytes returns the content of a string, else nil. The caller must not change it.
func (v Value) Bytes() []byte {
	if v.kind != choreo.SortString {
		return nil
	}
	return v.data
}

// Vector returns the content of a vector, else nil.
func (v Value) Vector() []float64 {
	if v.kind != choreo.SortVector {
		return nil
	}
	out := make([]float64, len(v.data)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.BigEndian.Uint64(v.data[8*i:]))
	}
	return out
}

// Pair returns the parts of a pair, else two units.
func (v Value) Pair() (left, right Value) {
	if v.kind != choreo.SortProd {
		return Value{}, Value{}
	}
	r := wire.NewReader("machine.Pair", v.data)
	return readValue(r, 0), readValue(r, 0)
}

// Size is the weight of a value against the bound on payloads: unit and bool 1, nat and real 8, a string or
// vector 8 and its bytes, a pair 1 and its parts.
func (v Value) Size() int {
	switch v.kind {
	case choreo.SortNat, choreo.SortReal:
		return 8
	case choreo.SortString, choreo.SortVector:
		return 8 + len(v.data)
	case choreo.SortProd:
		return 1 + len(v.data)
	}
	return 1
}

// Equal reports whether both values have the same encoding.
func (v Value) Equal(o Value) bool {
	return v.kind == o.kind && v.num == o.num && slices.Equal(v.data, o.data)
}

// Is reports whether the value has the shape of a sort.
func (v Value) Is(s choreo.Sort) bool {
	switch {
	case v.kind != s.Kind:
		return false
	case v.kind == choreo.SortVector:
		return len(v.data) == 8*s.Len
	case v.kind == choreo.SortProd:
		left, right := v.Pair()
		return left.Is(*s.Left) && right.Is(*s.Right)
	}
	return true
}

// Append writes the canonical encoding after b: the same bytes for the same value.
func (v Value) Append(b []byte) []byte {
	b = append(b, byte(v.kind))
	switch v.kind {
	case choreo.SortNat, choreo.SortReal:
		b = binary.BigEndian.AppendUint64(b, v.num)
	case choreo.SortBool:
		b = append(b, byte(v.num))
	case choreo.SortString, choreo.SortVector:
		b = binary.AppendUvarint(b, uint64(len(v.data)))
		b = append(b, v.data...)
	case choreo.SortProd:
		b = append(b, v.data...)
	}
	return b
}

// ParseValue reads the canonical encoding. The value refers to b. It returns aura.Corrupt for anything else.
func ParseValue(b []byte) (Value, error) {
	r := wire.NewReader("machine.ParseValue", b)
	v := readValue(r, 0)
	if err := r.End(); err != nil {
		return Value{}, &aura.Error{Op: "machine.ParseValue", Kind: aura.Corrupt, Err: err}
	}
	return v, nil
}

func readValue(r *wire.Reader, depth int) Value {
	if depth > maxSortDepth {
		r.Fail("a value is nested more than %d deep", maxSortDepth)
		return Value{}
	}
	v := Value{kind: choreo.SortKind(r.Byte())}
	switch v.kind {
	case choreo.SortUnit:
	case choreo.SortNat, choreo.SortReal:
		var b [8]byte
		r.Fixed(b[:])
		v.num = binary.BigEndian.Uint64(b[:])
	case choreo.SortBool:
		if r.Bool() {
			v.num = 1
		}
	case choreo.SortString:
		v.data = r.Bytes(maxPayload, "a string")
	case choreo.SortVector:
		if v.data = r.Bytes(maxPayload, "a vector"); len(v.data)%8 != 0 {
			r.Fail("a vector of %d bytes", len(v.data))
		}
	case choreo.SortProd:
		v.data = r.Span(func() {
			readValue(r, depth+1)
			readValue(r, depth+1)
		})
	default:
		r.Fail("a value is of no known kind")
	}
	return v
}

// copyOf puts a value into a slot, whose buffer it uses again.
func (v *Value) copyOf(o Value) {
	v.kind, v.num, v.data = o.kind, o.num, append(v.data[:0], o.data...)
}

// sum tells payloads apart in traces. It is no protection: see [Integrity].
func (v Value) sum() uint64 {
	h := (v.num ^ uint64(v.kind)<<56) * 0x9e37_79b9_7f4a_7c15 // odd, so no two numbers meet
	return h ^ uint64(crc32.Update(uint32(v.kind), castagnoli, v.data))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Example returns a value that passes every check for a message: the zero of its sort, or empty bytes where
// the protocol names an application's type.
func Example(l choreo.Label) Value {
	if l.Sort.Kind == choreo.SortUnit && l.Payload != "" {
		return Bytes(nil)
	}
	return zero(l.Sort)
}

func zero(s choreo.Sort) Value {
	switch s.Kind {
	case choreo.SortVector:
		return Value{kind: s.Kind, data: make([]byte, 8*s.Len)}
	case choreo.SortProd:
		return Pair(zero(*s.Left), zero(*s.Right))
	}
	return Value{kind: s.Kind}
}
